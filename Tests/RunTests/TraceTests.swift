// `run --trace`: what a session did when, in Chrome's trace format, whether it succeeded or not.

import Foundation
import TestSupport
import Testing

@Suite("Trace")
struct TraceTests {
  struct Span {
    var name: String
    var thread: Int
    /// In microseconds.
    var start: Double
    var end: Double
    var details: [String: String]
  }

  let folder: RunFolder
  init() throws { folder = try RunFolder() }

  /// The complete events of the trace, and the names of its threads.
  private func trace() throws -> (spans: [Span], threads: [Int: String]) {
    let document = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: folder.folder.file("t.json"))))
    let events = try #require((document as? [String: Any])?["traceEvents"] as? [[String: Any]])
    var spans: [Span] = []
    var threads: [Int: String] = [:]
    for event in events {
      let name = try #require(event["name"] as? String)
      let thread = try #require(event["tid"] as? Int)
      let details = try #require(event["args"] as? [String: String])
      switch event["ph"] as? String {
      case "M": if name == "thread_name" { threads[thread] = details["name"] }
      case "X":
        let start = try #require(event["ts"] as? Double)
        let duration = try #require(event["dur"] as? Double)
        #expect(start >= 0 && duration >= 0)
        spans.append(Span(name: name, thread: thread, start: start, end: start + duration, details: details))
      default: Issue.record("\(event)")
      }
    }
    return (spans, threads)
  }

  @Test("what happened, in its order, and how long the program ran")
  func order() throws {
    try folder.write(
      "main.c", "#include <unistd.h>\nint helper(void);\nint main(void) { usleep(200000); return helper(); }\n")
    try folder.write("helper.c", "int helper(void) { return 3; }\n")
    let result = try folder.run("--trace", "t.json", "main.c", "helper.c")
    #expect(result.status == 3, "\(result.errors)")
    let (spans, threads) = try trace()
    func span(_ name: String) throws -> Span { try #require(spans.first { $0.name == name }, "no \(name)") }
    let steps = [
      "connect", "compile", "look up symbols", "reserve memory", "fix up", "write debug file", "transfer and register",
      "run",
    ]
    let found = try steps.map(span)
    for (earlier, later) in zip(found, found.dropFirst()) { #expect(earlier.end <= later.end, "\(earlier), \(later)") }
    #expect(
      found.map { threads[$0.thread] } == [
        "controller", "compiler", "target", "target", "linker", "linker", "target", "target",
      ])
    #expect(Set(spans.filter { $0.name == "compile" }.compactMap { $0.details["source"] }) == ["main.c", "helper.c"])
    let run = try span("run")
    let link = try span("link")
    #expect(run.end - run.start >= 200_000 && run.start >= link.end)
    // Reports draw the same spans from the session's description.
    let kept = try #require(try folder.sessions().last?["timeLine"] as? [[String: Any]])
    #expect(kept.compactMap { $0["name"] as? String } == spans.map(\.name))
    #expect(kept.allSatisfy { $0["duration"] is Double })
  }

  @Test("a failure is where the trace ends")
  func failure() throws {
    try folder.write("main.c", "int missing(void);\nint main(void) { return missing(); }\n")
    let result = try folder.run("--trace", "t.json", "main.c")
    #expect(result.status == 125)
    let names = try trace().spans.map(\.name)
    #expect(names.contains("compile") && names.contains("look up symbols") && !names.contains("run"), "\(names)")
  }

  @Test("a trace that cannot be written costs the program nothing")
  func unwritable() throws {
    try folder.write("main.c", "int main(void) { return 3; }\n")
    let result = try folder.run("--trace", "/nonexistent/t.json", "main.c")
    #expect(result.status == 3)
    #expect(result.errors.hasPrefix("warning: /nonexistent/t.json: "), "\(result.errors)")
  }
}
