// Core files, however they came to be: both debuggers show the frames of JITed code with their source.

import Foundation
import TestSupport
import Testing

/// A process that leaves a core file, and where in its JITed code it is then.
struct CoreCase: Sendable, CustomTestStringConvertible {
  enum Maker: String, CaseIterable { case gcore, kernel }
  enum Producer: String, CaseIterable { case jitdebug, lli }
  var producer: Producer
  var maker: Maker

  static let all = Producer.allCases.flatMap { producer in Maker.allCases.map { Self(producer: producer, maker: $0) } }
  var testDescription: String { "\(producer), \(maker)" }

  /// Of Tests/Programs.
  var program: String { maker == .kernel ? "crash/null_write.c" : "foreign/loop.c" }
}

@Suite("core files")
struct CoreTests {
  let folder: SessionFolder

  init() throws { folder = try SessionFolder() }

  @Test(arguments: CoreCase.all, DebuggerName.allCases)
  func showsJITedFrames(core: CoreCase, debugger: DebuggerName) throws {
    let source = "\(Workspace.programs)/\(core.program)"
    let file = try make(core, source)
    let result = try folder.jitdebug(
      ["attach", "--batch", "--debugger", debugger.rawValue, "--core", file, "-o", "bt"])
    #expect(result.status == 0, "\(result.errors)")
    var expected = [("main", "\\d+")]
    if core.maker == .kernel {
      let lines = try String(contentsOfFile: source, encoding: .utf8).components(separatedBy: "\n")
      expected.append(("store", "\(try #require(lines.firstIndex { $0.contains("// @crash") }) + 1)"))
    }
    let name = source.split(separator: "/").last!
    for (function, line) in expected {
      let frame = try Regex("\\b\(function)( ?\\([^\n]*\\))? at [^\n]*\(name):\(line)\\b")
      #expect(result.output.firstMatch(of: frame) != nil, "\(result.output)\(result.errors)")
    }
  }

  /// The path of a core file of the program.
  private func make(_ core: CoreCase, _ source: String) throws -> String {
    var command: [String]
    switch core.producer {
    case .jitdebug:
      command = [Workspace.jitdebug, "run", "--on-crash", "none", "--executor", try Workspace.executor.get(), source]
    case .lli:
      let program = folder.folder.file("program.ll")
      let made = try run(["clang-22", "-g", "-O0", "-S", "-emit-llvm", source, "-o", program])
      try #require(made.status == 0, "\(made.errors)")
      command = ["lli-22", "--jit-kind=orc", program]
    }
    switch core.maker {
    case .gcore:
      let process = try BackgroundProcess(command, environment: folder.environment, directory: folder.folder.path)
      try process.expect("ready")
      let pid = core.producer == .lli ? process.pid : try folder.pid()
      let made = try run(["gcore", "-o", folder.folder.file("core"), "\(pid)"])
      try #require(made.status == 0, "\(made.errors)")
      return folder.folder.file("core.\(pid)")
    case .kernel:
      let crashed = try run(
        ["bash", "-c", "ulimit -c unlimited && exec \"$@\"", "bash"] + command, environment: folder.environment,
        directory: folder.folder.path, timeout: 60)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.folder.path)
      let name = try #require(
        names.first { $0.hasPrefix("core") },
        "the kernel wrote no core file; /proc/sys/kernel/core_pattern should be 'core': \(crashed.errors)")
      return folder.folder.file(name)
    }
  }
}
