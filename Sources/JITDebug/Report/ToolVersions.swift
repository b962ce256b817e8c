// Which versions of the tools that jitdebug works with are on this machine.

import Glibc

package struct ToolVersion: Encodable, Sendable {
  package var name: String
  /// The first line that it prints when asked; absent if it is not there or does not answer.
  package var version: String?

  private static let tools = ["clang-22", "lldb-22", "gdb", "gdbserver"]
  /// Seconds for each.
  private static let limit = 10.0

  /// Of jitdebug, the kernel, and each tool along PATH.
  static func all(own version: String) -> [ToolVersion] {
    var machine = utsname()
    uname(&machine)
    let kernel = withUnsafeBytes(of: &machine) { bytes in
      // Six fields of one size: system, node name, release, version, machine, domain.
      let size = bytes.count / 6
      return [0, 2, 4].map { field in
        return String(decoding: bytes[(field * size)..<((field + 1) * size)].prefix { $0 != 0 }, as: UTF8.self)
      }.joined(separator: " ")
    }
    return [ToolVersion(name: "jitdebug", version: version), ToolVersion(name: "kernel", version: kernel)]
      + tools.map { ToolVersion(name: $0, version: answer($0)) }
  }

  private static func answer(_ tool: String) -> String? {
    guard let (text, status) = ToolOutput.of(tool, ["--version"], limit: limit), status == 0 else { return nil }
    return text.split(separator: "\n").first.map { Printable.text(String($0)) }
  }
}
