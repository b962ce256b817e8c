// run --keep-running: a program that outlives its controller, is found again, debugged and ended.

import Foundation
import TestSupport
import Testing

@Suite("Programs that outlive jitdebug")
struct KeepRunningTests {
  let folder: RunFolder
  init() throws { folder = try RunFolder() }

  /// Says when its input has ended, and goes on.
  private static let program = """
    #include <stdio.h>
    #include <unistd.h>
    int main(int argc, char **argv) {
      puts("running");
      fflush(stdout);
      while (getchar() != EOF) continue;
      FILE *mark = fopen(argv[1], "w");
      fclose(mark);
      for (int i = 0;; i++) {
        printf("%d\\n", i);
        fflush(stdout);
        usleep(10000);
      }
    }
    """

  private func start(_ listener: Listener) throws -> BackgroundProcess {
    try folder.write("loop.c", Self.program)
    let process = try BackgroundProcess(
      folder.command(["--connect", listener.address, "--keep-running", "loop.c", "--", folder.folder.file("mark")]),
      environment: folder.environment, directory: folder.path)
    try process.expect("running", within: 60)
    return process
  }

  private func jitdebug(_ arguments: String...) throws -> CommandResult {
    try TestSupport.run([Workspace.jitdebug] + arguments, environment: folder.environment, directory: folder.path)
  }

  private func state() throws -> String { String(try jitdebug("sessions").output.split(separator: "\n").last ?? "") }

  @Test(
    "killed, or its terminal closed: attach finds the program, sessions --stop ends it", arguments: [SIGKILL, SIGHUP])
  func detached(signal: Int32) throws {
    let listener = try Listener(folder)
    let process = try start(listener)
    #expect(try state().contains(" running "))
    process.signal(signal)
    #expect(try process.finish(closingInput: false).status == 128 + signal)
    #expect(try state().contains(/\ detached .* loop\.c/))
    // Its input has ended, and what it writes goes nowhere; neither stops it.
    let deadline = ContinuousClock.now + .seconds(20)
    let mark = folder.folder.file("mark")
    while !FileManager.default.fileExists(atPath: mark) && ContinuousClock.now < deadline { poll(nil, 0, 5) }
    #expect(FileManager.default.fileExists(atPath: mark))

    let debugger = try jitdebug("attach", "--batch", "-o", "thread backtrace", "-o", "frame select 0")
    #expect(debugger.status == 0, "\(debugger.errors)")
    #expect(debugger.output.contains("`main(argc=2"), "\(debugger.output)")
    #expect(try state().contains(" detached "))

    #expect(try jitdebug("sessions", "--prune").output == "nothing to remove\n")
    let id = try #require(try folder.sessions().last?["id"] as? String)
    let stop = try jitdebug("sessions", "--stop", id)
    #expect(stop.status == 0, "\(stop.errors)")
    #expect(try state().contains(" signal 15 "))
    try jitdebug("sessions", "--stop", id).expectError("session \(id): does not run any more", status: 64)
    listener.expectIdle()
    try folder.expectNothingLeft()
  }

  @Test("Ctrl-C ends it all the same, and --stop one that has its controller")
  func ended() throws {
    let listener = try Listener(folder)
    for stops in [false, true] {
      let process = try start(listener)
      if stops {
        let id = try #require(try folder.sessions().last?["id"] as? String)
        #expect(try jitdebug("sessions", "--stop", id).status == 0)
      } else {
        process.signal(SIGINT)
      }
      let status = try process.finish(closingInput: false).status
      #expect(status == 128 + (stops ? SIGTERM : SIGINT))
      listener.expectIdle()
    }
    try folder.expectNothingLeft()
  }

  @Test("an executor that ends with the run keeps nothing")
  func spawned() throws {
    try folder.write("main.c", "int main(void) { return 0; }\n")
    try folder.run("--keep-running", "main.c").expectError(
      "--keep-running: the executor of this run ends with it", note: "--connect", status: 64)
  }

  @Test("what an executor's limit did is told in words, and kept")
  func limits() throws {
    let listener = try Listener(folder, options: ["--session-timeout", "8"])
    try folder.object("loop.o", "int main(void) { for (volatile int i = 0;; i++); }\n")
    let result = try folder.run("--connect", listener.address, "loop.o")
    #expect(result.status == 128 + SIGKILL)
    #expect(
      result.messages("warning") == [
        "warning: \(listener.address): the executor ended the program: the program was killed by signal 9: "
          + "--session-timeout is over"
      ])
    let end = try #require(try folder.sessions().last?["end"] as? [String: Any])
    #expect((end["message"] as? String)?.hasSuffix("--session-timeout is over") == true)
    listener.expectIdle()
  }

  @Test("no room for another session")
  func refused() throws {
    let listener = try Listener(folder, options: ["--max-sessions", "1"])
    let process = try start(listener)
    let result = try TestSupport.run(
      folder.command(["--connect", listener.address, "loop.c"]), environment: folder.environment, directory: folder.path
    )
    result.expectError("the executor refuses: too many sessions (--max-sessions)")
    process.signal(SIGINT)
    #expect(try process.finish(closingInput: false).status == 128 + SIGINT)
  }
}
