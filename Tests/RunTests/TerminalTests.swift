// What only a terminal gets: colours, and progress that is rewritten in place.

import Foundation
import TestSupport
import Testing

@Suite("Terminal")
struct TerminalTests {
  let folder: RunFolder
  init() throws { folder = try RunFolder() }

  /// Everything that `script` saw on a pseudo-terminal, escape sequences included.
  private func onTerminal(_ command: [String], _ environment: [String: String]) throws -> String {
    let line = command.map { "'\($0)'" }.joined(separator: " ")
    var all = folder.environment.merging(["TERM": "xterm"]) { $1 }
    all["NO_COLOR"] = nil
    let result = try TestSupport.run(
      ["script", "-qec", line, "/dev/null"], environment: all.merging(environment) { $1 }, directory: folder.path)
    #expect(result.end != .timedOut)
    return result.output
  }

  @Test("colours on a terminal, unless NO_COLOR is set")
  func colors() throws {
    try folder.write("bad.c", "int main(void) { return undeclared; }\n")
    let command = folder.command(["bad.c"])
    let colored = try onTerminal(command, [:])
    #expect(colored.contains("\u{1b}[1;31merror:\u{1b}[0m bad.c: does not compile"))
    #expect(colored.contains("\u{1b}[0;1;31m"), "clang's own")
    let plain = try onTerminal(command, ["NO_COLOR": "1"])
    #expect(plain.contains("error: bad.c: does not compile") && !plain.contains("\u{1b}[1;31m"))
    #expect(try onTerminal(command, ["NO_COLOR": ""]).contains("\u{1b}[1;31m"))
    let piped = try TestSupport.run(
      command, environment: folder.environment.merging(["NO_COLOR": ""]) { $1 }, directory: folder.path)
    #expect(!piped.errors.contains("\u{1b}"))
    try folder.expectNothingLeft()
  }

  @Test("progress of compiling many files, on terminals only")
  func progress() throws {
    let names = (1...5).map { "part\($0).c" }
    for (i, name) in names.enumerated() { try folder.write(name, "int f\(i)(void) { return \(i); }\n") }
    try folder.write("main.c", "int main(void) { return 0; }\n")
    let command = folder.command(names + ["main.c"])
    let shown = try onTerminal(command, [:])
    for (i, name) in names.enumerated() { #expect(shown.contains("\r\u{1b}[Kcompiling \(i + 1)/6 \(name)")) }
    #expect(shown.hasSuffix("\r\u{1b}[K"), "the line is gone at the end")
    #expect(!shown.contains("\n"))
    #expect(try onTerminal(command, ["TERM": "dumb"]) == "")
    #expect(try folder.run(names + ["main.c"]).errors == "")
    // One file is no long work.
    #expect(try onTerminal(folder.command(["main.c"]), [:]) == "")
    try folder.expectNothingLeft()
  }
}
