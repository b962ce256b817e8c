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
  ///
  /// - Parameter folder: for files that are needed meanwhile.
  static func all(own version: String, folder: String) -> [ToolVersion] {
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
      + tools.map { ToolVersion(name: $0, version: answer($0, folder)) }
  }

  private static func answer(_ tool: String, _ folder: String) -> String? {
    // Into a file: a pipe could be kept open by something that the tool leaves behind.
    let path = "\(folder)/version"
    let raw = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
    guard raw >= 0, null >= 0 else { return nil }
    let (file, input) = (Descriptor(raw), Descriptor(null))
    defer { unlink(path) }
    var options = ChildProcess.Options()
    options.descriptors = [(0, input.raw), (1, file.raw), (2, input.raw)]
    guard let child = try? ChildProcess(tool, ["--version"], options), child.wait(killAfter: limit) == .exited(0) else {
      return nil
    }
    let lines = String(decoding: readAt(file.raw, 0, 4096), as: UTF8.self).split(separator: "\n")
    return lines.first.map { Printable.text(String($0)) }
  }
}
