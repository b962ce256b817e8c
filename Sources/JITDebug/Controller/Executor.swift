// Reaching an executor: over TCP, or as a child process of our own.

import Glibc
import Wire

/// Where the code is to run.
package enum ExecutorLocation: Sendable {
  /// A listening executor.
  case connect(host: String, port: String)
  /// An executor to start here, by path.
  case spawn(path: String)

  /// How messages and the session's description call it.
  package var description: String {
    switch self {
    case .connect(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .spawn(let path): path
    }
  }

  /// Reads `HOST:PORT`, `[IPv6]:PORT`.
  package init(endpoint: String) throws(JITDebugError) {
    guard let colon = endpoint.lastIndex(of: ":"), endpoint.index(after: colon) < endpoint.endIndex,
      let port = UInt16(endpoint[endpoint.index(after: colon)...]), port > 0
    else {
      throw JITDebugError(.usage, endpoint, "not an address", remedy: "write HOST:PORT, such as 127.0.0.1:4711")
    }
    var host = String(endpoint[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    self = .connect(host: host.isEmpty ? "127.0.0.1" : host, port: String(port))
  }
}

/// A session on an executor: the connection, and the process if it is a child of ours.
package struct ExecutorHandle {
  package let connection: Connection
  package let process: ChildProcess?

  /// How long connecting may take, in seconds.
  private static let connectLimit = 10.0

  /// - Parameter ownProcessGroup: keeps a started executor out of the terminal's foreground group.
  package init(_ location: ExecutorLocation, ownProcessGroup: Bool = false, standardInput: Int32? = nil)
    throws(JITDebugError)
  {
    switch location {
    case .connect(let host, let port):
      process = nil
      connection = try Connection(
        try Self.connectTCP(host: host, port: port, peer: location.description), peer: location.description)
    case .spawn(let path):
      let (started, socket) = try Self.start(path, ownProcessGroup, standardInput)
      process = started
      do {
        connection = try Connection(socket, peer: path)
      } catch {
        // It may be anything, and must not stay behind.
        let ending = started.wait(killAfter: 0.2)
        throw JITDebugError(
          .connection, path,
          ending == .signaled(SIGKILL)
            ? "is no executor: \(error.reason)" : "is no executor: \(ending) without a greeting",
          remedy: "name jitdebug-executor, or LLVM 22's llvm-jitlink-executor, with --executor")
      }
    }
  }

  /// Starts an executor at the other end of a new socket.
  private static func start(_ path: String, _ ownProcessGroup: Bool, _ standardInput: Int32?)
    throws(JITDebugError) -> (ChildProcess, Descriptor)
  {
    var pair: [Int32] = [0, 0]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair) == 0 else {
      throw JITDebugError(.system, "socketpair", systemMessage(errno).lowercasedFirst)
    }
    let ours = Descriptor(pair[0])
    let theirs = Descriptor(pair[1])
    var options = ChildProcess.Options()
    // Any number above the standard streams that is not the socket's own: dup2 onto itself would keep close-on-exec.
    let number: Int32 = pair[1] == 3 ? 4 : 3
    options.descriptors = [(child: number, here: theirs.raw)]
    if let standardInput { options.descriptors.append((child: 0, here: standardInput)) }
    options.ownProcessGroup = ownProcessGroup
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let isStock = name.hasPrefix("llvm-jitlink-executor")
    let arguments = isStock ? ["filedescs=\(number),\(number)"] : ["--fd", "\(number)"]
    // A file here goes before one of the same name along PATH.
    let program = path.contains("/") || access(path, F_OK) != 0 ? path : "./\(path)"
    do {
      return (try ChildProcess(program, arguments, options), ours)
    } catch {
      throw JITDebugError(
        .system, path, error.reason, remedy: "build the executor with Scripts/build, or name one with --executor")
    }
  }

  private static func connectTCP(host: String, port: String, peer: String) throws(JITDebugError) -> Descriptor {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, port, &hints, &list)
    guard status == 0 else {
      throw JITDebugError(
        .connection, peer, "unknown host: \(String(cString: gai_strerror(status)).lowercasedFirst)",
        remedy: "check the name, or give the address")
    }
    defer { freeaddrinfo(list) }
    let deadline = Deadline(secondsFromNow: connectLimit)
    var failure: Int32 = 0
    var next = list
    while let address = next?.pointee {
      next = address.ai_next
      let raw = socket(
        address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue),
        address.ai_protocol)
      guard raw >= 0 else {
        failure = errno
        continue
      }
      let descriptor = Descriptor(raw)
      if connect(raw, address.ai_addr, address.ai_addrlen) != 0 {
        failure = errno
        guard failure == EINPROGRESS else { continue }
        guard waitFor(POLLOUT, on: raw, until: deadline) else {
          failure = ETIMEDOUT
          continue
        }
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(raw, SOL_SOCKET, SO_ERROR, &failure, &size)
        guard failure == 0 else { continue }
      }
      _ = fcntl(raw, F_SETFL, fcntl(raw, F_GETFL) & ~O_NONBLOCK)
      // Frames are complete requests; waiting to fill a packet only adds latency.
      var on: Int32 = 1
      setsockopt(raw, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
      return descriptor
    }
    throw JITDebugError(
      .connection, peer, "cannot connect: \(systemMessage(failure).lowercasedFirst)",
      remedy: "start `jitdebug-executor --listen \(peer)` there, and check host, port and firewall")
  }
}
