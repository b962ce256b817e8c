// What `inspect` is to look at: a process, a session, a core file, here or on a target.

import Glibc
import SystemPackage

package struct InspectionRequest: Sendable {
  package var pid: Int32?
  package var session: String?
  package var core: String?
  /// The executor to go by; nil for this machine, or the session's own.
  package var location: ExecutorLocation?

  package init(pid: Int32? = nil, session: String? = nil, core: String? = nil, location: ExecutorLocation? = nil) {
    self.pid = pid
    self.session = session
    self.core = core
    self.location = location
  }

  /// The process, and the session it is known as.
  package func open() throws(JITDebugError) -> (memory: any ProcessMemory, session: Session?) {
    if [pid != nil, session != nil, core != nil].count(where: { $0 }) > 1 {
      throw JITDebugError(.usage, "", "--pid, --session and --core exclude each other", remedy: "leave all but one out")
    }
    if let core {
      guard location == nil else {
        throw JITDebugError(.usage, "--core", "is for files of this machine", remedy: "leave --connect out")
      }
      return (try CoreFile(core), nil)
    }
    if let pid {
      guard let location else {
        let session = Self.session(of: pid)
        return (EmulatedProcess.view(try LiveProcess(pid: pid), triple: session?.description.triple), session)
      }
      let target = Target(try ExecutorHandle(location).connection)
      let triple = target.connection.setup.triple
      return (EmulatedProcess.view(try TargetProcess(pid: pid, on: target), triple: triple), nil)
    }
    let store = try SessionStore()
    let found =
      if let session { try store.session(session) } else {
        try store.onlyRunningSession(endpoint: location?.description)
      }
    return (EmulatedProcess.view(try process(of: found), triple: found.description.triple), found)
  }

  private func process(of session: Session) throws(JITDebugError) -> any ProcessMemory {
    let description = session.description
    guard let pid = description.pid, session.goesOn else {
      throw JITDebugError(
        .usage, "session \(session.id)", description.pid == nil ? "its process is not known" : "does not run any more",
        remedy: "see `jitdebug sessions` for those that run; --core reads what a process left")
    }
    let ranges = description.generations.map(\.code)
    if location == nil, DebugTarget.mayHold(ranges, pid) { return try LiveProcess(pid: pid) }
    guard let endpoint = description.endpoint else { return try LiveProcess(pid: pid) }
    let place =
      if let location { location } else {
        try ExecutorLocation(endpoint: endpoint, description.access ?? ExecutorAccess())
      }
    return try TargetProcess(pid: pid, on: Target(try ExecutorHandle(place).connection))
  }

  /// The running session whose process this is; nil if it is none's.
  private static func session(of pid: Int32) -> Session? {
    guard let sessions = try? SessionStore().sessions().sessions else { return nil }
    return sessions.last { session in
      let description = session.description
      return description.pid == pid && description.state == .running
        && DebugTarget.mayHold(description.generations.map(\.code), pid)
    }
  }
}
