// From a session to what a debugger needs to know of it, if its process is on this machine.

import Glibc

extension DebugTarget {
  /// Throws if the session's process is not known.
  ///
  /// - Parameter choice: whether a debug server is wanted where none is needed.
  package init(_ session: Session, stop: Stop, _ choice: DebugServerChoice = DebugServerChoice()) throws(JITDebugError)
  {
    let description = session.description
    guard session.isLoaded else {
      throw JITDebugError(
        .debugger, "session \(session.id)", "is still being compiled and linked",
        remedy: "try again when it runs; `jitdebug debug` and `run --wait-for-debugger` stop before main")
    }
    guard let pid = description.pid else {
      throw JITDebugError(
        .debugger, "session \(session.id)", "its executor has not told which process it is",
        remedy: "use jitdebug-executor, or let jitdebug start the executor")
    }
    var server: DebugServerAccess?
    let root = session.folder.appending("target").string
    let isElsewhere = description.endpoint != nil && !Self.mayHold(description.generations.map(\.code), pid)
    if let socket = description.debugServer {
      server = DebugServerAccess(
        endpoint: description.endpoint ?? "", triple: description.triple ?? "", root: root, socket: socket)
    } else if isElsewhere || choice.isDemanded {
      guard let endpoint = choice.endpoint ?? description.endpoint else {
        throw JITDebugError(
          .usage, "--debug-server", "session \(session.id) has an executor of its own here, which serves nobody else",
          remedy: "leave --debug-server out, or run on a listening executor with --connect")
      }
      server = DebugServerAccess(
        endpoint: endpoint, program: choice.program, triple: description.triple ?? "",
        root: root, code: description.generations.first?.code.start)
      let known = description.endpoint == endpoint ? description.access ?? ExecutorAccess() : ExecutorAccess()
      server?.access = ExecutorAccess(
        tokenFile: choice.access.tokenFile ?? known.tokenFile,
        remoteExecutor: choice.access.remoteExecutor ?? known.remoteExecutor)
    }
    self.init(
      sessionID: session.id, pid: pid, server: server,
      executorPath: server.map { "\($0.root)/jitdebug-executor" } ?? ProcessFacts.usableExecutable(of: pid),
      sessionFolder: session.folder.string, debugFolder: session.debugStore.root.string, stop: stop)
    beginsAnew = description.reloadSocket != nil
  }

  /// Makes sure that a debugger can get at the process, or throws the reason why it can not; the result is what works less
  /// well. Copies the files of another machine that debuggers will look for.
  package mutating func prepare() throws(JITDebugError) -> [JITDebugError] {
    guard let server else {
      try TraceCheck.requireTraceable(pid)
      return []
    }
    // An emulated process has its files copied by the session itself.
    if server.socket != nil { return [] }
    var warnings: [JITDebugError] = []
    let location = try ExecutorLocation(endpoint: server.endpoint, server.access)
    let files = try TargetFiles(of: pid, holding: server.code, at: location, into: server.root) {
      warnings.append($0)
    }
    executorPath = files.executable
    return warnings
  }

  /// Fills in the rules that lead to the session's sources; the result is what the user is to be told about them.
  package mutating func findSources(of session: Session, _ lookup: SourceLookup = SourceLookup()) -> [JITDebugError] {
    let map = SourceMap(session, lookup)
    sourceMap = map.debuggerRules
    return map.warnings(sessionID: session.id)
  }

  /// Whether the process has memory where the session reserved it: another machine's process may have the same number.
  static func mayHold(_ ranges: [TargetRange], _ pid: Int32) -> Bool {
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
