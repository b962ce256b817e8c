// All sessions of the user on this machine: where they are kept, creating one, and finding them again.

import Glibc
import SystemPackage

/// The directory with a folder for each session.
package struct SessionStore: Sendable {
  package let root: FilePath

  package init(root: FilePath) { self.root = root }

  /// The user's own store: $XDG_STATE_HOME/jitdebug/sessions.
  package init() throws(JITDebugError) {
    func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
    root = try Self.root(stateHome: variable("XDG_STATE_HOME"), home: variable("HOME"))
  }

  /// XDG Base Directory Specification: a relative or empty $XDG_STATE_HOME counts as not set; its default is
  /// $HOME/.local/state.
  static func root(stateHome: String?, home: String?) throws(JITDebugError) -> FilePath {
    let state: FilePath
    if let stateHome, stateHome.hasPrefix("/") {
      state = FilePath(stateHome)
    } else if let home, home.hasPrefix("/") {
      state = FilePath(home).appending(".local").appending("state")
    } else {
      throw JITDebugError(
        .system, "", "there is no place for sessions: neither XDG_STATE_HOME nor HOME is an absolute path",
        remedy: "set XDG_STATE_HOME to a directory of your own")
    }
    return state.appending("jitdebug").appending("sessions")
  }

  /// Creates a session's folder and description under a name that no other session has, however many start at once.
  package func create(_ description: SessionDescription) throws(JITDebugError) -> Session {
    try create(description, at: Timestamp.clock)
  }

  func create(_ description: SessionDescription, at time: timespec) throws(JITDebugError) -> Session {
    try StoreFiles.createDirectories(root)
    var description = description
    var tick = SessionID.tick(time)
    // Sessions that start within one tick take the next free ones. The limit is only there to end.
    for _ in 0..<100_000 {
      description.id = SessionID.text(tick)
      let folder = root.appending(description.id)
      if try StoreFiles.createDirectory(folder) {
        do {
          return try Session(creating: description, in: folder)
        } catch {
          rmdir(folder.string)
          throw error
        }
      }
      tick += 1
    }
    throw JITDebugError(
      .system, root.string, "no free name for a session", remedy: "remove sessions that are of no more use")
  }

  /// Every session, oldest first, and what is wrong with those that cannot be read.
  package func sessions() throws(JITDebugError) -> (sessions: [Session], problems: [JITDebugError]) {
    var sessions: [Session] = []
    var problems: [JITDebugError] = []
    for name in try StoreFiles.names(in: root) where SessionID.isValid(name) {
      do {
        if let session = try Session(reading: root.appending(name)) { sessions.append(session) }
      } catch {
        problems.append(error)
      }
    }
    return (sessions, problems)
  }

  /// The session of this id.
  package func session(_ id: String) throws(JITDebugError) -> Session {
    if SessionID.isValid(id), let session = try Session(reading: root.appending(id)) { return session }
    throw JITDebugError(
      .usage, "session \(id)", "there is none of this name in \(root.string)", remedy: Self.hint(try running()))
  }

  /// The session in whose folder a debug file lies; nil if it is none of the store's.
  package func session(withDebugFile path: String) -> Session? {
    let path = FilePath(path)
    guard path.starts(with: root), path.components.count > root.components.count else { return nil }
    let id = path.components.dropFirst(root.components.count).first!.string
    return try? session(id)
  }

  /// The session to use when none was named: the only running one.
  ///
  /// - Parameter endpoint: the executor it must be on; nil for any.
  package func onlyRunningSession(endpoint: String? = nil) throws(JITDebugError) -> Session {
    let all = try running()
    let running = all.filter { endpoint == nil || $0.description.endpoint == endpoint }
    if running.count == 1 { return running[0] }
    let place = endpoint.map { " on \($0)" } ?? ""
    throw JITDebugError(
      .usage, "", running.isEmpty ? "no session is running\(place)" : "\(running.count) sessions are running\(place)",
      remedy: running.isEmpty ? Self.hint(all, withPlaces: true) : Self.hint(running))
  }

  private func running() throws(JITDebugError) -> [Session] {
    let all = try sessions().sessions
    return zip(all, all.states).filter { $1.status.goesOn }.map(\.0)
  }

  private static func hint(_ running: [Session], withPlaces: Bool = false) -> String {
    if running.isEmpty { return "start one with: jitdebug run" }
    let names = running.map { session in
      let inputs = session.description.inputs.map { FilePath($0).lastComponent?.string ?? $0 }.joined(separator: " ")
      let place = withPlaces ? " on \(session.description.endpoint ?? "an executor of its own")" : ""
      return "\(session.id) (\(inputs)\(place))"
    }
    return "choose with --session: \(names.joined(separator: ", "))"
  }

  /// Removes the oldest sessions that no longer run, so that at most `count` of those remain, once there are twice as many:
  /// reading all descriptions takes longer than a small run.
  package func tidy(keeping count: Int) throws(JITDebugError) {
    if try StoreFiles.names(in: root).count > 2 * count { try removeOldest(keeping: count) }
  }

  /// Removes the oldest sessions that no longer run, so that at most `count` of those remain.
  package func removeOldest(keeping count: Int) throws(JITDebugError) {
    let all = try sessions().sessions
    let finished = zip(all, all.states).filter { !$1.status.goesOn }.map(\.0)
    // `run --watch` is still at work in its last one's folder.
    let newest = Dictionary(finished.map { ($0.controller.pid, $0.id) }) { $1 }
    for session in finished.dropLast(count)
    where newest[session.controller.pid] != session.id || !session.controller.isAlive {
      try StoreFiles.removeTree(session.folder)
    }
  }
}
