// One program of the corpus: its files, how it is compiled, and the runs whose outcome is compared.

import TestSupport
import Testing

/// How a program is run once.
struct ProgramRun: Sendable {
  var arguments: [String] = []
  var environment: [String: String] = [:]
  var input: [UInt8] = []

  init(_ arguments: String..., environment: [String: String] = [:], input: [UInt8] = []) {
    self.arguments = arguments
    self.environment = environment
    self.input = input
  }
}

/// A program under Tests/Programs, built natively and handed to `jitdebug run`.
struct ProgramCase: Sendable, CustomTestStringConvertible {
  enum Optimisation: String, Sendable, CaseIterable { case none = "-O0", full = "-O2" }

  /// `c/hello` for Tests/Programs/c/hello.c, or for all sources of the folder Tests/Programs/c/hello.
  var name: String
  var sources: [String]
  /// Compiler flags: to clang as they are, to jitdebug behind -Xcc.
  var flags: [String] = []
  /// The -std of both compilers.
  var standard: String?
  /// What a native link names with -l and a JITed run opens with --dlopen.
  var library: (link: String, open: String)?
  var runs = [ProgramRun()]

  /// A program of one file.
  static func c(_ name: String, runs: ProgramRun...) -> ProgramCase {
    ProgramCase(name: "c/\(name)", sources: ["c/\(name).c"], runs: runs.isEmpty ? [ProgramRun()] : runs)
  }
  static func cxx(_ name: String, runs: ProgramRun...) -> ProgramCase {
    ProgramCase(
      name: "cpp/\(name)", sources: ["cpp/\(name).cpp"], standard: "c++20", runs: runs.isEmpty ? [ProgramRun()] : runs)
  }
  /// A program of several files in a folder, in the order of the link.
  static func folder(
    _ name: String, _ files: String..., flags: [String] = [], runs: [ProgramRun] = [ProgramRun()]
  ) -> ProgramCase {
    ProgramCase(
      name: name, sources: files.map { "\(name)/\($0)" }, flags: flags,
      standard: name.hasPrefix("cpp") ? "c++20" : nil, runs: runs)
  }
  func linking(_ link: String, opening open: String) -> ProgramCase {
    var copy = self
    copy.library = (link, open)
    return copy
  }

  var testDescription: String { name }
  var standardOption: [String] { standard.map { ["-std=\($0)"] } ?? [] }
  var paths: [String] { sources.map { "\(Workspace.programs)/\($0)" } }
}
