// What a session left in its store: the facts of session.json and the debug files.

import Foundation
import TestSupport

struct SessionFacts {
  /// The one session in the store under `state`.
  static func folder(in state: String) throws -> String {
    let sessions = "\(state)/jitdebug/sessions"
    let ids = try FileManager.default.contentsOfDirectory(atPath: sessions)
    guard ids.count == 1 else { throw CommandFailure(description: "\(ids.count) sessions in \(sessions): \(ids)") }
    return "\(sessions)/\(ids[0])"
  }

  /// The debug files, one for each image.
  static func debugFiles(in folder: String) throws -> [String] {
    let store = "\(folder)/debug/.build-id"
    return try FileManager.default.subpathsOfDirectory(atPath: store).filter { $0.hasSuffix(".debug") }
      .map { "\(store)/\($0)" }
  }
}
