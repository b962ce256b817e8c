// Source-map profiles: where a kind of target's sources lie, as JSON. SourceMaps/README.md describes the format.

import FoundationEssentials
import Glibc

/// A profile as read, with its variables still in it.
package struct SourceProfile: Equatable, Sendable {
  /// The version this program writes and the newest it reads.
  package static let currentSchemaVersion = 1

  /// Replaces a leading part of recorded paths.
  package struct Rule: Equatable, Sendable {
    package var from: String
    package var to: String
    package init(from: String, to: String) {
      self.from = from
      self.to = to
    }
  }

  package var name: String
  /// For people.
  package var summary: String?
  /// The targets it is for.
  package var triple: String?
  /// The folder that holds the target's files here.
  package var sysroot: String?
  package var rules: [Rule]
  /// Folders to look through, as `--source-root` does.
  package var sources: [String]
  /// The file that it was read from.
  var path = ""
  /// Whether it came by name: such a profile is for many hosts, and much of what it names is on none of them.
  var isShipped = false

  package init(
    name: String, summary: String? = nil, triple: String? = nil, sysroot: String? = nil, rules: [Rule] = [],
    sources: [String] = []
  ) {
    self.name = name
    self.summary = summary
    self.triple = triple
    self.sysroot = sysroot
    self.rules = rules
    self.sources = sources
  }

  /// Reads profiles, by names or paths. What is wrong with one leaves the rest of it, and the others, usable.
  package static func load(_ names: [String]) -> (profiles: [SourceProfile], problems: [JITDebugError]) {
    var profiles: [SourceProfile] = []
    var problems: [JITDebugError] = []
    for name in names {
      do throws(JITDebugError) {
        var reader = ProfileReader(path: try path(of: name))
        if var profile = try reader.read() {
          profile.isShipped = !SourceLookup.isFile(name)
          profiles.append(profile)
        }
        problems += reader.problems
      } catch {
        problems.append(error)
      }
    }
    return (profiles, problems)
  }

  /// The file of a profile that comes with jitdebug, or the one that is named.
  private static func path(of name: String) throws(JITDebugError) -> String {
    if SourceLookup.isFile(name) { return name }
    let folder = try SharedFiles.folder("SourceMaps")
    let path = "\(folder)/\(name).json"
    if access(path, F_OK) == 0 { return path }
    throw JITDebugError(
      .input, "profile \(name)", "there is none of this name; known are \(names(in: folder).joined(separator: ", "))")
  }

  private static func names(in folder: String) -> [String] {
    ((try? StoreFiles.names(in: .init(folder))) ?? []).filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
      .sorted()
  }

  /// The document, for `sourcemap --save`.
  package var json: String {
    get throws(JITDebugError) {
      struct Document: Encodable {
        struct Rule: Encodable {
          var from: String
          var to: String
        }
        var schemaVersion = SourceProfile.currentSchemaVersion
        var name: String
        var description: String?
        var triple: String?
        var sysroot: String?
        var rules: [Rule]
        var sources: [String]
      }
      let document = Document(
        name: name, description: summary, triple: triple, sysroot: sysroot,
        rules: rules.map { .init(from: $0.from, to: $0.to) }, sources: sources)
      return try JSONText.encode(document)
    }
  }
}

/// JSON as this program writes it.
package enum JSONText {
  /// A string with its quotes.
  static func string(_ text: String) throws(JITDebugError) -> String {
    String(try encode(text).dropLast())
  }

  package static func encode(_ value: some Encodable) throws(JITDebugError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    } catch {
      throw JITDebugError(.system, "", "this cannot be written as JSON: \(error)")
    }
  }
}
