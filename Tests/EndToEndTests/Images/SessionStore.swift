// What a run left in its session store: its folder, description and debug files.

import Foundation
import TestSupport

enum SessionStore {
  /// The folder of the one session in the store under `state`.
  static func session(in state: String) throws -> String {
    let sessions = "\(state)/jitdebug/sessions"
    let ids = try FileManager.default.contentsOfDirectory(atPath: sessions)
    guard ids.count == 1 else { throw CommandFailure(description: "\(ids.count) sessions in \(sessions): \(ids)") }
    return "\(sessions)/\(ids[0])"
  }

  /// The debug files of a session, one for each image.
  static func debugFiles(in session: String) throws -> [String] {
    let store = "\(session)/debug/.build-id"
    return try FileManager.default.subpathsOfDirectory(atPath: store).filter { $0.hasSuffix(".debug") }
      .map { "\(store)/\($0)" }
  }

  /// The bytes registered in the target for the session's one image: the stub, or the debug file.
  static func registeredSize(in session: String) throws -> Int {
    struct Description: Decodable {
      struct Generation: Decodable {
        struct Range: Decodable { var size: Int }
        var registered: Range?
      }
      var generations: [Generation]
    }
    let data = try Data(contentsOf: URL(filePath: "\(session)/session.json"))
    let generations = try JSONDecoder().decode(Description.self, from: data).generations
    guard generations.count == 1, let registered = generations[0].registered else {
      throw CommandFailure(description: "not one registered generation in \(session)/session.json")
    }
    return registered.size
  }
}
