// The smallest set of prefix rules that leads every recorded path to its file and none to a wrong one.
//
// This is optimal routing table construction (Draves, King, Venkatachary, Zill: "Constructing Optimal IP Routing Tables", 1999)
// on the tree of recorded paths: a node's candidates are the replacements of its prefix that suit most of what is below it.

/// Replaces a leading part of recorded paths.
package struct SourceRule: Hashable, Sendable, Codable {
  /// As recorded, without a slash at the end; `.` stands for all relative paths but those that begin with `..`.
  package var from: String
  package var to: String
  package init(from: String, to: String) {
    self.from = from
    self.to = to
  }

  /// The path with this rule applied; nil if it does not begin with the rule's prefix.
  package func apply(to path: String) -> String? {
    let isRelative = !path.hasPrefix("/")
    if from == "." { return isRelative && !path.hasPrefix("../") ? "\(to)/\(path)" : nil }
    if path == from { return to }
    let prefix = from.hasSuffix("/") ? from : from + "/"
    guard path.hasPrefix(prefix) else { return nil }
    return (to.hasSuffix("/") ? to : to + "/") + path.dropFirst(prefix.count)
  }
}

package enum PrefixRules {
  /// What is known about one recorded path.
  package enum Wish: Hashable, Sendable {
    /// It is to lead to this absolute path, which may be the recorded one.
    case lead(to: String)
    /// Its file is not here: wherever it leads is as good as nowhere.
    case free
    /// Its file is not here, and a rule would lead to a file of other content: no rule may apply.
    case untouched
  }

  /// Rules in the order in which the first that fits counts, the longest prefixes first.
  ///
  /// Each covers no more than it has to: debuggers apply it to everything, other libraries' sources too.
  /// - Parameter scopes: for a path, folders above it that its rule should apply to as well, if it can.
  package static func derive(_ wishes: [(path: String, wish: Wish)], scopes: [String: [String]] = [:]) -> [SourceRule] {
    var rules: [SourceRule] = []
    for isAbsolute in [true, false] {
      var tree = Tree(isAbsolute: isAbsolute)
      for (path, wish) in wishes where path.hasPrefix("/") == isAbsolute { tree.insert(path, wish) }
      tree.gather(0)
      tree.assign(0, inherited: isAbsolute ? [] : Tree.nowhere, to: &rules)
    }
    rules.sort(by: isBefore)
    return narrowed(rules, wishes, scopes).sorted(by: isBefore)
  }

  /// Longer prefixes come first.
  static func isBefore(_ a: SourceRule, _ b: SourceRule) -> Bool {
    let (x, y) = (a.from == "." ? 0 : a.from.utf8.count, b.from == "." ? 0 : b.from.utf8.count)
    return x != y ? x > y : a.from < b.from
  }

  /// Moves each rule down to the folder that all paths have in common that it is for.
  private static func narrowed(
    _ rules: [SourceRule], _ wishes: [(path: String, wish: Wish)], _ scopes: [String: [String]]
  ) -> [SourceRule] {
    var common: [Int: [String]] = [:]
    for case (let path, .lead) in wishes {
      guard let index = rules.firstIndex(where: { $0.apply(to: path) != nil }), rules[index].from != path else {
        continue
      }
      let folders = scopes[path, default: []].filter { rules[index].apply(to: $0) != nil } + [SourcePath.folder(path)]
      for folder in folders.map(SourcePath.components) {
        let known = common[index] ?? folder
        common[index] = Array(zip(known, folder).prefix { $0 == $1 }.map(\.0))
      }
    }
    return rules.enumerated().map { index, rule in
      let depth = rule.from == "." ? 0 : SourcePath.components(rule.from).count
      guard let folder = common[index], folder.count > depth else { return rule }
      let added = folder[depth...].joined(separator: "/")
      return SourceRule(
        from: rule.from == "." ? added : SourcePath.join(rule.from, added), to: SourcePath.join(rule.to, added))
    }
  }

  /// Where the first rule that fits leads; the path itself if none does.
  package static func apply(_ rules: [SourceRule], to path: String) -> String {
    for rule in rules { if let mapped = rule.apply(to: path) { return mapped } }
    return path
  }
}

/// Recorded paths by component. A candidate is the absolute path, in components, that a node's own path is replaced by.
private struct Tree {
  struct Node {
    var path: [String]
    var children: [String: Int] = [:]
    /// nil: anything suits.
    var candidates: Set<[String]>?
    var isUntouched = false
  }

  /// What replaces relative paths when no rule does: no absolute path.
  static let nowhere = ["."]

  let isAbsolute: Bool
  private var nodes: [Node] = [Node(path: [])]

  init(isAbsolute: Bool) { self.isAbsolute = isAbsolute }

  mutating func insert(_ path: String, _ wish: PrefixRules.Wish) {
    var node = 0
    for component in SourcePath.components(path) {
      if let next = nodes[node].children[component] {
        node = next
      } else {
        nodes.append(Node(path: nodes[node].path + [component]))
        nodes[node].children[component] = nodes.count - 1
        node = nodes.count - 1
      }
    }
    switch wish {
    case .lead(let target):
      let candidate = SourcePath.components(target)
      nodes[node].candidates = nodes[node].candidates.map { $0.union([candidate]) } ?? [candidate]
    case .free: break
    case .untouched: nodes[node].isUntouched = true
    }
  }

  /// The replacement in place when no rule applies.
  private func identity(_ node: Int) -> [String] { isAbsolute ? nodes[node].path : Self.nowhere + nodes[node].path }

  /// Finds each node's candidates from those of its children: the ones that suit the most of them.
  mutating func gather(_ index: Int) {
    let node = nodes[index]
    var votes: [[String]: Int] = [:]
    for (component, child) in node.children {
      gather(child)
      nodes[index].isUntouched = nodes[index].isUntouched || nodes[child].isUntouched
      for candidate in nodes[child].candidates ?? [] where candidate.last == component {
        votes[Array(candidate.dropLast()), default: 0] += 1
      }
    }
    if nodes[index].isUntouched {
      nodes[index].candidates = [identity(index)]
    } else if !node.children.isEmpty {
      let most = votes.values.max()
      nodes[index].candidates = most.map { most in Set(votes.filter { $0.value == most }.keys) }
    }
  }

  /// Makes a rule where what is inherited from above does not suit.
  func assign(_ index: Int, inherited: [String], to rules: inout [SourceRule]) {
    let node = nodes[index]
    var replacement = inherited
    if let candidates = node.candidates, !candidates.contains(inherited) {
      replacement = candidates.min { $0.count != $1.count ? $0.count < $1.count : $0.lexicographicallyPrecedes($1) }!
      let path = node.path.joined(separator: "/")
      rules.append(
        SourceRule(
          from: isAbsolute ? "/" + path : (path.isEmpty ? "." : path), to: "/" + replacement.joined(separator: "/")))
    }
    for (component, child) in node.children.sorted(by: { $0.key < $1.key }) {
      assign(child, inherited: replacement + [component], to: &rules)
    }
  }
}
