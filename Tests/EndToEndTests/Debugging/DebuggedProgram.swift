// A program as a debugger gets it: linked natively and launched by the debugger, or JITed and attached to.

import Foundation
import TestSupport

/// Sources under Tests/Programs with their flags, and the two ways to debug what is made of them.
struct DebuggedProgram: Sendable {
  var sources: [String]
  /// Given to clang, and to `jitdebug debug` as -Xcc.
  var flags: [String] = []
  var arguments: [String] = []

  enum Variant: String, Sendable, CaseIterable { case native, jit }

  var paths: [String] { sources.map { $0.hasPrefix("/") ? $0 : "\(Workspace.programs)/\($0)" } }

  /// Builds what `variant` needs in `folder`.
  func prepare(_ variant: Variant, in folder: TemporaryFolder) throws -> Prepared {
    switch variant {
    case .native:
      let executable = folder.file("native-program")
      let compiled = try run(
        [Workspace.clang(for: paths[0]), "-g", "-O0"] + flags + paths + ["-o", executable],
        directory: folder.path, timeout: 120)
      guard compiled.status == 0 else { throw CommandFailure(description: compiled.errors) }
      return .native(executable: executable, arguments: arguments)
    case .jit:
      var words = ["--executor", try Workspace.executor.get()]
      for flag in flags { words += ["-Xcc", flag] }
      return .jit(words: words + paths + ["--"] + arguments, state: folder.file("state"))
    }
  }

  enum Prepared: Sendable {
    case native(executable: String, arguments: [String])
    /// What follows `jitdebug debug` and its own options, and the session store to use.
    case jit(words: [String], state: String)
  }

  /// The number of the line marked `// @stop marker` in one of the sources or in a header beside them.
  func line(of marker: String) throws -> (file: String, line: Int) {
    let folders = Set(paths.map { URL(filePath: $0).deletingLastPathComponent().path })
    let headers = try folders.flatMap { folder in
      try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".h") }.map {
        "\(folder)/\($0)"
      }
    }
    for path in paths + headers {
      let lines = try String(contentsOfFile: path, encoding: .utf8).split(
        separator: "\n", omittingEmptySubsequences: false)
      if let index = lines.firstIndex(where: { $0.hasSuffix("// @stop \(marker)") }) {
        return (URL(filePath: path).lastPathComponent, index + 1)
      }
    }
    throw CommandFailure(description: "no line is marked @stop \(marker) beside \(sources)")
  }
}
