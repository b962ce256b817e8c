// Where a debugger of this machine asks for a look at the sources: whoever connects gets a text, and the end.

import Glibc
import SystemPackage

/// A listening socket in a session's folder. Its path is guarded by its owner's lock.
final class ReloadSocket: @unchecked Sendable {
  private let listener: Descriptor
  private(set) var path: String

  /// For poll.
  var polled: Int32 { listener.raw }

  init(in session: Session) throws(JITDebugError) {
    path = Self.path(in: session)
    listener = Descriptor(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    unlink(path)
    // Nobody else is to ask this user's compiler.
    let mask = umask(0o077)
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.bind(listener.raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    umask(mask)
    guard status == 0, Glibc.listen(listener.raw, 4) == 0 else {
      throw JITDebugError(.system, path, systemMessage(errno).lowercasedFirst)
    }
  }

  private static func path(in session: Session) -> String {
    let name = session.folder.appending("reload").string
    // sockaddr_un has room for 107 bytes.
    return name.utf8.count < 100 ? name : "/tmp/jitdebug-\(getuid())-\(session.id).reload"
  }

  /// The same socket for the session that follows.
  func move(to session: Session) {
    let new = Self.path(in: session)
    if rename(path, new) == 0 { path = new }
  }

  /// The next one who asks, if there is one.
  func accept() -> Descriptor? {
    let client = Glibc.accept(listener.raw, nil, nil)
    guard client >= 0 else { return nil }
    _ = fcntl(client, F_SETFD, FD_CLOEXEC)
    return Descriptor(client)
  }

  /// Tells one who asked. The end of the text is the end of the connection.
  static func answer(_ client: Descriptor, _ text: String) {
    var text = text + "\n"
    // A line or two: the socket takes it at once, or there is nobody any more.
    _ = text.withUTF8 { send(client.raw, $0.baseAddress!, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)) }
  }

  deinit { unlink(path) }
}
