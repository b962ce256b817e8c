// Ctrl-C, signals to jitdebug, and its sudden death: the program ends, wherever it runs, and the listener serves on.

import Foundation
import TestSupport
import Testing

private let loop = """
  #include <stdio.h>
  #include <unistd.h>
  int main(void) { puts("running"); fflush(stdout); for (;;) pause(); }
  """

/// Counts the interrupts it gets, and ends itself at the second if asked to.
private let stubborn = """
  #include <signal.h>
  #include <unistd.h>
  static void handle(int number) { write(1, "handled\\n", 8); }
  int main(int argc, char **argv) {
    signal(SIGINT, handle);
    write(1, "running\\n", 8);
    for (;;) { pause(); if (argc > 1) return 17; }
  }
  """

@Suite("Signals")
struct SignalTests {
  let folder: RunFolder
  init() throws { folder = try RunFolder() }

  private func start(_ arguments: [String]) throws -> BackgroundProcess {
    let process = try BackgroundProcess(
      folder.command(arguments), environment: folder.environment, directory: folder.path)
    try process.expect("running")
    return process
  }

  @Test("a signal to jitdebug is the program's", arguments: Place.allCases, [SIGINT, SIGTERM, SIGQUIT])
  func forwarded(place: Place, number: Int32) throws {
    let (options, listener) = try place.open(folder)
    try folder.object("loop.o", loop)
    let process = try start(options + ["loop.o"])
    process.signal(number)
    #expect(try process.finish(closingInput: false).status == 128 + number)
    try folder.expectNothingLeft()
    listener?.expectIdle()
  }

  @Test("a program may handle the first Ctrl-C; the second ends it", arguments: Place.allCases)
  func handled(place: Place) throws {
    let (options, listener) = try place.open(folder)
    try folder.object("stubborn.o", stubborn)
    let willing = try start(options + ["stubborn.o", "--", "end"])
    willing.signal(SIGINT)
    #expect(try willing.finish(closingInput: false).status == 17)
    let unwilling = try start(options + ["stubborn.o"])
    unwilling.signal(SIGINT)
    try unwilling.expect("handled")
    unwilling.signal(SIGINT)
    #expect(try unwilling.finish(closingInput: false).status == 128 + SIGINT)
    try folder.expectNothingLeft()
    listener?.expectIdle()
  }

  @Test("Ctrl-C at a terminal", arguments: Place.allCases)
  func terminal(place: Place) throws {
    let (options, listener) = try place.open(folder)
    try folder.object("loop.o", loop)
    let input = folder.folder.file("loop.o")
    let terminal = try PseudoTerminal(folder.command(options + [input]), environment: folder.environment)
    try terminal.expect("running")
    terminal.control("C")
    #expect(try terminal.wait() == 128 + SIGINT)
    try folder.expectNothingLeft()
    listener?.expectIdle()
  }

  @Test("jitdebug killed leaves no process behind", arguments: Place.allCases)
  func killed(place: Place) throws {
    let (options, listener) = try place.open(folder)
    try folder.object("loop.o", loop)
    let process = try start(options + ["loop.o"])
    process.signal(SIGKILL)
    #expect(try process.finish(closingInput: false).end == .signaled(SIGKILL))
    let deadline = ContinuousClock.now + .seconds(10)
    while !folder.processes.isEmpty && ContinuousClock.now < deadline { poll(nil, 0, 5) }
    #expect(folder.processes == [])
    listener?.expectIdle()
    guard listener != nil else { return }
    // It serves the next one.
    try folder.object("after.o", "int main(void) { return 6; }\n")
    let next = try TestSupport.run(
      folder.command(options + ["after.o"]), environment: folder.environment, directory: folder.path)
    #expect(next.status == 6, "\(next.errors)")
  }

  /// A shell with jobs: what is typed is the foreground job's, and a run in the background goes on.
  @Test("a run in the background leaves the terminal's input alone, until it is brought back")
  func background() throws {
    try folder.object(
      "echo.o",
      """
      #include <stdio.h>
      int main(void) {
        char line[100];
        puts("running"), fflush(stdout);
        while (fgets(line, sizeof(line), stdin)) printf("got %s", line), fflush(stdout);
        return 0;
      }
      """)
    let (options, listener) = try Place.remote.open(folder)
    let words = folder.command(options + [folder.folder.file("echo.o")]).map { "'\($0)'" }.joined(separator: " ")
    let terminal = try PseudoTerminal(
      ["env", "PS1=$ ", "bash", "--norc", "--noprofile", "-i"], environment: folder.environment)
    terminal.send("\(words) &")
    try terminal.expect("running")
    terminal.send("echo for the $((1 + 1))nd; jobs")
    try terminal.expect("for the 2nd")
    try terminal.expect("Running")
    terminal.send("fg; echo status=$?")
    try terminal.expect("echo.o")
    terminal.send("for the program")
    try terminal.expect("got for the program")
    terminal.control("D")
    try terminal.expect("status=0")
    #expect(!terminal.transcript.contains("Stopped"))
    terminal.send("exit")
    _ = try terminal.wait()
    try folder.expectNothingLeft()
    listener?.expectIdle()
  }
}
