// What a debugger needs to know of a session: the values that launch scripts are made of.

/// A session, as a debugger sees it.
package struct DebugTarget: Sendable {
  /// Where the program is when the debugger stops it.
  package enum Stop: Sendable {
    /// Linked and registered; nothing of it has run.
    case beforeMain
    /// Anywhere in its course.
    case anywhere
  }

  /// How the debugger comes to the process.
  package enum Approach: Sendable {
    /// It runs.
    case attach
    /// A debug server has stopped it already, and expects LLDB at the other end of this descriptor.
    case connect(Int32)
    /// The debugger starts it, with these variables beside its own.
    case launch(arguments: [String], environment: [(name: String, value: String)])
    /// It has ended, and this core file is what it left.
    case core(String)
  }

  /// Empty for a process that is no session of this host's store.
  package var sessionID: String
  /// The session's own process, as its own machine numbers it.
  package var pid: Int32
  /// The way to a process of another machine; nil if it is one of this machine.
  package var server: DebugServerAccess?
  /// Where the files of a core file's machine lie here, if that is another one.
  package var sysroot: String?
  /// The executor's program file.
  package var executorPath: String
  /// Where `session.json` lies and the launch scripts go.
  package var sessionFolder: String
  /// The folder that holds `.build-id`.
  package var debugFolder: String
  package var sourceMap: SourceRules
  /// The folder of the debuggers' `jit` commands; nil where it was not found.
  package var commandsFolder: String?
  package var stop: Stop
  package var approach = Approach.attach
  /// Whether code may be registered through several hooks, of which LLDB by itself takes the first.
  package var hasForeignHooks = false
  /// Whether the process begins anew when the program's sources change.
  package var beginsAnew = false

  package init(
    sessionID: String, pid: Int32, server: DebugServerAccess? = nil, executorPath: String, sessionFolder: String,
    debugFolder: String? = nil, sourceMap: SourceRules = SourceRules(), commandsFolder: String? = nil, stop: Stop
  ) {
    self.sessionID = sessionID
    self.pid = pid
    self.server = server
    self.executorPath = executorPath
    self.sessionFolder = sessionFolder
    self.debugFolder = debugFolder ?? "\(sessionFolder)/debug"
    self.sourceMap = sourceMap
    self.commandsFolder = commandsFolder
    self.stop = stop
  }

  /// What a script attaches to, in its first line.
  package var subject: String {
    switch approach {
    case .attach, .connect: sessionID.isEmpty ? "process \(pid)" : "jitdebug session \(sessionID)"
    case .launch: "a process of \(executorPath)"
    case .core(let path): "core file \(path)"
    }
  }

  /// The line a user sees when a debugger has attached.
  package var greeting: String {
    switch (approach, stop) {
    case (.launch, _): "jitdebug: the program is stopped at its entry; `continue` starts it"
    case (.core(let path), _): "jitdebug: this is what \(path) holds of the process"
    case (_, .beforeMain): "jitdebug: process \(pid) is linked and stopped before main; `continue` starts it"
    case (_, .anywhere): "jitdebug: attached to process \(pid); `continue` lets it run on, `detach` leaves it"
    }
  }

  /// What its program file is called in the scripts' comments.
  var programRole: String { hasForeignHooks ? "The program, or a library of it," : "The executor" }

  var isCore: Bool { if case .core = approach { true } else { false } }
}
