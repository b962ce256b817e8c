// LLDBBridge's C header: valid C, and in step with the copy of its numbers on the Swift side, which no compiler compares.

import Foundation
import Testing

@testable import JITDebug

@Suite struct DebuggerBridgeTests {
  static let header =
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path + "/Sources/LLDBBridge/include/LLDBBridge.h"

  @Test func headerIsC() throws {
    let flags = ["-std=c11", "-pedantic", "-Wall", "-Werror", "-Wno-nullability-extension", "-fsyntax-only"]
    let result = try DebuggerResult(
      running: "clang-22", flags + ["-include", Self.header, "-x", "c", "/dev/null"], in: "/")
    #expect(result.status == 0, "\(result.output)")
  }

  @Test func numbersAgree() throws {
    let text = try String(contentsOfFile: Self.header, encoding: .utf8)
    var numbers: [String: Int] = [:]
    for match in text.matches(of: /LLDB_SESSION_(\w+) = (\d+),/) { numbers[String(match.1)] = Int(match.2) }
    #expect(
      numbers == [
        "END_QUIT": Int(LLDBSession.End.quit), "END_COMMAND_ERROR": Int(LLDBSession.End.commandError),
        "END_CRASH": Int(LLDBSession.End.crash), "END_NO_PROCESS": Int(LLDBSession.End.noProcess),
        // Everything else counts as failed.
        "END_FAILED": 4, "FLAG_BATCH": Int(LLDBSession.Flag.batch),
        "FLAG_REQUIRE_PROCESS": Int(LLDBSession.Flag.requireProcess),
        "FLAG_KILL_AT_END": Int(LLDBSession.Flag.killAtEnd),
      ])
  }
}
