// An emulator that the executor runs in (qemu-user): nothing can attach to a process in it, but it has a debug server of its own,
// if it is started with one. So a session that is to be debugged begins anew in an emulator that was.

import Glibc

/// An emulator on the target.
struct Emulator {
  /// Its program and options.
  var command: [String]
  /// The executor's path on the target.
  let executor: String

  /// The emulator that the session's process is in; nil if there is none.
  init?(around target: Target) throws(JITDebugError) {
    guard target.hasExtensions, let pid = target.connection.setup.pid else { return nil }
    func words(_ path: String) throws(JITDebugError) -> [String] {
      let bytes = try target.readFile(path, offset: 0, size: 1 << 16)
      return bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast().map {
        String(decoding: $0, as: UTF8.self)
      }
    }
    // QEMU answers for /proc/self/cmdline as if it were not there; for a thread's it does not.
    let real = try words("/proc/self/task/\(pid)/cmdline")
    let emulated = try words("/proc/self/cmdline")
    guard let name = real.first, Self.isEmulator(name), let executor = emulated.first, real.count > emulated.count
    else { return nil }
    command = Array(real.dropLast(emulated.count))
    self.executor = executor
  }

  /// Whether this is what `--debug-server` calls an emulator.
  static func isEmulator(_ program: String) -> Bool {
    let name = program.prefix { $0 != " " }
    return name.split(separator: "/").last?.hasPrefix("qemu-") ?? false
  }

  /// Makes the session's process begin anew with a debug server; the result is the connection to that. The
  /// program stands before its first instruction.
  func restart(_ target: Target, at location: ExecutorLocation) throws(JITDebugError) -> Connection {
    let path = "/tmp/jitdebug-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
    try target.restart(command + ["-g", path, executor, "--session"])
    let server = Target(try ExecutorHandle(location).connection)
    do {
      try server.relay("unix:\(path)")
    } catch {
      server.connection.disconnect()
      throw JITDebugError(
        .connection, target.connection.peer, "\(command[0]) opens no debug server: \(error.reason)",
        remedy: "the executor's own messages may say why; QEMU needs a writable /tmp there")
    }
    return server.connection
  }
}
