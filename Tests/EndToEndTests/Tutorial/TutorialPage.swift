// Reads the tutorial as a list of things to do and to see.
//
// A block ```console NAME shows a terminal of that name; GitHub leaves NAME out. In it,
// - a line that begins with a prompt, `$ `, `(lldb) ` or `(gdb) `, is typed;
// - a line that begins with `^C` stands for Ctrl-C, and shows what the terminal then has in that line;
// - any other line is what the terminal shows next, `…` standing for any text, and a line `…` for any number of lines.
//   Empty lines do not count.
// A block ```diff is saved as .build/tutorial/mend.patch. Other blocks are not executed.

import Foundation
import TestSupport

struct TutorialPage {
  enum Action {
    case type(prompt: String, command: String)
    case interrupt
    case see(LinePattern)
    /// Whatever comes, up to what is seen next.
    case skip
    case save(file: String, text: String)
  }

  struct Step {
    var line: Int
    /// Empty for files.
    var terminal: String
    var action: Action
  }

  var steps: [Step] = []

  static let prompts = ["$ ", "(lldb) ", "(gdb) "]

  init(_ text: String) throws {
    var block: (info: [String], lines: [String])?
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      guard line.hasPrefix("```") else {
        block?.lines.append(String(line))
        if let block, block.info.first == "console" {
          guard block.info.count == 2 else {
            throw CommandFailure(description: "\(index + 1): in which terminal?")
          }
          steps += Self.actions(String(line)).map { Step(line: index + 1, terminal: block.info[1], action: $0) }
        }
        continue
      }
      if let ended = block {
        if ended.info.first == "diff" {
          let text = ended.lines.joined(separator: "\n") + "\n"
          steps.append(Step(line: index + 1, terminal: "", action: .save(file: "mend.patch", text: text)))
        }
        block = nil
      } else {
        block = (line.dropFirst(3).split(separator: " ").map(String.init), [])
      }
    }
  }

  /// Does and checks everything, in a folder that stands for a clone of the repository.
  ///
  /// - Parameter limit: how long to wait for a line, in seconds.
  func follow(in folder: String, environment: [String: String], limit: Double = 30) throws {
    var terminals: [String: TutorialTerminal] = [:]
    for step in steps {
      do {
        if case .save(let file, let text) = step.action {
          try text.write(toFile: "\(folder)/.build/tutorial/\(file)", atomically: true, encoding: .utf8)
          continue
        }
        let terminal =
          try terminals[step.terminal] ?? TutorialTerminal(in: folder, environment: environment, limit: limit)
        terminals[step.terminal] = terminal
        try terminal.perform(step.action)
      } catch {
        throw CommandFailure(description: "\(step.line): in the terminal \(step.terminal): \(error)")
      }
    }
    for (name, terminal) in terminals {
      do { try terminal.finish() } catch { throw CommandFailure(description: "end: in the terminal \(name): \(error)") }
    }
  }

  private static func actions(_ line: String) -> [Action] {
    for prompt in prompts where line.hasPrefix(prompt) {
      return [.type(prompt: prompt, command: String(line.dropFirst(prompt.count)))]
    }
    if line == "^C" { return [.interrupt] }
    if line.hasPrefix("^C") { return [.interrupt, .see(LinePattern(line))] }
    if line == "…" { return [.skip] }
    return line.isEmpty ? [] : [.see(LinePattern(line))]
  }
}

/// A line with `…` for anything in it. How wide the blanks are makes no difference, so that tables can be aligned.
struct LinePattern: CustomStringConvertible {
  let description: String
  init(_ text: String) { description = Self.narrow(text) }

  func matches(_ line: String) -> Bool {
    let line = Self.narrow(line)
    var pieces = description.components(separatedBy: "…")
    if pieces.count == 1 { return line == description }
    let last = pieces.removeLast()
    guard line.hasPrefix(pieces[0]) else { return false }
    var rest = line.dropFirst(pieces[0].count)
    for piece in pieces.dropFirst() where !piece.isEmpty {
      guard let range = rest.range(of: piece) else { return false }
      rest = rest[range.upperBound...]
    }
    return rest.hasSuffix(last)
  }

  private static func narrow(_ text: String) -> String { text.replacing(/[ \t]+/, with: " ") }
}
