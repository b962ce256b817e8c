// How LLDB applies `target.source-map`, and the list of rules that makes it find what it shall.
//
// To show a line, LLDB takes the first rule whose prefix fits and whose outcome exists, else the path as recorded. To set a
// breakpoint by a full path, it goes the other way: the first rule whose destination fits, whether or not the outcome is known.
// In both, a prefix is text: `/a` fits `/ab/c` too.

enum LLDBLookup {
  /// Where a rule leads; nil if it does not fit.
  static func apply(_ rule: SourceRule, to path: String) -> String? {
    if path.hasPrefix(rule.from) { return SourcePath.normalized("\(rule.to)/\(path.dropFirst(rule.from.count))") }
    return rule.from == "." && !path.hasPrefix("/") ? SourcePath.normalized("\(rule.to)/\(path)") : nil
  }

  /// The recorded path that a breakpoint in a file of this host is set in.
  static func reverse(_ rules: [SourceRule], _ path: String) -> String {
    for rule in rules where path.hasPrefix(rule.to) {
      return SourcePath.normalized("\(rule.from)/\(path.dropFirst(rule.to.count))")
    }
    return path
  }

  /// How many rules of each kind are added at most: LLDB goes through all of them for each file that it looks for.
  private static let limit = (folders: 16, files: 100)

  /// In the order, of two that make sense, in which more is found; with more rules where neither will do, such as where two
  /// trees were compiled from one: by the rules alone, LLDB takes every file here for one of the first tree.
  static func rules(_ entries: [SourceMap.Entry], _ rules: [SourceRule], _ host: HostFiles) -> [SourceRule] {
    let byDestination = rules.sorted(by: hasLongerDestination)
    let orders = [rules, byDestination].map { (rules: $0, wrong: misled(entries, $0, host)) }
    var best = orders[0].wrong.count <= orders[1].wrong.count ? orders[0] : orders[1]
    func improve(_ added: [SourceRule]) {
      let wrong = misled(entries, added + best.rules, host)
      if wrong.count < best.wrong.count { best = (added + best.rules, wrong) }
    }
    var folders: [SourceRule: Int] = [:]
    for (file, place) in best.wrong where SourcePath.name(place) == SourcePath.name(file) {
      folders[SourceRule(from: SourcePath.folder(file), to: SourcePath.folder(place)), default: 0] += 1
    }
    let ranked = folders.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key.from < $1.key.from }
    for rule in ranked.map(\.key).filter({ !$0.from.isEmpty }).prefix(limit.folders) { improve([rule]) }
    if !best.wrong.isEmpty {
      let files = best.wrong.prefix(limit.files).map { SourceRule(from: $0.file, to: $0.place) }
      improve(files.sorted(by: hasLongerDestination))
    }
    return best.rules
  }

  private static func hasLongerDestination(_ a: SourceRule, _ b: SourceRule) -> Bool {
    let (x, y) = (a.to.utf8.count, b.to.utf8.count)
    return x != y ? x > y : (a.to, a.from) < (b.to, b.from)
  }

  /// Recorded paths, and their places, of files that are not shown, or in which a breakpoint is not set.
  private static func misled(_ entries: [SourceMap.Entry], _ rules: [SourceRule], _ host: HostFiles)
    -> [(file: String, place: String)]
  {
    if rules.isEmpty { return [] }
    let known = Set(entries.compactMap { entry in entry.path.map { SourceRule(from: entry.file.path, to: $0) } })
    return entries.compactMap { entry in
      guard let place = entry.path else { return nil }
      let file = entry.file.path
      let shown = rules.lazy.compactMap { apply($0, to: file) }.first { host.isFile($0) } ?? file
      // Of files here under two names, only one can be the one for breakpoints.
      let named = SourceRule(from: reverse(rules, place), to: place)
      return host.identity(shown) == host.identity(place) && known.contains(named) ? nil : (file, place)
    }
  }
}
