// What the session did when: a row for each span, its bar to scale.

struct TimeLineSection {
  let spans: [TimeLine.Span]
  /// Where the axis ends, in milliseconds.
  private let end: Double

  /// More rows would hide what matters.
  private static let limit = 60

  init(_ spans: [TimeLine.Span]) {
    self.spans = spans.filter { $0.start.isFinite && ($0.duration ?? 0).isFinite }.sorted { $0.start < $1.start }
    end = Self.axisEnd(self.spans)
  }

  /// A program may run for hours behind a link of milliseconds: where one span would leave no room for all others, its bar
  /// runs out of the picture.
  private static func axisEnd(_ spans: [TimeLine.Span]) -> Double {
    let last = spans.map { $0.start + ($0.duration ?? .infinity) }.max() ?? 0
    guard let longest = spans.max(by: { ($0.duration ?? .infinity) < ($1.duration ?? .infinity) }) else { return 1 }
    let others = spans.filter { $0 != longest }.map { $0.start + ($0.duration ?? 0) }.max() ?? 0
    let enough = max(others, longest.start) * 1.25
    return max(enough > 0 ? min(last, enough) : last.isFinite ? last : 1, 0.001)
  }

  var html: HTML? {
    guard !spans.isEmpty else { return nil }
    let byLength = spans.indices.sorted { (spans[$0].duration ?? .infinity) > (spans[$1].duration ?? .infinity) }
    let shown = byLength.prefix(Self.limit).sorted().map { spans[$0] }
    let left = spans.count - shown.count
    let tracks = TimeLine.Track.allCases.filter { track in spans.contains { $0.track == track } }
    let legend = tracks.map { "<li><span class=\"swatch \($0.rawValue)\"></span>\($0.rawValue)</li>\n" as HTML }
    let note: HTML = left > 0 ? "<p>\(Quantity.count(left, "shorter span")) are left out here.</p>\n" : .empty
    return """
      <ul class="legend" aria-label="Who is at work">
      \(legend.joined())</ul>
      <div class="timeline">
      <div class="axis" aria-hidden="true">\(axis)</div>
      <ol>
      \(shown.map(row).joined())</ol></div>
      \(note)
      """
  }

  private func row(_ span: TimeLine.Span) -> HTML {
    let stop = span.start + (span.duration ?? .infinity)
    let x = percent(span.start)
    let width = max(0.4, percent(min(stop, end)) - x)
    let isCut = stop > end * 1.000_001
    let duration = span.duration.map(Quantity.milliseconds) ?? "goes on"
    let details = (span.details ?? [:]).sorted { $0.key < $1.key }
    let short = details.map(Self.short).joined(separator: ", ")
    let all = details.map { "; \($0.key): \($0.value)" }.joined()
    let cut: HTML =
      isCut ? "<svg x=\"94%\" width=\"10\" height=\"16\"><path class=\"cut\" d=\"M0 16L5 0h4l-5 16z\"/></svg>" : .empty
    let tip = "\(span.name), \(span.track.rawValue): from \(Quantity.milliseconds(span.start)) on, \(duration)"
    return """
      <li><span class="name">\(span.name)\(short.isEmpty ? .empty : " <small>\(short)</small>" as HTML)</span>\
      <span class="duration">\(duration)</span>\
      <svg class="bar" height="16" role="img" aria-label="\(tip)"><title>\(tip)\(all)</title>\(grid)\
      <rect class="\(span.track.rawValue)" x="\(min(x, 99.6))%" y="2" width="\(width)%" height="12" rx="2"/>\
      \(cut)</svg></li>

      """
  }

  private static func short(_ key: String, _ value: String) -> String {
    switch key {
    case "source": SourcePath.name(value)
    case "bytes": UInt64(value).map(Quantity.bytes) ?? value
    default: "\(key) \(value)"
    }
  }

  private func percent(_ time: Double) -> Double { max(0, min(100, time / end * 100)) }

  // MARK: Axis

  /// Round times, at most five.
  private var ticks: [Double] {
    var step = 0.001
    while end / step > 5 {
      for factor in [2.0, 2.5, 2.0] where end / step > 5 { step *= factor }
    }
    return stride(from: 0, through: end, by: step).map { $0 }
  }

  private var grid: HTML {
    ticks.map { "<line x1=\"\(percent($0))%\" x2=\"\(percent($0))%\" y1=\"0\" y2=\"16\"/>" as HTML }.joined()
  }

  private var axis: HTML {
    let labels = ticks.map { time -> HTML in
      let place = percent(time)
      let anchor = place > 88 ? "end" : place < 4 ? "start" : "middle"
      return "<text x=\"\(place)%\" y=\"12\" text-anchor=\"\(anchor)\">\(Quantity.milliseconds(time))</text>"
    }
    return "<svg class=\"bar\" height=\"16\">\(labels.joined())</svg>"
  }
}
