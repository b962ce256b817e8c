// From a session to what a debugger needs to know of it, if its process is on this machine.

import Glibc

extension DebugTarget {
  /// Describes a session to debuggers and writes its launch scripts, whose warnings are dropped: the caller has none to show.
  package init(_ session: LiveSession, stop: Stop) throws(JITDebugError) {
    guard let pid = session.pid.flatMap({ Int32(exactly: $0) }) else {
      throw JITDebugError(
        .debugger, session.target.connection.peer, "the executor does not tell its process",
        remedy: "use jitdebug-executor, or let jitdebug start the executor")
    }
    var isSpawned = false
    if case .spawn = session.options.location { isSpawned = true }
    if !isSpawned {
      try LocalProcess.require(pid, holding: session.program.code, peer: session.target.connection.peer)
    }
    self.init(
      sessionID: "live", pid: pid, executorPath: ProcessFacts.executable(of: pid) ?? "/proc/\(pid)/exe",
      sessionFolder: session.record.folder, debugFolder: session.record.folder, stop: stop)
    _ = try LaunchFiles.write(for: self)
  }
}

/// Telling a process of this machine from one of the same number elsewhere.
package enum LocalProcess {
  /// Throws unless the process has the session's code mapped where the session put it.
  package static func require(_ pid: Int32, holding code: TargetRange, peer: String) throws(JITDebugError) {
    guard ProcessFacts.isRunning(pid) else { throw elsewhere(pid, peer) }
    // Another user's maps cannot be read; that refusal is explained when attaching.
    guard let maps = try? ProcessFacts.smallFile("/proc/\(pid)/maps") else { return }
    // Lines start with START-END. Neighbours of equal protection are one mapping, so the code may begin inside.
    let isMapped = maps.split(separator: "\n").contains { line in
      let bounds = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt64($0, radix: 16) }
      let access = line.split(separator: " ").dropFirst().first
      return bounds.count == 2 && bounds[0] <= code.start.rawValue && code.end.rawValue <= bounds[1]
        && access?.contains("x") == true
    }
    guard isMapped else { throw elsewhere(pid, peer) }
  }

  private static func elsewhere(_ pid: Int32, _ peer: String) -> JITDebugError {
    JITDebugError(
      .debugger, peer, "its process \(pid) is not on this machine",
      remedy: "debuggers attach on the machine that runs the program: use jitdebug there")
  }
}
