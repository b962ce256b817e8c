// What /proc says of a process.

import Glibc

package enum ProcessFacts {
  /// A process's program file; nil if it has ended or is another user's.
  package static func executable(of pid: some CustomStringConvertible) -> String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = readlink("/proc/\(pid)/exe", &buffer, buffer.count)
    guard count > 0 else { return nil }
    return String(decoding: buffer[..<count], as: UTF8.self)
  }

  /// A field of `/proc/PID/status`, such as `TracerPid`; nil if the process does not exist.
  package static func status(_ field: String, of pid: Int32) -> String? {
    guard let bytes = try? smallFile("/proc/\(pid)/status") else { return nil }
    for line in bytes.split(separator: "\n") where line.hasPrefix("\(field):") {
      return line.dropFirst(field.count + 1).trimmingSpaces
    }
    return nil
  }

  /// Whether there is such a process, and it has not ended (a zombie has).
  package static func isRunning(_ pid: Int32) -> Bool {
    guard let state = status("State", of: pid)?.first else { return false }
    return state != "Z" && state != "X"
  }

  /// When a process started, in clock ticks since the system did: tells it from a later one with the same number.
  package static func startTime(of pid: Int32) -> UInt64? {
    guard let text = try? smallFile("/proc/\(pid)/stat"), let name = text.lastIndex(of: ")") else { return nil }
    // Field 22; the text after the name starts with field 3.
    let fields = text[text.index(after: name)...].split(separator: " ")
    return fields.count > 19 ? UInt64(fields[19]) : nil
  }

  static func smallFile(_ path: String) throws(JITDebugError) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw JITDebugError(.system, path, systemMessage(errno).lowercasedFirst) }
    defer { close(descriptor) }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count == 0 { return String(decoding: text, as: UTF8.self) }
      if count > 0 {
        text += buffer[..<count]
      } else if errno != EINTR {
        throw JITDebugError(.system, path, systemMessage(errno).lowercasedFirst)
      }
    }
  }
}

extension Substring {
  fileprivate var trimmingSpaces: String {
    var text = self
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
