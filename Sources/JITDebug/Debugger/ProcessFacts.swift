// What /proc says of a process.

import Glibc
import SystemPackage

package enum ProcessFacts {
  /// A process's program file; nil if it has ended or is another user's.
  package static func executable(of pid: Int32) -> String? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/\(pid)/exe", &buffer, buffer.count)
    guard count > 0 else { return nil }
    return String(decoding: buffer[..<count], as: UTF8.self)
  }

  /// The same, as a path that can be opened: the link itself where the file was replaced or lies in another root.
  package static func usableExecutable(of pid: Int32) -> String {
    let link = "/proc/\(pid)/exe"
    guard let path = executable(of: pid) else { return link }
    var named = stat()
    var real = stat()
    guard stat(path, &named) == 0, stat(link, &real) == 0, named.st_dev == real.st_dev, named.st_ino == real.st_ino
    else {
      return link
    }
    return path
  }

  /// A field of `/proc/PID/status`, such as `TracerPid`; nil if the process does not exist.
  package static func status(_ field: String, of pid: Int32) -> String? {
    for line in text("/proc/\(pid)/status")?.split(separator: "\n") ?? [] where line.hasPrefix("\(field):") {
      return String(line.dropFirst(field.count + 1).drop(while: \.isWhitespace))
    }
    return nil
  }

  /// Whether there is such a process, and it has not ended (a zombie has).
  package static func isRunning(_ pid: Int32) -> Bool {
    guard let state = status("State", of: pid)?.first else { return false }
    return state != "Z" && state != "X"
  }

  /// Whether a debugger has stopped every thread of it. (One that still ran could be missing from the list, but is then seen
  /// running, or its parent is.)
  package static func isHeldByTracer(_ pid: Int32) -> Bool {
    guard let tasks = try? StoreFiles.names(in: FilePath("/proc/\(pid)/task")), !tasks.isEmpty else { return false }
    return tasks.allSatisfy { text("/proc/\(pid)/task/\($0)/status")?.contains("\nState:\tt ") == true }
  }

  static func text(_ path: String) -> String? {
    guard let bytes = try? readFile(path) else { return nil }
    return String(decoding: bytes.buffer, as: UTF8.self)
  }
}
