// Looking at programs in an emulator: they are what is inspected, and not the emulator.

import Foundation
import TestSupport
import Testing

@Suite("diagnosis in an emulator")
struct CrossDiagnosisTests {
  let folder: SessionFolder
  init() throws { folder = try SessionFolder() }

  private func document(_ arguments: [String]) throws -> [String: Any] {
    let result = try folder.jitdebug(arguments + ["--json"])
    #expect(result.status == 0, "\(result.output)\(result.errors)")
    return try #require(try JSONSerialization.jsonObject(with: result.standardOutput) as? [String: Any])
  }

  @Test(arguments: CrossTarget.gnu)
  func programs(target: CrossTarget) throws {
    let executor = try CrossExecutor(target)
    let session = try RunningSession(in: folder, ["--connect", executor.address] + target.options)
    let places = [
      ["--session", session.id], ["--connect", executor.address, "--pid", "\(session.pid)"],
      ["--pid", "\(session.pid)"],
    ]
    for place in places {
      let inspection = try document(["inspect"] + place)
      #expect(inspection["architecture"] as? String == target.architecture, "\(inspection)")
      #expect(inspection["entryCount"] as? Int == 1)
      let hooks = try #require(inspection["hooks"] as? [[String: Any]])
      #expect(hooks.count == 1 && (hooks[0]["module"] as? String)?.hasSuffix("/jitdebug-executor") == true, "\(hooks)")

      let checkup = try document(["doctor"] + place)
      let checks = try #require(checkup["checks"] as? [[String: Any]])
      func evidence(_ id: String) -> String {
        checks.first { $0["id"] as? String == id }?["evidence"] as? String ?? "nothing"
      }
      #expect(evidence("hooks") == "jitdebug-executor (.dynsym, taken by LLDB and GDB)")
      #expect(evidence("entries") == "1 registered" && evidence("producer") == "not known, and registers code")
      if place.contains("--connect") {
        #expect(evidence("target").hasSuffix(" runs on \(target.triple)"))
        #expect(evidence("debug-server") == "qemu-\(target.architecture)-static, by its own")
      }
    }
    let lookup = try document(["inspect", "--session", session.id, "--disassemble", "work"])
    #expect(lookup["symbol"] as? String == "work" || "\(lookup)".contains("work"), "\(lookup)")
  }
}
