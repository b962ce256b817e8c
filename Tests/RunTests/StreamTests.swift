// Arguments, standard streams and exit codes: the same from an executor started here and from one reached over TCP.

import Foundation
import TestSupport
import Testing

@Suite("Streams and exit codes")
struct StreamTests {
  let folder: RunFolder
  init() throws { folder = try RunFolder() }

  @Test("arguments reach the program as they are", arguments: Place.allCases)
  func arguments(place: Place) throws {
    let (options, listener) = try place.open(folder)
    try folder.object(
      "print.o",
      """
      #include <stdio.h>
      int main(int argc, char **argv) {
        for (int i = 0; i < argc; ++i) printf("<%s>", argv[i]);
        return argv[argc] != 0;
      }
      """)
    let words = ["", "two words", "--help", "-O2", "--", "-I", "--connect", "ü\"'\\$x", "a\nb"]
    let result = try folder.run(options + ["print.o", "--"] + words)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output == (["print"] + words).map { "<\($0)>" }.joined())
    listener?.expectIdle()
  }

  @Test("exit codes are the program's own", arguments: Place.allCases)
  func exitCodes(place: Place) throws {
    let (options, listener) = try place.open(folder)
    try folder.object(
      "exit.o", "#include <stdlib.h>\nint main(int argc, char **argv) { return atoi(argv[1]); }\n")
    for code: Int32 in [0, 1, 2, 63, 64, 125, 126, 127, 128, 200, 255] {
      let result = try folder.run(options + ["exit.o", "--", "\(code)"])
      #expect(result.end == .exited(code))
      #expect(result.errors == "")
    }
    listener?.expectIdle()
  }

  @Test("death by a signal is 128 + its number", arguments: Place.allCases)
  func signals(place: Place) throws {
    let (options, listener) = try place.open(folder)
    try folder.object(
      "die.o",
      """
      #include <signal.h>
      #include <stdlib.h>
      int main(int argc, char **argv) { raise(atoi(argv[1])); return 99; }
      """)
    for number in [SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGABRT, SIGFPE, SIGKILL, SIGSEGV, SIGPIPE, SIGTERM, SIGUSR1] {
      let result = try folder.run(options + ["die.o", "--", "\(number)"])
      #expect(result.status == 128 + number, "\(result.errors)")
    }
    listener?.expectIdle()
  }

  @Test("a megabyte through the program, both ways", arguments: Place.allCases)
  func input(place: Place) throws {
    let (options, listener) = try place.open(folder)
    try folder.object(
      "cat.o",
      """
      #include <unistd.h>
      int main(void) {
        char buffer[65536];
        for (long n; (n = read(0, buffer, sizeof buffer)) > 0;)
          for (long done = 0; done < n;) done += write(1, buffer + done, n - done);
        return 0;
      }
      """)
    let bytes = Data((0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8 ^ $0 >> 16) })
    let through = try folder.run(options + ["cat.o"], input: bytes)
    #expect(through.status == 0, "\(through.errors)")
    #expect(through.standardOutput == bytes)
    let closed = try folder.run(command: ["sh", "-c", "exec \"$@\" <&-", "sh"] + folder.command(options + ["cat.o"]))
    #expect(closed.status == 0 && closed.output == "", "\(closed.errors)")
    // A program that never reads is not kept waiting, nor does it wait.
    try folder.object("deaf.o", "int main(void) { return 3; }\n")
    #expect(try folder.run(options + ["deaf.o"], input: bytes).status == 3)
    listener?.expectIdle()
  }

  @Test("standard output and error stay apart, however much there is", arguments: Place.allCases)
  func output(place: Place) throws {
    let (options, listener) = try place.open(folder)
    try folder.object(
      "talk.o",
      """
      #include <stdio.h>
      int main(void) {
        fputs("to error\\n", stderr);
        for (int i = 0; i < 200000; ++i) printf("%049d\\n", i);
        fputs("also to error\\n", stderr);
        return 5;
      }
      """)
    let result = try folder.run(options + ["talk.o"])
    #expect(result.status == 5)
    #expect(result.errors == "to error\nalso to error\n")
    #expect(result.standardOutput.count == 10_000_000)
    #expect(result.output.hasSuffix("199999\n"))
    listener?.expectIdle()
  }

  @Test("what was written just before a crash arrives", arguments: Place.allCases)
  func crash(place: Place) throws {
    let (options, listener) = try place.open(folder)
    try folder.object(
      "crash.o",
      """
      #include <unistd.h>
      int main(void) { write(1, "last words", 10); write(2, "last error", 10); *(volatile int *)0 = 1; }
      """)
    let result = try folder.run(options + ["crash.o"])
    #expect(result.status == 128 + SIGSEGV)
    #expect(result.output == "last words")
    #expect(result.errors.hasPrefix("last error"))
    listener?.expectIdle()
  }

  @Test("a reader that goes ends the program", arguments: Place.allCases)
  func brokenPipe(place: Place) throws {
    let (options, listener) = try place.open(folder)
    try folder.object("yes.o", "#include <stdio.h>\nint main(void) { for (;;) puts(\"yes\"); }\n")
    let pipeline = "\"$@\" | head -n 1; exit ${PIPESTATUS[0]}"
    let result = try folder.run(command: ["bash", "-c", pipeline, "bash"] + folder.command(options + ["yes.o"]))
    #expect(result.output == "yes\n")
    #expect(result.status == 128 + SIGPIPE, "\(result.errors)")
    listener?.expectIdle()
  }

  @Test("lost output of a remote program is an error")
  func fullDevice() throws {
    let (options, listener) = try Place.remote.open(folder)
    try folder.object("hello.o", "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n")
    let command = ["sh", "-c", "exec \"$@\" > /dev/full", "sh"] + folder.command(options + ["hello.o"])
    try folder.run(command: command).expectError("standard output: ", "no space left", note: "lost")
    listener?.expectIdle()
  }
}
