// The launch scripts run by hand, as a user without jitdebug would: `lldb-22 -b -s` and `gdb -batch -x` on a live process.

import Foundation
import Testing

@testable import JITDebug

@Suite struct DebuggerScriptTests {
  /// Runs the script and then commands; `before` come first, as options that both debuggers carry out before any file.
  static func run(_ debugger: Debugger, _ session: HostSession, before: [String] = [], _ commands: [String]) throws
    -> DebuggerResult
  {
    switch debugger {
    case .lldb:
      // By its name alone: LLDB's own quoting of a command file's path fails where that has a quote in it.
      try DebuggerResult(
        running: "lldb-22",
        ["-b", "--no-lldbinit"] + before.flatMap { ["-O", $0] } + ["-s", Debugger.lldb.scriptName]
          + commands.flatMap { ["-o", $0] }, in: session.target.sessionFolder)
    case .gdb:
      try DebuggerResult(
        running: "gdb",
        ["-batch", "-nx"] + before.flatMap { ["-ex", $0] } + ["-x", session.script(.gdb)]
          + commands.flatMap { ["-ex", $0] }, in: session.target.sessionFolder)
    }
  }

  /// Where `@stop` is.
  static let line = 13

  /// The wording of each debugger for the same facts.
  static let stop: [Debugger: String] = [.lldb: "work(n=1) at jit_program.c:\(line)", .gdb: "work (n=1) at "]
  static let ended: [Debugger: String] = [.lldb: "exited with status = 15", .gdb: "exited with code 017"]

  @Test(arguments: Debugger.allCases)
  func stopsReadsAndRunsToTheEnd(debugger: Debugger) throws {
    let session = try HostSession()
    let (set, delete) =
      debugger == .lldb
      ? ("breakpoint set -f jit_program.c -l \(Self.line)", "breakpoint delete -f")
      : ("break jit_program.c:\(Self.line)", "delete")
    let result = try Self.run(
      debugger, session, [set, "continue", "print twice", "print origin.y", delete, "continue"])
    let text = result.output
    #expect(text.contains("jitdebug: process \(session.target.pid) is linked and stopped before main"))
    #expect(text.contains(Self.stop[debugger]!), "\(text)")
    // The source text, by way of the source map.
    #expect(text.contains("calls += twice;  // @stop"), "\(text)")
    #expect(text.contains(debugger == .lldb ? "(int) 2\n" : " = 2\n"), "\(text)")
    #expect(text.contains(debugger == .lldb ? "(int) 4\n" : " = 4\n"), "\(text)")
    #expect(result.status == 0)
    #expect(text.contains(Self.ended[debugger]!), "\(text)")
    #expect(session.exitStatus() == HostSession.exitStatus)
  }

  @Test(arguments: Debugger.allCases)
  func breakpointsSetBeforeTheScriptArePending(debugger: Debugger) throws {
    let session = try HostSession()
    let before = debugger == .gdb ? ["set breakpoint pending on", "break work"] : ["breakpoint set -n work"]
    let text = try Self.run(debugger, session, before: before, ["continue", "bt"]).output
    #expect(text.contains(debugger == .lldb ? "work(n=1)" : "work (n=1)"), "\(text)")
  }

  @Test(arguments: Debugger.allCases)
  func stopsOnTheMainThread(debugger: Debugger) throws {
    let session = try HostSession()
    let text = try Self.run(debugger, session, [debugger == .lldb ? "thread info" : "thread"]).output
    #expect(text.contains(debugger == .lldb ? "tid = \(session.target.pid)," : "LWP \(session.target.pid))"), "\(text)")
  }

  @Test(arguments: Debugger.allCases)
  func leavesTheProgramRunning(debugger: Debugger) throws {
    let session = try HostSession()
    let text = try Self.run(debugger, session, ["b work", "continue"]).output
    #expect(text.contains("int twice = n * 2;"), "\(text)")
    #expect(session.exitStatus() == HostSession.exitStatus)
  }

  @Test(arguments: Debugger.allCases, ["sp ace", "a \"quoted\" 'name' back\\slash", "`date` $HOME #1 größe ;x"])
  func awkwardPaths(debugger: Debugger, folder: String) throws {
    let session = try HostSession(folder: folder)
    let text = try Self.run(debugger, session, ["b work", "continue"]).output
    #expect(text.contains("int twice = n * 2;"), "\(text)")
  }

  @Test(arguments: Debugger.allCases)
  func aProcessThatHasEndedIsReported(debugger: Debugger) throws {
    let session = try HostSession()
    session.end()
    let result = try Self.run(debugger, session, [])
    #expect(result.output.contains("No such process"), "\(result.output)")
  }
}
