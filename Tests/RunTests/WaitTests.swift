// --wait-for-debugger: nothing of the program runs before Enter is pressed or a debugger has attached.

import Foundation
import TestSupport
import Testing

private let early = """
  #include <stdio.h>
  __attribute__((constructor)) static void first(void) { fputs("constructed\\n", stdout); fflush(stdout); }
  int main(void) { puts("entered"); return 7; }
  """

@Suite("Waiting for a debugger")
struct WaitTests {
  let folder: RunFolder
  init() throws {
    folder = try RunFolder()
    try folder.object("early.o", early)
  }

  @Test("Enter starts the program", arguments: Place.allCases)
  func enter(place: Place) throws {
    let (options, listener) = try place.open(folder)
    let command = folder.command(options + ["--wait-for-debugger", folder.folder.file("early.o")])
    let terminal = try PseudoTerminal(command, environment: folder.environment)
    try terminal.expect("waiting for a debugger before main: jitdebug attach --session")
    #expect(!terminal.transcript.contains("constructed"))
    terminal.send("")
    try terminal.expect("constructed")
    try terminal.expect("entered")
    #expect(try terminal.wait() == 7)
    try folder.expectNothingLeft()
    listener?.expectIdle()
  }

  @Test("GDB starts the program by attaching", arguments: Place.allCases)
  func gdb(place: Place) throws {
    let (options, listener) = try place.open(folder)
    let process = try BackgroundProcess(
      folder.command(options + ["--wait-for-debugger", "early.o"]), environment: folder.environment,
      directory: folder.path)
    try process.expect("waiting for a debugger")
    #expect(process.output == "")
    let pid = try #require(try folder.sessions().last?["pid"] as? Int)
    // It has to stay: while a debugger attaches, the process is stopped and sees nothing.
    let debugger = try TestSupport.run(
      ["gdb", "-nx", "-batch", "-p", "\(pid)", "-ex", "continue"], environment: baseEnvironment)
    #expect(debugger.status == 0, "\(debugger.errors)")
    let result = try process.finish(closingInput: false)
    #expect(result.status == 7, "\(result.errors)")
    #expect(result.output == "constructed\nentered\n")
    try folder.expectNothingLeft()
    listener?.expectIdle()
  }

  @Test("Ctrl-C ends the wait and the program", arguments: Place.allCases)
  func interrupted(place: Place) throws {
    let (options, listener) = try place.open(folder)
    let command = folder.command(options + ["--wait-for-debugger", folder.folder.file("early.o")])
    let terminal = try PseudoTerminal(command, environment: folder.environment)
    try terminal.expect("waiting for a debugger")
    terminal.control("C")
    #expect(try terminal.wait() == 128 + SIGINT)
    #expect(!terminal.transcript.contains("constructed"))
    try folder.expectNothingLeft()
    listener?.expectIdle()
  }
}
