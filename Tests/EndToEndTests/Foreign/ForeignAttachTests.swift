// `jitdebug attach --pid`, `--core` and `-- COMMAND`: breakpoints in the code of other people's JITs, in both debuggers.

import Foundation
import TestSupport
import Testing

@Suite("attach to other JITs")
struct ForeignAttachTests {
  let folder: SessionFolder

  init() throws { folder = try SessionFolder() }

  func attach(_ debugger: DebuggerName, _ options: [String], _ commands: [String], _ command: [String] = []) throws
    -> CommandResult
  {
    try folder.jitdebug(
      ["attach", "--batch", "--debugger", debugger.rawValue] + options + commands.flatMap { ["-o", $0] } + command)
  }

  @Test(arguments: Producer.all.filter { $0.stop != nil }, DebuggerName.allCases)
  func breakpointsStop(producer: Producer, debugger: DebuggerName) throws {
    let stop = try #require(producer.stop)
    let process = try producer.start()
    let result = try attach(debugger, ["--pid", "\(process.pid)"], ["b \(stop.place)", "continue", "bt 1"])
    #expect(result.output.contains(stop.words(debugger)), "\(result.output)\(result.errors)")
    #expect(result.status == 0, "\(result.errors)")
    // It was let go.
    #expect(try String(contentsOfFile: "/proc/\(process.pid)/status", encoding: .utf8).contains("TracerPid:\t0\n"))
  }

  /// Set before any library is loaded, in code that is registered through the hook that LLDB does not watch.
  @Test(arguments: DebuggerName.allCases, [Producer.doubleHook, Producer.all[0]])
  func breakpointsStopInAProgramThatTheDebuggerStarts(debugger: DebuggerName, producer: Producer) throws {
    let fixtures = try ProducerFixtures.shared.get()
    let stop = try #require(producer.stop)
    let result = try attach(
      debugger, producer.environment.flatMap { ["--env", "\($0)=\($1)"] },
      ["b \(stop.place)", "continue", "bt 1", "p n"], ["--"] + producer.command(fixtures))
    #expect(result.output.contains(stop.words(debugger)), "\(result.output)\(result.errors)")
    #expect(result.output.contains(debugger.value(0)), "\(result.output)")
    #expect(result.status == 0, "\(result.errors)")
  }

  /// What LLDB does by itself: the reason for all this. Should this fail one day, LLDB goes by all hooks.
  @Test func plainLLDBMissesTheSecondHook() throws {
    let process = try Producer.doubleHook.start()
    let result = try run(
      [
        "lldb-22", "--batch", "--no-lldbinit",
        // By several threads, on a busy machine, the second module may come first.
        "-o", "settings set target.parallel-module-load false", "-o",
        "settings set symbols.enable-external-lookup false", "-o",
        "settings set plugin.jit-loader.gdb.enable on", "-o", "process attach --pid \(process.pid)", "-o",
        "breakpoint set --name twice", "-o", "detach",
      ])
    #expect(result.output.contains("no locations (pending)"), "\(result.output)")
  }

  /// A script that was started by an interpreter, which is found along the script's first line.
  @Test(arguments: DebuggerName.allCases)
  func scriptsAreStartedByTheirInterpreters(debugger: DebuggerName) throws {
    let fixtures = try ProducerFixtures.shared.get()
    let script = try folder.folder.script("start", "exec lli-22 --jit-kind=orc \"$1\"\n")
    let result = try attach(
      debugger, [], ["b \(Producer.loop.place)", "continue", "bt 1"], ["--", script, fixtures.file("loop.ll")])
    #expect(result.output.contains(Producer.loop.words(debugger)), "\(result.output)\(result.errors)")
  }

  /// Values that one of the debuggers, or the shell that GDB starts programs by, would change.
  static let values = [
    "==x=", " x ", "'\"`id`$HOME${HOME}$(id)\\", " ~ ~root:~", "a\\nb%s%%", "", "#!;|&<>(){}[]*?", "\u{e4}\u{2028}.",
  ]

  @Test(arguments: DebuggerName.allCases)
  func variablesComeAsTheyWereGiven(debugger: DebuggerName) throws {
    // LLDB has no way to write it.
    let values = Self.values + (debugger == .gdb ? ["two\nlines\n\n", "\t\r"] : [])
    let options = values.enumerated().flatMap { ["--env", "JITDEBUG_\($0.offset)=\($0.element)"] }
    let script = "for i in $(seq 0 \(values.count - 1)); do printenv -0 JITDEBUG_$i; done > \"$0\""
    let file = folder.folder.file("values")
    let result = try attach(debugger, options, ["continue"], ["--", "bash", "-c", script, file])
    #expect(result.status == 0, "\(result.output)\(result.errors)")
    let text = try String(contentsOfFile: file, encoding: .utf8)
    #expect(text.components(separatedBy: "\0").dropLast() == values[...], "\(result.output)")
  }

  @Test func variablesThatCannotBeGivenAreNamed() throws {
    let lldb = try attach(.lldb, ["--env", "A=1\n2"], [], ["--", "true"])
    #expect(lldb.errors.contains("error: --env A: LLDB's commands end with their line"), "\(lldb.errors)")
    let gdb = try attach(.gdb, ["--env", "A.B=1"], [], ["--", "true"])
    #expect(gdb.errors.contains("error: --env A.B: shells, by which GDB starts programs"), "\(gdb.errors)")
  }

  /// Neither a folder nor a file that cannot be executed is the program, as for a shell.
  @Test func programsAreFoundAsTheShellFindsThem() throws {
    for name in ["folder/printenv", "file", "link"] {
      try FileManager.default.createDirectory(
        atPath: folder.folder.file("bin/\(name)"), withIntermediateDirectories: true)
    }
    try "text".write(toFile: folder.folder.file("bin/file/printenv"), atomically: true, encoding: .utf8)
    try FileManager.default.createSymbolicLink(
      atPath: folder.folder.file("bin/link/printenv"), withDestinationPath: folder.folder.file("bin/folder"))
    let early = ["folder", "file", "link"].map { folder.folder.file("bin/\($0)") }.joined(separator: ":")
    var environment = folder.environment
    environment["PATH"] = early + ":" + (environment["PATH"] ?? "")
    for command in [["attach", "--batch", "-o", "continue"], ["doctor"]] {
      let result = try run(
        [Workspace.jitdebug] + command + ["--env", "A=found", "--", "printenv", "A"], environment: environment)
      #expect(!result.errors.contains("error:"), "\(result.errors)")
      #expect(result.output.contains(command[0] == "attach" ? "found" : "it ended before"), "\(result.output)")
    }
  }

  @Test(arguments: DebuggerName.allCases)
  func coresShowTheCode(debugger: DebuggerName) throws {
    let process = try Producer.doubleHook.start()
    let made = try run(["gcore", "-o", folder.folder.file("core"), "\(process.pid)"])
    let core = folder.folder.file("core.\(process.pid)")
    try #require(made.status == 0, "\(made.errors)")
    process.signal(SIGKILL)
    let result = try attach(debugger, ["--core", core], ["bt"])
    #expect(
      result.output.firstRange(of: #/\bmain(\ \(\))? at .*loop\.c:\d+/#) != nil, "\(result.output)\(result.errors)")
    #expect(result.status == 0)
  }

  @Test(arguments: DebuggerName.allCases)
  func movedSourcesAreFound(debugger: DebuggerName) throws {
    // Compiled under a path that does not exist.
    let source = Workspace.programs + "/foreign"
    let made = try run(
      [
        "clang-22", "-g", "-O0", "-S", "-emit-llvm", "-ffile-prefix-map=\(source)=/compiled/elsewhere",
        "\(source)/loop.c", "-o", folder.folder.file("moved.ll"),
      ])
    try #require(made.status == 0, "\(made.errors)")
    let process = try BackgroundProcess(["lli-22", "--jit-kind=orc", folder.folder.file("moved.ll")])
    try process.expect("ready")
    let commands = ["b \(Producer.loop.place)", "continue"]
    let without = try attach(debugger, ["--pid", "\(process.pid)"], commands)
    #expect(!without.output.contains("// @stop"))
    #expect(without.errors.contains("1 source file is missing"), "\(without.errors)")
    let result = try attach(debugger, ["--pid", "\(process.pid)", "--source-root", source], commands)
    #expect(result.output.contains("// @stop"), "\(result.output)\(result.errors)")
  }

  @Test(arguments: [
    (["--pid", "1", "--core", "x"], "error: --core: has no meaning together with --pid\n"),
    (["--pid", "1", "--session", "x"], "error: --session: has no meaning together with --pid\n"),
    (["--program", "x"], "error: --program: has a meaning together with --core only\n"),
    (["--env", "A=1"], "error: --env: has a meaning together with a command only\n"),
    (["--", "/nonexistent/program"], "error: /nonexistent/program: cannot be run: no such file or directory\n"),
    (["--", "/usr"], "error: /usr: cannot be run: is a directory\n"),
    (["--", "no-such-program"], "error: no-such-program: there is no such program in PATH\n"),
  ])
  func contradictionsAreNamed(options: [String], message: String) throws {
    let result = try folder.jitdebug(["attach"] + options)
    #expect(result.errors.hasPrefix(message), "\(result.errors)")
    #expect(result.status == 64)
  }

  @Test func processesThatAreNotThereAreNamed() throws {
    let ended = try run(["sh", "-c", "echo $$"])
    let pid = ended.output.trimmingCharacters(in: .whitespacesAndNewlines)
    let result = try folder.jitdebug(["attach", "--pid", pid])
    #expect(result.errors.hasPrefix("error: process \(pid): there is no such process on this machine\n"))
    #expect(result.status == 64)
  }
}
