// `jitdebug attach --pid|--core|-- COMMAND`: giving a process that jitdebug did not start to a debugger.

import Glibc

package enum ForeignAttachment {
  /// Attaches, starts or opens, and returns the debugger's status when it has quit.
  ///
  /// A process that was running runs on; one that the debugger started ends with it.
  package static func run(
    _ debugger: Debugger, _ subject: ForeignSubject, commands: [String], batch: Bool, sources: SourceLookup,
    warn: (JITDebugError) -> Void
  ) throws(JITDebugError) -> Int32 {
    let store = try SessionStore()
    var target: DebugTarget
    let name: String
    var isLaunched = false
    var warnings: [JITDebugError] = []
    switch subject {
    case .process(let pid):
      if let session = try store.session(of: pid) {
        return try Attachment.run(
          debugger, session: session.id, commands: commands, batch: batch, sources: sources, warn: warn)
      }
      target = try DebugTarget(foreign: pid)
      try TraceCheck.requireTraceable(pid)
      warnings = target.findForeignSources(sources)
      name = "pid-\(pid)"
    case .command(let command, let environment):
      // Nothing is registered yet, so no sources are known.
      target = try DebugTarget(launching: command, environment: environment)
      name = "launch-\(getpid())"
      isLaunched = true
    case .core(let path, let program):
      let core = try CoreFile(path)
      let named = if let program { program } else { try core.programPath() }
      target = DebugTarget(core: SourceLookup(given: [path], profiles: []).roots[0], program: named)
      warnings = target.findForeignSources(sources, in: core)
      name = "core-\(getpid())"
    }
    target.sessionFolder = try ForeignFolder.make(name, store: store).string
    warnings.forEach(warn)
    try LaunchFiles.write(for: target, required: debugger).forEach(warn)
    let input = try DebuggerInput(batch: batch, isStandardInputTaken: false)
    return try debugger.session.run(
      DebuggerRequest(
        target: target, commands: commands, batch: batch, ending: isLaunched ? .kill : .detach,
        input: input.descriptor.raw)
    ).status
  }
}

extension SessionStore {
  /// The session whose process on this machine has this number.
  package func session(of pid: Int32) throws(JITDebugError) -> Session? {
    try sessions().sessions.first { session in
      session.description.pid == pid && DebugTarget.mayHold(session.description.generations.map(\.code), pid)
        && session.goesOn
    }
  }
}
