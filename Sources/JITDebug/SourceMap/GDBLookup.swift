// How GDB applies `set substitute-path`, and the list of rules that makes it find what it shall.
//
// GDB applies its rules to the compilation directory and to the name, each by itself and as recorded, and joins them then
// (find_and_open_source in its source.c). So a rule for a folder below the compilation directory does not reach a relative
// name, `.` is only that, and a path through `..` needs the folders that it passes. Where a rule of the map fails for that, one for
// the name or the directory alone is added.

struct GDBLookup {
  private typealias Spelling = RecordedFile.Spelling

  private let host: HostFiles
  private var rules: [SourceRule]

  /// One way in which a file is named, and the file that is to be found; nil if none is.
  private struct Case {
    var spelling: Spelling
    var target: String?
  }

  static func rules(_ entries: [SourceMap.Entry], _ rules: [SourceRule], _ host: HostFiles) -> [SourceRule] {
    let cases = entries.flatMap { entry in entry.file.spellings.map { Case(spelling: $0, target: entry.path) } }
    var lookup = GDBLookup(host: host, rules: rules)
    lookup.mend(cases)
    // A rule for relative paths may have been of use to LLDB alone.
    return lookup.rules.filter { rule in rule.from.hasPrefix("/") || cases.contains { lookup.uses(rule, $0.spelling) } }
  }

  private func first(for text: String) -> SourceRule? { rules.first { Self.fits($0, text) } }

  private static func fits(_ rule: SourceRule, _ text: String) -> Bool {
    guard text.hasPrefix(rule.from) else { return false }
    let rest = text.dropFirst(rule.from.count)
    return rest.isEmpty || rest.hasPrefix("/") || rule.from == "/"
  }

  private func rewritten(_ text: String) -> String {
    guard let rule = first(for: text) else { return text }
    return rule.to + (rule.from == "/" ? text[...] : text.dropFirst(rule.from.count))
  }

  private func uses(_ rule: SourceRule, _ spelling: Spelling) -> Bool {
    first(for: spelling.compilationDirectory) == rule || first(for: spelling.name) == rule
  }

  /// The file that GDB opens.
  private func found(_ spelling: Spelling) -> HostFiles.Identity? {
    let directory = rewritten(spelling.compilationDirectory)
    let name = rewritten(spelling.name)
    let place = SourcePath.join(directory, name)
    // A relative place depends on where GDB is started.
    guard place.hasPrefix("/") else { return nil }
    return host.identity(place) ?? host.identity(SourcePath.join(directory, SourcePath.name(name)))
  }

  private func isRight(_ item: Case) -> Bool { found(item.spelling) == item.target.flatMap { host.identity($0) } }

  /// Adds a rule for each case that goes wrong, if there is one that harms no other.
  private mutating func mend(_ cases: [Case]) {
    for item in cases {
      guard let target = item.target, !isRight(item) else { continue }
      for rule in Self.remedies(item.spelling, target) where !rules.contains(where: { $0.from == rule.from }) {
        var trial = self
        trial.rules = (rules + [rule]).sorted(by: PrefixRules.isBefore)
        let concerned = cases.filter {
          Self.fits(rule, $0.spelling.compilationDirectory) || Self.fits(rule, $0.spelling.name)
        }
        // Nothing is better than a wrong file.
        let harms = concerned.contains { other in
          !trial.isRight(other) && trial.found(other.spelling) != found(other.spelling)
        }
        if trial.isRight(item) && !harms {
          self = trial
          break
        }
      }
    }
  }

  /// Rules that may lead one spelling to its file, those that serve most others first.
  private static func remedies(_ spelling: Spelling, _ target: String) -> [SourceRule] {
    let (directory, name) = (spelling.compilationDirectory, spelling.name)
    var rules: [SourceRule] = []
    let isRelative = !name.hasPrefix("/")
    let plain = SourcePath.normalized(name)
    if isRelative, !directory.isEmpty, target.hasSuffix("/" + plain) {
      rules.append(SourceRule(from: directory, to: String(target.dropLast(plain.count + 1))))
    }
    let folder = SourcePath.folder(name)
    if !folder.isEmpty, SourcePath.name(target) == SourcePath.name(name) {
      rules.append(SourceRule(from: folder, to: SourcePath.folder(target)))
    }
    // Any folders will do for `..` to lead out of again: those that the rest of the name leads into.
    let parts = SourcePath.components(plain)
    let rest = Array(parts.drop { $0 == ".." })
    let levels = parts.count - rest.count
    let suffix = "/" + rest.joined(separator: "/")
    if isRelative, levels > 0, rest.count > levels, !directory.isEmpty, target.hasSuffix(suffix) {
      let base = target.dropLast(suffix.count)
      rules.append(SourceRule(from: directory, to: "\(base)/\(rest.prefix(levels).joined(separator: "/"))"))
    }
    rules.append(SourceRule(from: name, to: target))
    return rules
  }
}
