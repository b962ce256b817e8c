// Which process a pid means: the pid together with when that process started.

import Glibc

/// A process of this machine that a later one with the same pid is not mistaken for.
package struct ProcessIdentity: Equatable, Sendable {
  package var pid: Int32
  /// In clock ticks since boot: field 22 of /proc/PID/stat.
  package var startTime: UInt64

  package init(pid: Int32, startTime: UInt64) {
    self.pid = pid
    self.startTime = startTime
  }

  /// The process that has this pid now; nil if there is none, or only a zombie nobody has waited for.
  package init?(pid: Int32) {
    guard let bytes = try? readFile("/proc/\(pid)/stat") else { return nil }
    let text = withExtendedLifetime(bytes) { String(decoding: bytes.buffer, as: UTF8.self) }
    // The second field is the program's name in parentheses, and may contain anything.
    guard let name = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: name)...].split(separator: " ")
    // From field 3, the state, on.
    guard fields.count > 19, fields[0] != "Z", fields[0] != "X", let startTime = UInt64(fields[19]) else { return nil }
    self.init(pid: pid, startTime: startTime)
  }

  package static let current = ProcessIdentity(pid: getpid()) ?? ProcessIdentity(pid: getpid(), startTime: 0)

  package var isAlive: Bool { ProcessIdentity(pid: pid) == self }
}
