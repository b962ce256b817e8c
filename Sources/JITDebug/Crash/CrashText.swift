// A crash report for people.

import Glibc

package struct CrashText {
  private let report: CrashReport
  private let isColored: Bool
  private let isVerbose: Bool
  private var text = ""

  /// How many frames are shown, and how many lines of source before and behind the one that counts.
  private static let frames = 16
  private static let context = 2

  /// - Parameter isVerbose: whether all threads are shown, and all frames that were looked at.
  package static func render(_ report: CrashReport, isColored: Bool, isVerbose: Bool) -> String {
    var text = CrashText(report, isColored, isVerbose)
    text.writeHead()
    text.writeSource()
    for (index, thread) in report.threads.enumerated() where index == 0 || isVerbose { text.write(thread, index) }
    if report.threads.count > 1 && !isVerbose { text.line("  \(report.threads.count - 1) more threads: see -v") }
    text.writeRegisters()
    return text.text
  }

  private init(_ report: CrashReport, _ isColored: Bool, _ isVerbose: Bool) {
    self.report = report
    self.isColored = isColored
    self.isVerbose = isVerbose
  }

  private mutating func line(_ content: String) { text += content + "\n" }
  private func colored(_ content: String, _ color: String) -> String {
    isColored ? "\u{1b}[\(color)m\(content)\u{1b}[0m" : content
  }

  private mutating func writeHead() {
    let place = report.place.map { frame in
      (frame.function.map { " in \($0)" } ?? "") + (Self.place(frame).map { " at \($0)" } ?? "")
    }
    line("\(colored("crash:", "1;31")) \(report.signalName)\(place ?? ""): \(report.reason)")
  }

  /// `file:line:column`, the file as seen from here.
  private static func place(_ frame: CrashReport.Frame) -> String? {
    guard let file = frame.file, let line = frame.line else { return nil }
    let here = SourceLookup.currentDirectory + "/"
    let name = file.hasPrefix(here) ? String(file.dropFirst(here.count)) : file
    return "\(name):\(line)" + (frame.column.map { ":\($0)" } ?? "")
  }

  private mutating func writeSource() {
    guard let frame = report.place, let file = frame.file, let number = frame.line, let bytes = try? readFile(file)
    else { return }
    let lines = withExtendedLifetime(bytes) {
      String(decoding: bytes.buffer, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    }
    guard number <= lines.count else { return }
    line("")
    for index in max(1, number - Self.context)...min(lines.count, number + Self.context) {
      let label = String(index)
      let gutter = String(repeating: " ", count: max(0, 6 - label.count)) + label
      let content = "\(lines[index - 1])"
      line((index == number ? colored("> \(gutter) | \(content)", "1") : "  \(gutter) | \(content)"))
      if index == number, let column = frame.column, column <= content.utf8.count + 1 {
        let blank = String(decoding: content.utf8.prefix(column - 1).map { $0 == 9 ? 9 : 32 }, as: UTF8.self)
        line("         | \(blank)\(colored("^", "1;32"))")
      }
    }
  }

  private mutating func write(_ thread: CrashReport.Thread, _ index: Int) {
    line("")
    if report.threads.count > 1 { line("  thread \(thread.id)\(index == 0 ? ", which crashed" : ""):") }
    let shown = isVerbose ? thread.frames.count : min(thread.frames.count, Self.frames)
    for frame in thread.frames.prefix(shown) {
      let name = frame.function ?? "??"
      let arguments = frame.arguments.map { "(\($0))" } ?? ""
      let place = Self.place(frame) ?? frame.module.map { "in \($0)" } ?? ""
      let number = "#\(frame.number)"
      let pad = String(repeating: " ", count: max(0, 4 - number.count))
      let at = frame.file == nil ? place : "at \(place)"
      line(
        "  \(colored(number, "33"))\(pad)\(Self.padded(frame.pc)) \(colored(name, "1"))\(arguments) \(at)"
          + (frame.isInlined ? " [inlined]" : ""))
    }
    if thread.isCut || shown < thread.frames.count { line("  …   more frames") }
  }

  private static func padded(_ address: TargetAddress) -> String {
    let digits = String(address.rawValue, radix: 16)
    return "0x" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits
  }

  private mutating func writeRegisters() {
    line("")
    var row = " "
    for (index, name) in report.registerNames.enumerated() {
      let digits = String(report.registers[name]?.rawValue ?? 0, radix: 16)
      let value = String(repeating: "0", count: 16 - digits.count) + digits
      row += " \(String(repeating: " ", count: max(0, 6 - name.count)))\(name) \(value)"
      if index % 4 == 3 || index == report.registerNames.count - 1 {
        line(row)
        row = " "
      }
    }
  }
}
