// How a debugger on this machine reaches a process on another: by a command that starts a debug server there.

/// A debug server yet to be started, as `jitdebug debug-server` takes it.
package struct DebugServerAccess: Equatable, Sendable {
  /// The executor on the target, as `--connect` takes it.
  package var endpoint: String
  package var access = ExecutorAccess()
  /// The debug server's path on the target; nil for whichever it has.
  package var program: String?
  /// The target's triple.
  package var triple: String
  /// The folder here that stands for the target's `/`; see `TargetFiles`.
  package var root: String
  /// An address in the session's code, by which its process is known.
  package var code: TargetAddress?
  /// The socket of this machine where it is reached, if it holds the process already: an emulator's.
  package var socket: String?

  package init(
    endpoint: String, program: String? = nil, triple: String, root: String, code: TargetAddress? = nil,
    socket: String? = nil
  ) {
    self.endpoint = endpoint
    self.program = program
    self.triple = triple
    self.root = root
    self.code = code
    self.socket = socket
  }

  /// The words of the command that reaches it.
  func command(pid: Int32, for debugger: Debugger) -> [String] {
    [
      ExecutorBinary.ownFile(), "debug-server", "--connect", endpoint, "--pid", "\(pid)", "--debugger",
      debugger.rawValue,
    ] + access.options + (program.map { ["--debug-server", $0] } ?? []) + (debugger == .lldb ? ["--listen"] : [])
  }
}

/// Which way to a session's process a user has asked for.
package struct DebugServerChoice: Sendable {
  /// The executor to go by; nil for the session's own.
  package var endpoint: String?
  /// What is needed to reach it, where that differs from the session's.
  package var access = ExecutorAccess()
  /// The debug server's path on the target; nil for whichever it has.
  package var program: String?

  package init(_ location: ExecutorLocation? = nil, program: String? = nil) {
    endpoint = location?.description
    access = location?.access ?? ExecutorAccess()
    self.program = program
  }

  /// Whether to use a debug server even for a process of this machine.
  var isDemanded: Bool { endpoint != nil || program != nil }
}
