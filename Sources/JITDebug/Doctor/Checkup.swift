// What `jitdebug doctor` goes through: one check after the other, each passed or not, with the findings that say why.

/// One thing that commonly breaks.
package struct Check: Encodable, Sendable {
  /// The raw value never changes; reports and programs go by it.
  package enum ID: String, CaseIterable, Codable, Sendable {
    case lldb, gdb
    case loader = "lldb-loader"
    case lookups = "external-lookups"
    case permission
    case target
    case debugServer = "debug-server"
    case inputs
    case producer
    case hooks
    case entries
    case rate = "registration-rate"
    case debugInfo = "debug-info"
    case sources
  }

  package var id: ID
  package var passed: Bool
  /// What was seen, in a line.
  package var evidence: String
  /// Why it did not pass, or what is worth knowing although it did.
  package var findings: [Finding]

  /// It passed, unless something worse than a note was found.
  init(_ id: ID, _ evidence: String, _ findings: [Finding] = []) {
    self.id = id
    passed = !findings.contains { $0.severity > .note }
    self.evidence = Printable.text(evidence)
    self.findings = findings
  }

  /// It did not, for this reason, however light that is by itself.
  init(_ id: ID, failed finding: Finding, _ others: [Finding] = []) {
    self.id = id
    passed = false
    evidence = finding.evidence
    findings = [finding] + others
  }
}

/// All of them, as they are printed.
package struct Checkup: Encodable, Sendable {
  /// Raised whenever a reader of the old form would go wrong.
  package static let schemaVersion = 1

  package var schemaVersion = Self.schemaVersion
  /// What was looked at; absent if it was the machine alone.
  package var subject: String?
  package var passed: Bool
  package var checks: [Check]

  package init(subject: String?, checks: [Check]) {
    self.subject = subject.map(Printable.text)
    self.checks = checks
    passed = checks.allSatisfy(\.passed)
  }

  package func json() throws(JITDebugError) -> String { try JSONText.encode(self) }

  /// How the lines look.
  package struct Style: Sendable {
    /// For terminals that show them: signs instead of words.
    package var hasSigns = false
    package var isColored = false
    package init(hasSigns: Bool = false, isColored: Bool = false) {
      self.hasSigns = hasSigns
      self.isColored = isColored
    }

    fileprivate func mark(_ passed: Bool) -> String {
      let text = hasSigns ? (passed ? "✓" : "✗") : (passed ? "ok  " : "FAIL")
      return isColored ? "\u{1b}[\(passed ? 32 : 31)m\(text)\u{1b}[0m" : text
    }
  }

  /// A line for each check; behind one that did not pass, its evidence, cause and remedy.
  package func text(_ style: Style = Style()) -> String {
    let width = Check.ID.allCases.map(\.rawValue.count).max() ?? 0
    var text = ""
    for check in checks {
      let name = check.id.rawValue.padding(to: width)
      text += "\(style.mark(check.passed))  \(name)  \(check.evidence)\n"
      for finding in check.findings {
        let facts = finding.kind.facts
        text += "        \(facts.title) [\(finding.kind.rawValue)]"
        text += finding.evidence == check.evidence ? "\n" : ": \(finding.subject): \(finding.evidence)\n"
        text += "        cause: \(facts.explanation)\n        do:    \(finding.remedy)\n"
      }
    }
    let failed = checks.count { !$0.passed }
    return text + (failed == 0 ? "all is well\n" : "\(failed) of \(checks.count) checks failed\n")
  }
}

extension String {
  fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
