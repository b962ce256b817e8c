// `jitdebug sourcemap`: reading what was asked for, and everything that is printed or written about it.

import Glibc
import SystemPackage

/// What to read sources' names from, and where to look for them.
package struct SourceMapRequest: Sendable {
  /// Objects, archives, bitcode, IR, debug files; if empty, a session's debug files are read.
  package var files: [String]
  /// The session's id; nil for the only running one.
  package var session: String?
  package var lookup: SourceLookup

  package init(files: [String], session: String?, lookup: SourceLookup) {
    self.files = files
    self.session = session
    self.lookup = lookup
  }

  package func map() throws(JITDebugError) -> (map: SourceMap, triple: String?) {
    if files.isEmpty {
      let store = try SessionStore()
      let session = if let session { try store.session(session) } else { try store.onlyRunningSession() }
      guard session.description.generations.contains(where: { $0.debugFile != nil }) else {
        throw JITDebugError(
          .input, "session \(session.id)", "has no debug info",
          remedy: "it is there once the program is linked, unless that was done with --debug-info none")
      }
      return (SourceMap(session, lookup), session.description.triple)
    }
    guard session == nil else {
      throw JITDebugError(.usage, "--session", "has no meaning together with files", remedy: "leave one of them out")
    }
    var recorded: [RecordedFile] = []
    var problems: [JITDebugError] = []
    for file in files {
      do throws(JITDebugError) {
        recorded += try Self.read(file)
      } catch {
        problems.append(error)
      }
    }
    if problems.count == files.count, let first = problems.first { throw first }
    var map = SourceMap(
      files: RecordedFile.merged(recorded), lookup: lookup, currentDirectory: SourceLookup.currentDirectory)
    map.problems = problems + map.problems
    map.unreadable = problems.count
    return (map, nil)
  }

  private static func read(_ path: String) throws(JITDebugError) -> [RecordedFile] {
    let input = try Input(path: path)
    guard input.kind != .source || path.hasSuffix(".ll") else {
      throw JITDebugError(
        .input, path, "is a source, which has no debug info", remedy: "name what was compiled from it")
    }
    return try RecordedFile.read(path)
  }

  /// Writes a profile with the map's rules.
  package static func save(_ map: SourceMap, _ lookup: SourceLookup, triple: String?, to path: String)
    throws(JITDebugError)
  {
    let name = FilePath(path).stem ?? path
    try writeFile(try map.profile(name: name, triple: triple, lookup: lookup).json, to: path)
  }
}
