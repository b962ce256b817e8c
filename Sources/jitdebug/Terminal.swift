// Messages on standard error, in clang's manner, coloured on terminals unless NO_COLOR is set.

import Glibc
import JITDebug

enum Terminal {
  /// Whether messages may have colours: an empty NO_COLOR counts as none (no-color.org).
  static var isColored: Bool {
    isatty(2) != 0 && (getenv("NO_COLOR").map { $0.pointee == 0 } ?? true)
  }

  static func print(_ error: JITDebugError) {
    line("error:", "1;31", subject(error) + error.reason)
    if let remedy = error.remedy { line("note:", "1;36", remedy) }
  }

  /// For what is usable all the same.
  static func warn(_ error: JITDebugError) {
    line("warning:", "1;35", subject(error) + error.reason)
  }

  /// What a command prints for its reader or the next program.
  static func output(_ text: String) throws {
    var text = text
    guard text.withUTF8({ writeAll(UnsafeRawBufferPointer($0), to: 1) }) else {
      throw JITDebugError(.system, "standard output", "cannot be written")
    }
  }

  /// - Parameter isPlain: without the prefix, for lines that programs read.
  static func note(_ text: String, isPlain: Bool = false) {
    if isPlain { write(text + "\n") } else { line("note:", "1;36", text) }
  }

  /// The width of the terminal that standard output is; nil if it is none.
  static var outputWidth: Int? { isatty(1) != 0 ? columns(1) : nil }

  /// The width of a terminal, 80 if it does not tell.
  static func columns(_ descriptor: Int32) -> Int {
    var size = winsize()
    return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 1 ? Int(size.ws_col) : 80
  }

  private static func subject(_ error: JITDebugError) -> String {
    error.subject.isEmpty ? "" : "\(error.subject): "
  }

  private static func line(_ prefix: String, _ color: String, _ text: String) {
    write((isColored ? "\u{1b}[\(color)m\(prefix)\u{1b}[0m " : "\(prefix) ") + text + "\n")
  }

  private static func write(_ text: String) {
    var text = text
    text.withUTF8 { _ = writeAll(UnsafeRawBufferPointer($0), to: 2) }
  }
}

/// Progress of compiling many files: one line that is rewritten in place, on terminals only.
final class CompilerProgress: @unchecked Sendable {
  private var isShown = false
  private let isPossible = isatty(2) != 0 && getenv("TERM").map { strcmp($0, "dumb") != 0 } ?? false

  func report(_ event: CompilerEvent) {
    switch event {
    case .started(let source, let number, let total):
      guard isPossible, total > 1 else { return }
      // A line that wraps could not be rewritten.
      write("\(Self.clearLine)\("compiling \(number)/\(total) \(source)".prefix(Terminal.columns(2) - 1))")
      isShown = true
    case .messages(let bytes):
      clear()
      bytes.withUnsafeBytes { _ = writeAll($0, to: 2) }
    case .finished: clear()
    }
  }

  private static let clearLine = "\r\u{1b}[K"

  private func clear() {
    if isShown { write(Self.clearLine) }
    isShown = false
  }

  private func write(_ text: String) {
    var text = text
    text.withUTF8 { _ = writeAll(UnsafeRawBufferPointer($0), to: 2) }
  }
}
