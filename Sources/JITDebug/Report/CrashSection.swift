// Where and why the session's program crashed: what `run` said of it, without lines of the source.

struct CrashSection {
  private let crash: CrashReport?
  /// Threads, the one that crashed among them; frames are limited where they are read.
  private static let limit = 32

  init(_ crash: CrashReport?) { self.crash = crash }

  /// Nil where nothing crashed, or nobody looked.
  var html: HTML? {
    guard let crash else { return nil }
    let place = crash.place.map(Self.place) ?? .empty
    let threads = crash.threads.prefix(Self.limit).enumerated().map { index, thread in
      Self.thread(thread, crash, isOpen: index == 0)
    }
    let left = crash.threads.count - Self.limit
    let more: HTML = left > 0 ? "<p>and \(Quantity.count(left, "more thread"))</p>\n" : .empty
    return """
      <p class="state error">\(crash.signalName): \(crash.reason)</p>
      \(place)\(threads.joined())\(more)\(registers(crash))
      """
  }

  private static func place(_ frame: CrashReport.Frame) -> HTML {
    "<p>In \(HTML.code(frame.function ?? "??")) at \(HTML.code(line(frame) ?? "an unknown line")).</p>\n"
  }

  private static func line(_ frame: CrashReport.Frame) -> String? {
    guard let file = frame.file, let line = frame.line else { return nil }
    return "\(SourcePath.name(file)):\(line)" + (frame.column.map { ":\($0)" } ?? "")
  }

  private static func thread(_ thread: CrashReport.Thread, _ crash: CrashReport, isOpen: Bool) -> HTML {
    guard !thread.frames.isEmpty else { return .empty }
    let rows = thread.frames.map { frame in
      [
        "\(frame.number)" as HTML, HTML.code("\(frame.pc)"),
        HTML.code(frame.function ?? "??") + (frame.isInlined ? " inlined" : ""), "\(frame.arguments ?? "")",
        "\(line(frame) ?? frame.module ?? "")",
      ]
    }
    let name = "Thread \(thread.id)" + (isOpen && crash.threads.count > 1 ? ", which crashed" : "")
    let rest: HTML = thread.isCut ? "<p>More frames follow.</p>\n" : .empty
    return """
      <details\(isOpen ? " open" as HTML : .empty)><summary>\(name)</summary>
      \(HTML.table("Frames of thread \(thread.id)", ["Frame", "Address", "Function", "Arguments", "Place"], rows))\(rest)</details>

      """
  }

  private func registers(_ crash: CrashReport) -> HTML {
    let facts = crash.registerNames.map { name in (name, crash.registers[name].map { HTML.code("\($0)") }) }
    return facts.isEmpty ? .empty : "<details><summary>Registers</summary>\n\(HTML.facts(facts))</details>\n"
  }
}
