// `jitdebug debug`: from before main to the end of program and debugger, with both debuggers, in batch mode and at a terminal.

import Foundation
import TestSupport
import Testing

@Suite("debug")
struct DebugCommandTests {
  let folder: SessionFolder
  let executor: String

  init() throws {
    folder = try SessionFolder()
    executor = try Workspace.executor.get()
  }

  func arguments(_ debugger: DebuggerName, _ commands: [String], _ mode: String = "") -> [String] {
    ["debug", "--executor", executor, "--debugger", debugger.rawValue] + commands.flatMap { ["-o", $0] }
      + [DebuggerProgram.source, "--", mode]
  }

  func batch(_ debugger: DebuggerName, _ commands: [String], _ mode: String = "", input: String = "") throws
    -> CommandResult
  {
    try folder.jitdebug(
      ["--batch"].reduce(into: arguments(debugger, commands, mode)) { $0.insert($1, at: 1) }, input: input)
  }

  @Test(arguments: DebuggerName.allCases)
  func stopsBeforeStaticInitialisers(debugger: DebuggerName) throws {
    let result = try batch(debugger, ["b early", "b work", "continue", "bt 1", "continue", "p counter"])
    let output = result.output
    let early = try #require(output.range(of: debugger == .lldb ? "`early" : "early ()"), "\(output)\(result.errors)")
    let work = try #require(output.range(of: debugger.stopInWork), "\(output)")
    #expect(early.lowerBound < work.lowerBound)
    #expect(output.contains(debugger.value(3)), "\(output)")
    // The program was killed when the debugger quit.
    #expect(!output.contains("bye"))
    #expect(result.status == 0)
    #expect((result.output + result.errors).contains("is linked and stopped before main; `continue` starts it"))
  }

  /// Not somewhere in the C library, whose debug info the debugger would read for it.
  @Test(arguments: DebuggerName.allCases)
  func waitsInAFunctionOfItsOwn(debugger: DebuggerName) throws {
    let result = try batch(debugger, ["bt"])
    let function = debugger == .lldb ? "`jitdebug_wait_for_debugger" : "in jitdebug_wait_for_debugger ()"
    let frames = result.output.matches(of: debugger == .lldb ? /frame #\d/ : /(?m)^#\d/)
    #expect(frames.count == 1, "\(result.output)")
    #expect(result.output.contains(function), "\(result.output)")
  }

  /// An index of the C library's debug info, where that is installed, and of nothing else; the user's setting stays as it was.
  @Test(arguments: ["off", "on"])
  func gdbKeepsAnIndex(setting: String) throws {
    let home = folder.folder.file("home")
    _ = try folder.folder.script("home/.gdbinit", "set index-cache enabled \(setting)\n")
    let environment = ["HOME": home, "XDG_CACHE_HOME": home + "/cache", "XDG_CONFIG_HOME": home]
    let notes = try run(["readelf", "--notes", "/lib/x86_64-linux-gnu/libc.so.6"]).output
    let id = String(try #require(notes.firstMatch(of: /Build ID: ([0-9a-f]+)/)).1)
    let isInstalled = FileManager.default.fileExists(
      atPath: "/usr/lib/debug/.build-id/\(id.prefix(2))/\(id.dropFirst(2)).debug")
    for _ in 1...2 {
      let result = try run(
        [Workspace.jitdebug, "debug", "--batch"] + arguments(.gdb, ["show index-cache enabled", "bt 1"]).dropFirst(),
        environment: folder.environment.merging(environment) { $1 })
      #expect(result.output.contains("index cache is \(setting)"), "\(result.output)\(result.errors)")
      let kept = (try? FileManager.default.contentsOfDirectory(atPath: home + "/cache/gdb")) ?? []
      if setting == "off" {
        #expect(kept == (isInstalled ? ["\(id).gdb-index"] : []))
      } else {
        #expect(kept.contains("\(id).gdb-index") == isInstalled)
      }
    }
  }

  @Test(arguments: DebuggerName.allCases)
  func theProgramsOwnExitCode(debugger: DebuggerName) throws {
    let result = try batch(debugger, ["continue"])
    for line in ["early\n", "counter 9\n", "bye\n"] { #expect(result.output.contains(line), "\(result.output)") }
    #expect(result.output.contains(debugger.ended))
    #expect(result.status == 7, "\(result.errors)")
  }

  @Test(arguments: DebuggerName.allCases, [("crash", SIGSEGV), ("abort", SIGABRT)])
  func aCrashStopsAndThenEndsTheProgram(debugger: DebuggerName, crash: (mode: String, signal: Int32)) throws {
    let result = try batch(debugger, ["continue", "bt"], crash.mode)
    #expect(result.output.contains(crash.signal == SIGSEGV ? "SIGSEGV" : "SIGABRT"), "\(result.output)")
    // Under LLDB the crash ends the commands, and the backtrace is printed all the same.
    #expect(result.output.contains("main"), "\(result.output)")
    #expect(result.status == 128 + crash.signal, "\(result.errors)")
  }

  @Test(arguments: DebuggerName.allCases)
  func aFailingCommand(debugger: DebuggerName) throws {
    let result = try batch(debugger, ["p no_such_thing"])
    #expect((result.output + result.errors).contains("no_such_thing"))
    #expect(result.status == 1)
    #expect(!result.output.contains("early"))
  }

  @Test(arguments: DebuggerName.allCases)
  func quitWithAStatus(debugger: DebuggerName) throws {
    let result = try batch(debugger, ["quit 5"])
    #expect(result.status == 5, "\(result.output)\(result.errors)")
    #expect(!result.output.contains("early"))
  }

  @Test(arguments: DebuggerName.allCases)
  func redirectedInputIsThePrograms(debugger: DebuggerName) throws {
    let result = try batch(debugger, ["continue"], "echo", input: "first\nsecond\n")
    #expect(result.output.contains("first\nsecond\nbye"), "\(result.output)")
    #expect(result.status == 7, "\(result.errors)")
  }

  @Test(arguments: DebuggerName.allCases)
  func withoutTerminalAndBatchThereIsNobodyToAsk(debugger: DebuggerName) throws {
    // A session of its own has no terminal to open.
    let result = try run(
      ["setsid", "--wait", Workspace.jitdebug] + arguments(debugger, []), environment: folder.environment)
    #expect(result.status == 64)
    #expect(result.errors.contains("no terminal for the debugger"))
    #expect(result.errors.contains("note: give the debugger's commands with -o, together with --batch"))
  }

  @Test(arguments: DebuggerName.allCases)
  func atATerminal(debugger: DebuggerName) throws {
    let terminal = try PseudoTerminal(
      [Workspace.jitdebug] + arguments(debugger, [], "loop"), environment: folder.environment)
    try terminal.expect("`continue` starts it")
    try terminal.expect(debugger.prompt)
    terminal.send("tbreak work")
    try terminal.expect("reakpoint 1")
    terminal.send("continue")
    try terminal.expect(debugger.stopInWork)
    terminal.send("bt")
    try terminal.expect("main")
    terminal.send("continue")
    try terminal.expect("counter 9")
    try terminal.interrupt(debugger)
    terminal.send("p go_on = 1")
    try terminal.expect("1\n")
    terminal.send("continue")
    try terminal.expect("bye")
    try terminal.expect(debugger.ended)
    terminal.send("quit")
    #expect(try terminal.wait() == 7)
    #expect(terminal.isCooked)
  }

  @Test(arguments: DebuggerName.allCases)
  func quittingEndsTheProgram(debugger: DebuggerName) throws {
    let terminal = try PseudoTerminal(
      [Workspace.jitdebug] + arguments(debugger, [], "loop"), environment: folder.environment)
    try terminal.expect(debugger.prompt)
    terminal.send("continue")
    try terminal.expect("counter 9")
    try terminal.interrupt(debugger)
    terminal.send("quit")
    if debugger == .gdb {
      // GDB's own question.
      try terminal.expect("(y or n)")
      terminal.send("y")
    }
    #expect(try terminal.wait() == 0)
    #expect(terminal.isCooked)
    #expect(!terminal.transcript.contains("bye"))
  }

  /// Ctrl-C ends the waiting of a command given with -o as well, and the next one is carried out.
  @Test(arguments: DebuggerName.allCases)
  func interruptingABatch(debugger: DebuggerName) throws {
    var command = arguments(debugger, ["continue", "p counter"], "loop")
    command.insert("--batch", at: 1)
    let terminal = try PseudoTerminal([Workspace.jitdebug] + command, environment: folder.environment)
    try terminal.expect("counter 9")
    try terminal.interrupt(debugger)
    try terminal.expect(debugger.value(9))
    #expect(try terminal.wait() == 0)
  }

  @Test func aMissingGDB() throws {
    let compilers = folder.folder.file("bin")
    try FileManager.default.createDirectory(atPath: compilers, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: compilers + "/clang-22", withDestinationPath: "/usr/bin/clang-22")
    let environment = folder.environment.merging(["PATH": compilers]) { $1 }
    let result = try run(
      [Workspace.jitdebug, "debug", "--batch"] + arguments(.gdb, []).dropFirst(), environment: environment)
    #expect(result.status == 125)
    #expect(result.errors.contains("error: gdb: cannot be started"), "\(result.errors)")
    #expect(result.errors.contains("note: install it with Scripts/setup, or use --debugger lldb"))
  }

  @Test func aMissingLLDB() throws {
    // Like a library of ours whose liblldb is not installed.
    let needed = folder.folder.file("liblldb-none.so.1")
    let library = folder.folder.file("libLLDBBridge.so")
    try run(["clang-22", "-shared", "-Wl,-soname,liblldb-none.so.1", "-o", needed, "-x", "c", "/dev/null"]).succeeded()
    try run(["clang-22", "-shared", "-o", library, "-x", "c", "/dev/null", "-x", "none", needed]).succeeded()
    try FileManager.default.removeItem(atPath: needed)
    let copy = folder.folder.file("jitdebug")
    try run(["cp", Workspace.jitdebug, copy]).succeeded()
    let result = try run(
      [copy, "debug", "--batch"] + arguments(.lldb, []).dropFirst(), environment: folder.environment)
    #expect(result.status == 125)
    #expect(result.errors.contains("error: LLDB: cannot be loaded: liblldb-none.so.1: "), "\(result.errors)")
    #expect(result.errors.contains("note: install liblldb 22 with Scripts/setup, or use --debugger gdb"))
  }

  @Test func aMissingLLDBLibrary() throws {
    let copy = folder.folder.file("jitdebug")
    // By another process: a program file that one started here meanwhile has open for writing cannot be executed.
    try run(["cp", Workspace.jitdebug, copy]).succeeded()
    let result = try run(
      [copy, "debug", "--batch"] + arguments(.lldb, []).dropFirst(), environment: folder.environment)
    #expect(result.status == 125)
    #expect(result.errors.contains("libLLDBBridge.so: jitdebug's LLDB library is missing"), "\(result.errors)")
  }
}
