// Markup in which everything is escaped that is not written out in this program.

/// A piece of HTML or of SVG inside it. What is put into its string literals is text, unless it is HTML itself:
/// `"<td title=\"\(path)\">\(name)</td>"` is safe whatever the names are. Attributes must have quotes.
struct HTML: ExpressibleByStringInterpolation, Sendable {
  private(set) var markup: String

  init(stringLiteral markup: String) { self.markup = markup }
  init(stringInterpolation: StringInterpolation) { markup = stringInterpolation.markup }
  private init(markup: String) { self.markup = markup }

  static let empty = HTML(markup: "")

  static func + (a: HTML, b: HTML) -> HTML { HTML(markup: a.markup + b.markup) }
  static func += (a: inout HTML, b: HTML) { a.markup += b.markup }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var markup = ""

    init(literalCapacity: Int, interpolationCount: Int) { markup.reserveCapacity(literalCapacity) }

    mutating func appendLiteral(_ literal: String) { markup += literal }
    mutating func appendInterpolation(_ html: HTML) { markup += html.markup }
    mutating func appendInterpolation(_ text: some StringProtocol) { markup += HTML.escaped(String(text)) }
    mutating func appendInterpolation(_ number: some BinaryInteger) { markup += String(number) }
    mutating func appendInterpolation(_ address: TargetAddress) { markup += address.description }
    /// Such as a percentage: at most three digits behind the point, never an exponent.
    mutating func appendInterpolation(_ number: Double) { markup += HTML.decimal(number) }
  }

  /// HTML 13.1.2: `&` and `<` anywhere, and quotes in attributes. Control characters, which HTML forbids or which turn the
  /// direction of writing, become visible marks.
  static func escaped(_ text: String) -> String {
    let text = Printable.text(text)
    guard text.utf8.contains(where: { replacement($0) != nil }) else { return text }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count + 32)
    for byte in text.utf8 {
      if let replacement = replacement(byte) { bytes += replacement } else { bytes.append(byte) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func replacement(_ byte: UInt8) -> [UInt8]? {
    switch byte {
    case UInt8(ascii: "&"): Array("&amp;".utf8)
    case UInt8(ascii: "<"): Array("&lt;".utf8)
    case UInt8(ascii: ">"): Array("&gt;".utf8)
    case UInt8(ascii: "\""): Array("&quot;".utf8)
    case UInt8(ascii: "'"): Array("&#39;".utf8)
    default: nil
    }
  }

  static func decimal(_ number: Double) -> String {
    guard number.isFinite, abs(number) < 1e12 else { return "0" }
    let thousandths = Int((abs(number) * 1000).rounded())
    var digits = String(thousandths % 1000)
    digits = String(repeating: "0", count: 3 - digits.count) + digits
    while digits.hasSuffix("0") { digits.removeLast() }
    let sign = number < 0 && thousandths > 0 ? "-" : ""
    return sign + String(thousandths / 1000) + (digits.isEmpty ? "" : "." + digits)
  }
}

extension Sequence<HTML> {
  func joined() -> HTML { reduce(into: HTML.empty) { $0 += $1 } }
}

/// Parts that several sections use.
extension HTML {
  /// A table that scrolls by itself where it is too wide; on a phone, its style turns each row into lines with their titles,
  /// which takes a table's meaning from it in some browsers, unless that is said with roles.
  ///
  /// - Parameters:
  ///   - caption: for those who do not see the heading above it.
  ///   - rows: as many cells each as there are titles; the first heads its row.
  static func table(_ caption: String, _ titles: [String], _ rows: [[HTML]]) -> HTML {
    let heads = titles.map { "<th role=\"columnheader\" scope=\"col\">\($0)</th>" as HTML }
    let body = rows.map { row -> HTML in
      let cells = zip(titles, row).dropFirst().map { "<td role=\"cell\" data-title=\"\($0)\">\($1)</td>" as HTML }
      return """
        <tr role="row"><th role="rowheader" scope="row">\(row[0])</th>\(cells.joined())</tr>

        """
    }
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="\(caption)"><table role="table">
      <caption class="hidden">\(caption)</caption>
      <thead role="rowgroup"><tr role="row">\(heads.joined())</tr></thead>
      <tbody role="rowgroup">
      \(body.joined())</tbody></table></div>

      """
  }

  /// Cells of text, the first of them as code.
  static func cells(_ cells: String...) -> [HTML] { [code(cells[0])] + cells.dropFirst().map { "\($0)" } }

  /// Names and values; those without a value are left out.
  static func facts(_ facts: [(name: String, value: HTML?)]) -> HTML {
    let items = facts.compactMap { name, value in
      value.map { "<div><dt>\(name)</dt><dd>\($0)</dd></div>\n" as HTML }
    }
    return "<dl class=\"facts\">\n\(items.joined())</dl>\n"
  }

  static func code(_ text: String) -> HTML { "<code>\(text)</code>" }

  static func section(_ id: String, _ title: String, _ content: HTML) -> HTML {
    "<section id=\"\(id)\" aria-labelledby=\"\(id)-title\">\n<h2 id=\"\(id)-title\">\(title)</h2>\n\(content)</section>\n"
  }
}

/// Quantities for people.
enum Quantity {
  /// In the largest unit of which there is one, of 1024 each.
  static func bytes(_ count: UInt64) -> String {
    if count < 1024 { return count == 1 ? "1 byte" : "\(count) bytes" }
    var value = Double(count)
    var unit = ""
    for next in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] where value >= 1024 {
      value /= 1024
      unit = next
    }
    return short(value) + " " + unit
  }

  static func milliseconds(_ value: Double) -> String {
    if value < 1000 { return short(value) + " ms" }
    return value < 120_000 ? short(value / 1000) + " s" : "\(Int(min(value, 1e15) / 60_000)) min"
  }

  static func count(_ number: Int, _ singular: String, _ plural: String? = nil) -> String {
    "\(number) \(number == 1 ? singular : plural ?? singular + "s")"
  }

  /// With as many digits as matter.
  private static func short(_ value: Double) -> String {
    let scale: Double = value < 10 ? 100 : value < 100 ? 10 : 1
    return HTML.decimal((value * scale).rounded() / scale)
  }
}
