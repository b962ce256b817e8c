// Every program of the corpus must print and return under `jitdebug run` what its native build does.

import Foundation
import TestSupport
import Testing

@Suite("Programs")
struct ProgramTests {
  @Test(
    "prints and returns what the native build does",
    arguments: cPrograms + cxxPrograms, ProgramCase.Optimisation.allCases)
  func sameAsNative(program: ProgramCase, optimisation: ProgramCase.Optimisation) throws {
    let executor = try Workspace.executor.get()
    let folder = try TemporaryFolder()
    let native = folder.file("native")
    try compileNatively(program, optimisation, to: native)
    for (index, each) in program.runs.enumerated() {
      let environment = baseEnvironment.merging(each.environment) { $1 }
      let expected = try run(
        [native] + each.arguments, input: Data(each.input), environment: environment, directory: folder.path)
      let command =
        [Workspace.jitdebug, "run", "--on-crash", "none", "--executor", executor]
        + jitOptions(program, optimisation, each, folder: folder.path) + program.paths + ["--"] + each.arguments
      var hostEnvironment = baseEnvironment
      hostEnvironment["XDG_STATE_HOME"] = folder.file("state")
      let actual = try run(command, input: Data(each.input), environment: hostEnvironment)
      expect(actual, like: expected, "\(program.name) \(optimisation.rawValue), run \(index): \(each.arguments)")
    }
  }

  @Test("the table names every program, and every program says why it exists")
  func tableIsComplete() throws {
    let table = Set((cPrograms + cxxPrograms).flatMap { $0.sources })
    for folder in ["c", "cpp"] {
      let files = try FileManager.default.subpathsOfDirectory(atPath: "\(Workspace.programs)/\(folder)")
      for file in files where file.hasSuffix(".c") || file.hasSuffix(".cpp") || file.hasSuffix(".h") {
        let path = "\(folder)/\(file)"
        if !file.hasSuffix(".h") { #expect(table.contains(path), "\(path) is in no row of the table") }
        let text = try String(contentsOfFile: "\(Workspace.programs)/\(path)", encoding: .utf8)
        #expect(text.hasPrefix("// "), "\(path) does not open with its purpose")
      }
    }
    #expect(cPrograms.count >= 28 && cxxPrograms.count >= 12)
  }

  private func compileNatively(
    _ program: ProgramCase, _ optimisation: ProgramCase.Optimisation, to output: String
  ) throws {
    var command = [Workspace.clang(for: program.sources[0]), "-g", optimisation.rawValue]
    command += program.flags + program.standardOption + program.paths
    if let library = program.library { command.append("-l\(library.link)") }
    command += ["-pthread", "-o", output]
    let compiled = try run(command, timeout: 120)
    try #require(compiled.status == 0, "\(command): \(compiled.errors)")
  }

  private func jitOptions(
    _ program: ProgramCase, _ optimisation: ProgramCase.Optimisation, _ each: ProgramRun, folder: String
  ) -> [String] {
    var options = [optimisation.rawValue, "--cwd", folder] + program.standardOption
    for flag in program.flags { options += ["-Xcc", flag] }
    if let library = program.library { options += ["--dlopen", library.open] }
    for (name, value) in each.environment.sorted(by: { $0.key < $1.key }) { options += ["--env", "\(name)=\(value)"] }
    return options
  }

  /// A program that died of a signal may be followed by jitdebug's own words on standard error, never preceded.
  private func expect(_ actual: CommandResult, like expected: CommandResult, _ label: String) {
    #expect(expected.end != .timedOut, "the native build hangs: \(label)")
    #expect(actual.status == expected.status, "status of \(label)\nstandard error: \(actual.errors.prefix(2000))")
    // Compared outside of #expect, which would look for the smallest difference of megabytes.
    let sameOutput = actual.standardOutput == expected.standardOutput
    #expect(sameOutput, "standard output of \(label)\n\(difference(expected.output, actual.output))")
    let sameErrors =
      if case .signaled = expected.end {
        actual.standardError.starts(with: expected.standardError)
      } else {
        actual.standardError == expected.standardError
      }
    #expect(sameErrors, "standard error of \(label)\n\(difference(expected.errors, actual.errors))")
  }

  private func difference(_ expected: String, _ actual: String) -> String {
    "native: \(expected.prefix(600).debugDescription)\nJITed:  \(actual.prefix(600).debugDescription)"
  }
}
