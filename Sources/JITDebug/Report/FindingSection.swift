// What was found wrong, the worst first: each with its evidence and remedy.

struct FindingSection {
  let content: ReportContent
  /// Of each kind, the rest is with its entries.
  private static let shown = 5

  init(_ content: ReportContent) { self.content = content }

  /// Nil where nothing was looked at.
  var html: HTML? {
    guard content.inspection != nil else { return nil }
    let findings = content.findings
    guard !findings.isEmpty else { return "<p>Nothing was found wrong.</p>\n" }
    let groups = Dictionary(grouping: findings, by: \.kind)
    let kinds = FindingKind.allCases.filter { groups[$0] != nil }
    let sorted = [Finding.Severity.error, .warning, .note].flatMap { severity in
      kinds.filter { $0.facts.severity == severity }
    }
    return sorted.map { Self.group($0, groups[$0]!) }.joined()
  }

  private static func group(_ kind: FindingKind, _ findings: [Finding]) -> HTML {
    let evidence = findings.prefix(shown).map {
      "<li><b>\($0.subject)</b>: <span class=\"evidence\">\($0.evidence)</span></li>\n" as HTML
    }
    let more = findings.count - shown
    let rest: HTML = more > 0 ? "<li>and \(more) more</li>\n" : .empty
    let remedies = findings.reduce(into: [String]()) { if !$0.contains($1.remedy) { $0.append($1.remedy) } }
    return """
      <article class="finding \(kind.facts.severity.rawValue)">
      <h3>\(label(kind.facts.severity)) \(kind.facts.title) \(HTML.code(kind.rawValue))</h3>
      <p>\(kind.facts.explanation)</p>
      <ul>
      \(evidence.joined())\(rest)</ul>
      \(remedies.prefix(3).map { "<p class=\"remedy\"><b>What helps:</b> \($0)</p>\n" as HTML }.joined())</article>

      """
  }

  static func label(_ severity: Finding.Severity) -> HTML {
    "<span class=\"label \(severity.rawValue)\">\(severity.rawValue)</span>"
  }
}
