// What a debugger needs to know of a session: the values that launch scripts are made of.

/// A running session, as a debugger on the same machine sees it.
package struct DebugTarget: Sendable {
  /// Where the program is when the debugger stops it.
  package enum Stop: Sendable {
    /// Linked and registered; nothing of it has run.
    case beforeMain
    /// Anywhere in its course.
    case anywhere
  }

  package var sessionID: String
  /// The session's own process.
  package var pid: Int32
  /// The executor's program file.
  package var executorPath: String
  /// Where `session.json` lies and the launch scripts go.
  package var sessionFolder: String
  /// The folder that holds `.build-id`.
  package var debugFolder: String
  package var sourceMap: SourceRules
  package var stop: Stop

  package init(
    sessionID: String, pid: Int32, executorPath: String, sessionFolder: String, debugFolder: String? = nil,
    sourceMap: SourceRules = SourceRules(), stop: Stop
  ) {
    self.sessionID = sessionID
    self.pid = pid
    self.executorPath = executorPath
    self.sessionFolder = sessionFolder
    self.debugFolder = debugFolder ?? "\(sessionFolder)/debug"
    self.sourceMap = sourceMap
    self.stop = stop
  }

  /// The line a user sees when a debugger has attached.
  package var greeting: String {
    switch stop {
    case .beforeMain: "jitdebug: process \(pid) is linked and stopped before main; `continue` starts it"
    case .anywhere: "jitdebug: attached to process \(pid); `continue` lets it run on, `detach` leaves it"
    }
  }
}
