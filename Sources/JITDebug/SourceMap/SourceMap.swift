// Where the sources of debug info are on this host, and the rules that lead debuggers there.

/// The outcome of looking for every source file of some debug info.
package struct SourceMap: Sendable {
  package enum Status: String, Codable, Sendable {
    /// Here, with the text it was compiled from as far as can be told.
    case found
    /// Here, but its text is not the one it was compiled from.
    case changed
    /// Nowhere to be found, or not to be told apart from another file.
    case missing
  }

  package struct Entry: Sendable {
    package var file: RecordedFile
    package var status: Status
    /// Where it is on this host; absent if missing.
    package var path: String?
    /// Files that it may be if those beside it lie there too.
    var alternatives: [String] = []
  }

  package private(set) var entries: [Entry]
  /// The smallest set that leads to every file that is here; the first rule that fits counts.
  package private(set) var rules: [SourceRule]
  /// The same in the form that each debugger needs.
  package private(set) var debuggerRules: SourceRules
  package internal(set) var problems: [JITDebugError]
  /// How many inputs could not be read, so that what they name is not known.
  package internal(set) var unreadable = 0

  /// Functions that will have no source text.
  package var functionsWithoutSource: Int {
    entries.lazy.filter { $0.status == .missing }.reduce(0) { $0 + $1.file.functions }
  }

  package func count(_ status: Status) -> Int { entries.count { $0.status == status } }

  /// - Parameters:
  ///   - lookup: where to look.
  ///   - currentDirectory: what relative recorded paths refer to if nothing else is known.
  package init(files: [RecordedFile], lookup: SourceLookup, currentDirectory: String) {
    let (profiles, readingProblems) = SourceProfile.load(lookup.profiles)
    var places = SourcePlaces(roots: lookup.roots)
    var profileProblems = readingProblems
    for profile in profiles { profileProblems += places.add(profile) }
    self.init(files: files, places: places, currentDirectory: currentDirectory)
    problems = profileProblems + problems
  }

  init(files: [RecordedFile], places: SourcePlaces, currentDirectory: String) {
    let host = HostFiles()
    let index = SourceIndex(
      roots: places.roots, optional: places.usualRoots, names: Set(files.map { SourcePath.name($0.path) }))
    let finder = SourceFinder(rules: places.rules, index: index, currentDirectory: currentDirectory, host: host)
    entries = files.map { finder.find($0) }
    Self.settleConflicts(&entries)
    rules = Self.deriveRules(&entries, host)
    debuggerRules = SourceRules(entries, rules, host)
    problems = index.problems
  }

  /// One path can lead to one file only: where it was recorded for two texts, one of which is here, the other has changed;
  /// where both are here, no rule is right.
  private static func settleConflicts(_ entries: inout [Entry]) {
    for places in Dictionary(grouping: entries.indices, by: { entries[$0].file.path }).values where places.count > 1 {
      let exact = Set(places.filter { entries[$0].status == .found }.compactMap { entries[$0].path })
      let all = Set(places.compactMap { entries[$0].path })
      guard let only = exact.count == 1 ? exact.first : all.count == 1 ? all.first : nil else {
        for place in places { (entries[place].status, entries[place].path) = (.missing, nil) }
        continue
      }
      for place in places where entries[place].path != only {
        (entries[place].status, entries[place].path) = (.changed, only)
      }
    }
  }

  /// Settles what only the other files can tell, too.
  private static func deriveRules(_ entries: inout [Entry], _ host: HostFiles) -> [SourceRule] {
    // What was compiled here lies where it was recorded.
    if entries.allSatisfy({ $0.path == $0.file.path && $0.file.path.hasPrefix("/") }) { return [] }
    var isUntouched = [Bool](repeating: false, count: entries.count)
    var scopes: [String: [String]] = [:]
    for file in entries.map(\.file) {
      scopes[file.path, default: []] += file.spellings.map { SourcePath.normalized($0.compilationDirectory) }
    }
    while true {
      let wishes: [(path: String, wish: PrefixRules.Wish)] = entries.indices.map { index in
        let entry = entries[index]
        return (entry.file.path, entry.path.map { .lead(to: $0) } ?? (isUntouched[index] ? .untouched : .free))
      }
      let rules = PrefixRules.derive(wishes, scopes: scopes)
      var isSettled = true
      for index in entries.indices where entries[index].status == .missing && !isUntouched[index] {
        // LLDB passes over rules that lead nowhere, so each of them has to be looked at.
        let path = entries[index].file.path
        let places = rules.compactMap { LLDBLookup.apply($0, to: path) }.filter { $0 != path && host.isFile($0) }
        guard let first = places.first else { continue }
        isSettled = false
        if entries[index].alternatives.contains(first), PrefixRules.apply(rules, to: path) == first {
          entries[index].path = first
          entries[index].status = entries[index].file.md5 == nil ? .found : .changed
        } else {
          // A missing file must not be led to something else: where a rule would, none may apply.
          isUntouched[index] = true
        }
      }
      if isSettled { return rules }
    }
  }
}

/// Where sources may lie: what the user named, and what profiles say.
struct SourcePlaces {
  /// Folders to look through, named by the user.
  var roots: [String]
  /// The same, but of no interest if they are not there.
  var usualRoots: [String] = []
  var rules: [SourcePattern] = []

  init(roots: [String] = []) { self.roots = roots }
}
