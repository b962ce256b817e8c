// `jitdebug attach`: finding the session, refusals that are explained, and the same output as the debuggers run by hand.

import Foundation
import TestSupport
import Testing

@Suite("attach")
struct AttachCommandTests {
  let folder: SessionFolder
  let executor: String

  init() throws {
    folder = try SessionFolder()
    executor = try Workspace.executor.get()
  }

  func session() throws -> RunningSession { try RunningSession(in: folder, ["--executor", executor]) }

  func attach(_ debugger: DebuggerName = .lldb, _ commands: [String] = [], _ options: [String] = []) throws
    -> CommandResult
  {
    try folder.jitdebug(
      ["attach", "--batch", "--debugger", debugger.rawValue] + options + commands.flatMap { ["-o", $0] })
  }

  @Test(arguments: DebuggerName.allCases)
  func readsChangesAndLeavesTheProgramRunning(debugger: DebuggerName) throws {
    let session = try session()
    let first = try attach(debugger, ["b work", "continue", "bt 1", "p counter"])
    #expect(first.output.contains(debugger.stopInWork), "\(first.output)\(first.errors)")
    #expect(first.output.contains(debugger.value(9)), "\(first.output)")
    #expect(first.status == 0)
    let second = try attach(debugger, ["p go_on = 1"])
    #expect(second.status == 0, "\(second.output)\(second.errors)")
    try session.terminal.expect("bye")
    #expect(try session.terminal.wait() == 7)
  }

  /// The program would die of a breakpoint that nobody is there for. (As it does when GDB gets SIGTERM, with GDB alone too.)
  @Test(arguments: [(DebuggerName.lldb, SIGHUP), (.lldb, SIGTERM), (.gdb, SIGHUP)])
  func aDebuggerThatIsEndedLeavesTheProgramRunning(debugger: DebuggerName, signal: Int32) throws {
    let session = try session()
    let line = try DebuggerProgram.line("bye")
    let stop = debugger == .lldb ? "breakpoint set -f session.c -l \(line)" : "break session.c:\(line)"
    let attached = try BackgroundProcess(
      [Workspace.jitdebug, "attach", "--debugger", debugger.rawValue, "-o", stop], environment: folder.environment)
    try attached.expect("Breakpoint 1")
    attached.send("continue\n")
    try attached.expect(debugger.continuing)
    // As a terminal does that closes.
    kill(-attached.pid, signal)
    #expect(try attached.finish(closingInput: false).end != .timedOut)
    let next = try attach(debugger, ["p go_on = 1"])
    #expect(next.status == 0, "\(next.output)\(next.errors)")
    #expect(try session.terminal.wait() == 7)
  }

  @Test func whichSession() throws {
    let none = try attach()
    #expect(none.status == 64)
    #expect(none.errors.contains("error: no session is running\nnote: start one with"), "\(none.errors)")

    let first = try session()
    let second = try session()
    let several = try attach()
    #expect(several.status == 64)
    #expect(several.errors.contains("error: 2 sessions are running"), "\(several.errors)")
    #expect(several.errors.contains(first.id) && several.errors.contains(second.id))

    let unknown = try attach(.lldb, [], ["--session", "nothing"])
    #expect(unknown.status == 64)
    #expect(unknown.errors.contains("session nothing"), "\(unknown.errors)")

    let named = try attach(.lldb, ["p go_on = 1"], ["--session", second.id])
    #expect(named.status == 0, "\(named.errors)")
    #expect(try second.terminal.wait() == 7)

    let ended = try attach(.lldb, [], ["--session", second.id])
    #expect(ended.status == 125)
    #expect(ended.errors.contains("error: session \(second.id): has ended with status 7"), "\(ended.errors)")
  }

  @Test func aSecondDebuggerIsRefused() throws {
    let session = try session()
    let other = try PseudoTerminal(["gdb", "-q", "-nx", "-p", "\(session.pid)"])
    try other.expect("(gdb) ")
    for debugger in DebuggerName.allCases {
      let result = try attach(debugger)
      #expect(result.status == 125)
      #expect(
        result.errors.contains("error: process \(session.pid): is being debugged already, by process"),
        "\(result.errors)")
      #expect(result.errors.contains("(gdb)\nnote: a process has one debugger at a time"), "\(result.errors)")
    }
  }

  @Test func anotherUsersProcessIsRefused() throws {
    let session = try session()
    // The session's description has to be readable to get as far as the process.
    try run(["chmod", "-R", "a+rX", folder.folder.path]).succeeded()
    let result = try run(
      asNobody([Workspace.jitdebug, "attach", "--batch"]), environment: folder.environment)
    #expect(result.status == 125, "\(result.output)")
    #expect(result.errors.contains("error: process \(session.pid): no permission to debug it"), "\(result.errors)")
    #expect(result.errors.contains("ptrace_scope") && result.errors.contains("CAP_SYS_PTRACE"), "\(result.errors)")
  }

  /// Runs a command with another user's rights, or, where the tests have no right to do that, with fewer rights than a
  /// debugger needs.
  private func asNobody(_ command: [String]) -> [String] {
    geteuid() == 0
      ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] + command
      : ["unshare", "--user"] + command
  }

  /// A breakpoint in code that comes later is announced as pending, and again when it has found the code.
  @Test(arguments: DebuggerName.allCases)
  func pendingBreakpointsAreAnnounced(debugger: DebuggerName) throws {
    let library = folder.folder.file("late.so")
    try Data("int late(int n) {\n  return n + 1;\n}\n".utf8).write(to: URL(filePath: folder.folder.file("late.c")))
    try run(["clang-22", "-g", "-shared", "-fPIC", folder.folder.file("late.c"), "-o", library]).succeeded()
    let program = """
      #include <dlfcn.h>
      #include <stdio.h>
      #include <unistd.h>
      volatile int go_on;
      int main(void) {
        puts("waiting");
        fflush(stdout);
        while (!go_on) usleep(1000);
        return ((int (*)(int))dlsym(dlopen("\(library)", RTLD_NOW), "late"))(1);
      }
      """
    try Data(program.utf8).write(to: URL(filePath: folder.folder.file("program.c")))
    let session = try BackgroundProcess(
      [Workspace.jitdebug, "run", "--executor", executor, folder.folder.file("program.c")],
      environment: folder.environment)
    try session.expect("waiting")
    let result = try attach(debugger, ["b late.c:2", "p go_on = 1", "continue", "bt 1"])
    let text = result.output
    #expect(
      text.contains(debugger == .lldb ? "Breakpoint 1: no locations (pending)." : "Breakpoint 1 (late.c:2) pending."))
    #expect(
      text.contains(debugger == .lldb ? "1 location added to breakpoint 1\n" : "Breakpoint 1 (late.c:2) resolved.\n"),
      "\(text)\(result.errors)")
    #expect(text.contains(debugger == .lldb ? "late(n=1)" : "late (n=1)"), "\(text)")
    #expect(try session.finish().status == 2)
  }

  @Test func lldbInProcessPrintsWhatTheDriverPrints() throws {
    let session = try session()
    let commands = [
      "breakpoint set -f session.c -l \(try DebuggerProgram.line("work"))", "continue", "thread backtrace -c 2",
      "frame variable", "next", "p counter", "breakpoint list -b", "image lookup -n work", "p no_such_thing",
      "p counter",
    ]
    let ours = try attach(.lldb, commands)
    let driver = try run(
      ["lldb-22", "-b", "-s", session.path + "/launch.lldb"] + commands.flatMap { ["-o", $0] },
      environment: folder.environment)
    // The driver also shows the script's own lines; the last of them is a comment.
    let greeting = try #require(driver.output.firstRange(of: /\(lldb\) # jitdebug: attached.*\n/), "\(driver.output)")
    #expect(ours.output == String(driver.output[greeting.upperBound...]))
    #expect(ours.errors.hasSuffix(driver.errors), "\(ours.errors)")
    #expect(ours.status == 1 && driver.status == 1)
  }

  @Test func gdbPrintsWhatItPrintsByHand() throws {
    let session = try session()
    let commands = ["b session.c:\(try DebuggerProgram.line("work"))", "continue", "bt 2", "info locals", "p counter"]
    let ours = try attach(.gdb, commands)
    let byHand = try run(
      ["gdb", "-q", "-x", session.path + "/launch.gdb"] + commands.flatMap { ["-ex", $0] } + ["-batch"],
      environment: folder.environment)
    func normalised(_ text: String) -> String {
      // The thread found sleeping is at any of a few instructions, and `counter` counts nothing up in the loop.
      text.split(separator: "\n").drop { !$0.hasPrefix("jitdebug:") }.joined(separator: "\n")
    }
    #expect(normalised(ours.output) == normalised(byHand.output))
    #expect(ours.output.contains("session.c:"), "\(ours.output)")
  }

  @Test(arguments: DebuggerName.allCases)
  func atATerminal(debugger: DebuggerName) throws {
    let session = try session()
    let terminal = try PseudoTerminal(
      [Workspace.jitdebug, "attach", "--debugger", debugger.rawValue], environment: folder.environment)
    try terminal.expect("attached to process \(session.pid)")
    try terminal.expect(debugger.prompt)
    terminal.send("bt")
    try terminal.expect("main")
    terminal.send("continue")
    try terminal.expect(debugger.continuing)
    try terminal.interrupt(debugger)
    terminal.send("p go_on = 1")
    try terminal.expect("1\n")
    terminal.send("detach")
    try terminal.expect("detached")
    try session.terminal.expect("bye")
    terminal.send("quit")
    #expect(try terminal.wait() == 0)
    #expect(terminal.isCooked)
    #expect(try session.terminal.wait() == 7)
  }

  /// The shell's job control sees one job: Ctrl-Z stops it, `fg` brings the prompt back.
  @Test func stopsAndContinuesLikeAnyJob() throws {
    let session = try session()
    let shell = try PseudoTerminal(
      ["bash", "--norc", "-i"], environment: folder.environment.merging(["PS1": "$ "]) { $1 })
    shell.send("\(Workspace.jitdebug) attach; echo status=$?")
    try shell.expect("(lldb) ")
    shell.control("Z")
    try shell.expect("Stopped")
    shell.send("fg")
    try shell.expect("attach")
    shell.send("bt")
    try shell.expect("main")
    shell.send("detach")
    try shell.expect("detached")
    shell.send("quit")
    // After a stop, bash goes on with the list's next command at once; the job's end shows in the prompt.
    shell.send("exit")
    _ = try shell.wait()
    #expect(kill(session.pid, 0) == 0)
  }
}

extension CommandResult {
  func succeeded(sourceLocation: SourceLocation = #_sourceLocation) throws {
    try #require(status == 0, "\(errors)", sourceLocation: sourceLocation)
  }
}
