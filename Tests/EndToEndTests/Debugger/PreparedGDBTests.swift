// `jitdebug debug --debugger gdb` starts GDB while it compiles and links: whatever becomes of that, no GDB is left behind.

import Foundation
import TestSupport
import Testing

@Suite("GDB started beforehand")
struct PreparedGDBTests {
  let folder: SessionFolder
  /// A source that is never there to read: its compilation goes on until the test ends it.
  let source: String

  init() throws {
    folder = try SessionFolder()
    source = folder.folder.file("endless.c")
    try #require(mkfifo(source, 0o600) == 0)
  }

  var command: [String] { ["debug", "--debugger", "gdb", source] }

  /// The process of GDB below a jitdebug that compiles.
  func waitingGDB(of jitdebug: pid_t) -> pid_t? {
    var names: [String: pid_t] = [:]
    for child in children(of: jitdebug) { names[name(of: child) ?? ""] = child }
    // Compiling has begun.
    return names.keys.contains { $0.hasPrefix("clang") } ? names["gdb"] : nil
  }

  func name(of process: pid_t) -> String? {
    (try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8))?.trimmingCharacters(in: .newlines)
  }

  func children(of process: pid_t) -> [pid_t] {
    let list = (try? String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)) ?? ""
    return list.split(separator: " ").compactMap { pid_t($0) }
  }

  func hasEnded(_ process: pid_t) -> Bool {
    let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
    return status.isEmpty || status.contains("State:\tZ")
  }

  func expectEnd(of process: pid_t, sourceLocation: SourceLocation = #_sourceLocation) {
    let limit = ContinuousClock.now + .seconds(20)
    while !hasEnded(process), .now < limit { usleep(5000) }
    #expect(hasEnded(process), sourceLocation: sourceLocation)
  }

  func endCompiler() {
    let writer = open(source, O_WRONLY | O_NONBLOCK)
    if writer >= 0 { close(writer) }
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGKILL])
  func endsWithJitdebug(signal: Int32) throws {
    let jitdebug = try BackgroundProcess([Workspace.jitdebug] + command + ["--batch"], environment: folder.environment)
    var found: pid_t?
    try jitdebug.wait(for: "GDB beside the compiler") {
      found = waitingGDB(of: $0.pid)
      return found != nil
    }
    let gdb = try #require(found)
    jitdebug.signal(signal)
    endCompiler()
    expectEnd(of: gdb)
  }

  @Test func controlCReachesJitdebugAndNotGDB() throws {
    let terminal = try PseudoTerminal([Workspace.jitdebug] + command, environment: folder.environment)
    var found: pid_t?
    let limit = ContinuousClock.now + .seconds(30)
    while found == nil, .now < limit {
      usleep(5000)
      found = waitingGDB(of: terminal.pid)
    }
    let gdb = try #require(found)
    terminal.control("C")
    #expect(try terminal.wait() == 128 + SIGINT)
    expectEnd(of: gdb)
    #expect(!terminal.transcript.contains("(gdb)"))
  }

  @Test func aFailedCompilationEndsIt() throws {
    let bad = folder.folder.file("bad.c")
    try "int main(void) { return nothing; }\n".write(toFile: bad, atomically: true, encoding: .utf8)
    let result = try folder.jitdebug(["debug", "--debugger", "gdb", "--batch", bad])
    #expect(result.errors.contains("undeclared identifier 'nothing'"))
    #expect(result.status == 125)
    #expect(!result.output.contains("(gdb)"))
  }
}
