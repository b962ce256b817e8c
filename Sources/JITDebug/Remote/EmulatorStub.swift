// The debug server of the emulator that a session runs in. It is held from the session's first instruction to its last, and lent
// to one debugger after the other: QEMU 7.2 takes one connection, and ends the program with it.
//
// What QEMU's debug server lacks is done here. It does not hear an interrupt: a signal by way of the executor stops the program
// as well. It cannot write where the program may not, and after that was run, not even where it may; LLDB does both for its
// expressions: they get memory that was reserved for them, which the executor writes. And it stops for every signal, which without a debugger is passed on.

import Glibc
import Synchronization
import Wire

/// The emulator's debug server, and a socket of this machine where debuggers find it.
package final class EmulatorStub: @unchecked Sendable {
  /// The session in the emulator.
  let target: Target
  /// Where a debugger connects.
  package let path: String
  private let listener: Descriptor
  private let server: Connection
  private var conversation: StubConversation
  private var client: Descriptor?
  /// Tells `end` that the thread has ended.
  private let ended: Descriptor
  private let signal: Descriptor
  /// Wakes the thread when a write has been answered.
  private let answered: Descriptor
  private let answer: Descriptor
  private let pendingWrite = Mutex<UInt64?>(nil)

  /// How long the thread may take to see that the program has ended, in seconds.
  private static let endLimit = 3.0
  /// What debuggers get for their expressions.
  private static let memorySize: UInt64 = 1 << 24

  /// Begins the session of `target` anew in the emulator.
  ///
  /// - Parameter folder: where the socket goes, if its path is not too long for one.
  init(_ emulator: Emulator, _ target: Target, at location: ExecutorLocation, folder: String, id: String)
    throws(JITDebugError)
  {
    let server = try emulator.restart(target, at: location)
    self.server = server
    let (ended, signal) = try Self.makePipe()
    self.ended = ended
    self.signal = signal
    (answered, answer) = try Self.makePipe()
    let name = "\(folder)/debugger"
    // sockaddr_un has room for 107 bytes.
    path = name.utf8.count < 100 ? name : "/tmp/jitdebug-\(getuid())-\(id)"
    listener = try Self.listen(at: path)
    conversation = StubConversation()
    let go = conversation.begin()
    _ = go.withUnsafeBytes { writeAll($0, to: server.descriptor.raw) }
    do {
      self.target = Target(try Connection(target.connection.descriptor, peer: target.connection.peer))
      conversation.memory = try Self.reserve(self.target)
      conversation.mainThread = self.target.connection.setup.pid
    } catch {
      server.disconnect()
      unlink(path)
      throw error
    }
  }

  private static func makePipe() throws(JITDebugError) -> (Descriptor, Descriptor) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw JITDebugError(.system, "pipe", systemMessage(errno).lowercasedFirst) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (Descriptor(ends[0]), Descriptor(ends[1]))
  }

  private static func listen(at path: String) throws(JITDebugError) -> Descriptor {
    let listener = Descriptor(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    unlink(path)
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    // Nobody else is to debug this user's program.
    let mask = umask(0o077)
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.bind(listener.raw, $0, size) }
    }
    umask(mask)
    guard status == 0, Glibc.listen(listener.raw, 1) == 0 else {
      throw JITDebugError(.system, path, systemMessage(errno).lowercasedFirst)
    }
    return listener
  }

  private static func reserve(_ target: Target) throws(JITDebugError) -> TargetRange {
    let start = try target.reservation(of: try target.postReserve(size: memorySize), size: memorySize)
    var request = FinalizeRequest()
    request.append(access: [.read, .write, .execute], address: start.rawValue, size: memorySize, content: [])
    try target.finishInitialize(try target.postInitialize(request))
    return TargetRange(start: start, size: memorySize)
  }

  /// Copies the files that debuggers will look for; the result is what could not be had. Before `start`.
  func copyFiles(into root: String) throws(JITDebugError) -> [JITDebugError] {
    var warnings: [JITDebugError] = []
    _ = try TargetFiles(of: target, process: "self", into: root) { warnings.append($0) }
    return warnings
  }

  // MARK: The thread

  /// Begins to serve debuggers. From then on the program can be stopped at any time.
  func start() throws(JITDebugError) {
    try BackgroundThread {
      self.serve()
      _ = Glibc.write(self.signal.raw, "x", 1)
    }.detach()
    isServing.store(true, ordering: .releasing)
  }
  private let isServing = Atomic(false)

  /// Call when the program has ended, or is about to: the debugger is told first.
  func end() {
    if isServing.exchange(false, ordering: .acquiring) {
      _ = waitFor(POLLIN, on: ended.raw, until: Deadline(secondsFromNow: Self.endLimit))
    }
    server.disconnect()
    unlink(path)
  }

  private func serve() {
    let stub = server.descriptor.raw
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      // While the program is being stopped for it, a debugger waits to be heard.
      let other = client.map { conversation.hearsDebugger ? $0.raw : -1 } ?? listener.raw
      var entries = [
        pollfd(fd: stub, events: Int16(POLLIN), revents: 0), pollfd(fd: other, events: Int16(POLLIN), revents: 0),
        pollfd(fd: answered.raw, events: Int16(POLLIN), revents: 0),
      ]
      let isWriting = pendingWrite.withLock { $0 != nil }
      let ready = poll(&entries, 3, isWriting ? Self.writeLimit : -1)
      if ready < 0 { continue }
      if ready == 0 || entries[2].revents != 0 {
        if ready > 0 { _ = read(answered.raw, &buffer, 1) }
        pendingWrite.withLock { $0 = nil }
        carryOut(conversation.wrote(ready > 0))
        continue
      }
      if entries[0].revents != 0 {
        let count = read(stub, &buffer, buffer.count)
        guard count > 0 else { break }
        carryOut(conversation.serverSaid(buffer[..<count]))
      } else if client == nil {
        let raw = accept(listener.raw, nil, nil)
        guard raw >= 0 else { continue }
        _ = fcntl(raw, F_SETFD, FD_CLOEXEC)
        client = Descriptor(raw)
        carryOut(conversation.debuggerCame())
      } else if let client {
        let count = read(client.raw, &buffer, buffer.count)
        carryOut(count > 0 ? conversation.debuggerSaid(buffer[..<count]) : conversation.debuggerWent())
        if count <= 0 { self.client = nil }
      }
    }
    client = nil
  }

  private func carryOut(_ actions: [StubConversation.Action]) {
    for action in actions {
      switch action {
      case .toServer(let bytes): _ = bytes.withUnsafeBytes { writeAll($0, to: server.descriptor.raw) }
      case .toDebugger(let bytes): if let client { send(bytes, to: client) }
      case .write(let address, let bytes): write(bytes, to: address)
      case .signal(let number): try? target.postSignal(number)
      case .resume: try? target.postResume()
      case .hangUp: client = nil
      }
    }
  }

  /// How long the executor may take to write, in milliseconds: the program may have stopped where it holds a lock.
  private static let writeLimit: Int32 = 3000

  private func write(_ bytes: [UInt8], to address: TargetAddress) {
    pendingWrite.withLock { $0 = try? target.postWrite(bytes, to: address) }
  }

  /// Call for each answer that the session gets.
  func sessionWasAnswered(_ call: UInt64) {
    let isAwaited = pendingWrite.withLock { $0 == call }
    if isAwaited { _ = Glibc.write(answer.raw, "x", 1) }
  }

  /// A debugger that has gone is noticed when it is read from.
  private func send(_ bytes: [UInt8], to client: Descriptor) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(client.raw, $0.baseAddress! + done, $0.count - done, Int32(MSG_NOSIGNAL))
      }
      if count > 0 { done += count } else if count < 0 && errno != EINTR { return }
    }
  }
}
