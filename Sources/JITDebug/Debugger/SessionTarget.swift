// From a session to what a debugger needs to know of it, if its process is on this machine.

import Glibc

extension DebugTarget {
  /// Throws if the session's process is not known, or is another machine's.
  package init(_ session: Session, stop: Stop) throws(JITDebugError) {
    let description = session.description
    guard let pid = description.pid else {
      throw JITDebugError(
        .debugger, "session \(session.id)", "its executor has not told which process it is",
        remedy: "use jitdebug-executor, or let jitdebug start the executor")
    }
    if let endpoint = description.endpoint, !Self.mayHold(description.generations.map(\.code), pid) {
      throw JITDebugError(
        .debugger, "session \(session.id)", "its process \(pid) at \(endpoint) is not on this machine, or has ended",
        remedy: "debuggers attach on the machine that runs the program: use jitdebug there")
    }
    self.init(
      sessionID: session.id, pid: pid, executorPath: ProcessFacts.usableExecutable(of: pid),
      sessionFolder: session.folder.string, debugFolder: session.debugStore.root.string, stop: stop)
  }

  /// Fills in the rules that lead to the session's sources; the result is what the user is to be told about them.
  package mutating func findSources(of session: Session, _ lookup: SourceLookup = SourceLookup()) -> [JITDebugError] {
    let map = SourceMap(session, lookup)
    sourceMap = map.debuggerRules
    return map.warnings(sessionID: session.id)
  }

  /// Whether the process has memory where the session reserved it: another machine's process may have the same number.
  private static func mayHold(_ ranges: [TargetRange], _ pid: Int32) -> Bool {
    guard ProcessFacts.isRunning(pid) else { return false }
    // Another user's maps cannot be read; that refusal is explained when attaching.
    guard let maps = ProcessFacts.text("/proc/\(pid)/maps") else { return true }
    let mapped = maps.split(separator: "\n").compactMap { line -> Range<UInt64>? in
      // START-END ACCESS …
      let bounds = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt64($0, radix: 16) }
      return bounds.count == 2 && bounds[0] < bounds[1] ? bounds[0]..<bounds[1] : nil
    }
    // Neighbours of equal protection are one mapping, so code may begin inside one.
    return ranges.allSatisfy { code in mapped.contains { $0.contains(code.start.rawValue) } }
  }
}
