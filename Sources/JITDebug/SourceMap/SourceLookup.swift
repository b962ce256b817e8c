// Where to look for sources, and how it is kept with a session.

import Glibc

/// What `--source-root` and `--profile` ask for.
package struct SourceLookup: Codable, Equatable, Sendable {
  /// Folders to look through, as absolute paths; the first ones count most.
  package var roots: [String]
  /// Names of profiles that come with jitdebug, or absolute paths of files.
  package var profiles: [String]

  package init(roots: [String] = [], profiles: [String] = []) {
    self.roots = roots
    self.profiles = profiles
  }

  /// As given on a command line: relative paths belong to the working directory.
  package init(given roots: [String], profiles: [String]) {
    self.init(
      roots: roots.map(Self.absolute), profiles: profiles.map { Self.isFile($0) ? Self.absolute($0) : $0 })
  }

  package var isEmpty: Bool { roots.isEmpty && profiles.isEmpty }

  /// These, and then the other's.
  package func adding(_ other: SourceLookup) -> SourceLookup {
    SourceLookup(
      roots: roots + other.roots.filter { !roots.contains($0) },
      profiles: profiles + other.profiles.filter { !profiles.contains($0) })
  }

  /// Whether a profile is given as a file and not by name.
  static func isFile(_ profile: String) -> Bool { profile.contains("/") || profile.hasSuffix(".json") }

  private static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/") else { return path }
    return SourcePath.normalized("\(currentDirectory)/\(path)")
  }

  package static var currentDirectory: String {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return String(cString: path)
  }
}
