// The parity table on AArch64 and RISC-V under qemu-user: what works on an emulated executable works on the JITed program.

import Foundation
import TestSupport
import Testing

@Suite("Parity in an emulator")
struct EmulatedParityTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var machine: EmulatedMachine
    var debugger: any DebuggerDriver
    var testDescription: String { "\(machine.architecture), \(debugger.name)" }
  }
  static let cases = EmulatedMachine.all.flatMap { machine in
    [Case(machine: machine, debugger: LLDBDriver()), Case(machine: machine, debugger: GDBDriver())]
  }

  /// QEMU's debug server knows no watchpoints. GDB watches by itself, a step at a time; LLDB cannot, see `watchpoint`.
  static let watching = [
    "watchpoint on a global", "continue to the change", "the second change", "remove the watchpoint",
  ]

  @Test("is at least that of an executable", arguments: cases)
  func parity(_ place: Case) throws {
    let driver = place.debugger
    for table in ParityTests.tables {
      let actions = table.actions.filter { driver.name != "lldb" || !Self.watching.contains($0.name) }.map(Self.adapted)
      let session = DebugSession(debugger: driver, program: table.program)
      let results = try DebuggedProgram.Variant.allCases.map { variant in
        try session.observe(actions, variant: variant, on: place.machine, folder: TemporaryFolder())
      }
      var report = ParityReport(table: "\(table.name) on \(place.machine.architecture)")
      for (native, jit) in zip(results[0].observations, results[1].observations) {
        // Where the emulator's debug server alone refuses what its debugger asks, the JITed program may do better: jitdebug
        // makes up for some of it.
        // And what does not work in the executable, such as LLDB's way out of a signal on RISC-V, need not fail word for word.
        let isOnlyHere = !native.isComplete && jit.text != nil
        if isOnlyHere {
          report.note("\(jit.isComplete ? "better than" : "as little as") in the executable: \(native.action.name)")
        }
        report.add(
          native.action.name, driver.name, native: isOnlyHere ? jit.text : native.text,
          jit: jit.text ?? "(not reached at all)", known: nil)
      }
      if results[1].observations.contains(where: { $0.text == nil }) {
        report.note("\(driver.name) on the JITed program ended early:\n\(results[1].command.output.suffix(3000))")
      }
      print(report.text)
      #expect(report.unexplained == 0, "\(report.unexplained) differences; the table above has both texts of each")
    }
  }

  @Test("LLDB is refused a watchpoint in both alike", arguments: EmulatedMachine.all)
  func watchpoint(_ machine: EmulatedMachine) throws {
    let actions = [
      DebugAction("stop", lldb: "breakpoint set --name square", gdb: ""),
      DebugAction("start", lldb: "process continue", gdb: "", shows: "square"),
      DebugAction("watch", lldb: "watchpoint set variable watched_later", gdb: "", shows: "error: "),
    ]
    let session = DebugSession(debugger: LLDBDriver(), program: stateProgram)
    let texts = try DebuggedProgram.Variant.allCases.map { variant in
      try session.observe(actions, variant: variant, on: machine, folder: TemporaryFolder()).observations[2]
    }
    #expect(texts[0].isComplete)
    #expect(texts[0].text == texts[1].text)
  }

  /// What only x86-64 shows is not to be seen.
  private static func adapted(_ action: DebugAction) -> DebugAction {
    var action = action
    action.shows.removeAll { ["imul", "call", "ret"].contains($0) }
    action.lldb = action.lldb.replacingOccurrences(of: "register read rip", with: "register read pc")
    return action
  }
}
