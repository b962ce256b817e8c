// One debug session: a table of actions driven through a debugger in batch mode, giving one observation per action.

import Foundation
import TestSupport

/// What a user does, in the words of each debugger, and what must be seen whatever the debugger and program.
struct DebugAction: Sendable {
  var name: String
  /// Commands, one a line. `{marker}` stands for the line marked `@stop marker`, `{start}` for starting the program.
  var lldb: String
  var gdb: String
  /// Texts that the observation has to have, so that two equal failures do not pass for parity.
  var shows: [String]

  init(_ name: String, lldb: String, gdb: String, shows: String...) {
    self.name = name
    self.lldb = lldb
    self.gdb = gdb
    self.shows = shows
  }
}

/// A debugger as this harness uses it.
protocol DebuggerDriver: Sendable {
  var name: String { get }
  func commands(of action: DebugAction) -> String
  /// The command that starts a program which the debugger launches, or lets go one it attached to.
  func start(_ variant: DebuggedProgram.Prepared) -> String
  /// Commands that come before all actions.
  var settings: [String] { get }
  /// A command, if one is needed, whose output marks that the next action begins.
  func marker(_ index: Int) -> String?
  /// The debugger's command line for a natively linked program.
  func launch(executable: String, arguments: [String], commands: [String]) -> [String]
  /// The output of each action, from the output of all; nil where the session never got there.
  func split(_ output: String, actions: [[String]]) -> [String?]
  /// Lines and words that say nothing about the program.
  var noise: [Normaliser.Rule] { get }
}

struct DebugSession {
  var debugger: any DebuggerDriver
  var program: DebuggedProgram

  struct Observation: Sendable {
    var action: DebugAction
    /// Normalised; nil if the session ended before.
    var text: String?
    var isComplete: Bool { text.map { text in action.shows.allSatisfy { text.contains($0) } } ?? false }
  }

  struct Result: Sendable {
    var observations: [Observation]
    var command: CommandResult
  }

  /// Runs all actions in order in one session of the debugger.
  func observe(
    _ actions: [DebugAction], variant: DebuggedProgram.Variant, folder: TemporaryFolder, timeout: Double = 90
  ) throws -> Result {
    let prepared = try program.prepare(variant, in: folder)
    let lists = try actions.map { try commands(of: $0, prepared) }
    var all = debugger.settings
    for (index, list) in lists.enumerated() {
      if let marker = debugger.marker(index) { all.append(marker) }
      all += list
    }
    var environment = baseEnvironment
    let command: [String]
    switch prepared {
    case .native(let executable, let arguments):
      command = debugger.launch(executable: executable, arguments: arguments, commands: all)
    case .jit(let words, let state):
      environment["XDG_STATE_HOME"] = state
      command =
        [Workspace.jitdebug, "debug", "--debugger", debugger.name, "--batch"] + all.flatMap { ["-o", $0] } + words
    }
    let result = try run(
      command, environment: environment, directory: folder.path, mergingErrors: true, timeout: timeout)
    let texts = debugger.split(result.output, actions: lists)
    let normaliser = Normaliser(rules: debugger.noise, folder: folder.path)
    let observations = zip(actions, texts).map { action, text in
      Observation(action: action, text: text.map { normaliser.normalise($0) })
    }
    return Result(observations: observations, command: result)
  }

  func commands(of action: DebugAction, _ prepared: DebuggedProgram.Prepared) throws -> [String] {
    try debugger.commands(of: action).split(separator: "\n").map { line in
      var command = String(line)
      while let found = command.firstMatch(of: /\{([a-z_]+)\}/) {
        let word = String(found.1)
        let value = word == "start" ? debugger.start(prepared) : String(try program.line(of: word).line)
        command.replaceSubrange(found.range, with: value)
      }
      return command
    }
  }
}
