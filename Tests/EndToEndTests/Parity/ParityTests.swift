// The parity table: the same actions on a native executable and on the JITed program, in both debuggers, compared.

import Foundation
import TestSupport
import Testing

/// A difference that is known, with the reason why it stays.
struct KnownDifference: Sendable {
  var table: String
  var action: String
  var debugger: String
  var reason: String
}

let knownDifferences: [KnownDifference] = []

@Suite("Parity")
struct ParityTests {
  struct Table: Sendable, CustomTestStringConvertible {
    var name: String
    var program: DebuggedProgram
    var actions: [DebugAction]
    var testDescription: String { name }
  }

  static let tables = [
    Table(name: "C at -O0", program: stateProgram, actions: stateActions),
    Table(name: "C at -O2 without frame pointers", program: callbackProgram, actions: callbackActions),
    Table(name: "C++ at -O0", program: classesProgram, actions: classesActions),
  ]

  @Test("is the same in LLDB and in GDB as for a native executable", arguments: tables)
  func parity(table: Table) throws {
    let drivers: [any DebuggerDriver] = [LLDBDriver(), GDBDriver()]
    var report = ParityReport(table: table.name)
    for driver in drivers {
      let session = DebugSession(debugger: driver, program: table.program)
      let results = try DebuggedProgram.Variant.allCases.map { variant in
        let folder = try TemporaryFolder()
        return try session.observe(table.actions, variant: variant, folder: folder)
      }
      for (native, jit) in zip(results[0].observations, results[1].observations) {
        #expect(
          native.isComplete,
          "\(driver.name): \(native.action.name) does not show \(native.action.shows) natively:\n\(native.text ?? "nothing")"
        )
        let known = knownDifferences.first {
          $0.table == table.name && $0.action == native.action.name && $0.debugger == driver.name
        }
        report.add(native.action.name, driver.name, native: native.text, jit: jit.text, known: known?.reason)
      }
      if results[1].observations.contains(where: { $0.text == nil }) {
        report.note("\(driver.name) on the JITed program ended early:\n\(results[1].command.output.suffix(3000))")
      }
    }
    print(report.text)
    #expect(report.unexplained == 0, "\(report.unexplained) differences; the table above has both texts of each")
    #expect(report.stale.isEmpty, "known differences that are none any more: \(report.stale)")
  }
}
