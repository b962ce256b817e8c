// One of the tutorial's terminals: a shell with a reader who types, and compares each line with the page.

import Foundation
import TestSupport

final class TutorialTerminal {
  private let terminal: PseudoTerminal
  /// What was read and compared already, in characters.
  private var position = 0
  /// The last command, and where its line ends.
  private var command = ""
  private var commandEnd = 0
  /// Whether lines may be passed over on the way to the next one.
  private var mayPass = true

  private let limit: Double

  init(in folder: String, environment: [String: String], limit: Double) throws {
    self.limit = limit
    // A terminal that cannot rewrite its lines, so that what is read is what a reader sees in the end.
    terminal = try PseudoTerminal(
      ["env", "-C", folder, "TERM=dumb", "PS1=$ ", "bash", "--norc", "--noprofile", "-i"], environment: environment)
  }

  func perform(_ action: TutorialPage.Action) throws {
    switch action {
    case .type(let prompt, let command):
      try awaitPrompt(prompt)
      try expectAllSeen()
      terminal.send(command)
      mayPass = true
      // The terminal's echo. LLDB's prompt, written anew, may have more blanks behind it.
      try see(LinePattern(command), isEcho: true)
      self.command = command
      commandEnd = position
    case .interrupt:
      terminal.control("C")
      mayPass = true
    case .see(let pattern): try see(pattern)
    case .skip: mayPass = true
    case .save: break
    }
  }

  /// Checks that all that was started has ended.
  func finish() throws {
    try awaitPrompt("$ ")
    try expectAllSeen()
  }

  /// No complete line is left that the page does not show.
  private func expectAllSeen() throws {
    guard !mayPass else { return }
    let lines = terminal.transcript.dropFirst(position).split(separator: "\n", omittingEmptySubsequences: false)
      .dropLast()
    for text in lines.map(Self.plain) where !text.isEmpty && text != command { throw failure("also \"\(text)\"") }
  }

  /// Waits until the shell, or the debugger in it, reads commands.
  private func awaitPrompt(_ prompt: String) throws {
    // LLDB prints its prompt when it has resumed the program, and what the program then does behind it.
    let isReady = terminal.wait(within: limit) { transcript in
      let lines = transcript.dropFirst(position).split(separator: "\n", omittingEmptySubsequences: false)
      // Behind Ctrl-C, the shell's prompt may follow in the same line.
      return prompt == "$ " ? ["$ ", "^C$ "].contains(lines.last ?? "") : promptIsShown(prompt, transcript)
    }
    if !isReady { throw failure("no prompt \"\(prompt)\"") }
  }

  private func promptIsShown(_ prompt: String, _ transcript: String) -> Bool {
    transcript.dropFirst(commandEnd).split(separator: "\n").contains { $0.hasPrefix(prompt) }
  }

  private func see(_ pattern: LinePattern, isEcho: Bool = false) throws {
    var found: Int?
    var unexpected: String?
    _ = terminal.wait(within: limit) { transcript in
      var start = position
      var lines = transcript.dropFirst(position).split(separator: "\n", omittingEmptySubsequences: false)
      // The last one is not complete yet.
      lines.removeLast()
      for line in lines {
        start += line.count + 1
        let text = Self.plain(line)
        if pattern.matches(isEcho ? text.trimmingCharacters(in: .whitespaces) : text) {
          found = start
          return true
        }
        // Typed while LLDB has shown its prompt but not begun to edit the line, a command is echoed twice.
        if !mayPass && !text.isEmpty && text != command {
          unexpected = text
          return true
        }
      }
      return false
    }
    guard let found else {
      throw failure(unexpected.map { "\"\($0)\" instead of \"\(pattern)\"" } ?? "no \"\(pattern)\"")
    }
    position = found
    mayPass = false
  }

  /// A line without the prompts before it and the blanks behind it.
  private static func plain(_ line: Substring) -> String {
    var line = line
    while let prompt = TutorialPage.prompts.first(where: { line.hasPrefix($0) }) { line = line.dropFirst(prompt.count) }
    return String(line).replacing(/\s+$/, with: "")
  }

  private func failure(_ what: String) -> CommandFailure {
    CommandFailure(description: "the terminal shows \(what); all of it:\n\(terminal.transcript)")
  }
}
