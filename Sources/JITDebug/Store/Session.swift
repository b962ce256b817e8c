// One session's folder: its description, its debug store and its debugger scripts.

import FoundationEssentials
import Glibc
import SystemPackage

/// A session on this machine, running or not. Only its controller may change it.
package struct Session: Sendable {
  package let folder: FilePath
  package private(set) var description: SessionDescription

  package var id: String { description.id }
  package var debugStore: DebugStore { DebugStore(root: folder.appending("debug")) }

  private static let fileName = "session.json"

  /// Writes the description of a new session.
  init(creating description: SessionDescription, in folder: FilePath) throws(JITDebugError) {
    self.folder = folder
    self.description = description
    try write()
  }

  /// Reads a session back; nil if its description was not written yet.
  init?(reading folder: FilePath) throws(JITDebugError) {
    self.folder = folder
    guard Self.isDescribed(in: folder) else { return nil }
    description = try Self.read(folder.appending(Self.fileName))
  }

  /// Whether a folder has a description, readable or not.
  static func isDescribed(in folder: FilePath) -> Bool { access(folder.appending(fileName).string, F_OK) == 0 }

  /// Changes the description, in memory and on disk.
  package mutating func update(_ change: (inout SessionDescription) -> Void) throws(JITDebugError) {
    change(&description)
    try write()
  }

  /// Stores a generated script, or anything else, in the session's folder.
  package func write(_ text: String, to path: FilePath) throws(JITDebugError) {
    var text = text
    let result = text.withUTF8 { bytes in
      Result { () throws(JITDebugError) in try StoreFiles.write(UnsafeRawBufferPointer(bytes), to: path) }
    }
    try result.get()
  }

  private func write() throws(JITDebugError) {
    try write(Self.json(description), to: folder.appending(Self.fileName))
  }

  /// The document that `session.json` holds and `--json` prints.
  package static func json(_ description: SessionDescription) throws(JITDebugError) -> String {
    try JSONText.encode(description)
  }

  private static func read(_ path: FilePath) throws(JITDebugError) -> SessionDescription {
    func unreadable(_ reason: String) -> JITDebugError {
      JITDebugError(
        .system, path.string, reason,
        remedy: "if its session is of no more use, remove \(path.removingLastComponent().string)")
    }
    let data: Data
    do throws(JITDebugError) {
      data = try readFile(path.string).data
    } catch {
      throw unreadable("cannot be read: \(error.reason)")
    }
    do {
      // The version first: of a newer one, nothing else is certain.
      struct Version: Decodable { var schemaVersion: Int }
      let version = try JSONDecoder().decode(Version.self, from: data).schemaVersion
      guard version <= SessionDescription.currentSchemaVersion else {
        throw JITDebugError(
          .system, path.string,
          "was written by a newer jitdebug (schema version \(version), known is \(SessionDescription.currentSchemaVersion))",
          remedy: "use that newer version for this session")
      }
      return try JSONDecoder().decode(SessionDescription.self, from: data)
    } catch let error as JITDebugError {
      throw error
    } catch let error as DecodingError {
      throw unreadable("is no session description: \(error.reason)")
    } catch {
      throw unreadable("is no session description: \(error)")
    }
  }
}

extension Session {
  package enum Status: String, Codable, Sendable {
    case running
    case ended
    /// It runs on without its controller, as that was asked to have it.
    case detached
    /// Its controller went away without saying how the program ended.
    case abandoned
  }

  /// Whether the program is in the target's memory; compiling and linking are a session's first part.
  package var isLoaded: Bool { !description.generations.isEmpty }

  /// The process that describes the session.
  var controller: ProcessIdentity {
    ProcessIdentity(pid: description.controllerPid, startTime: description.controllerStartTime)
  }
}

extension FileBytes {
  fileprivate var data: Data { withExtendedLifetime(self) { Data(buffer) } }
}

extension DecodingError {
  /// One line that names the field.
  fileprivate var reason: String {
    func name(_ path: [any CodingKey]) -> String {
      path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
    }
    switch self {
    case .keyNotFound(let key, let context): return "\(name(context.codingPath + [key])) is missing"
    case .valueNotFound(_, let context): return "\(name(context.codingPath)) is null"
    case .typeMismatch(_, let context) where context.codingPath.isEmpty: return "it is not a JSON object"
    case .typeMismatch(_, let context): return "\(name(context.codingPath)) has the wrong type"
    case .dataCorrupted(let context) where context.codingPath.isEmpty: return "it is not valid JSON"
    case .dataCorrupted(let context): return "\(name(context.codingPath)): \(context.debugDescription)"
    @unknown default: return "\(self)"
    }
  }
}
