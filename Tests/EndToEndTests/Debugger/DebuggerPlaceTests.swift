// `debug` and `attach` where the executor is not jitdebug's own child, or not jitdebug's at all.

import Foundation
import TestSupport
import Testing

@Suite("debug on other executors")
struct DebuggerPlaceTests {
  let folder: SessionFolder

  init() throws { folder = try SessionFolder() }

  @Test(arguments: DebuggerName.allCases)
  func listeningExecutor(debugger: DebuggerName) throws {
    let listener = try PseudoTerminal([try Workspace.executor.get(), "--listen", "127.0.0.1:0"])
    try listener.expect("127.0.0.1:")
    try listener.expect("\n")
    let address = try #require(listener.transcript.firstMatch(of: /127\.0\.0\.1:\d+/)).output

    // Compressed code is debugged like any other.
    let debug =
      ["debug", "--connect", String(address), "--compress", "always", "--debugger", debugger.rawValue, "--batch"]
    let stopped = try folder.jitdebug(
      debug + ["-o", "b work", "-o", "continue", "-o", "p counter", DebuggerProgram.source])
    #expect(stopped.output.contains(debugger.stopInWork), "\(stopped.output)\(stopped.errors)")
    #expect(stopped.output.contains(debugger.value(3)), "\(stopped.output)")
    #expect(stopped.status == 0)

    let ended = try folder.jitdebug(debug + ["-o", "continue", DebuggerProgram.source, "--", "echo"], input: "text\n")
    #expect(ended.status == 7, "\(ended.output)\(ended.errors)")
    for line in ["early\n", "counter 9\n", "text\n", "bye\n"] {
      #expect(ended.output.contains(line), "\(ended.output)")
    }

    let session = try RunningSession(in: folder, ["--connect", String(address)])
    let attached = try folder.jitdebug(
      ["attach", "--debugger", debugger.rawValue, "--batch", "-o", "b work", "-o", "continue", "-o", "p go_on = 1"])
    #expect(attached.output.contains(debugger.stopInWork), "\(attached.output)\(attached.errors)")
    #expect(try session.terminal.wait() == 7)
  }

  /// LLVM's executor knows no waiting for a debugger; its program is started when the debugger holds it.
  @Test(arguments: DebuggerName.allCases)
  func stockExecutor(debugger: DebuggerName) throws {
    let debug =
      ["debug", "--executor", "/usr/lib/llvm-22/bin/llvm-jitlink-executor", "--debugger", debugger.rawValue, "--batch"]
    let stopped = try folder.jitdebug(
      debug + ["-o", "b early", "-o", "continue", "-o", "p counter", DebuggerProgram.source])
    #expect(stopped.output.contains(debugger == .lldb ? "`early" : "early ()"), "\(stopped.output)\(stopped.errors)")
    #expect(stopped.output.contains(debugger.value(3)), "\(stopped.output)")
    #expect(stopped.status == 0, "\(stopped.errors)")

    let ended = try folder.jitdebug(debug + ["-o", "continue", DebuggerProgram.source])
    #expect(ended.status == 7, "\(ended.output)\(ended.errors)")
  }
}
