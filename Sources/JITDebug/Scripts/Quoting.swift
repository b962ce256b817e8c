// Words of debugger commands: how LLDB and GDB want a path written that holds spaces, quotes or backslashes.

package enum Quoting {
  /// A word for LLDB's ordinary commands, such as `target create`.
  package static func lldb(_ text: String) throws(JITDebugError) -> String {
    try doubleQuoted(text, escaping: "\"\\")
  }

  /// A word for LLDB's `settings` commands, which replace `expressions` in backticks before they split the line.
  package static func lldbSetting(_ text: String) throws(JITDebugError) -> String {
    try doubleQuoted(text, escaping: "\"\\`")
  }

  /// A word for those of GDB's commands that split their arguments, such as `file`.
  package static func gdb(_ text: String) throws(JITDebugError) -> String {
    try doubleQuoted(text, escaping: "\"\\")
  }

  /// Text of GDB's `set` commands for paths, which take the rest of the line as it is, and `:` between two folders.
  package static func gdbFolder(_ text: String) throws(JITDebugError) -> String {
    guard !text.utf8.contains(UInt8(ascii: ":")) else {
      throw JITDebugError(
        .debugger, text, "GDB cannot search a folder with ':' in its path",
        remedy: "set XDG_STATE_HOME to a folder without it, or use LLDB")
    }
    return try oneLine(text)
  }

  /// Text of GDB's `set` commands that take the rest of the line as it is.
  package static func gdbText(_ text: String) throws(JITDebugError) -> String { try oneLine(text) }

  /// The words of a shell's command line.
  package static func shell(_ words: [String]) throws(JITDebugError) -> String {
    var line: [String] = []
    for word in words {
      let isPlain = !word.isEmpty && word.utf8.allSatisfy { plain.contains($0) }
      line.append(
        isPlain
          ? word
          : "'" + (try oneLine(word)).split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
            + "'")
    }
    return line.joined(separator: " ")
  }

  private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,".utf8)

  private static func doubleQuoted(_ text: String, escaping special: String) throws(JITDebugError) -> String {
    var word = "\""
    for character in try oneLine(text).unicodeScalars {
      if special.unicodeScalars.contains(character) { word.unicodeScalars.append("\\") }
      word.unicodeScalars.append(character)
    }
    return word + "\""
  }

  /// Debugger commands end with their line.
  private static func oneLine(_ text: String) throws(JITDebugError) -> String {
    guard !text.utf8.contains(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) else {
      throw JITDebugError(
        .debugger, text.split(whereSeparator: \.isNewline).joined(separator: "\\n"),
        "debuggers cannot be told of a path with a line break")
    }
    return text
  }
}
