// What `jitdebug sessions` shows: every session as a JSON entry, or as a row of a table.

import SystemPackage

/// The document that `sessions --json` prints.
package struct SessionList: Encodable, Sendable {
  /// Raised whenever a reader of the old form would go wrong.
  package static let schemaVersion = 1

  package var schemaVersion = Self.schemaVersion
  /// Oldest first; with `--prune`, those that are left.
  package var sessions: [Entry]
  /// What was removed; absent without `--prune`.
  package var pruned: PrunedSessions?
  /// Sessions that could not be read or removed.
  package var problems: [Problem]

  package struct Entry: Encodable, Sendable {
    package var id: String
    package var status: Session.Status
    /// False where the session's executor did not answer, so that its program may have ended; absent otherwise.
    package var isAnswering: Bool?
    /// UTC, ISO 8601 with milliseconds.
    package var created: String
    /// As in session.json; absent while the program runs, and if nobody noted it.
    package var end: SessionDescription.End?
    /// The process the code runs in, as its own machine numbers it; absent until the executor has said.
    package var pid: Int32?
    /// Where the executor is reached, HOST:PORT; absent if it was started here.
    package var endpoint: String?
    package var triple: String?
    package var inputs: [String]
    package var arguments: [String]
    /// Where its session.json, debug files and launch scripts are.
    package var folder: String
    /// Whether its program is in the target's memory; not part of the document.
    fileprivate var isLoaded: Bool

    private enum CodingKeys: CodingKey {
      case id, status, isAnswering, created, end, pid, endpoint, triple, inputs, arguments, folder
    }
  }

  package struct Problem: Encodable, Sendable {
    package var path: String
    package var reason: String
    package var remedy: String?
  }

  /// - Parameter prune: whether to remove first what is of no more use.
  package init(of store: SessionStore, prune: Bool) throws(JITDebugError) {
    var problems: [JITDebugError] = []
    if prune {
      let (pruned, failures) = try store.prune()
      self.pruned = pruned
      problems = failures
    }
    let (left, unreadable) = try store.sessions()
    sessions = zip(left, left.states).map(Entry.init)
    // Pruning has met these before.
    problems += unreadable.filter { new in !problems.contains { $0.subject == new.subject } }
    self.problems = problems.map { Problem(path: $0.subject, reason: $0.reason, remedy: $0.remedy) }
  }

  package func json() throws(JITDebugError) -> String { try JSONText.encode(self) }
}

extension SessionList.Entry {
  init(_ session: Session, _ state: Session.State) {
    let description = session.description
    self.init(
      id: session.id, status: state.status, isAnswering: state.isAnswering ? nil : false, created: description.created,
      end: description.end, pid: description.pid,
      endpoint: description.endpoint, triple: description.triple, inputs: description.inputs,
      arguments: description.arguments, folder: session.folder.string, isLoaded: session.isLoaded)
  }

  /// Two words at most.
  private var state: String {
    switch status {
    case .abandoned: return "abandoned"
    case .detached: return isAnswering == false ? "not answering" : "detached"
    case .running: return isLoaded ? "running" : "starting"
    case .ended: break
    }
    guard let end else { return "ended" }
    switch end.kind {
    case .exited: return "exited \(end.value ?? 0)"
    case .signaled: return "signal \(end.value ?? 0)"
    case .failed: return "failed"
    }
  }

  /// How long ago the session began, in the largest unit that is full.
  private func age(_ now: Int) -> String {
    guard let start = Timestamp.seconds(created) else { return "?" }
    let seconds = max(0, now - start)
    for (unit, size) in [("d", 86400), ("h", 3600), ("min", 60)] where seconds >= size {
      return "\(seconds / size) \(unit)"
    }
    return "\(seconds) s"
  }

  /// - Parameter now: in seconds since 1970.
  fileprivate func row(_ now: Int) -> [String] {
    let names = inputs.map { FilePath($0).lastComponent?.string ?? $0 }.joined(separator: " ")
    let failure = end?.message.map { " (\($0))" } ?? ""
    return [id, state, age(now), pid.map { "\($0)" } ?? "-", endpoint ?? "local", names + failure]
  }
}

extension SessionList {
  private static let titles = ["ID", "STATE", "AGE", "PID", "EXECUTOR", "INPUTS"]

  /// A table for people; each line fits into `width` columns, if one is given, by cutting the last one.
  package func table(width: Int?) -> String { table(width: width, now: Timestamp.clock.tv_sec) }

  func table(width: Int?, now: Int) -> String {
    guard !sessions.isEmpty else { return "no sessions\n" }
    let rows = [Self.titles] + sessions.map { $0.row(now) }
    let widths = Self.titles.indices.dropLast().map { column in rows.map { $0[column].count }.max()! }
    return rows.map { row in
      let start = zip(row, widths).map { text, width in
        text + String(repeating: " ", count: width - text.count + 2)
      }.joined()
      let line = start + row[row.count - 1]
      guard let width, line.count > width else { return line + "\n" }
      return line.prefix(max(1, width - 1)) + "…\n"
    }.joined()
  }

  /// One line on what `--prune` removed; nil without it.
  package var pruningReport: String? {
    guard let pruned else { return nil }
    guard !pruned.ids.isEmpty else { return "nothing to remove\n" }
    let size =
      pruned.bytes < 10_000
      ? "\(pruned.bytes) bytes"
      : pruned.bytes < 10_000_000 ? "\(pruned.bytes / 1000) KB" : "\(pruned.bytes / 1_000_000) MB"
    return "removed \(pruned.ids.count) session\(pruned.ids.count == 1 ? "" : "s"), \(size)\n"
  }
}
