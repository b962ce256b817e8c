// What the tests of `debug` and `attach` share: the program, the words of both debuggers, and sessions in the background.

import Foundation
import TestSupport
import Testing

enum DebuggerName: String, CaseIterable, CustomTestStringConvertible {
  case lldb, gdb
  var testDescription: String { rawValue }

  /// What each prints when it stopped in `work`.
  var stopInWork: String { self == .lldb ? "`work(n=0)" : "work (n=0)" }
  /// How each prints an int.
  func value(_ number: Int) -> String { self == .lldb ? "(int) \(number)\n" : " = \(number)\n" }
  var continuing: String { self == .lldb ? "resuming" : "Continuing" }
  /// How each words the end of the process.
  var ended: String { self == .lldb ? "exited with status" : "[Inferior 1 (process" }
  var interrupted: String { self == .lldb ? "SIGSTOP" : "SIGINT" }
  var prompt: String { "(\(rawValue)) " }
}

extension PseudoTerminal {
  /// Presses Ctrl-C until the program has stopped. Like a user, again: LLDB takes one that comes between the end of
  /// `continue` and the news that the program runs for one at its prompt.
  func interrupt(_ debugger: DebuggerName, sourceLocation: SourceLocation = #_sourceLocation) throws {
    for _ in 0..<4 {
      control("C")
      if shows(debugger.interrupted, within: 5) { return }
    }
    try expect(debugger.interrupted, sourceLocation: sourceLocation)
  }
}

enum DebuggerProgram {
  static let source = Workspace.programs + "/debugger/session.c"

  /// The line that carries a marker.
  static func line(_ marker: String) throws -> Int {
    let lines = try String(contentsOfFile: source, encoding: .utf8).split(
      separator: "\n", omittingEmptySubsequences: false)
    return try #require(lines.firstIndex { $0.hasSuffix("// @\(marker)") }) + 1
  }
}

/// A store of sessions of a test's own.
final class SessionFolder {
  let folder: TemporaryFolder
  var environment: [String: String] { baseEnvironment.merging(["XDG_STATE_HOME": folder.file("state")]) { $1 } }

  init() throws { folder = try TemporaryFolder() }

  /// Runs jitdebug to its end.
  func jitdebug(_ arguments: [String], input: String = "", timeout: Double = 60) throws -> CommandResult {
    try run([Workspace.jitdebug] + arguments, input: Data(input.utf8), environment: environment, timeout: timeout)
  }

  /// The folders of all sessions, oldest first.
  var sessions: [String] {
    let root = folder.file("state/jitdebug/sessions")
    return ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).sorted().map { "\(root)/\($0)" }
  }

  /// The process of the newest session.
  func pid() throws -> pid_t {
    let file = try #require(sessions.last) + "/session.json"
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: file)))
    return try #require((json as? [String: Any])?["pid"] as? Int32)
  }
}

/// `jitdebug run` of the program in its waiting loop; ended in `deinit`.
final class RunningSession {
  let terminal: PseudoTerminal
  let id: String
  let path: String
  let pid: pid_t

  /// Returns once the program is in its loop.
  ///
  /// - Parameter place: the options that say where it runs.
  init(in folder: SessionFolder, _ place: [String]) throws {
    let before = Set(folder.sessions)
    terminal = try PseudoTerminal(
      [Workspace.jitdebug, "run"] + place + [DebuggerProgram.source, "--", "loop"],
      environment: folder.environment)
    try terminal.expect("counter 9")
    path = try #require(folder.sessions.first { !before.contains($0) })
    id = URL(filePath: path).lastPathComponent
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path + "/session.json")))
    pid = try #require((json as? [String: Any])?["pid"] as? Int32)
  }
}
