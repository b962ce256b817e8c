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

  /// How many rules for single files are worth it: LLDB goes through all of them for each file that it looks for.
  private static let singleFiles = 100

  /// In the order, of two that make sense, in which more is found; with more rules where neither will do, such as where two
  /// trees were compiled from one: by the rules alone, LLDB takes every file here for one of the first tree.
  static func rules(_ entries: [SourceMap.Entry], _ rules: [SourceRule], _ host: HostFiles) -> [SourceRule] {
    let byDestination = rules.sorted {
      $0.to.utf8.count != $1.to.utf8.count ? $0.to.utf8.count > $1.to.utf8.count : $0.to < $1.to
    }
    let orders = [rules, byDestination].map { (rules: $0, wrong: misled(entries, $0, host)) }
    var best = orders[0].wrong.count <= orders[1].wrong.count ? orders[0] : orders[1]
    var tried: Set<SourceRule> = []
    for entry in best.wrong where SourcePath.name(entry.path!) == SourcePath.name(entry.file.path) {
      let rule = SourceRule(from: SourcePath.folder(entry.file.path), to: SourcePath.folder(entry.path!))
      guard !rule.from.isEmpty, tried.insert(rule).inserted else { continue }
      let wrong = misled(entries, [rule] + best.rules, host)
      if wrong.count < best.wrong.count { best = ([rule] + best.rules, wrong) }
    }
    return best.wrong.prefix(singleFiles).map { SourceRule(from: $0.file.path, to: $0.path!) } + best.rules
  }

  /// Files that are not shown, or in which a breakpoint is not set.
  private static func misled(_ entries: [SourceMap.Entry], _ rules: [SourceRule], _ host: HostFiles) -> [SourceMap
    .Entry]
  {
    if rules.isEmpty { return [] }
    let known = Set(entries.compactMap { entry in entry.path.map { SourceRule(from: entry.file.path, to: $0) } })
    return entries.filter { entry in
      guard let path = entry.path else { return false }
      let shown = rules.lazy.compactMap { apply($0, to: entry.file.path) }.first { host.isFile($0) } ?? entry.file.path
      // Of files here under two names, only one can be the one for breakpoints.
      let named = reverse(rules, path)
      return host.identity(shown) != host.identity(path) || !known.contains(SourceRule(from: named, to: path))
    }
  }
}
