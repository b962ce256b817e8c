// Looking for sources while the program runs: nobody waits for a map that only a debugger needs.

import Glibc
import Synchronization

/// Works out a session's rules on a thread of its own, for `session.json` and the launch scripts.
package final class SourceSearch: Sendable {
  private let record: SessionRecord
  private let warn: @Sendable (JITDebugError) -> Void
  private nonisolated(unsafe) var thread: BackgroundThread?
  private let isDone = Atomic(false)

  /// Begins if the session was told where to look.
  ///
  /// - Parameter warn: told of mistakes in what was asked for. What is missing or changed is for those who debug.
  package init(_ session: LiveSession, warn: @escaping @Sendable (JITDebugError) -> Void) {
    record = session.record
    self.warn = warn
    guard !session.options.sources.isEmpty else { return }
    thread = try? BackgroundThread { self.search() }
  }

  private func search() {
    let map = SourceMap(record.session)
    isDone.store(true, ordering: .releasing)
    // What was not looked through to the end says nothing.
    if SourceIndex.isCancelled.load(ordering: .acquiring) { return }
    map.problems.forEach(warn)
    do throws(JITDebugError) {
      try record.found(map.debuggerRules)
    } catch {
      warn(error)
    }
  }

  /// Waits for the end of the search for a moment, and then calls it off: nobody waits for a program that has ended.
  package func finish() {
    let deadline = Deadline(secondsFromNow: 1)
    while thread != nil, !isDone.load(ordering: .acquiring), deadline.milliseconds > 0 { usleep(2000) }
    SourceIndex.isCancelled.store(true, ordering: .releasing)
    thread?.wait()
    thread = nil
  }
}
