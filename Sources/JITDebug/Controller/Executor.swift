// Reaching an executor, whichever way: from its location to a connection.

import Glibc
import Wire

/// An executor that gets ready while its controller does.
package struct PendingExecutor {
  let location: ExecutorLocation
  /// What was started here; nil for an executor that is elsewhere.
  fileprivate let started: Result<(ChildProcess, Descriptor), JITDebugError>?

  /// Starts the executor, if it is to be a child of ours. `ExecutorHandle` says whether that worked.
  ///
  /// - Parameter ownProcessGroup: keeps a started executor out of the terminal's foreground group.
  package init(_ location: ExecutorLocation, ownProcessGroup: Bool = false, standardInput: Int32? = nil) {
    self.location = location
    guard case .spawn(let path) = location.way else {
      started = nil
      return
    }
    started = Result { () throws(JITDebugError) in try ExecutorHandle.start(path, ownProcessGroup, standardInput) }
  }

  /// Ends what was started and is not needed after all.
  package func abandon() {
    guard case .success(let (process, socket)) = started else { return }
    shutdown(socket.raw, Int32(SHUT_RDWR))
    _ = process.wait(killAfter: 0.2)
  }
}

/// A session on an executor: the connection, and the process if it is a child of ours.
package struct ExecutorHandle {
  package let connection: Connection
  package let process: ChildProcess?

  package init(_ location: ExecutorLocation) throws(JITDebugError) {
    try self.init(PendingExecutor(location))
  }

  package init(_ pending: PendingExecutor) throws(JITDebugError) {
    let location = pending.location
    let peer = location.description
    let token = try location.access.tokenFile.map { (path) throws(JITDebugError) in try Token(file: path) }
    switch location.way {
    case .tcp(let host, let port):
      process = nil
      connection = try Connection(try Sockets.connect(host: host, port: port, peer: peer), peer: peer, token: token)
    case .unix(let path):
      process = nil
      connection = try Connection(try Sockets.connect(path: path, peer: peer), peer: peer, token: token)
    case .listen(let host, let port):
      process = nil
      connection = try DialIn(host: host, port: port, peer: peer, token: token).connection()
    case .command(let command):
      process = nil
      connection = try Carrier.connection(["/bin/sh", "-c", command], peer: peer, token: token)
    case .ssh(let destination, let port):
      process = nil
      let shell = try SecureShell(destination: destination, port: port, peer: peer)
      let executor = try RemoteExecutor.path(
        through: shell, named: location.access.remoteExecutor, installing: location.installs)
      connection = try Carrier.connection(try shell.session(running: executor), peer: peer, token: nil)
    case .spawn(let path):
      let (started, socket) = try pending.started!.get()
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
  fileprivate static func start(_ path: String, _ ownProcessGroup: Bool, _ standardInput: Int32?)
    throws(JITDebugError) -> (ChildProcess, Descriptor)
  {
    let (ours, theirs) = try Sockets.pair()
    var options = ChildProcess.Options()
    // Any number above the standard streams that is not the socket's own: dup2 onto itself would keep close-on-exec.
    let number: Int32 = theirs.raw == 3 ? 4 : 3
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
}
