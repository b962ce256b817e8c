// Something that is not as it should be: what it is, on which evidence, and what helps.

/// One observation of `inspect` or `doctor`.
package struct Finding: Sendable {
  package enum Severity: String, Codable, Sendable, Comparable {
    /// Worth knowing; all may be well.
    case note
    /// Something will work less well.
    case warning
    /// Something will not work.
    case error

    package static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }
    private var rank: Int {
      switch self {
      case .note: 0
      case .warning: 1
      case .error: 2
      }
    }
  }

  package var kind: FindingKind
  /// What it is about: an entry, a module, a list.
  package var subject: String
  /// What was seen, with addresses and numbers.
  package var evidence: String
  /// What helps here, where that is more than what helps in general.
  package var remedy: String

  package init(_ kind: FindingKind, subject: String, _ evidence: String, remedy: String? = nil) {
    self.kind = kind
    self.subject = Printable.text(subject)
    self.evidence = Printable.text(Printable.shortened(evidence, to: Self.evidenceLimit))
    self.remedy = Printable.text(remedy ?? kind.facts.remedy)
  }

  /// In bytes: what names or paths are quoted may be of any length.
  private static let evidenceLimit = 2000

  package var severity: Severity { kind.facts.severity }

  /// Two lines for people.
  package var text: String { "\(severity): \(subject): \(evidence) [\(kind.rawValue)]\n  \(remedy)\n" }
}

extension Finding: Encodable {
  private enum CodingKeys: CodingKey { case id, severity, title, subject, evidence, remedy }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kind.rawValue, forKey: .id)
    try container.encode(severity, forKey: .severity)
    try container.encode(kind.facts.title, forKey: .title)
    try container.encode(subject, forKey: .subject)
    try container.encode(evidence, forKey: .evidence)
    try container.encode(remedy, forKey: .remedy)
  }
}

/// Names out of other processes may hold anything, also what would command a terminal.
package enum Printable {
  /// At most so many bytes of it, and then a mark.
  package static func shortened(_ text: String, to count: Int) -> String {
    text.utf8.count <= count ? text : String(decoding: text.utf8.prefix(count), as: UTF8.self) + "…"
  }

  /// With a mark in place of each control character.
  package static func text(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { result.append(isControl(scalar) ? "\u{fffd}" : scalar) }
    return String(result)
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    // C0, delete and C1; marks that turn the direction of writing.
    case 0..<0x20, 0x7f..<0xa0, 0x202a...0x202e, 0x2066...0x2069: true
    default: false
    }
  }
}
