// `jitdebug attach`: giving a running session to a debugger.

import Glibc

package enum Attachment {
  /// Attaches and returns the debugger's status when it has quit. The program runs on, unless it has ended.
  ///
  /// - Parameters:
  ///   - id: the session's; nil for the only running one.
  ///   - sources: where to look for sources, besides where the session does.
  ///   - choice: whether to go by a debug server on the target, and which.
  ///   - warn: told of what works less well than it could.
  package static func run(
    _ debugger: Debugger, session id: String?, commands: [String], batch: Bool, sources: SourceLookup,
    _ choice: DebugServerChoice = DebugServerChoice(), warn: (JITDebugError) -> Void
  ) throws(JITDebugError) -> Int32 {
    let session = try SessionStore().runningSession(id, at: choice.endpoint)
    var target = try DebugTarget(session, stop: .anywhere, choice)
    try target.prepare().forEach(warn)
    target.findSources(of: session, sources).forEach(warn)
    try LaunchFiles.write(for: target, required: debugger).forEach(warn)
    let input = try DebuggerInput(batch: batch, isStandardInputTaken: false)
    return try debugger.session.run(
      DebuggerRequest(
        target: target, commands: commands, batch: batch, ending: .detach, input: input.descriptor.raw)
    ).status
  }
}

extension SessionStore {
  /// The running session of this id; of no id, the only one, or the only one on the executor at `endpoint`.
  package func runningSession(_ id: String?, at endpoint: String? = nil) throws(JITDebugError) -> Session {
    let session = if let id { try session(id) } else { try onlyRunningSession(endpoint: endpoint) }
    guard session.goesOn else {
      throw JITDebugError(
        .debugger, "session \(session.id)", session.description.end?.reason ?? "has ended",
        remedy: "start the program again with `jitdebug run`")
    }
    return session
  }
}

extension SessionDescription.End {
  fileprivate var reason: String {
    switch kind {
    case .exited: "has ended with status \(value ?? 0)"
    case .signaled: "has ended by signal \(value ?? 0)"
    case .failed: "has failed: \(message ?? "for an unknown reason")"
    }
  }
}
