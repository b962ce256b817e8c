// What tests of `run` share: a folder with the inputs and sessions of one test, and what must hold after every run.

import Foundation
import TestSupport
import Testing

/// A folder of its own for one test, in which jitdebug is run; its sessions are kept there too.
final class RunFolder {
  let folder: TemporaryFolder
  let executor: String
  var path: String { folder.path }

  init() throws {
    folder = try TemporaryFolder()
    executor = try Workspace.executor.get()
  }

  /// Marks every process started from here, so that those left behind can be told from others.
  var environment: [String: String] {
    baseEnvironment.merging(["XDG_STATE_HOME": folder.file("state"), "JITDEBUG_TEST_FOLDER": path]) { $1 }
  }

  // MARK: Inputs

  /// Writes a file and returns its name.
  @discardableResult
  func write(_ name: String, _ text: String) throws -> String {
    try write(name, Data(text.utf8))
  }

  @discardableResult
  func write(_ name: String, _ bytes: Data) throws -> String {
    try bytes.write(to: URL(filePath: folder.file(name)))
    return name
  }

  func read(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: folder.file(name))) }

  /// Runs a tool in the folder; it has to succeed.
  @discardableResult
  func tool(_ command: String...) throws -> String {
    let result = try TestSupport.run(command, environment: environment, directory: path)
    try #require(result.status == 0, "\(command): \(result.errors)")
    return result.output
  }

  /// Compiles C or C++ text into an object and returns its name.
  @discardableResult
  func object(_ name: String, _ text: String, cxx: Bool = false, _ flags: String...) throws -> String {
    let source = try write(name + (cxx ? ".cpp" : ".c"), text)
    let command = [cxx ? "clang++-22" : "clang-22", "-c", "-g", source, "-o", name] + flags
    let result = try TestSupport.run(command, environment: environment, directory: path)
    try #require(result.status == 0, "\(command): \(result.errors)")
    return name
  }

  // MARK: Runs

  /// `jitdebug run` with our executor unless the arguments say where else to run.
  func command(_ arguments: [String]) -> [String] {
    let options = arguments.prefix { $0 != "--" }
    let isLocated = options.contains("--connect") || options.contains("--executor")
    return [Workspace.jitdebug, "run"] + (isLocated ? [] : ["--executor", executor]) + arguments
  }

  /// Runs to the end, and checks that nothing is left behind.
  func run(
    _ arguments: String..., input: Data = Data(), environment extra: [String: String] = [:], timeout: Double = 60,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> CommandResult {
    try run(arguments, input: input, environment: extra, timeout: timeout, sourceLocation: sourceLocation)
  }

  func run(
    _ arguments: [String], input: Data = Data(), environment extra: [String: String] = [:], timeout: Double = 60,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> CommandResult {
    try run(
      command: command(arguments), input: input, environment: extra, timeout: timeout, sourceLocation: sourceLocation)
  }

  func run(
    command: [String], input: Data = Data(), environment extra: [String: String] = [:], timeout: Double = 60,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> CommandResult {
    let result = try TestSupport.run(
      command, input: input, environment: environment.merging(extra) { $1 }, directory: path, timeout: timeout)
    #expect(result.end != .timedOut, "hangs; standard error: \(result.errors)", sourceLocation: sourceLocation)
    try expectNothingLeft(sourceLocation: sourceLocation)
    return result
  }

  /// No process of ours runs any more, and no session claims to.
  func expectNothingLeft(sourceLocation: SourceLocation = #_sourceLocation) throws {
    // A killed session's last process may be on its way out still.
    let deadline = ContinuousClock.now + .seconds(10)
    while !processes.isEmpty && ContinuousClock.now < deadline { poll(nil, 0, 5) }
    #expect(processes == [], "processes left behind", sourceLocation: sourceLocation)
    for session in try sessions() where session["state"] as? String != "ended" {
      Issue.record("session in state \(session["state"] ?? "nil")", sourceLocation: sourceLocation)
    }
  }

  /// The command lines of all processes that were started from here and still run.
  var processes: [String] { Self.processes(marked: "JITDEBUG_TEST_FOLDER=\(path)") }

  /// The pids and command lines of all processes with a variable in their environment.
  static func processes(marked marker: String) -> [String] {
    let marker = Data(marker.utf8)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.filter { Int32($0) != nil }.compactMap { name in
      guard let environment = FileManager.default.contents(atPath: "/proc/\(name)/environ"),
        environment.range(of: marker) != nil
      else { return nil }
      let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") ?? Data()
      return "\(name) " + String(decoding: line.map { $0 == 0 ? 0x20 : $0 }, as: UTF8.self)
    }
  }

  /// The descriptions of all sessions, oldest first.
  func sessions() throws -> [[String: Any]] {
    let root = folder.file("state/jitdebug/sessions")
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).sorted()
    return try names.map { name in
      let data = try Data(contentsOf: URL(filePath: "\(root)/\(name)/session.json"))
      return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
  }
}

extension CommandResult {
  /// The lines of standard error that are jitdebug's own.
  func messages(_ prefix: String) -> [String] {
    errors.split(separator: "\n").map(String.init).filter { $0.hasPrefix("\(prefix): ") }
  }

  /// Exactly one `error:` line with all the words, at most one `note:`, and the exit code.
  func expectError(
    _ words: String..., note: String? = nil, status expected: Int32 = 125,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(status == expected, "standard error: \(errors)", sourceLocation: sourceLocation)
    let lines = messages("error")
    #expect(lines.count == 1, "standard error: \(errors)", sourceLocation: sourceLocation)
    for word in words {
      #expect(lines.first?.contains(word) == true, "no \"\(word)\" in: \(errors)", sourceLocation: sourceLocation)
    }
    let notes = messages("note")
    if let note {
      #expect(notes.count == 1, "standard error: \(errors)", sourceLocation: sourceLocation)
      #expect(notes.first?.contains(note) == true, "no \"\(note)\" in: \(errors)", sourceLocation: sourceLocation)
    } else {
      #expect(notes.count <= 1, "standard error: \(errors)", sourceLocation: sourceLocation)
    }
  }
}
