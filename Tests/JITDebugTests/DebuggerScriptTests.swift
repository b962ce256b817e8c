// The launch scripts run by hand, as a user without jitdebug would: `lldb-22 -b -s` and `gdb -batch -x` on a live process.

import Foundation
import Testing

@testable import JITDebug

@Suite struct DebuggerScriptTests {
  /// Runs the script and then commands; `before` come first, as options that both debuggers carry out before any file.
  static func run(_ debugger: Debugger, _ session: HostSession, before: [String] = [], _ commands: [String]) throws
    -> ToolResult
  {
    switch debugger {
    case .lldb:
      try runTool(
        "lldb-22",
        ["-b", "--no-lldbinit"] + before.flatMap { ["-O", $0] } + ["-s", session.script(.lldb)] + commands.flatMap { ["-o", $0] })
    case .gdb:
      try runTool(
        "gdb",
        ["-batch", "-nx"] + before.flatMap { ["-ex", $0] } + ["-x", session.script(.gdb)] + commands.flatMap { ["-ex", $0] })
    }
  }

  /// The wording of each debugger for the same facts.
  static let stop: [Debugger: String] = [.lldb: "work(n=1) at jit_program.c:14", .gdb: "work (n=1) at "]
  static let ended: [Debugger: String] = [.lldb: "exited with status = 15", .gdb: "exited with code 017"]

  @Test(arguments: Debugger.allCases)
  func stopsReadsAndRunsToTheEnd(debugger: Debugger) throws {
    let session = try HostSession()
    let delete = debugger == .lldb ? "breakpoint delete -f" : "delete"
    let result = try Self.run(
      debugger, session, ["break jit_program.c:14", "continue", "print twice", "print origin.y", delete, "continue"])
    let text = result.output
    #expect(text.contains("jitdebug: process \(session.target.pid) is linked and stopped before main"))
    #expect(text.contains(Self.stop[debugger]!), "\(text)")
    // The source text, by way of the source map.
    #expect(text.contains("calls += twice;  // @stop"), "\(text)")
    #expect(text.contains("= 2\n") && text.contains("= 4\n"), "\(text)")
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
    _ = try Self.run(debugger, session, [])
    #expect(session.exitStatus() == HostSession.exitStatus)
  }

  @Test(arguments: Debugger.allCases, ["sp ace", "a \"quoted\" 'name' back\\slash", "`date` $HOME #1 größe ;x"])
  func awkwardPaths(debugger: Debugger, folder: String) throws {
    let session = try HostSession(folder: folder)
    let text = try Self.run(debugger, session, ["break work", "continue"]).output
    #expect(text.contains("calls += twice;  // @stop"), "\(text)")
  }

  @Test(arguments: Debugger.allCases)
  func aProcessThatHasEndedIsReported(debugger: Debugger) throws {
    let session = try HostSession()
    session.end()
    let result = try Self.run(debugger, session, [])
    #expect(result.output.contains("No such process"), "\(result.output)")
  }
}
