// `jitdebug debug` starts GDB, or LLDB's server, while it compiles and links: whatever becomes of that, none is left behind.

import Foundation
import TestSupport
import Testing

@Suite("debuggers started beforehand")
struct PreparedDebuggerTests {
  let folder: SessionFolder
  /// A source that is never there to read: its compilation goes on until the test ends it.
  let source: String

  init() throws {
    folder = try SessionFolder()
    source = folder.folder.file("endless.c")
    try #require(mkfifo(source, 0o600) == 0)
  }

  func command(_ debugger: DebuggerName) -> [String] { ["debug", "--debugger", debugger.rawValue, source] }

  /// The debugger's process below a jitdebug that compiles.
  func waiting(_ debugger: DebuggerName, of jitdebug: pid_t) -> pid_t? {
    var names: [String: pid_t] = [:]
    for child in children(of: jitdebug) { names[name(of: child) ?? ""] = child }
    // Compiling has begun.
    return names.keys.contains { $0.hasPrefix("clang") } ? names[debugger == .gdb ? "gdb" : "lldb-server"] : nil
  }

  func name(of process: pid_t) -> String? {
    (try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8))?.trimmingCharacters(in: .newlines)
  }

  /// Those of all its threads.
  func children(of process: pid_t) -> [pid_t] {
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
    return threads.flatMap { thread in
      let list = try? String(contentsOfFile: "/proc/\(process)/task/\(thread)/children", encoding: .utf8)
      return (list ?? "").split(separator: " ").compactMap { pid_t($0) }
    }
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

  @Test(arguments: DebuggerName.allCases, [SIGINT, SIGTERM, SIGKILL])
  func endsWithJitdebug(debugger: DebuggerName, signal: Int32) throws {
    let jitdebug = try BackgroundProcess(
      [Workspace.jitdebug] + command(debugger) + ["--batch"], environment: folder.environment)
    var found: pid_t?
    try jitdebug.wait(for: "\(debugger) beside the compiler") {
      found = waiting(debugger, of: $0.pid)
      return found != nil
    }
    let process = try #require(found)
    jitdebug.signal(signal)
    endCompiler()
    expectEnd(of: process)
  }

  @Test(arguments: DebuggerName.allCases)
  func controlCReachesJitdebugAlone(debugger: DebuggerName) throws {
    let terminal = try PseudoTerminal([Workspace.jitdebug] + command(debugger), environment: folder.environment)
    var found: pid_t?
    let limit = ContinuousClock.now + .seconds(30)
    while found == nil, .now < limit {
      usleep(5000)
      found = waiting(debugger, of: terminal.pid)
    }
    let process = try #require(found)
    terminal.control("C")
    #expect(try terminal.wait() == 128 + SIGINT)
    expectEnd(of: process)
    #expect(!terminal.transcript.contains("(\(debugger.rawValue))"))
  }

  @Test(arguments: DebuggerName.allCases)
  func aFailedCompilationEndsIt(debugger: DebuggerName) throws {
    let bad = folder.folder.file("bad.c")
    try "int main(void) { return nothing; }\n".write(toFile: bad, atomically: true, encoding: .utf8)
    let result = try folder.jitdebug(["debug", "--debugger", debugger.rawValue, "--batch", bad])
    #expect(result.errors.contains("undeclared identifier 'nothing'"))
    #expect(result.status == 125)
    #expect(!result.output.contains("(\(debugger.rawValue))"))
  }

  /// One server serves the whole session; one that does not work is replaced by LLDB's own.
  @Test(arguments: ["", "[ -s \"$0.log\" ] || { echo fails >> \"$0.log\"; exit 1; }"])
  func lldbUsesTheServer(failure: String) throws {
    let server = folder.folder.file("server")
    try """
    #!/bin/sh
    \(failure)
    echo "$@" >> "$0.log"
    exec /usr/lib/llvm-22/bin/lldb-server "$@"
    """.write(toFile: server, atomically: true, encoding: .utf8)
    try #require(chmod(server, 0o700) == 0)
    let program = folder.folder.file("program.c")
    try "int main(void) {\n  int number = 3;\n  return number; // here\n}\n".write(
      toFile: program, atomically: true, encoding: .utf8)
    var environment = folder.environment
    environment["LLDB_DEBUGSERVER_PATH"] = server
    let result = try run(
      [
        Workspace.jitdebug, "debug", "--batch", "-o", "breakpoint set -f program.c -l 3", "-o", "continue", "-o",
        "frame variable number", "-o", "continue", program,
      ], environment: environment, timeout: 120)
    #expect(result.status == 3)
    #expect(result.output.hasPrefix("(lldb) breakpoint set"), "\(result.output)")
    #expect(result.output.contains("(int) number = 3"), "\(result.output)")
    let starts = try String(contentsOfFile: server + ".log", encoding: .utf8).split(separator: "\n")
    #expect(starts.count == (failure.isEmpty ? 1 : 2), "\(starts)")
  }

  /// A process that it has forked goes on without the breakpoints.
  @Test func aForkedChildHasNoBreakpoints() throws {
    let program = folder.folder.file("program.c")
    try """
    #include <sys/wait.h>
    #include <unistd.h>
    static int work(int number) {
      return number + 1; // here
    }
    int main(void) {
      int status = 0;
      pid_t child = fork();
      if (!child) _exit(work(40));
      waitpid(child, &status, 0);
      return WIFEXITED(status) ? work(WEXITSTATUS(status)) : 1;
    }
    """.write(toFile: program, atomically: true, encoding: .utf8)
    let result = try folder.jitdebug([
      "debug", "--batch", "-o", "breakpoint set -f program.c -l 4", "-o", "continue", "-o", "frame variable number",
      "-o", "continue", program,
    ])
    #expect(result.output.contains("(int) number = 41"), "\(result.output)")
    #expect(result.status == 42)
  }
}
