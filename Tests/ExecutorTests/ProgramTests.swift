// Whole programs: start-up and exit in a libc's order, streams, environment, signals, and how their end is told.
import TestSupport
import Foundation
import Glibc
import Testing
import Wire

@Suite struct ProgramTests {
  @Test func initializersMainAndFinalizersRunInOrder() throws {
    let controller = try Listener().connect()
    let code = try controller.load(
      """
      #include <stdio.h>
      #include <stdlib.h>
      void last(void) { puts("handler"); }
      __attribute__((constructor)) void first(int argc, char **argv) { printf("first %d %s\\n", argc, argv[1]); }
      __attribute__((constructor)) void second(void) { puts("second"); }
      __attribute__((destructor)) void fini1(void) { puts("fini1"); }
      __attribute__((destructor)) void fini2(void) { puts("fini2"); }
      int main(int argc, char **argv) { atexit(last); printf("main %s\\n", argv[0]); return 42; }
      """)
    #expect(try controller.forwardStreams() == nil)
    #expect(try controller.run(code, arguments: ["name", "x"]) == nil)
    #expect(try controller.waitForEnd() == .exited(42))
    #expect(controller.text(1) == "first 2 x\nsecond\nmain name\nhandler\nfini2\nfini1\n")
  }

  @Test(arguments: [
    ("exit(3);", SessionEnd.exited(3)), ("abort();", .signaled(6)), ("*(volatile int *)8 = 1;", .signaled(11)),
    ("_exit(0);", .exited(0)), ("raise(SIGKILL);", .signaled(9)), ("quick_exit(4);", .exited(4)),
  ])
  func endsAreTold(statement: String, end: SessionEnd) throws {
    let listener = try Listener()
    let controller = try listener.connect()
    let code = try controller.load(
      """
      #include <signal.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <unistd.h>
      int main(void) { printf("out"); fflush(stdout); fprintf(stderr, "err"); \(statement) return 99; }
      """)
    #expect(try controller.forwardStreams() == nil)
    #expect(try controller.run(code) == nil)
    #expect(try controller.waitForEnd() == end)
    // What a program wrote before it died is not lost.
    #expect(controller.text(1) == "out")
    #expect(controller.text(2) == "err")
    #expect(try controller.readFrame() == nil)
    #expect(listener.hasBecomeIdle())
    // The next session is not affected.
    #expect(try listener.connect().reserve(1) != 0)
  }

  /// The end of the process cuts off the thread that answers; how it ended must be told all the same.
  @Test func anExitDuringAnswersIsTold() throws {
    let listener = try Listener()
    for _ in 0..<60 {
      let controller = try listener.connect()
      let code = try controller.load("void _exit(int);\nint main(void) { _exit(5); }\n")
      #expect(try controller.forwardStreams() == nil)
      var request = RunProgramRequest(entry: try code.address("main"))
      request.arguments = ["program"]
      _ = try controller.post(ExtensionSymbol.runProgram, request.encoded)
      // Answered by other threads than the one that exits.
      var input = SPSWriter()
      input.append(bytes: [])
      for _ in 0..<40 { try? _ = controller.post(ExtensionSymbol.stdinWrite, input.bytes) }
      #expect(try controller.waitForEnd() == .exited(5))
    }
  }

  @Test func inputIsForwardedAndEnds() throws {
    let controller = try Listener().connect()
    let code = try controller.load(
      """
      #include <stdio.h>
      int main(void) {
        int sum = 0, value;
        while (scanf("%d", &value) == 1) { printf("%d\\n", sum += value); fflush(stdout); }
        return feof(stdin) ? sum : -1;
      }
      """)
    #expect(try controller.forwardStreams() == nil)
    #expect(try controller.run(code) == nil)
    #expect(try controller.write(input: "1 ") == nil)
    #expect(try controller.write(input: "2\n3\n") == nil)
    #expect(try controller.waitForOutput(1) { $0.hasSuffix("6\n") } == "1\n3\n6\n")
    try controller.closeInput()
    #expect(try controller.waitForEnd() == .exited(6))
  }

  @Test func inputThatNobodyReadsIsDropped() throws {
    let controller = try Listener().connect()
    let code = try controller.load(
      "#include <unistd.h>\nint main(void) { close(0); write(1, \"x\", 1); for (;;) pause(); }")
    #expect(try controller.forwardStreams() == nil)
    #expect(try controller.run(code) == nil)
    _ = try controller.waitForOutput(1) { $0 == "x" }
    #expect(try controller.write(input: "nobody reads this") == nil)
    try controller.send(signal: SIGTERM)
    #expect(try controller.waitForEnd() == .signaled(15))
  }

  @Test func aForkedReaderSeesTheEndOfInput() throws {
    let controller = try Listener().connect()
    let code = try controller.load(
      """
      #include <stdio.h>
      #include <sys/wait.h>
      #include <unistd.h>
      int main(void) {
        int status, count = 0;
        if (fork() == 0) { while (getchar() != EOF) count++; _exit(count); }
        wait(&status);
        return WEXITSTATUS(status);
      }
      """)
    #expect(try controller.forwardStreams() == nil)
    #expect(try controller.run(code) == nil)
    #expect(try controller.write(input: "12345") == nil)
    try controller.closeInput()
    #expect(try controller.waitForEnd() == .exited(5))
  }

  @Test func largeOutputArrivesWhole() throws {
    let controller = try Listener().connect()
    let code = try controller.load(
      "#include <stdio.h>\nint main(void) { for (int i = 0; i < 300000; i++) printf(\"%d\\n\", i); return 0; }")
    #expect(try controller.forwardStreams() == nil)
    #expect(try controller.run(code) == nil)
    #expect(try controller.waitForEnd() == .exited(0))
    #expect(controller.text(1) == (0..<300_000).map { "\($0)\n" }.joined())
  }

  @Test func directoryAndEnvironmentAreSet() throws {
    let controller = try Listener().connect()
    let folder = try TemporaryFolder()
    let code = try controller.load(
      """
      #include <stdio.h>
      #include <stdlib.h>
      #include <unistd.h>
      int main(void) {
        char path[4096];
        printf("%s %s %s", getcwd(path, sizeof path), getenv("ADDED"), getenv("HOME"));
      }
      """)
    let error = try controller.forwardStreams {
      $0.workingDirectory = folder.path
      $0.environment = [.init(name: "ADDED", value: "a b"), .init(name: "HOME", value: "")]
    }
    #expect(error == nil)
    #expect(try controller.run(code) == nil)
    try controller.waitForEnd()
    #expect(controller.text(1) == "\(folder.path) a b ")
  }

  @Test func whatCannotBeConfiguredIsNamed() throws {
    let controller = try Listener().connect()
    let folderError = try controller.forwardStreams { $0.workingDirectory = "/nonexistent/folder" }
    #expect(folderError == "/nonexistent/folder: No such file or directory")
    let variableError = try controller.forwardStreams { $0.environment = [.init(name: "A=B", value: "")] }
    #expect(variableError == "environment variable 'A=B': Invalid argument")
    #expect(try controller.forwardStreams() == nil)
    #expect(try controller.forwardStreams() == "the standard streams are forwarded already")
  }

  @Test func terminalsGetWholeLines() throws {
    let controller = try Listener().connect()
    let code = try controller.load(
      "#include <stdio.h>\n#include <unistd.h>\nint main(void) { printf(\"a line\\n\"); for (;;) pause(); }")
    #expect(try controller.forwardStreams { $0.terminalMask = 0b111 } == nil)
    #expect(try controller.run(code) == nil)
    #expect(try controller.waitForOutput(1) { !$0.isEmpty } == "a line\n")
  }

  @Test func programsFindTheSignalsOfAFreshProcess() throws {
    let controller = try Listener().connect()
    let code = try controller.load(
      """
      #define _GNU_SOURCE
      #include <pthread.h>
      #include <signal.h>
      #include <unistd.h>
      static pthread_t seen;
      static void handle(int number) { seen = pthread_self(); }
      int main(void) {
        sigset_t mask;
        struct sigaction old;
        sigprocmask(SIG_BLOCK, 0, &mask);
        for (int i = 1; i < 32; i++) {
          if (sigismember(&mask, i)) return i;
          if (sigaction(i, 0, &old) == 0 && old.sa_handler != SIG_DFL) return 100 + i;
        }
        signal(SIGUSR1, handle);
        write(1, "x", 1);
        while (!seen) pause();
        return pthread_equal(seen, pthread_self()) && getpid() == gettid() ? 0 : 99;
      }
      """)
    #expect(try controller.forwardStreams() == nil)
    #expect(try controller.run(code) == nil)
    _ = try controller.waitForOutput(1) { $0 == "x" }
    try controller.send(signal: SIGUSR1)
    #expect(try controller.waitForEnd() == .exited(0))
  }

  @Test func aProgramWaitsForItsDebugger() throws {
    let controller = try Listener().connect()
    let code = try controller.load("int main(void) { return 5; }")
    var request = RunProgramRequest(entry: try code.address("main"))
    request.waitsForDebugger = true
    let run = try controller.post(ExtensionSymbol.runProgram, request.encoded)
    // Carried out while the program waits, and answered before it is.
    #expect(try controller.reserve(1) != 0)
    #expect(controller.hangup == nil)
    _ = try controller.post(ExtensionSymbol.resume, [])
    #expect(try controller.result(of: run) == [0])
    #expect(try controller.waitForEnd() == .exited(5))
  }

  @Test func pipelinedProgramsDoNotRunAfterAFailure() throws {
    let controller = try Listener().connect()
    let linked = try Linked("int main(void) { return 1; }", in: controller)
    let frameAction = WrapperCall(
      function: try controller.address(BootstrapSymbol.registerEHFrame),
      arguments: {
        var writer = SPSWriter()
        // Not a terminated section: the whole initialization fails.
        writer.append(addressRange: linked.base..<(linked.base + 3))
        return writer.bytes
      }())
    let request = LoadedCode.request(linked, actions: [AllocationAction(finalize: frameAction)])
    let initialize = try controller.post(BootstrapSymbol.memoryInitialize, controller.encodedInitialize(request))
    let run = try controller.post(
      ExtensionSymbol.runProgram, RunProgramRequest(entry: try LoadedCode(linked).address("main")).encoded)
    var first = SPSReader(try controller.result(of: initialize))
    #expect(try first.bool() == false)
    #expect(try first.string().contains("is no .eh_frame section"))
    var second = SPSReader(try controller.result(of: run))
    #expect(try second.error()?.hasSuffix("is not in initialized code") == true)
  }

  @Test func pipelinedProgramsRunWithoutWaiting() throws {
    let controller = try Listener().connect()
    let linked = try Linked("int main(void) { return 17; }", in: controller)
    _ = try controller.post(
      BootstrapSymbol.memoryInitialize, controller.encodedInitialize(LoadedCode.request(linked)))
    _ = try controller.post(
      ExtensionSymbol.runProgram, RunProgramRequest(entry: try LoadedCode(linked).address("main")).encoded)
    #expect(try controller.waitForEnd() == .exited(17))
  }

  @Test func emulatedThreadLocalsAreEachThreadsOwn() throws {
    let controller = try Listener().connect()
    let code = try controller.load(
      """
      #include <pthread.h>
      _Thread_local int value = 5;
      _Thread_local long zero[100];
      static void *change(void *unused) { value += 10; zero[99] = 1; return (void *)(long)value; }
      int main(void) {
        void *result;
        pthread_t thread;
        value = 6;
        for (int i = 0; i < 3; i++) { pthread_create(&thread, 0, change, 0); pthread_join(thread, &result); }
        return value * 100 + (long)result + (zero[99] != 0) + ((long)zero % 16 != 0);
      }
      """, options: ["-femulated-tls"])
    #expect(try controller.runAsMain(try code.address("main")) == 615)
  }

  @Test func programsMayOutliveTheirMainThread() throws {
    let controller = try Listener().connect()
    let code = try controller.load(
      """
      #include <pthread.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <unistd.h>
      static pthread_t main_thread;
      static void *work(void *unused) { pthread_join(main_thread, 0); puts("work"); usleep(50000); return 0; }
      static void last(void) { puts("last"); }
      int main(void) {
        pthread_t thread;
        main_thread = pthread_self();
        atexit(last);
        pthread_create(&thread, 0, work, 0);
        pthread_exit((void *)7);
      }
      """)
    #expect(try controller.forwardStreams() == nil)
    #expect(try controller.run(code) == nil)
    #expect(try controller.waitForEnd() == .exited(0))
    #expect(controller.text(1) == "work\nlast\n")
  }

  @Test func debugObjectsAreUnregisteredAtTheEnd() throws {
    let controller = try Listener().connect()
    let code = try controller.load(
      """
      #include <stdio.h>
      struct descriptor { unsigned version, action; void *relevant, *first; } *descriptor;
      __attribute__((destructor)) void fini(void) { printf("%d", descriptor->first != 0); fflush(stdout); }
      extern struct descriptor __jit_debug_descriptor;
      void late(void) { printf("%d", descriptor->first != 0); }
      int main(void) { descriptor = &__jit_debug_descriptor; return descriptor->first != 0; }
      """)
    let object = code.base..<(code.base + 64)
    #expect(
      try controller.callForError(BootstrapSymbol.registerDebugObject) {
        $0.append(addressRange: object)
        $0.append(bool: true)
      } == nil)
    #expect(try controller.forwardStreams() == nil)
    var request = RunProgramRequest(entry: try code.address("main"))
    request.finalizers = [try code.range("fini_array")]
    request.debugObjects = [object]
    _ = try controller.post(ExtensionSymbol.runProgram, request.encoded)
    #expect(try controller.waitForEnd() == .exited(1))
    #expect(controller.text(1) == "1")
  }

  @Test func debugObjectsAreUnregisteredOnce() throws {
    let controller = try Listener().connect()
    let object = try controller.reserve(4096)
    func change(_ symbol: String) throws -> String? {
      try controller.callForError(symbol) {
        $0.append(addressRange: object..<(object + 4096))
        if symbol == BootstrapSymbol.registerDebugObject { $0.append(bool: true) }
      }
    }
    #expect(try change(ExtensionSymbol.unregisterDebugObject)?.hasSuffix("is no registered debug object") == true)
    #expect(try change(BootstrapSymbol.registerDebugObject) == nil)
    #expect(try change(ExtensionSymbol.unregisterDebugObject) == nil)
    #expect(try change(ExtensionSymbol.unregisterDebugObject) != nil)
  }
}

extension TestController {
  /// Runs a fixture with its constructors and destructors.
  func run(_ code: LoadedCode, arguments: [String] = ["program"]) throws -> String? {
    var request = RunProgramRequest(entry: try code.address("main"))
    request.arguments = arguments
    request.initializers = [try code.range("init_array")]
    request.finalizers = [try code.range("fini_array")]
    return try callForError(ExtensionSymbol.runProgram) { $0.append(serialized: request.encoded) }
  }

  // What ends the program may do so before it is answered.

  func closeInput() throws { _ = try post(ExtensionSymbol.stdinWrite, [UInt8](repeating: 0, count: 8)) }

  func send(signal: Int32) throws {
    var writer = SPSWriter()
    writer.append(i32: signal)
    _ = try post(ExtensionSymbol.signal, writer.bytes)
  }

  func write(input: String) throws -> String? {
    try callForError(ExtensionSymbol.stdinWrite) { $0.append(bytes: Array(input.utf8)) }
  }
}
