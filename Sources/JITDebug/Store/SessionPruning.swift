// Removing sessions that are of no more use, while others run, start or end.

import Glibc
import SystemPackage

/// What a pruning removed.
package struct PrunedSessions: Codable, Equatable, Sendable {
  /// Their ids, oldest first; with those of folders that never became a session.
  package var ids: [String] = []
  /// The size of all files in their folders.
  package var bytes: UInt64 = 0
}

extension SessionStore {
  /// How long a folder may be without a description before it counts as left behind by a start that failed, in seconds. The
  /// description follows within milliseconds, on a machine that hardly responds within seconds.
  static let startLimit = 600

  /// Removes what has ended or was abandoned; the result also lists what could not be read or removed.
  ///
  /// A session whose controller's process is still there is kept even if its program has ended: `jitdebug debug` may be at the
  /// debugger's prompt, and the debugger may want the debug files.
  package func prune() throws(JITDebugError) -> (pruned: PrunedSessions, problems: [JITDebugError]) {
    var (sessions, problems) = try sessions()
    let finished = zip(sessions, sessions.states).filter { !$0.controller.isAlive && $1.status != .detached }.map(
      \.0.id)
    var pruned = PrunedSessions()
    for id in (finished + (try strayFolders())).sorted() {
      do {
        pruned.bytes += try StoreFiles.removeTree(root.appending(id))
        pruned.ids.append(id)
      } catch {
        problems.append(error)
      }
    }
    return (pruned, problems)
  }

  /// Folders without a description that do not belong to a session that just starts.
  private func strayFolders() throws(JITDebugError) -> [String] {
    try StoreFiles.names(in: root).filter { name in
      guard SessionID.isValid(name) else { return false }
      var info = stat()
      let folder = root.appending(name)
      guard lstat(folder.string, &info) == 0, info.st_mode & S_IFMT == S_IFDIR else { return false }
      return info.st_mtim.tv_sec + Self.startLimit < Timestamp.clock.tv_sec && !Session.isDescribed(in: folder)
    }
  }
}
