// A live process that debuggers can attach to: jit_host with a program and the debug object registered for it.

import Foundation
import Testing

@testable import JITDebug

/// What a debugger printed, standard error included, and how it ended.
struct DebuggerResult {
  var output: String
  var status: Int32

  /// Runs it in a folder with nothing to read, a minute at most.
  init(running name: String, _ arguments: [String], in folder: String) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/timeout")
    process.arguments = ["60", name] + arguments
    process.currentDirectoryURL = URL(filePath: folder)
    process.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent"]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    status = process.terminationStatus
  }
}

/// What the program does after its few calls; see Fixtures/jit_program.c.
enum HostMode: Int {
  case returns = 0
  case waits = 1
  case crashes = 2
}

/// A session as debuggers see it, in a folder of its own, and its process. Ended in `deinit`.
final class HostSession {
  let scratch: ScratchDirectory
  let target: DebugTarget
  let debugFile: String
  private let process: Process

  /// The status the program exits with when it returns: 3 calls of `work`, and `origin.x`.
  static let exitStatus: Int32 = 15

  /// - Parameters:
  ///   - folder: the name of the session's folder; files of all kinds lie in it.
  ///   - registering: how the host registers the code; see Fixtures/jit_host.c.
  ///   - isInline: whether the whole debug file is registered, and none kept here.
  ///   - registered: what is registered instead of what belongs to the program.
  ///   - hostFlags: for compiling the host.
  init(
    mode: HostMode = .returns, folder: String = "session", stop: DebugTarget.Stop = .beforeMain,
    registering: String = "", isInline: Bool = false, registered: String? = nil, hostFlags: [String] = []
  ) throws {
    scratch = try ScratchDirectory()
    let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path + "/Fixtures"
    let session = scratch.path(folder)
    try FileManager.default.createDirectory(atPath: session, withIntermediateDirectories: true)
    let executor = "\(session)/jit_host"
    // No build-id: its debug info is in the file.
    try runTool(
      "clang-22",
      ["-g", "-O1", "-pthread", "-Wno-unused-result"] + hostFlags + ["\(fixtures)/jit_host.c", "-o", executor])

    // Compiled under a path that is gone when debuggers look for it, so that only the source map leads to the sources.
    let source = try String(contentsOfFile: "\(fixtures)/jit_program.c", encoding: .utf8)
    let program = try LinkedProgram(
      ["jit_program.c": source], flags: ["-O0", "-ffile-prefix-map=\(scratch.url.path)=/compiled/elsewhere"],
      in: scratch)
    try FileManager.default.createDirectory(atPath: "\(session)/sources", withIntermediateDirectories: true)
    try source.write(toFile: "\(session)/sources/jit_program.c", atomically: true, encoding: .utf8)

    let image = try program.image.makeDebugImage()
    let hex = BuildID.hex(image.buildID)
    let store = "\(session)/debug/.build-id/\(hex.prefix(2))"
    debugFile = "\(store)/\(hex.dropFirst(2)).debug"
    try FileManager.default.createDirectory(atPath: store, withIntermediateDirectories: true)
    if !isInline { try Data(image.debugFile).write(to: URL(filePath: debugFile)) }
    let symbolFile = registered.map { Array($0.utf8) } ?? (isInline ? image.debugFile : image.stub)
    let stub = try scratch.write(symbolFile, to: "stub")

    process = Process()
    process.executableURL = URL(filePath: executor)
    process.arguments = [program.path, stub, "\(mode.rawValue)", registering]
    process.standardInput = FileHandle.nullDevice
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    // The line comes when everything is registered, or the end of the process brings the end of the output.
    try #require(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) == "ready\n")
    target = DebugTarget(
      sessionID: "test", pid: process.processIdentifier, executorPath: executor, sessionFolder: session,
      sourceMap: SourceRules([SourceRule(from: "/compiled/elsewhere", to: "\(session)/sources")]), stop: stop)
    let warnings = try LaunchFiles.write(for: target)
    #expect(warnings.isEmpty)
  }

  deinit { end() }

  /// Waits for the program's own end; `timeout` in the debuggers' runs bounds it, and this limit the rest.
  func exitStatus(within seconds: Double = 20) -> Int32? {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while process.isRunning {
      guard ContinuousClock.now < deadline else { return nil }
      usleep(2000)
    }
    return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
  }

  func end() {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  /// The launch script's path.
  func script(_ debugger: Debugger) -> String { "\(target.sessionFolder)/\(debugger.scriptName)" }
}
