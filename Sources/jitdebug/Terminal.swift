// Messages on standard error, in clang's manner, coloured on terminals unless NO_COLOR is set.

import Glibc
import JITDebug

enum Terminal {
  private static var isColored: Bool {
    isatty(2) != 0 && (getenv("NO_COLOR").map { $0.pointee == 0 } ?? true)
  }

  static func print(_ error: JITDebugError) {
    let subject = error.subject.isEmpty ? "" : "\(error.subject): "
    line("error:", "1;31", subject + error.reason)
    if let remedy = error.remedy { line("note:", "1;36", remedy) }
  }

  /// For what is usable all the same.
  static func warn(_ error: JITDebugError) {
    let subject = error.subject.isEmpty ? "" : "\(error.subject): "
    line("warning:", "1;35", subject + error.reason)
  }

  /// - Parameter isPlain: without the prefix, for lines that programs read.
  static func note(_ text: String, isPlain: Bool = false) {
    if isPlain { write(text + "\n") } else { line("note:", "1;36", text) }
  }

  private static func line(_ prefix: String, _ color: String, _ text: String) {
    write((isColored ? "\u{1b}[\(color)m\(prefix)\u{1b}[0m " : "\(prefix) ") + text + "\n")
  }

  private static func write(_ text: String) {
    _ = text.withCString { Glibc.write(2, $0, strlen($0)) }
  }
}
