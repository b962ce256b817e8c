// The debuggers a session can be given to, behind one small protocol.

/// A debugger by name.
package enum Debugger: String, CaseIterable, Sendable {
  case lldb, gdb

  /// The launch script's name in the session's folder.
  package var scriptName: String { "launch.\(rawValue)" }

  package var session: any DebuggerSession {
    switch self {
    case .lldb: LLDBSession()
    case .gdb: GDBSession()
    }
  }
}

/// One use of a debugger: attach to a session's process, hand over to the user or carry out commands, end.
package protocol DebuggerSession: Sendable {
  /// Attaches by the launch script in the session's folder, which must exist, and returns when the debugger has quit.
  ///
  /// While it runs the debugger owns the terminal and Ctrl-C. Throws if the debugger cannot be started or cannot attach;
  /// commands that fail are part of the outcome.
  func run(_ request: DebuggerRequest) throws(JITDebugError) -> DebuggerOutcome
}

/// What the debugger shall do.
package struct DebuggerRequest: Sendable {
  package enum Ending: Sendable {
    /// The program runs on without the debugger.
    case detach
    /// The program is killed, unless it stopped for a fatal signal: then it is let go, to die of it.
    case kill
  }

  package var target: DebugTarget
  /// Commands to carry out once attached.
  package var commands: [String]
  /// Quit after the commands.
  package var batch: Bool
  /// What becomes of the program when the debugger quits.
  package var ending: Ending
  /// The descriptor that the debugger reads its user's commands from.
  package var input: Int32

  package init(
    target: DebugTarget, commands: [String] = [], batch: Bool = false, ending: Ending = .detach, input: Int32 = 0
  ) {
    self.target = target
    self.commands = commands
    self.batch = batch
    self.ending = ending
    self.input = input
  }
}

/// How the debugger ended.
package struct DebuggerOutcome: Equatable, Sendable {
  /// 0, the status given to the debugger's `quit`, or 1 where a command failed in batch mode.
  package var status: Int32
  package init(status: Int32) { self.status = status }
}
