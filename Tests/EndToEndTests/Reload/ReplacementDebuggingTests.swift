// A debugger stays attached while functions are replaced: breakpoints are hit in the new code, at its lines, each time.

import Foundation
import TestSupport
import Testing

@Suite("Replacement under debuggers")
struct ReplacementDebuggingTests {
  private static let replacements = 50

  @Test("A breakpoint by function and one by line move with the code, 50 times", arguments: DebuggerName.allCases)
  func breakpointsMove(debugger: DebuggerName) throws {
    let program = try ReplacedProgram(["main.c": CountingProgram.main, "work.c": CountingProgram.work(1)])
    try program.process.expect(CountingProgram.output(1, turn: 1))
    let terminal = try PseudoTerminal(
      [Workspace.jitdebug, "attach", "--debugger", debugger.rawValue], environment: program.environment)
    try terminal.expect(debugger.prompt)
    func command(_ lldb: String, _ gdb: String) throws {
      terminal.send(debugger == .lldb ? lldb : gdb)
      try terminal.expect(debugger.prompt)
    }
    try command("breakpoint set --name work", "break work")
    for version in 2...Self.replacements + 1 {
      terminal.send("continue")
      try terminal.expect(debugger.continuing)
      try program.save("work.c", CountingProgram.work(version))
      // By function.
      try terminal.expect("work.c:\(CountingProgram.line("work", version) - 1)")
      try terminal.expect(debugger.prompt)
      // By line, of the text as it is now; numbers go on from the one before.
      let line = CountingProgram.line("answer", version)
      try command("breakpoint set --file work.c --line \(line)", "tbreak work.c:\(line)")
      terminal.send("continue")
      try terminal.expect("work.c:\(line)")
      try terminal.expect(debugger.prompt)
      terminal.send("print function_count")
      try terminal.expect(debugger.value(version).trimmingCharacters(in: .newlines))
      try terminal.expect(debugger.prompt)
      if version % 10 == 0 {
        // Through the stub, and back.
        terminal.send("step")
        try terminal.expect(debugger == .lldb ? "`answer(x=\(version))" : "answer (x=\(version))")
        try terminal.expect(debugger.prompt)
        terminal.send("finish")
        try terminal.expect("work.c:\(line)")
        try terminal.expect(debugger.prompt)
      }
      if debugger == .lldb { try command("breakpoint delete \(version)", "") }
    }
    terminal.send("continue")
    try program.process.expect(CountingProgram.output(Self.replacements + 1, turn: Self.replacements + 1))
  }
}
