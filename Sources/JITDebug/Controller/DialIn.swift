// Executors that dial in: a port is open here for as long as one is awaited, and no longer, so that the next command can wait
// for the next one.

import Glibc
import Wire

struct DialIn {
  let host: String
  let port: String
  let peer: String
  let token: Token?

  /// How long an executor may take to dial, in seconds; it tries every two.
  private static let limit = 30.0
  /// How long one that has dialled may take to say what it is, in seconds.
  private static let greetingLimit = 5.0

  /// The first executor that dials in, and has the token if there is one.
  func connection() throws(JITDebugError) -> Connection {
    let deadline = Deadline(secondsFromNow: Self.limit)
    let listener = try listen(until: deadline)
    // Whoever says nothing keeps nobody else out.
    var silent: [Descriptor] = []
    var failure: JITDebugError?
    while deadline.milliseconds > 0 {
      var entries = ([listener] + silent).map { pollfd(fd: $0.raw, events: Int16(POLLIN), revents: 0) }
      guard poll(&entries, UInt(entries.count), deadline.milliseconds) > 0 else { continue }
      for index in silent.indices.reversed() where entries[index + 1].revents != 0 {
        let candidate = silent.remove(at: index)
        Sockets.awaitBytes(1, candidate.raw)
        do throws(JITDebugError) {
          return try Connection(candidate, peer: peer, token: token, setupLimit: Self.greetingLimit)
        } catch {
          failure = error
        }
      }
      if entries[0].revents != 0 {
        let raw = accept(listener.raw, nil, nil)
        guard raw >= 0 else { continue }
        _ = fcntl(raw, F_SETFD, FD_CLOEXEC)
        Sockets.makeReady(raw)
        // A few bytes are no greeting.
        Sockets.awaitBytes(FrameHeader.size, raw)
        silent.append(Descriptor(raw))
        if silent.count > 16 { silent.removeFirst() }
      }
    }
    if let failure { throw failure }
    throw JITDebugError(
      .connection, peer, "no executor has dialled in within \(Int(Self.limit)) seconds",
      remedy: "start `jitdebug-executor --dial \(peer.dropFirst("listen:".count))` there")
  }

  /// The port may be another command's, for the moment that its executor takes to come.
  private func listen(until deadline: Deadline) throws(JITDebugError) -> Descriptor {
    while true {
      var failure: Int32 = 0
      var isOpenToOthers = false
      let listener = try Sockets.withAddresses(host: host, port: port, peer: peer, passive: true) {
        address -> Descriptor? in
        let descriptor = Descriptor(
          socket(
            address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue),
            address.ai_protocol))
        var on: Int32 = 1
        setsockopt(descriptor.raw, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        isOpenToOthers = !Self.isLoopback(address)
        if bind(descriptor.raw, address.ai_addr, address.ai_addrlen) == 0, Glibc.listen(descriptor.raw, 16) == 0 {
          return descriptor
        }
        failure = errno
        return nil
      }
      if isOpenToOthers && token == nil {
        throw JITDebugError(
          .usage, peer, "is open to other machines, and whoever dials in would be taken for the executor",
          remedy: "share a token with it: --token-file FILE on both sides")
      }
      if let listener { return listener }
      guard failure == EADDRINUSE, deadline.milliseconds > 0 else {
        throw JITDebugError(
          .connection, peer, "cannot listen: \(systemMessage(failure).lowercasedFirst)",
          remedy: "name an address of this machine, and a port that nobody uses")
      }
      poll(nil, 0, 20)
    }
  }

  private static func isLoopback(_ address: addrinfo) -> Bool {
    if address.ai_family == AF_INET {
      return address.ai_addr.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
        UInt32(bigEndian: $0.pointee.sin_addr.s_addr) >> 24 == 127
      }
    }
    var loopback = in6addr_loopback
    return address.ai_family == AF_INET6
      && address.ai_addr.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
        var own = pointer.pointee.sin6_addr
        return memcmp(&own, &loopback, MemoryLayout<in6_addr>.size) == 0
      }
  }
}
