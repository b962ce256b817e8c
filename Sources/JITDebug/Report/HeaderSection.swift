// The head of the page: what ran where, how it ended, and what to look at first.

struct HeaderSection {
  let content: ReportContent

  init(_ content: ReportContent) { self.content = content }

  var html: HTML {
    """
    <p class="kicker">jitdebug report</p>
    <h1>\(title)</h1>
    \(ending)\(HTML.facts(facts))\(summary)
    """
  }

  /// What ran, if that is known.
  private var title: String {
    guard let session = content.session, !session.inputs.isEmpty else { return content.subject }
    let names = session.inputs.prefix(3).map(SourcePath.name).joined(separator: " ")
    return session.inputs.count > 3 ? "\(names) and \(session.inputs.count - 3) more" : names
  }

  private var ending: HTML {
    guard let state = content.state else { return .empty }
    let kind =
      switch content.session?.end?.kind {
      case .exited?: content.session?.end?.value == 0 ? "good" : "warning"
      case .signaled?, .failed?: "error"
      case nil: "note"
      }
    return "<p class=\"state \(kind)\">\(state)</p>\n"
  }

  private var facts: [(String, HTML?)] {
    guard let session = content.session else {
      return [
        ("What", "\(content.subject)"), ("Architecture", content.inspection.map { "\($0.architecture)" }),
      ]
    }
    let place = session.endpoint.map { HTML.code($0) } ?? "an executor of its own, on the same machine"
    return [
      ("Session", HTML.code(session.id)),
      ("Inputs", Self.words(session.inputs)),
      ("Arguments", Self.words(session.arguments)),
      ("Ran in", HTML.code(session.workingDirectory)),
      ("Where", place),
      ("Triple", session.triple.map(HTML.code) ?? content.inspection.map { "\($0.architecture)" }),
      ("Process", session.pid.map { "\($0)" }),
      ("Began", Self.time(session.created)),
      ("Ended", session.end.map { Self.time($0.time) }),
    ]
  }

  private static func time(_ text: String) -> HTML {
    "<time datetime=\"\(text)\">\(ReportPage.readable(text))</time>"
  }

  private static let shownWords = 12

  private static func words(_ words: [String]) -> HTML? {
    guard !words.isEmpty else { return nil }
    let more = words.count - shownWords
    let shown = words.prefix(shownWords).map { HTML.code($0) + " " }.joined()
    return more > 0 ? "\(shown)and \(more) more" : shown
  }

  /// Numbers that lead to the sections.
  private var summary: HTML {
    var items: [HTML] = []
    let findings = content.findings
    for severity in [Finding.Severity.error, .warning, .note] {
      let count = findings.count { $0.severity == severity }
      guard count > 0 else { continue }
      items.append(
        "<li class=\"\(severity.rawValue)\"><a href=\"#findings\">\(Quantity.count(count, severity.rawValue))</a></li>\n"
      )
    }
    if let inspection = content.inspection {
      if findings.isEmpty { items.append("<li class=\"good\"><a href=\"#entries\">nothing found wrong</a></li>\n") }
      items.append(
        "<li><a href=\"#entries\">\(Quantity.count(inspection.entryCount, "entry", "entries"))</a></li>\n")
    }
    if let sources = content.sources {
      items.append("<li><a href=\"#sources\">\(Quantity.count(sources.entries.count, "source"))</a></li>\n")
      for (status, kind) in [(SourceMap.Status.changed, "warning"), (.missing, "warning")] {
        let count = sources.count(status)
        if count > 0 {
          items.append("<li class=\"\(kind)\"><a href=\"#sources\">\(count) \(status.rawValue)</a></li>\n")
        }
      }
    }
    return items.isEmpty ? .empty : "<ul class=\"summary\" aria-label=\"Summary\">\n\(items.joined())</ul>\n"
  }
}
