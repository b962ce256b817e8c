// The memory map: each cluster of mappings to scale, and each image linked at run time with its sections and functions.

struct MemorySection {
  private let content: ReportContent
  private let groups: [MemoryGroup]

  /// What is drawn at most, so that the page stays readable: those with code come first.
  private static let groupLimit = 40
  private static let imageLimit = 50
  private static let legendLimit = 8

  init(_ content: ReportContent) {
    self.content = content
    groups = MemoryGroups(content).groups
  }

  /// Nil where nothing is known.
  var html: HTML? {
    guard !content.images.isEmpty || !groups.isEmpty else { return nil }
    let gone: HTML =
      content.mappings.isEmpty
      ? "<p>The process has ended, so of its memory only the code that was linked at run time is shown.</p>\n" : .empty
    let images = content.images.prefix(Self.imageLimit).map(image).joined()
    let left = content.images.count - Self.imageLimit
    let more: HTML = left > 0 ? "<p>\(Quantity.count(left, "more image")) are not drawn.</p>\n" : .empty
    return gone + images + more + map
  }

  // MARK: Images

  private func image(_ image: ReportImage) -> HTML {
    let range = image.range
    let sections = image.sections.map { section in
      Self.box(section.range, in: range, section.isExecutable ? "code" : "data", y: 0, height: 22, section.name)
    }
    let bars = image.functions.map { Self.box($0.range, in: range, "function", y: 26, height: 10, $0.name) }
    let height = bars.isEmpty ? 22 : 36
    let rows = image.sections.map { section in
      HTML.cells(
        section.name, "\(section.range.start)", Quantity.bytes(section.range.size),
        section.isExecutable ? "code" : "data")
    }
    let colours = image.sections.sorted { $0.range.size > $1.range.size }.prefix(Self.legendLimit).map { section in
      """
      <li><span class="swatch \(section.isExecutable ? "code" : "data")"></span><code>\(section.name)</code> \
      \(Quantity.bytes(section.range.size))</li>

      """ as HTML
    }
    let last: HTML =
      bars.isEmpty
      ? .empty : "<li><span class=\"swatch function\"></span>\(Quantity.count(bars.count, "function"))</li>\n"
    let table = HTML.table("Sections of \(image.name)", ["Section", "Address", "Size", "Kind"], rows)
    return """
      <figure class="image">
      <figcaption><h3>\(image.name)</h3> <span>\(Quantity.bytes(range.size)) at \(HTML.code("\(range.start)"))</span></figcaption>
      <svg class="bar" height="\(height)" role="img" aria-label="\(image.name): its sections to scale">\
      \(sections.joined())\(bars.joined())</svg>
      <p class="ends" aria-hidden="true"><code>\(range.start)</code><code>\(range.end)</code></p>
      <ul class="legend">
      \(colours.joined())\(last)</ul>
      <details><summary>\(Quantity.count(image.sections.count, "section")), \(Quantity.count(image.functionCount, "function"))</summary>
      \(table)\(Self.functions(image))</details>
      </figure>

      """
  }

  private static func functions(_ image: ReportImage) -> HTML {
    guard !image.functions.isEmpty else { return .empty }
    let rows = image.functions.map { function in
      HTML.cells(function.name, "\(function.range.start)", Quantity.bytes(function.range.size))
    }
    let left = image.functionCount - image.functions.count
    let more: HTML = left > 0 ? "<p>and \(left) more</p>\n" : .empty
    return HTML.table("Functions of \(image.name)", ["Function", "Address", "Size"], rows) + more
  }

  // MARK: Mappings

  private var map: HTML {
    guard !groups.isEmpty else { return .empty }
    let kinds = MemoryPiece.Kind.allCases.filter { kind in groups.contains { $0.pieces.contains { $0.kind == kind } } }
    let legend = kinds.map { "<li><span class=\"swatch \(Self.style($0))\"></span>\($0.rawValue)</li>\n" as HTML }
    let kept = Set(
      groups.indices.sorted { (groups[$0].images.isEmpty ? 1 : 0, $0) < (groups[$1].images.isEmpty ? 1 : 0, $1) }
        .prefix(Self.groupLimit))
    var rows = HTML.empty
    var end: TargetAddress?
    for index in groups.indices where kept.contains(index) {
      if let end { rows += Self.gap(groups[index].range.start.rawValue - end.rawValue) }
      rows += group(groups[index])
      end = groups[index].range.end
    }
    let left = groups.count - kept.count
    let more: HTML = left > 0 ? "<p>\(Quantity.count(left, "more cluster")) of mappings are not drawn.</p>\n" : .empty
    return """
      <h3>The process's mappings</h3>
      <p>Each bar has a scale of its own. What lies between two bars is not mapped, or reserved without any access.</p>
      <ul class="legend" aria-label="Kinds of memory">
      \(legend.joined())</ul>
      <ol class="memory">
      \(rows)</ol>
      \(more)
      """
  }

  private static func gap(_ size: UInt64) -> HTML {
    "<li class=\"gap\" aria-hidden=\"true\">\(Quantity.bytes(size))</li>\n"
  }

  private func group(_ group: MemoryGroup) -> HTML {
    var boxes = HTML.empty
    for piece in group.pieces {
      for mapping in piece.mappings {
        let style = Self.style(piece.kind) + (mapping.isExecutable ? " exec" : mapping.isReadable ? "" : " guard")
        boxes += Self.box(mapping.range, in: group.range, style, y: 0, height: 22, "\(piece.name) \(mapping.access)")
      }
    }
    let images = group.images.map { content.images[$0] }
    for image in images { boxes += Self.box(image.range, in: group.range, "mark", y: 26, height: 6, image.name) }
    let names = Self.names(group)
    let found: HTML =
      images.isEmpty
      ? .empty
      : " <strong>with \(images.prefix(3).map(\.name).joined(separator: ", "))\(images.count > 3 ? " and \(images.count - 3) more" : "")</strong>"
    let rows = group.pieces.flatMap { piece in
      piece.mappings.map { HTML.cells("\($0.range.start)", Quantity.bytes($0.range.size), $0.access, piece.name) }
    }
    return """
      <li><p class="where"><code>\(group.range.start)</code> <span>\(Quantity.bytes(group.range.size))</span></p>
      <svg class="bar" height="\(images.isEmpty ? 22 : 32)" role="img" aria-label="Mappings to scale: \(names)">\(boxes)</svg>
      <details><summary>\(names)\(found)</summary>
      \(HTML.table("Mappings from \(group.range.start) on", ["Address", "Size", "Access", "What"], Array(rows.prefix(2000))))</details></li>

      """
  }

  /// What is in a group, the largest first.
  private static func names(_ group: MemoryGroup) -> String {
    var sizes: [String: UInt64] = [:]
    for piece in group.pieces { sizes[piece.name, default: 0] += piece.range.size }
    let names = sizes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    return names.prefix(4).joined(separator: ", ") + (names.count > 4 ? " and \(names.count - 4) more" : "")
  }

  // MARK: Drawing

  private static func style(_ kind: MemoryPiece.Kind) -> String { "\(kind)" }

  /// To scale, but never too thin to be seen.
  private static func box(
    _ range: TargetRange, in whole: TargetRange, _ style: String, y: Int, height: Int, _ name: String
  ) -> HTML {
    let x = whole.percent(range.start)
    let width = max(0.25, whole.percent(range.end) - x)
    return """
      <rect class="\(style)" x="\(min(x, 99.75))%" y="\(y)" width="\(width)%" height="\(height)"><title>\(name), \
      \(range.start), \(Quantity.bytes(range.size))</title></rect>
      """
  }
}
