// What a session did when: for `run --trace` and `--stats`, and for reports.

import Glibc
import Synchronization

/// The spans of one session so far. Times are in milliseconds since it began.
package final class TimeLine: Sendable {
  /// Whose time it is: these may overlap.
  package enum Track: String, Codable, CaseIterable, Sendable {
    case controller, compiler, linker, target
  }

  package struct Span: Codable, Equatable, Sendable {
    package var name: String
    package var track: Track
    package var start: Double
    /// Absent while it goes on.
    package var duration: Double?
    /// What there is to know besides, such as a file's name or a size in bytes; absent if nothing is.
    package var details: [String: String]?

    package init(
      name: String, track: Track, start: Double, duration: Double? = nil, details: [String: String]? = nil
    ) {
      self.name = name
      self.track = track
      self.start = start
      self.duration = duration
      self.details = details
    }
  }

  private let began = Deadline.now
  private let state = Mutex<[Span]>([])

  package init() {}

  package var now: Double { Double(Deadline.now - began) / 1e6 }
  package var spans: [Span] { state.withLock { $0 } }

  /// Begins a span, now or at a time that has passed; the result is for `end`.
  @discardableResult
  func begin(_ name: String, _ track: Track, _ details: [String: String]? = nil, at start: Double? = nil) -> Int {
    let span = Span(name: name, track: track, start: start ?? now, details: details)
    return state.withLock { spans in
      spans.append(span)
      return spans.count - 1
    }
  }

  /// Ends a span, once.
  func end(_ index: Int) {
    let now = now
    state.withLock { spans in
      if spans[index].duration == nil { spans[index].duration = now - spans[index].start }
    }
  }

  /// Ends what still goes on, as another program begins. What lies far back is forgotten.
  func beginAnew() {
    finish()
    state.withLock { spans in
      if spans.count > Self.limit { spans = [] }
    }
  }

  /// How many spans of earlier programs are kept.
  private static let limit = 1000

  /// Ends what still goes on: the session is over.
  func finish() {
    for index in spans.indices { end(index) }
  }

  func measure<Result>(
    _ name: String, _ track: Track, _ details: [String: String]? = nil, _ body: () throws(JITDebugError) -> Result
  ) throws(JITDebugError) -> Result {
    let index = begin(name, track, details)
    defer { end(index) }
    return try body()
  }

  /// How many spans have this name.
  func count(of name: String) -> Int {
    state.withLock { spans in spans.count { $0.name == name } }
  }

  /// How long the span with this name took; 0 if there is none.
  func duration(of name: String) -> Double {
    state.withLock { spans in spans.first { $0.name == name }?.duration ?? 0 }
  }
}

extension TimeLine {
  /// Writes the spans, those that go on as far as they have gone, as a Chrome trace.
  package func write(to path: String) throws(JITDebugError) {
    try writeFile(try JSONText.encode(ChromeTrace(spans, process: getpid(), name: "jitdebug run", end: now)), to: path)
  }
}

/// Chrome's trace event format, which Perfetto opens.
///
/// Source: "Trace Event Format", the JSON object form with complete (X) and metadata (M) events; times in microseconds.
package struct ChromeTrace: Encodable {
  private struct Event: Encodable {
    var name: String
    var cat: String?
    var ph: String
    var ts: Double?
    var dur: Double?
    var pid: Int32
    var tid: Int
    var args: [String: String]
  }

  private var traceEvents: [Event]
  private let displayTimeUnit = "ms"

  /// - Parameter end: where spans end that go on, in milliseconds.
  package init(_ spans: [TimeLine.Span], process: Int32, name: String, end: Double) {
    traceEvents = [Event(name: "process_name", ph: "M", pid: process, tid: 0, args: ["name": name])]
    for (number, track) in TimeLine.Track.allCases.enumerated() {
      traceEvents.append(
        Event(name: "thread_name", ph: "M", pid: process, tid: number, args: ["name": track.rawValue]))
    }
    traceEvents += spans.map { span in
      Event(
        name: span.name, cat: span.track.rawValue, ph: "X", ts: span.start * 1000,
        dur: (span.duration ?? max(0, end - span.start)) * 1000, pid: process,
        tid: TimeLine.Track.allCases.firstIndex(of: span.track)!, args: span.details ?? [:])
    }
  }
}
