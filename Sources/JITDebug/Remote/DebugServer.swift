// A debug server on the target: a session of the executor that turns into gdbserver or lldb-server, on its own connection.

import Glibc

/// A debug server that holds a process of the target; its protocol is spoken on `descriptor`.
package final class DebugServer {
  package let program: String
  private let connection: Connection
  private let pid: Int32
  private var conversation: ServerConversation

  package var descriptor: Int32 { connection.descriptor.raw }

  /// What may be on the target, for each debugger the one that works best first.
  package static func candidates(for debugger: Debugger) -> [String] {
    switch debugger {
    case .lldb: ["lldb-server-22", "lldb-server", "gdbserver"]
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
    self.pid = pid
    conversation = ServerConversation(
      mendedDebugger: Self.isLLDBServer(found) ? nil : debugger, isX86_64: connection.setup.triple.hasPrefix("x86_64"))
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

  /// How long a debug server may take for each step of leaving its process, in seconds.
  private static let stepLimit = 3.0

  /// Passes bytes between a debugger and the debug server until one of them has gone. If the debugger just vanishes, the
  /// process is left as if it had detached. Throws if the debug server ended without a word.
  package func passOn(input: Int32, output: Int32) throws(JITDebugError) {
    defer { connection.disconnect() }
    var hasAnswered = false
    var entries = [
      pollfd(fd: input, events: Int16(POLLIN), revents: 0), pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
    ]
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      guard poll(&entries, 2, -1) > 0 else { continue }
      if entries[1].revents != 0 {
        let count = read(descriptor, &buffer, buffer.count)
        if count <= 0 {
          if hasAnswered { return }
          throw JITDebugError(
            .connection, connection.peer, "\(program) ended without a word",
            remedy: "the executor's own messages say why; \(TraceCheck.permissionRemedy)")
        }
        hasAnswered = true
        let bytes = conversation.toDebugger(buffer[..<count])
        if !bytes.withUnsafeBytes({ writeAll($0, to: output) }) { return leave() }
      }
      if entries[0].revents != 0 {
        let count = read(input, &buffer, buffer.count)
        guard count > 0 else { return leave() }
        let bytes = conversation.toServer(buffer[..<count])
        if !bytes.withUnsafeBytes({ writeAll($0, to: descriptor) }) { return }
      }
    }
  }

  /// Ends the debug server in good order when the debugger has gone: it would leave breakpoints in the program, which dies of them.
  package func leave() {
    if !conversation.isOver {
      if conversation.isRunning {
        let interrupt: [UInt8] = [3]
        _ = interrupt.withUnsafeBytes { writeAll($0, to: descriptor) }
      }
      var isAnswered = awaitAnswers()
      for place in conversation.breakpoints where isAnswered {
        isAnswered = ask("z" + String(decoding: place, as: UTF8.self))
      }
      if isAnswered { _ = ask("D;" + String(pid, radix: 16)) }
    }
    shutdown(descriptor, Int32(SHUT_WR))
    // It ends, and the connection with it.
    var byte: UInt8 = 0
    let deadline = Deadline(secondsFromNow: Self.stepLimit)
    while waitFor(POLLIN, on: descriptor, until: deadline), read(descriptor, &byte, 1) > 0 {}
  }

  private func ask(_ command: String) -> Bool {
    let bytes = conversation.toServer(PacketReader.packet(Array(command.utf8))[...])
    return bytes.withUnsafeBytes { writeAll($0, to: descriptor) } && awaitAnswers()
  }

  /// Whether everything that was asked has been answered in time.
  private func awaitAnswers() -> Bool {
    let deadline = Deadline(secondsFromNow: Self.stepLimit)
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while conversation.unanswered > 0 {
      guard waitFor(POLLIN, on: descriptor, until: deadline) else { return false }
      let count = read(descriptor, &buffer, buffer.count)
      guard count > 0 else { return false }
      let isReply = !conversation.toDebugger(buffer[..<count]).isEmpty
      if isReply && conversation.hasAcknowledgements {
        _ = [UInt8(ascii: "+")].withUnsafeBytes { writeAll($0, to: descriptor) }
      }
    }
    return true
  }
}

/// A port of this machine where one debugger can reach a debug server.
package struct DebugServerPort {
  private let listener: Descriptor
  package let port: UInt16

  /// How long the debugger may take to come, in seconds.
  private static let acceptLimit = 15.0

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
