// A command that starts an executor somewhere and carries its connection over standard input and output: ssh, docker exec, qemu…

import Glibc
import Synchronization

/// The command's process. It ends by itself when the connection does; `end` makes sure.
package final class Carrier: Sendable {
  private let process: ChildProcess
  private let isOver = Atomic(false)

  /// How long the command may take to end by itself, in seconds.
  private static let limit = 3.0

  /// Starts the command and waits for an executor's greeting. Its standard error is this process's.
  static func connection(_ command: [String], peer: String, token: Token?) throws(JITDebugError) -> Connection {
    let (carrier, ours) = try start(command)
    do throws(JITDebugError) {
      return try Connection(ours, peer: peer, token: token, carrier: carrier)
    } catch {
      shutdown(ours.raw, Int32(SHUT_RDWR))
      let ending = carrier.process.wait(killAfter: 1)
      carrier.killGroup()
      carrier.isOver.store(true, ordering: .relaxed)
      if case .exited(let status) = ending, error.reason.hasPrefix("closed the connection") {
        throw JITDebugError(
          .connection, peer, "the command exited with status \(status) without starting an executor",
          remedy: status == 127
            ? "check that the command and jitdebug-executor exist there"
            : peer.hasPrefix("exec:")
              ? "its own messages say why; it has to end in `jitdebug-executor --stdio`" : "its own messages say why")
      }
      throw error
    }
  }

  /// Only the child has the other end of the socket afterwards, so that its end is seen.
  private static func start(_ command: [String]) throws(JITDebugError) -> (Carrier, Descriptor) {
    let (ours, theirs) = try Sockets.pair()
    var options = ChildProcess.Options()
    options.descriptors = [(child: 0, here: theirs.raw), (child: 1, here: theirs.raw)]
    // Ctrl-C is for the program at the other end, and not for what carries it there.
    options.ownProcessGroup = true
    return (Carrier(try ChildProcess(command[0], Array(command.dropFirst()), options)), ours)
  }

  private init(_ process: ChildProcess) { self.process = process }

  deinit { end() }

  /// Waits for the command's end. The connection must be closed, or shut down.
  func end() {
    guard !isOver.exchange(true, ordering: .relaxed) else { return }
    if process.wait(killAfter: Self.limit) == .signaled(SIGKILL) { killGroup() }
  }

  /// What the command has started and left behind.
  private func killGroup() { kill(-process.pid, SIGKILL) }
}
