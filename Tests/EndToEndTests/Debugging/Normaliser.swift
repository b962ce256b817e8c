// Takes out of a debugger's output what differs between two runs of one program: addresses, ids, names of modules.

struct Normaliser {
  struct Rule: @unchecked Sendable {
    // Regex is not Sendable, though an immutable one without captured state is.
    let pattern: Regex<AnyRegexOutput>
    let replacement: String?

    /// Replaces each match; `$` has no meaning in the replacement.
    init<Output>(_ pattern: Regex<Output>, _ replacement: String) {
      self.pattern = Regex(pattern)
      self.replacement = replacement
    }
    /// Drops lines that match.
    init<Output>(line pattern: Regex<Output>) {
      self.pattern = Regex(pattern)
      self.replacement = nil
    }
  }

  var rules: [Rule]
  /// The session's temporary folder.
  var folder: String

  static var addresses: [Rule] {
    [
      .init(#/\b0x[0-9a-f]{8,16}\b/#, "ADDR"),
      .init(#/\b[0-9a-f]{16}\b/#, "ADDR"),
    ]
  }

  /// What the rules below and the drivers' take out, for the reader of the table.
  static let summary = """
    addresses, process and thread ids, thread names, module and folder names, the section an address is in \
    (an executable's .bss or .rodata is the JITed image's .data), and the frames that called main
    """

  func normalise(_ text: String) -> String {
    var lines = text.replacing(folder + "/", with: "").split(separator: "\n", omittingEmptySubsequences: false)
      .map(String.init)
    for rule in rules {
      if let replacement = rule.replacement {
        lines = lines.map { $0.replacing(rule.pattern, with: replacement) }
      } else {
        lines.removeAll { $0.wholeMatch(of: rule.pattern) != nil }
      }
    }
    return withoutCallersOfMain(lines).map { $0.trimmingTrailingSpace() }.joined(separator: "\n")
      .trimmingSurroundingNewlines()
  }

  /// Drops the frames after main's in a backtrace: a libc's start code there, an executor here.
  private func withoutCallersOfMain(_ lines: [String]) -> [String] {
    var inStart = false
    return lines.filter { line in
      let isFrame = line.firstMatch(of: #/^[ *]*(frame )?#\d+[: ]/#) != nil
      if !isFrame { inStart = false }
      defer { if isFrame, line.firstMatch(of: #/(`| in |#\d+ +)main[( ]/#) != nil { inStart = true } }
      return !inStart
    }
  }
}

extension String {
  fileprivate func trimmingTrailingSpace() -> String {
    var copy = self[...]
    while copy.last?.isWhitespace == true { copy.removeLast() }
    return String(copy)
  }

  fileprivate func trimmingSurroundingNewlines() -> String {
    var copy = self[...]
    while copy.last?.isNewline == true { copy.removeLast() }
    while copy.first?.isNewline == true { copy.removeFirst() }
    return String(copy)
  }
}
