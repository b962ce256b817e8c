// The rules of a source map as each debugger wants them.

/// Rules in the order in which the debuggers are to have them.
package struct SourceRules: Codable, Equatable, Sendable {
  /// For `settings append target.source-map`: the first that leads to an existing file counts.
  package var lldb: [SourceRule]
  /// For `set substitute-path`: the first that fits counts.
  package var gdb: [SourceRule]

  package init(lldb: [SourceRule], gdb: [SourceRule]) {
    self.lldb = lldb
    self.gdb = gdb
  }

  /// The same for both.
  package init(_ rules: [SourceRule] = []) { self.init(lldb: rules, gdb: rules) }

  /// What the rules come to in the debuggers' own ways of applying them.
  init(_ entries: [SourceMap.Entry], _ rules: [SourceRule], _ host: HostFiles) {
    self.init(lldb: LLDBLookup.rules(entries, rules, host), gdb: GDBLookup.rules(entries, rules, host))
  }

  /// Without rules whose destination `isHere` denies; those are returned too, each once.
  func checked(_ isHere: (String) -> Bool) -> (rules: SourceRules, dropped: [SourceRule]) {
    var dropped: [SourceRule] = []
    func keep(_ rule: SourceRule) -> Bool {
      if isHere(rule.to) { return true }
      if !dropped.contains(rule) { dropped.append(rule) }
      return false
    }
    let rules = SourceRules(lldb: lldb.filter(keep), gdb: gdb.filter(keep))
    return (rules, dropped)
  }
}
