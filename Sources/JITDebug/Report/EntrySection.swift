// The code that is registered with debuggers: who defines the hook, and each entry with all that is known of it.

struct EntrySection {
  private let content: ReportContent
  /// Those with findings come first where not all can be shown.
  private static let limit = 200
  private static let listLimit = 40

  init(_ content: ReportContent) { self.content = content }

  /// Nil where nothing is known.
  var html: HTML? {
    guard let inspection = content.inspection else { return generations }
    let all = inspection.entries
    var shown = all[...]
    if all.count > Self.limit {
      let ordered = all.sorted { (Self.rank($0), $0.index) < (Self.rank($1), $1.index) }
      shown = ordered.prefix(Self.limit).sorted { $0.index < $1.index }[...]
    }
    let left = inspection.entryCount - shown.count
    let more: HTML =
      left > 0 ? "<p>\(Quantity.count(left, "more entry", "more entries")) are in inspect.json.</p>\n" : .empty
    let none: HTML = inspection.entryCount == 0 ? "<p>No code is registered.</p>\n" : .empty
    return hooks(inspection) + none + shown.map { Self.entry($0, inspection) }.joined() + more
  }

  private static func rank(_ entry: InspectionReport.Entry) -> Int {
    entry.findings.contains { $0.severity > .note } ? 0 : 1
  }

  private func hooks(_ inspection: InspectionReport) -> HTML {
    guard !inspection.hooks.isEmpty else { return .empty }
    let rows = inspection.hooks.enumerated().map { index, hook in
      let takers = [
        hook.isLLDBFunction || hook.isLLDBDescriptor ? "LLDB" : nil, hook.isGDB ? "GDB" : nil,
      ].compactMap(\.self)
      let entries = inspection.lists.filter { $0.hook == index }.reduce(0) { $0 + $1.entries }
      return HTML.cells(
        SourcePath.name(hook.module), (hook.descriptorTable ?? hook.functionTable)?.rawValue ?? "",
        hook.descriptor.map { "\($0)" } ?? "none", "\(entries)",
        takers.isEmpty ? "none" : takers.joined(separator: ", "))
    }
    return .table(
      "Modules that define the debuggers' hook", ["Hook in", "Symbols in", "List at", "Entries", "Read by"], rows)
  }

  private static func entry(_ entry: InspectionReport.Entry, _ inspection: InspectionReport) -> HTML {
    let main = entry.sources.first { $0.functions > 0 } ?? entry.sources.first
    let severities = [Finding.Severity.error, .warning, .note].filter { severity in
      entry.findings.contains { $0.severity == severity }
    }
    let facts: [(String, HTML?)] = [
      ("Entry", "at \(HTML.code("\(entry.address)"))"),
      ("Object", "\(HTML.code("\(entry.object)")), \(Quantity.bytes(entry.size))"),
      ("Code", entry.code.map { "\(HTML.code("\($0.start)")), \(Quantity.bytes($0.size))" }),
      ("Build-id", entry.buildID.map(HTML.code)),
      ("Debug file", entry.debugFile.map(HTML.code)),
      ("Generation", entry.generation.map { "\($0)" }),
      ("Producer", entry.producers.isEmpty ? nil : "\(entry.producers.prefix(3).joined(separator: "; "))"),
    ]
    return """
      <details class="entry"\(severities.contains { $0 > .note } ? " open" as HTML : .empty)>
      <summary><b>entry \(entry.index)</b> <span>\(entry.kind.rawValue)</span> \
      \(main.map { "<code>\(SourcePath.name($0.path))</code> " as HTML } ?? .empty)\
      <span>\(Quantity.count(entry.functionCount, "function"))</span> \
      \(severities.map(FindingSection.label).joined())</summary>
      \(findings(entry))\(HTML.facts(facts))\(sections(entry))\(functions(entry))\(sources(entry))</details>

      """
  }

  private static func findings(_ entry: InspectionReport.Entry) -> HTML {
    guard !entry.findings.isEmpty else { return .empty }
    let items = entry.findings.map { finding in
      """
      <li>\(FindingSection.label(finding.severity)) \(finding.kind.facts.title) \(HTML.code(finding.kind.rawValue)): \
      <span class="evidence">\(finding.evidence)</span></li>

      """ as HTML
    }
    return "<ul class=\"plain\">\n\(items.joined())</ul>\n"
  }

  private static func sections(_ entry: InspectionReport.Entry) -> HTML {
    guard !entry.ranges.isEmpty else { return .empty }
    let rows = entry.ranges.prefix(listLimit).map {
      HTML.cells($0.name, "\($0.range.start)", Quantity.bytes($0.range.size), $0.isExecutable ? "code" : "data")
    }
    return .table("Sections of entry \(entry.index)", ["Section", "Address", "Size", "Kind"], rows)
  }

  private static func functions(_ entry: InspectionReport.Entry) -> HTML {
    guard !entry.functions.isEmpty else { return .empty }
    let rows = entry.functions.prefix(listLimit).map {
      HTML.cells($0.name, "\($0.range.start)", Quantity.bytes($0.range.size))
    }
    let left = entry.functionCount - rows.count
    let more: HTML = left > 0 ? "<p>and \(left) more</p>\n" : .empty
    return .table("Functions of entry \(entry.index)", ["Function", "Address", "Size"], rows) + more
  }

  private static func sources(_ entry: InspectionReport.Entry) -> HTML {
    guard !entry.sources.isEmpty else { return .empty }
    let rows = entry.sources.prefix(listLimit).map {
      HTML.cells(SourcePath.name($0.path), $0.status.rawValue, "\($0.functions)")
    }
    return .table("Sources of entry \(entry.index)", ["Source", "Status", "Functions"], rows)
  }

  /// What the session registered, where its process cannot be asked any more.
  private var generations: HTML? {
    guard let generations = content.session?.generations, !generations.isEmpty else { return nil }
    let rows = generations.enumerated().map { index, generation in
      HTML.cells(
        "generation \(index + 1)", "\(generation.code.start)", Quantity.bytes(generation.code.size),
        Quantity.bytes(generation.data.size), generation.mode.rawValue, generation.buildID ?? "none")
    }
    return "<p>The process has ended; this is what its session had linked.</p>\n"
      + .table("What the session linked", ["Image", "Code at", "Code", "Data", "Debug info", "Build-id"], rows)
  }
}
