// llvm-dwarfdump must accept the merged debug info of real programs: many objects, inlined templates, Mongoose.

import Foundation
import TestSupport
import Testing

@Suite("Merged debug info")
struct VerifyTests {
  struct Input: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// What follows `jitdebug run` and its general options.
    var words: @Sendable () throws -> [String]
    /// What the program has to print or return, so that it is known to have run.
    var status: Int32?
  }

  static let inputs = [
    Input(testDescription: "501 objects", words: { try GeneratedObjects.objects.get() }),
    Input(
      testDescription: "C++ with templates and inlining at -O2",
      words: {
        ["-O2", "-std=c++20"] + ["main", "words", "numbers"].map { "\(Workspace.programs)/inlining/\($0).cpp" }
      }, status: 0),
    Input(
      testDescription: "Mongoose at -O0", words: { try mongoose("-O0") }, status: 0),
    Input(
      testDescription: "Mongoose at -O2", words: { try mongoose("-O2") }, status: 0),
  ]

  @Test("passes llvm-dwarfdump --verify", arguments: inputs)
  func verify(input: Input) throws {
    let folder = try TemporaryFolder()
    let state = folder.file("state")
    var environment = baseEnvironment
    environment["XDG_STATE_HOME"] = state
    let command =
      [Workspace.jitdebug, "run", "--executor", try Workspace.executor.get(), "--stats"] + (try input.words())
    let result = try run(command, environment: environment, timeout: 120)
    try #require(result.end != .timedOut && result.status < 125, "\(result.errors)")
    if let status = input.status { #expect(result.status == status) }
    print("\(input.testDescription): \(result.errors)", terminator: "")

    let files = try SessionStore.debugFiles(in: SessionStore.session(in: state))
    try #require(files.count == 1)
    let verified = try run(["llvm-dwarfdump-22", "--verify", files[0]], timeout: 120)
    #expect(verified.status == 0, "\(verified.output.suffix(4000))\(verified.errors)")
    #expect(verified.output.contains("No errors."))
  }

  /// Mongoose's source, fetched if it is missing.
  static func mongoose(_ optimisation: String) throws -> [String] {
    let folder = try Mongoose.folder.get()
    return [optimisation, "-I", folder, "\(folder)/mongoose.c", "\(Workspace.programs)/mongoose/main.c"]
  }
}

enum Mongoose {
  static let folder: Result<String, CommandFailure> = {
    let folder = "\(Workspace.root)/.build/mongoose"
    if FileManager.default.fileExists(atPath: "\(folder)/mongoose.c") { return .success(folder) }
    do {
      let environment = ProcessInfo.processInfo.environment
      let fetched = try run(["\(Workspace.root)/Scripts/fetch-mongoose"], environment: environment, timeout: 300)
      guard fetched.status == 0 else {
        return .failure(CommandFailure(description: "Scripts/fetch-mongoose: \(fetched.errors)"))
      }
      return .success(folder)
    } catch {
      return .failure(CommandFailure(description: "Scripts/fetch-mongoose: \(error)"))
    }
  }()
}
