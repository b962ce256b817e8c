// Sockets to executors: connecting, and pairs for children.

import Glibc

enum Sockets {
  /// How long connecting may take, in seconds.
  private static let connectLimit = 10.0

  /// Two ends of one connection; neither is inherited by children.
  static func pair() throws(JITDebugError) -> (Descriptor, Descriptor) {
    var pair: [Int32] = [0, 0]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair) == 0 else {
      throw JITDebugError(.system, "socketpair", systemMessage(errno).lowercasedFirst)
    }
    return (Descriptor(pair[0]), Descriptor(pair[1]))
  }

  /// The addresses that a name and a port stand for, in order of preference, until `use` returns a result.
  static func withAddresses<Result>(
    host: String, port: String, peer: String, passive: Bool = false, _ use: (addrinfo) -> Result?
  ) throws(JITDebugError) -> Result? {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    if passive { hints.ai_flags = AI_PASSIVE }
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, port, &hints, &list)
    guard status == 0 else {
      throw JITDebugError(
        .connection, peer, "unknown host: \(String(cString: gai_strerror(status)).lowercasedFirst)",
        remedy: "check the name, or give the address")
    }
    defer { freeaddrinfo(list) }
    var next = list
    while let address = next?.pointee {
      next = address.ai_next
      if let result = use(address) { return result }
    }
    return nil
  }

  static func connect(host: String, port: String, peer: String) throws(JITDebugError) -> Descriptor {
    let deadline = Deadline(secondsFromNow: connectLimit)
    var failure: Int32 = 0
    let connected = try withAddresses(host: host, port: port, peer: peer) { address -> Descriptor? in
      let raw = socket(
        address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue),
        address.ai_protocol)
      guard raw >= 0 else {
        failure = errno
        return nil
      }
      let descriptor = Descriptor(raw)
      if Glibc.connect(raw, address.ai_addr, address.ai_addrlen) != 0 {
        failure = errno
        guard failure == EINPROGRESS else { return nil }
        guard waitFor(POLLOUT, on: raw, until: deadline) else {
          failure = ETIMEDOUT
          return nil
        }
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(raw, SOL_SOCKET, SO_ERROR, &failure, &size)
        guard failure == 0 else { return nil }
      }
      makeReady(raw)
      return descriptor
    }
    if let connected { return connected }
    throw JITDebugError(
      .connection, peer, "cannot connect: \(systemMessage(failure).lowercasedFirst)",
      remedy: "start `jitdebug-executor --listen \(peer)` there, and check host, port and firewall")
  }

  static func isUnix(_ raw: Int32) -> Bool {
    var family: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(raw, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 && family == AF_UNIX
  }

  /// Blocking, and without waiting to fill packets: frames are complete requests.
  static func makeReady(_ raw: Int32) {
    _ = fcntl(raw, F_SETFL, fcntl(raw, F_GETFL) & ~O_NONBLOCK)
    var on: Int32 = 1
    setsockopt(raw, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Has poll tell of input only once there are so many bytes of it.
  static func awaitBytes(_ count: Int, _ raw: Int32) {
    var count = Int32(count)
    setsockopt(raw, SOL_SOCKET, SO_RCVLOWAT, &count, socklen_t(MemoryLayout<Int32>.size))
  }

  static func connect(path: String, peer: String) throws(JITDebugError) -> Descriptor {
    let descriptor = Descriptor(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    let status = withUnsafeMutablePointer(to: &address) { pointer -> Int32 in
      let field = UnsafeMutableRawPointer(pointer) + MemoryLayout<sockaddr_un>.offset(of: \.sun_path)!
      guard path.utf8.count < room else {
        errno = ENAMETOOLONG
        return -1
      }
      _ = path.withCString { strcpy(field.assumingMemoryBound(to: CChar.self), $0) }
      return pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor.raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard status == 0 else {
      throw JITDebugError(
        .connection, peer, "cannot connect: \(systemMessage(errno).lowercasedFirst)",
        remedy: "start `jitdebug-executor --listen \(peer)` as this user")
    }
    return descriptor
  }
}
