// Where the sources of debug info are on this host, and the rules that lead debuggers there.

import Glibc
import OrcBridge

/// The outcome of looking for every source file of some debug info.
package struct SourceMap: Sendable {
  package enum Status: String, Codable, Sendable {
    /// Here, with the text it was compiled from as far as can be told.
    case found
    /// Here, but its text is not the one it was compiled from.
    case changed
    /// Nowhere to be found.
    case missing
  }

  package struct Entry: Sendable {
    package var file: RecordedFile
    package var status: Status
    /// Where it is on this host; absent if missing.
    package var path: String?
  }

  package private(set) var entries: [Entry]
  /// The smallest set that leads to every file that is here; the first rule that fits counts.
  package private(set) var rules: [SourceRule]
  package internal(set) var problems: [JITDebugError]

  /// The rules for each debugger.
  package var debuggerRules: SourceRules { SourceRules(rules) }

  /// Functions that will have no source text.
  package var functionsWithoutSource: Int {
    entries.lazy.filter { $0.status == .missing }.reduce(0) { $0 + $1.file.functions }
  }

  /// - Parameters:
  ///   - profileRules: rules of a profile, tried before the roots.
  ///   - roots: folders to look through.
  ///   - currentDirectory: what relative recorded paths refer to if nothing else is known.
  package init(
    files: [RecordedFile], profileRules: [SourceRule] = [], roots: [String] = [], currentDirectory: String
  ) {
    var finder = SourceFinder(
      rules: profileRules, index: SourceIndex(roots: roots, names: Set(files.map { SourceFinder.name(of: $0.path) })),
      currentDirectory: currentDirectory)
    entries = files.map { finder.find($0) }
    problems = finder.index.problems
    rules = []
    var wishes: [(path: String, wish: PrefixRules.Wish)] = entries.map { entry in
      (entry.file.path, entry.path.map { .lead(to: $0) } ?? .free)
    }
    // A missing file must not be led to something else: where a rule would, none may apply.
    for _ in 0...wishes.count {
      rules = PrefixRules.derive(wishes)
      let wrong = wishes.indices.filter { index in
        guard case .free = wishes[index].wish else { return false }
        let path = wishes[index].path
        let mapped = PrefixRules.apply(rules, to: path)
        return mapped != path && finder.isFile(mapped)
      }
      if wrong.isEmpty { break }
      for index in wrong { wishes[index].wish = .untouched }
    }
  }
}

extension SourceMap {
  /// Reads the profiles, and looks where they and the roots say.
  package init(files: [RecordedFile], lookup: SourceLookup, currentDirectory: String) {
    self.init(files: files, roots: lookup.roots, currentDirectory: currentDirectory)
  }
}

/// Looks for single files.
struct SourceFinder {
  let rules: [SourceRule]
  let index: SourceIndex
  let currentDirectory: String
  private var sums: [String: [UInt8]?] = [:]

  init(rules: [SourceRule], index: SourceIndex, currentDirectory: String) {
    self.rules = rules
    self.index = index
    self.currentDirectory = currentDirectory
  }

  static func name(of path: String) -> String { SourcePath.components(path).last ?? path }

  func isFile(_ path: String) -> Bool {
    var info = stat()
    return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFREG
  }

  /// A file with the recorded text wins over its place; among equals the recorded place, then the profile's, then the
  /// longest matching suffix below the roots.
  mutating func find(_ file: RecordedFile) -> SourceMap.Entry {
    let places = candidates(for: file.path)
    if let md5 = file.md5 {
      if let exact = places.first(where: { sum(of: $0) == md5 }) {
        return SourceMap.Entry(file: file, status: .found, path: exact)
      }
    }
    guard let best = unambiguous(places, for: file.path) else {
      return SourceMap.Entry(file: file, status: .missing, path: nil)
    }
    return SourceMap.Entry(file: file, status: file.md5 == nil ? .found : .changed, path: best)
  }

  /// Existing files that it may be, best first.
  private func candidates(for path: String) -> [String] {
    let own = path.hasPrefix("/") ? path : SourcePath.normalized("\(currentDirectory)/\(path)")
    var places = [own] + rules.compactMap { $0.apply(to: path) }.map(SourcePath.normalized)
    let byName = index.files(named: Self.name(of: path))
    places += byName.sorted { (Self.commonSuffix($0, path), $1) > (Self.commonSuffix($1, path), $0) }
    var seen: Set<String> = []
    return places.filter { seen.insert($0).inserted && isFile($0) }
  }

  /// The best place, unless two below the roots are equally good and nothing tells which is meant.
  private func unambiguous(_ places: [String], for path: String) -> String? {
    guard let first = places.first else { return nil }
    let own = path.hasPrefix("/") ? path : SourcePath.normalized("\(currentDirectory)/\(path)")
    if first == own || rules.contains(where: { $0.apply(to: path).map(SourcePath.normalized) == first }) {
      return first
    }
    guard places.count > 1 else { return first }
    return Self.commonSuffix(places[0], path) > Self.commonSuffix(places[1], path) ? first : nil
  }

  /// How many components at the end are the same.
  static func commonSuffix(_ a: String, _ b: String) -> Int {
    zip(SourcePath.components(a).reversed(), SourcePath.components(b).reversed()).prefix { $0 == $1 }.count
  }

  private mutating func sum(of path: String) -> [UInt8]? {
    if let known = sums[path] { return known }
    var result: [UInt8]?
    if let bytes = try? readFile(path) {
      var sum = [UInt8](repeating: 0, count: 16)
      orc_md5(bytes.buffer.baseAddress!, bytes.buffer.count, &sum)
      result = sum
    }
    sums[path] = result
    return result
  }
}
