// Stubs beyond a page go without the symbols of functions that debug info describes as well: what debuggers show stays the same.

import Foundation
import TestSupport
import Testing

@Suite("Short stubs")
struct ShortStubTests {
  private static let functions = 300

  private static var source: String {
    (0..<functions).map { index in
      "int many_\(index)(int value) {\n  int own = value * 3 + \(index);\n  return own;\n}\n"
    }.joined() + "int main(void) {\n  int sum = 0;\n"
      + (0..<functions).map { "  sum += many_\($0)(sum & 7);\n" }.joined() + "  return sum & 15;\n}\n"
  }

  private struct Observation: Equatable {
    var text: String
    var status: Int32
  }

  private func observe(_ debugger: String, _ commands: [String], mode: String, in folder: TemporaryFolder) throws
    -> Observation
  {
    var environment = baseEnvironment
    environment["XDG_STATE_HOME"] = folder.file("state")
    let command =
      [Workspace.jitdebug, "debug", "--executor", try Workspace.executor.get(), "--debugger", debugger, "--batch"]
      + ["--debug-info", mode] + commands.flatMap { ["-o", $0] } + ["many.c"]
    let result = try run(command, environment: environment, directory: folder.path, mergingErrors: true, timeout: 60)
    let text = result.output.replacing(/0x[0-9a-f]+|process \d+|\d+ resuming|Process \d+|JIT\([^)]*\)/, with: "?")
    let lines = text.split(separator: "\n").filter { line in
      ["many_", "stop reason", "own =", "exited with"].contains { line.contains($0) }
    }
    return Observation(text: lines.joined(separator: "\n"), status: result.status)
  }

  @Test(
    "show the same as a debug file in the target's memory",
    arguments: [
      (
        "lldb",
        [
          "breakpoint set --func-regex ^many_1..$", "breakpoint set --name many_299", "continue", "breakpoint delete 1",
          "continue", "thread backtrace", "next", "frame variable own", "finish", "breakpoint delete --force",
          "continue",
        ]
      ),
      (
        "gdb",
        [
          "rbreak ^many_10.$", "break many_299", "continue", "delete 1-10", "continue", "backtrace", "next",
          "print own",
          "finish", "delete", "continue",
        ]
      ),
    ])
  func sameAsInline(debugger: String, commands: [String]) throws {
    let folder = try TemporaryFolder()
    try Self.source.write(toFile: folder.file("many.c"), atomically: true, encoding: .utf8)
    let short = try observe(debugger, commands, mode: "reference", in: folder)
    let whole = try observe(debugger, commands, mode: "inline", in: folder)
    #expect(short == whole)
    #expect(short.text.contains("many_100") && short.text.contains("many_299"), "\(short.text)")
  }

  @Test("are short, unless optimised code needs the symbols", arguments: [("0", 0..<1024), ("2", 4096..<32768)])
  func size(level: String, expected: Range<Int>) throws {
    let folder = try TemporaryFolder()
    let source =
      level == "0" ? Self.source : Self.source.replacing("int many_", with: "__attribute__((noinline)) int many_")
    try source.write(toFile: folder.file("many.c"), atomically: true, encoding: .utf8)
    var environment = baseEnvironment
    environment["XDG_STATE_HOME"] = folder.file("state")
    let result = try run(
      [Workspace.jitdebug, "run", "--executor", try Workspace.executor.get(), "--stats", "-O\(level)", "many.c"],
      environment: environment, directory: folder.path, timeout: 60)
    let line = try #require(result.errors.split(separator: "\n").first { $0.hasPrefix("{") })
    let statistics = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    let size = try #require(statistics["stubSize"] as? Int)
    #expect(expected.contains(size), "\(size)")
  }
}
