// Where the sources are: which of them were found, have changed or are missing, and the rules that lead debuggers there.

struct SourceSection {
  private let sources: SourceMap?
  private static let limit = 500
  private static let few = 12

  init(_ sources: SourceMap?) { self.sources = sources }

  /// Nil where no debug info names any.
  var html: HTML? {
    guard let sources, !sources.entries.isEmpty else { return nil }
    let counts = [SourceMap.Status.found, .changed, .missing].map { status in
      "<li class=\"\(sources.count(status) > 0 ? Self.style(status) : "")\">\(sources.count(status)) \(status.rawValue)</li>\n"
        as HTML
    }
    let lost = sources.functionsWithoutSource
    let loss: HTML =
      lost == 0 ? .empty : "<p>\(Quantity.count(lost, "function")) will have no source text in debuggers.</p>\n"
    // What needs attention is seen at once; the others only where they are few.
    let wrong = sources.entries.filter { $0.status != .found }
    let right = sources.entries.filter { $0.status == .found }
    let found: HTML = """
      <details\(right.count <= Self.few ? " open" as HTML : .empty)><summary>\(Quantity.count(right.count, "file")) found</summary>
      \(Self.table("Source files that were found", right))</details>

      """
    return """
      <ul class="summary">
      \(counts.joined())</ul>
      \(loss)\(wrong.isEmpty ? .empty : Self.table("Source files that changed or are missing", wrong))\
      \(right.isEmpty ? .empty : found)\(rules(sources))
      """
  }

  private static func table(_ caption: String, _ entries: [SourceMap.Entry]) -> HTML {
    let sorted = entries.sorted { ($0.status.rawValue, $0.file.path) < ($1.status.rawValue, $1.file.path) }
    let left = sorted.count - limit
    let more: HTML = left > 0 ? "<p>and \(left) more</p>\n" : .empty
    return HTML.table(caption, ["File", "Status", "Functions", "Where it is"], sorted.prefix(limit).map(row)) + more
  }

  private static func style(_ status: SourceMap.Status) -> String {
    switch status {
    case .found: "good"
    case .changed, .missing: "warning"
    }
  }

  private static func row(_ entry: SourceMap.Entry) -> [HTML] {
    let place: HTML =
      if let path = entry.path {
        path == entry.file.path ? "as recorded" : HTML.code(path)
      } else if let first = entry.alternatives.first {
        "not told apart: \(HTML.code(first))"
      } else {
        "nowhere"
      }
    let status: HTML = "<span class=\"label \(style(entry.status))\">\(entry.status.rawValue)</span>"
    return [HTML.code(entry.file.path), status, "\(entry.file.functions)", place]
  }

  private func rules(_ sources: SourceMap) -> HTML {
    guard !sources.rules.isEmpty else {
      return sources.count(.missing) > 0
        ? "<p>No rules lead to what is missing; <code>--source-root</code> says where to look.</p>\n"
        : "<p>No rules are needed: the files are where they were compiled.</p>\n"
    }
    let rows = sources.rules.map { HTML.cells($0.from, $0.to) }
    return "<h3>Rules</h3>\n" + .table("Rules that lead to the sources", ["Recorded as", "Is now"], rows)
  }
}
