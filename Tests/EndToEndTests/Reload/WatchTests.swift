// `run --watch` without a debugger: what is compiled when, what the old program leaves to the new one, and how sessions end.

import Foundation
import TestSupport
import Testing

@Suite("run --watch")
struct WatchTests {
  let executor: [String]

  init() throws { executor = ["--executor", try Workspace.executor.get()] }

  /// Says something, and goes on for ever.
  private func server(_ text: String) -> String {
    "#include <stdio.h>\n#include <unistd.h>\nint main(void) { puts(\(text)); fflush(stdout); for (;;) pause(); }\n"
  }

  @Test func onlyWhatUsesAHeaderIsCompiledAgain() throws {
    let project = try WatchedProject([
      "one.h": "#define ONE \"one\"\n", "two.h": "#define TWO \"two\"\n",
      "main.c": "#include \"one.h\"\nconst char *two(void);\n#define TEXT ONE\n" + server("two()"),
      "two.c": "#include \"two.h\"\nconst char *two(void) { return TWO; }\n",
    ])
    try project.run(executor + ["main.c", "two.c"])
    try project.expect(1, of: "two\n")
    try project.save("#define TWO \"too\"\n", as: "two.h", inPlace: false)
    try project.expect(1, of: "too\n")
    try project.expect(1, of: "two.h changed: compiled in")
    #expect(try project.compiled() == ["main.c", "two.c", "two.c"])
    // Saved as it was, it makes no difference.
    try project.save("#define TWO \"too\"\n", as: "two.h")
    try project.save("#define ONE \"other\"\n" + "#define THREE\n", as: "one.h")
    try project.save(server("\"new\""), as: "main.c", inPlace: false)
    try project.expect(1, of: "new\n")
    #expect(try project.end() == 130)
  }

  @Test func archivesAndObjectsAreReadAgain() throws {
    let project = try WatchedProject([
      "main.c": "int value(void), other(void);\n" + server("value() + other() == 3 ? \"old\" : \"new\"")
    ])
    func build(_ value: Int, _ other: Int) throws {
      try project.save("int value(void) { return \(value); }\n", as: "value.c")
      try project.save("int other(void) { return \(other); }\n", as: "other.c")
      let script =
        "clang-22 -g -c value.c -o new.o && clang-22 -g -c other.c && rm -f new.a && ar rcs new.a other.o && mv new.o value.o && mv new.a libother.a"
      try TestSupport.run(["sh", "-euc", script], directory: project.sessions.folder.path).succeeded()
    }
    try build(1, 2)
    try project.run(executor + ["main.c", "value.o", "libother.a"])
    try project.expect(1, of: "old\n")
    try build(1, 3)
    try project.expect(1, of: "new\n")
    try build(5, 3)
    try project.expect(2, of: "new\n")
    #expect(try project.compiled() == ["main.c"])
    #expect(try project.end() == 130)
  }

  @Test func aBrokenEditLeavesTheProgramRunning() throws {
    let beat =
      "#include <stdio.h>\n#include <unistd.h>\nint main(void) { for (;;) { puts(\"beat\"); fflush(stdout); usleep(20000); } }\n"
    let project = try WatchedProject(["main.c": beat])
    try project.run(executor + ["main.c"])
    try project.expect(1, of: "beat\n")
    try project.save("int main(void) { return missing; }\n", as: "main.c")
    try project.expect(1, of: "error: use of undeclared identifier 'missing'")
    try project.expect(1, of: "main.c changed: main.c does not compile; the program goes on as it was")
    let beats = project.process.output.components(separatedBy: "beat").count
    try project.expect(beats + 3, of: "beat\n")
    // As it was before, there is nothing to run.
    try project.save(beat, as: "main.c")
    try project.expect(1, of: "; the program is the same")
    #expect(try project.reload() == "no source has changed\n")
    // What compiles may still not link: then there is no program, until the next edit.
    try project.save("int missing(void);\nint main(void) { return missing(); }\n", as: "main.c")
    try project.expect(1, of: "undefined symbol 'missing'")
    try project.save(server("\"whole\""), as: "main.c")
    try project.expect(1, of: "whole\n")
    #expect(try project.end() == 130)
  }

  /// What was missing is waited for, while other files that come make no difference.
  @Test func aHeaderThatComesLater() throws {
    let project = try WatchedProject(["main.c": server("\"first\"")])
    let log = project.path("log")
    try project.sessions.folder.script(
      "bin/clang-22", "echo compiled >> '\(log)'\nexec /usr/lib/llvm-22/bin/clang \"$@\"\n")
    let path = "\(project.path("bin")):\(baseEnvironment["PATH"]!)"
    try project.run(executor + ["main.c"], environment: ["PATH": path])
    try project.expect(1, of: "first\n")
    try project.save("int main(void) { return missing; }\n", as: "main.c")
    try project.expect(1, of: "main.c does not compile")
    let count = try String(contentsOfFile: log, encoding: .utf8).count
    for number in 0..<10 {
      try project.save("", as: "new\(number)")
      usleep(20_000)
    }
    #expect(try String(contentsOfFile: log, encoding: .utf8).count == count)
    try project.save("#include \"new.h\"\n" + server("NEW"), as: "main.c")
    try project.expect(1, of: "'new.h' file not found")
    try project.save("#define NEW \"second\"\n", as: "new.h")
    try project.expect(1, of: "second\n")
    #expect(try project.end() == 130)
  }

  /// A program that changes all it can, so that the next one would see it.
  private func wasteful(_ status: Int) -> String {
    """
    #include <dirent.h>
    #include <fcntl.h>
    #include <pthread.h>
    #include <signal.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <sys/time.h>
    #include <unistd.h>
    void *ask(void *line) { return fgets(line, 9, stdin); }
    void tick(int number) {}
    int main(void) {
      char folder[4096], line[9];
      struct itimerval often = {{0, 200}, {0, 200}};
      pthread_t thread;
      int count = 0;
      DIR *entries = opendir("/proc/self/fd");
      while (readdir(entries)) count++;
      closedir(entries);
      fprintf(stderr, "in %s with %d descriptors, %s, %s\\n", getcwd(folder, sizeof folder), count,
              getenv("CHANGED") ? "changed" : "unchanged",
              signal(SIGPIPE, SIG_IGN) == SIG_IGN || signal(SIGINT, SIG_IGN) == SIG_IGN ? "ignoring" : "listening");
      chdir("/");
      setenv("CHANGED", "1", 1);
      for (int i = 0; i < 100; i++) open("/dev/null", O_RDONLY);
      if (!fork()) for (;;) pause();
      // Which keeps its stream locked, also at the end.
      pthread_create(&thread, 0, ask, line);
      usleep(10000);
      signal(SIGALRM, tick);
      setitimer(ITIMER_REAL, &often, 0);
      close(0);
      close(1);
      close(2);
      exit(\(status));
    }
    """
  }

  @Test(arguments: [false, true])
  func nothingOfAProgramIsLeftToTheNext(isRemote: Bool) throws {
    let project = try WatchedProject(["main.c": wasteful(3)])
    var place = executor
    var listener: BackgroundProcess?
    if isRemote {
      let process = try BackgroundProcess(
        [executor[1], "--listen", "127.0.0.1:0"], directory: project.sessions.folder.path)
      try process.wait(for: "address") { $0.output.hasSuffix("\n") }
      place = ["--connect", process.output.trimmingCharacters(in: .newlines)]
      listener = process
    }
    defer { listener?.signal(SIGTERM) }
    try project.run(place + ["main.c"])
    try project.expect(1, of: "the program ended with status 3; waiting for changes")
    let pid = try project.sessions.pid()
    for status in 4...6 {
      try project.save(wasteful(status), as: "main.c", inPlace: status % 2 == 0)
      try project.expect(1, of: "the program ended with status \(status); waiting for changes")
    }
    #expect(try project.sessions.pid() == pid)
    let lines = project.process.errors.split(separator: "\n").filter { $0.hasPrefix("in ") }
    // The first may have got descriptors from whoever started this test.
    #expect(lines.count == 4 && Set(lines.dropFirst()).count == 1, "\(lines)")
    #expect(lines.allSatisfy { $0.hasSuffix(", unchanged, listening") }, "\(lines)")
    #expect(Set(lines.map { $0.split(separator: " ")[1] }).count == 1, "\(lines)")
    try project.save(server("\"served\""), as: "main.c")
    try project.expect(1, of: "served\n")
    // Longer than the timer that each of them has set.
    usleep(10_000)
    let children = try String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)
    #expect(children.isEmpty, "\(children)")
    #expect(try project.end() == 130)
  }

  @Test func inputGoesOnToTheNextProgram() throws {
    func reader(_ name: String) -> String {
      """
      #include <stdio.h>
      int main(void) {
        char line[100];
        puts("\(name) begins");
        while (fflush(stdout), fgets(line, sizeof line, stdin)) printf("\(name) %s", line);
        return 7;
      }
      """
    }
    let project = try WatchedProject(["main.c": reader("first")])
    let listener = try BackgroundProcess([executor[1], "--listen", "127.0.0.1:0"])
    defer { listener.signal(SIGTERM) }
    try listener.wait(for: "address") { $0.output.hasSuffix("\n") }
    try project.run(["--connect", listener.output.trimmingCharacters(in: .newlines), "main.c"])
    try project.expect(1, of: "first begins\n")
    project.process.send("line\n")
    try project.expect(1, of: "first line\n")
    try project.save(reader("second"), as: "main.c")
    try project.expect(1, of: "second begins\n")
    project.process.send("line\n")
    try project.expect(1, of: "second line\n")
    #expect(try project.end() == 130)
  }

  @Test func afterACrashTheNextChangeBeginsAnotherSession() throws {
    let project = try WatchedProject(["main.c": "int main(void) { return *(volatile int *)0; }\n"])
    try project.run(executor + ["main.c"])
    try project.expect(1, of: "crash: SIGSEGV in main at main.c:1:")
    try project.expect(1, of: "the session has been ended by signal 11; the next change begins another")
    try project.save("int main(void) { return 1 }\n", as: "main.c")
    try project.expect(1, of: "main.c does not compile; waiting for changes")
    try project.save(server("\"mended\""), as: "main.c")
    try project.expect(1, of: "mended\n")
    #expect(project.sessions.sessions.count == 2)
    let socket = try #require(try project.description()["reloadSocket"] as? String)
    #expect(FileManager.default.fileExists(atPath: socket))
    // What the second session began with is no news.
    #expect(try project.reload() == "no source has changed\n")
    #expect(try project.end() == 130)
    #expect(!FileManager.default.fileExists(atPath: socket))
  }

  /// A program that takes Ctrl-C for a reason to end in good order ends the session.
  @Test func controlCEndsAll() throws {
    let source =
      "#include <signal.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\nvoid end(int n) { exit(9); }\n"
      + "int main(void) { signal(SIGINT, end); puts(\"ready\"); fflush(stdout); for (;;) pause(); }\n"
    let project = try WatchedProject(["main.c": source])
    try project.run(executor + ["--stats", "main.c"])
    try project.expect(1, of: "ready\n")
    #expect(try project.end() == 9)
    #expect(project.process.errors.contains("\"generations\":1,\"oldGenerationsMapped\":0,\"oldBytesMapped\":0"))
  }

  /// One that takes its time to end is not followed by another.
  @Test func whatIsSavedAfterControlCIsNotRun() throws {
    func source(_ name: String) -> String {
      "#include <signal.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n"
        + "void end(int n) { puts(\"ending\"); fflush(stdout); usleep(500000); exit(9); }\n"
        + "int main(void) { signal(SIGINT, end); puts(\"\(name)\"); fflush(stdout); for (;;) pause(); }\n"
    }
    let project = try WatchedProject(["main.c": source("first")])
    try project.run(executor + ["main.c"])
    try project.expect(1, of: "first\n")
    project.process.signal(SIGINT)
    try project.expect(1, of: "ending\n")
    try project.save(source("second"), as: "main.c")
    #expect(try project.process.finish(closingInput: false).status == 9)
    #expect(!project.process.output.contains("second"))
  }

  @Test func aSignalBetweenSessionsIsTheStatus() throws {
    let project = try WatchedProject(["main.c": "int main(void) { return *(volatile int *)0; }\n"])
    try project.run(executor + ["main.c"])
    try project.expect(1, of: "the next change begins another")
    project.process.signal(SIGTERM)
    #expect(try project.process.finish(closingInput: false).status == 143)
  }

  @Test func aProgramThatWaitsForADebuggerGoesOnWaiting() throws {
    let project = try WatchedProject(["main.c": server("\"first\"")])
    try project.run(executor + ["--wait-for-debugger", "main.c"])
    try project.expect(1, of: "waiting for a debugger before main")
    try project.expectProgram()
    try project.save(server("\"second\""), as: "main.c")
    try project.expect(1, of: "running again after")
    usleep(200_000)
    #expect(project.process.output == "")
    #expect(try project.end() == 130)
  }

  /// Its main thread has gone, and so have some of the links by which processes are known.
  @Test func aProgramWithoutMainThreadBeginsAnew() throws {
    let source =
      "#include <pthread.h>\n#include <stdio.h>\n#include <unistd.h>\n"
      + "void *run(void *a) { usleep(50000); puts(\"first\"); fflush(stdout); for (;;) pause(); }\n"
      + "int main(void) { pthread_t thread; pthread_create(&thread, 0, run, 0); pthread_exit(0); }\n"
    let project = try WatchedProject(["main.c": source])
    try project.run(executor + ["main.c"])
    try project.expect(1, of: "first\n")
    try project.save(server("\"second\""), as: "main.c")
    try project.expect(1, of: "second\n")
    #expect(try project.end() == 130)
  }

  @Test(arguments: ["--keep-running", "--perf-map", "--jitdump"])
  func whatCannotBeCombined(option: String) throws {
    let project = try WatchedProject(["main.c": "int main(void) { return 0; }\n"])
    try project.run([option, "main.c"] + executor)
    let result = try project.process.finish()
    #expect(result.status == 64)
    #expect(result.errors.contains("error: --watch: cannot be combined with \(option)\nnote: "), "\(result.errors)")
  }

  @Test func stockExecutorsCannotBeginAnew() throws {
    let project = try WatchedProject(["main.c": "int main(void) { return 0; }\n"])
    try project.run(["--executor", "/usr/lib/llvm-22/bin/llvm-jitlink-executor", "main.c"])
    let result = try project.process.finish()
    #expect(result.status == 64, "\(result.errors)")
    #expect(result.errors.contains("error: --watch: "), "\(result.errors)")
  }
}
