// A debug server on the target: a session of the executor that turns into gdbserver or lldb-server, on its own connection.

import Glibc

/// A debug server that holds a process of the target; its protocol is spoken on `descriptor`.
package final class DebugServer {
  package let program: String
  private let connection: Connection
  /// For gdbserver; nil where nothing needs mending.
  private var filter: GDBServerFilter?

  package var descriptor: Int32 { connection.descriptor.raw }

  /// What may be on the target, for each debugger the one that works best first.
  package static func candidates(for debugger: Debugger) -> [String] {
    switch debugger {
    case .lldb: ["lldb-server", "lldb-server-22", "gdbserver"]
    // GDB 13 does not get along with lldb-server.
    case .gdb: ["gdbserver"]
    }
  }

  /// Attaches a debug server to a process on the target, which stops.
  ///
  /// - Parameters:
  ///   - pid: as the target numbers it.
  ///   - program: a path on the target; nil for whichever debug server the target has.
  package init(at location: ExecutorLocation, pid: Int32, program: String?, debugger: Debugger) throws(JITDebugError) {
    let target = Target(try ExecutorHandle(location).connection)
    connection = target.connection
    let names = program.map { [$0] } ?? Self.candidates(for: debugger)
    var found: String?
    for name in names {
      do throws(JITDebugError) {
        try target.becomeProgram(Self.command(name, pid))
        found = name
        break
      } catch {
        // Only the next name can help, unless the executor itself is the problem.
        guard error.reason.hasSuffix(": no such program") else { throw error }
      }
    }
    guard let found else {
      throw JITDebugError(
        .connection, target.connection.peer,
        program.map { "the target has no debug server \($0)" }
          ?? "the target has no debug server: no \(names.joined(separator: ", no ")) along its PATH",
        remedy: "install \(debugger == .lldb ? "gdbserver or lldb-server" : "gdbserver") there, or name one with "
          + "--debug-server PATH")
    }
    self.program = found
    filter = Self.isLLDBServer(found) ? nil : GDBServerFilter(for: debugger)
  }

  private static func command(_ program: String, _ pid: Int32) -> [String] {
    isLLDBServer(program)
      ? [program, "gdbserver", "--fd", "0", "--attach", "\(pid)"]
      : [program, "stdio", "--attach", "\(pid)"]
  }

  private static func isLLDBServer(_ program: String) -> Bool {
    program.split(separator: "/").last?.hasPrefix("lldb-server") ?? false
  }

  // MARK: Passing on

  /// How long a debug server may take to leave its process when the debugger has gone, in seconds.
  private static let endLimit = 3.0

  /// Passes bytes between a debugger and the debug server until one of them has gone. Throws if the debug server ended
  /// without a word.
  package func passOn(input: Int32, output: Int32) throws(JITDebugError) {
    var hasAnswered = false
    var entries = [
      pollfd(fd: input, events: Int16(POLLIN), revents: 0), pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
    ]
    var limit: Deadline?
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let ready = poll(&entries, 2, limit?.milliseconds ?? -1)
      if ready < 0 && errno == EINTR { continue }
      if ready == 0 { return }
      if entries[1].revents != 0 {
        let count = read(descriptor, &buffer, buffer.count)
        if count <= 0 {
          if hasAnswered { return }
          throw JITDebugError(
            .connection, connection.peer, "\(program) ended without a word",
            remedy: "the executor's own messages say why; \(TraceCheck.permissionRemedy)")
        }
        hasAnswered = true
        let bytes = filter?.toDebugger(buffer[..<count]) ?? Array(buffer[..<count])
        if limit == nil && !bytes.withUnsafeBytes({ writeAll($0, to: output) }) {
          limit = Deadline(secondsFromNow: Self.endLimit)
          shutdown(descriptor, Int32(SHUT_WR))
        }
      }
      if entries[0].revents != 0 {
        let count = read(input, &buffer, buffer.count)
        let bytes = filter?.toServer(buffer[..<max(count, 0)]) ?? Array(buffer[..<max(count, 0)])
        if count <= 0 || !bytes.withUnsafeBytes({ writeAll($0, to: descriptor) }) {
          // The debug server is to leave its process in good order.
          entries[0].fd = -1
          limit = Deadline(secondsFromNow: Self.endLimit)
          shutdown(descriptor, Int32(SHUT_WR))
        }
      }
    }
  }
}

/// A port of this machine where one debugger can reach a debug server.
package struct DebugServerPort {
  private let listener: Descriptor
  package let port: UInt16

  /// How long the debugger may take to come, in seconds.
  private static let acceptLimit = 60.0

  package init() throws(JITDebugError) {
    listener = Descriptor(socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = listener.raw
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        Glibc.bind(descriptor, address, size) == 0 && Glibc.listen(descriptor, 1) == 0
          && getsockname(descriptor, address, &size) == 0
      }
    }
    guard status else { throw JITDebugError(.system, "127.0.0.1", systemMessage(errno).lowercasedFirst) }
    port = UInt16(bigEndian: address.sin_port)
  }

  /// The debugger's connection.
  package func accept() throws(JITDebugError) -> Descriptor {
    guard waitFor(POLLIN, on: listener.raw, until: Deadline(secondsFromNow: Self.acceptLimit)) else {
      throw JITDebugError(
        .debugger, "127.0.0.1:\(port)", "no debugger came within \(Int(Self.acceptLimit)) seconds")
    }
    let raw = Glibc.accept(listener.raw, nil, nil)
    guard raw >= 0 else { throw JITDebugError(.system, "accept", systemMessage(errno).lowercasedFirst) }
    _ = fcntl(raw, F_SETFD, FD_CLOEXEC)
    var on: Int32 = 1
    setsockopt(raw, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    return Descriptor(raw)
  }
}
