// The kernel's restrictions on debugging, as doctor reads them.

import Foundation
import Testing

@testable import JITDebug

@Suite struct DoctorPermissionTests {
  /// Yama's scope, whether CAP_SYS_PTRACE is held, and whether that suffices.
  @Test(arguments: [
    (nil, false, true), ("0", false, true), ("1", false, false), ("1", true, true), ("2", true, true),
    ("3", true, false),
  ])
  func restrictions(scope: String?, isCapable: Bool, passes: Bool) throws {
    let scratch = try ScratchDirectory()
    let yama = scratch.path("sys/kernel/yama")
    try FileManager.default.createDirectory(atPath: yama, withIntermediateDirectories: true)
    try FileManager.default.createDirectory(atPath: scratch.path("self"), withIntermediateDirectories: true)
    if let scope { try "\(scope)\n".write(toFile: "\(yama)/ptrace_scope", atomically: true, encoding: .utf8) }
    try "Name:\tx\nCapEff:\t\(isCapable ? "0000000000080000" : "0000000000000000")\n".write(
      toFile: scratch.path("self/status"), atomically: true, encoding: .utf8)
    let check = PermissionCheck(root: scratch.path("")).general
    #expect(check.passed == passes)
    #expect(check.findings.map(\.kind) == (passes ? [] : [.traceRestricted]))
  }

  /// Each of doctor's own findings says what it means and what to do.
  @Test func everyFindingIsExplained() {
    for kind in FindingKind.allCases {
      #expect(!kind.facts.explanation.isEmpty && !kind.facts.remedy.isEmpty, "\(kind)")
    }
  }
}
