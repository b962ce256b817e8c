// A TCP port on which something other than an executor answers.

import Foundation
import TestSupport
import Testing

final class FakeServer: @unchecked Sendable {
  private let socket: Int32
  private(set) var address = ""
  private let lock = NSLock()
  private var accepted: [Int32] = []

  /// - Parameter listens: without it the port is taken, and refuses connections.
  init(greeting: Data = Data(), hangsUp: Bool = false, listens: Bool = true) throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    // Others that say so too may listen where nobody does.
    var on: Int32 = 1
    if !listens { setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size)) }
    let bound = withUnsafeMutablePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0
      }
    }
    try #require(bound, "\(String(cString: strerror(errno)))")
    address = "127.0.0.1:\(UInt16(bigEndian: name.sin_port))"
    guard listens else { return }
    try #require(listen(socket, 4) == 0)
    let listening = socket
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(listening, nil, nil)
        guard connection >= 0 else { return }
        greeting.withUnsafeBytes { _ = send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if hangsUp { shutdown(connection, Int32(SHUT_WR)) }
        guard let self else {
          close(connection)
          return
        }
        self.lock.withLock { self.accepted.append(connection) }
      }
    }
  }

  deinit {
    // Wakes the thread in accept.
    shutdown(socket, Int32(SHUT_RDWR))
    close(socket)
    for connection in accepted { close(connection) }
  }
}
