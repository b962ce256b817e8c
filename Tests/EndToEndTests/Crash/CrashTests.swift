// Ways to die, and what `run` says of each: signal, reason, function and line.

import Foundation
import TestSupport
import Testing

/// A program of Tests/Programs/crash.
struct CrashCase: Sendable, CustomTestStringConvertible {
  var program: String
  /// Nil for programs that nothing is to be said about.
  var signal: String?
  var status: Int32
  /// The one with the line that is marked `@crash`.
  var function = "main"
  var reason = ""
  var options: [String] = []

  var testDescription: String { program }
  var path: String { "\(Workspace.programs)/crash/\(program)" }

  static let all = [
    CrashCase("null_write.c", "SIGSEGV", 139, "store", "write to 0x0, the null pointer"),
    CrashCase("null_field.c", "SIGSEGV", 139, "value_of", "read of 0x18: the null pointer plus 24"),
    CrashCase("jump_zero.c", "SIGSEGV", 139, "call", "jump to 0x0, the null pointer"),
    CrashCase("stack_overflow.c", "SIGSEGV", 139, "descend", "stack overflow"),
    CrashCase("after_munmap.c", "SIGSEGV", 139, "main", "which is not mapped"),
    CrashCase("constant.c", "SIGSEGV", 139, "change", "which is not writable: the program's data (r--)"),
    CrashCase("jump_data.c", "SIGSEGV", 139, "call", "which is not executable: the program's data (rw-)"),
    CrashCase("divide.c", "SIGFPE", 136, "ratio", "integer division by zero"),
    CrashCase("illegal.c", "SIGILL", 132, "never", "illegal instruction"),
    CrashCase("bus.c", "SIGBUS", 135, "main", "nothing lies there in the file that is mapped"),
    CrashCase("abort.c", "SIGABRT", 134, "give_up", "abort was called"),
    CrashCase("assertion.c", "SIGABRT", 134, "check", "an assertion failed"),
    CrashCase(
      "uncaught.cpp", "SIGABRT", 134, "parse", "uncaught exception of type std::out_of_range: no number in 'word 1'"),
    CrashCase("uncaught_int.cpp", "SIGABRT", 134, "careful", "uncaught exception of type int"),
    CrashCase("abort_in_handler.cpp", "SIGABRT", 134, "give_up", "abort was called"),
    CrashCase("rethrown.cpp", "SIGABRT", 134, "again", "uncaught exception of type std::runtime_error: kept for later"),
    CrashCase("double_free.cpp", "SIGABRT", 134, "release", "abort was called"),
    CrashCase("memory.cpp", "SIGABRT", 134, "hoard", "uncaught exception of type std::bad_alloc: std::bad_alloc"),
    CrashCase("thread.c", "SIGSEGV", 139, "work", "write to 0x40: the null pointer plus 64"),
    CrashCase("heap_threads.c", "SIGSEGV", 139, "main", "write to 0x40: the null pointer plus 64"),
    CrashCase("callback.c", "SIGSEGV", 139, "compare", "read of 0x0, the null pointer"),
    CrashCase("destructor.cpp", "SIGSEGV", 139, "Holder::~Holder", "write to 0x0, the null pointer"),
    CrashCase("library.c", "SIGSEGV", 139, "length", "read of 0x0, the null pointer"),
    CrashCase("inlined.c", "SIGSEGV", 139, "store", "write to 0x10: the null pointer plus 16", options: ["-O2"]),
    CrashCase("raised.c", "SIGSEGV", 139, "main", "the program sent itself the signal"),
    CrashCase("exit3.c", nil, 3),
    CrashCase("handled.c", nil, 42),
    CrashCase("child.c", nil, 0),
    CrashCase("killed.c", nil, 137),
  ]

  init(
    _ program: String, _ signal: String?, _ status: Int32, _ function: String = "", _ reason: String = "",
    options: [String] = []
  ) {
    self.program = program
    self.signal = signal
    self.status = status
    self.function = function
    self.reason = reason
    self.options = options
  }

  /// The line that is marked; nil where the crash is anywhere in the function.
  func markedLine() throws -> Int? {
    let lines = try String(contentsOfFile: path, encoding: .utf8).components(separatedBy: "\n")
    return lines.firstIndex { $0.contains("// @crash") }.map { $0 + 1 }
  }

  /// Whether the report, of `run --json`, tells what it has to.
  func check(_ result: CommandResult, sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(result.status == status, "\(result.errors)", sourceLocation: sourceLocation)
    let reports = result.errors.components(separatedBy: "\n").filter { $0.hasPrefix("{") }
    guard let signal else {
      #expect(reports == [], sourceLocation: sourceLocation)
      return
    }
    try #require(reports.count == 1, "\(result.errors)", sourceLocation: sourceLocation)
    let document = try #require(
      try JSONSerialization.jsonObject(with: Data(reports[0].utf8)) as? [String: Any], sourceLocation: sourceLocation)
    #expect(document["signalName"] as? String == signal, sourceLocation: sourceLocation)
    let place = document["place"] as? [String: Any] ?? [:]
    #expect(place["function"] as? String == function, "\(reports[0])", sourceLocation: sourceLocation)
    #expect((place["file"] as? String)?.hasSuffix(program) == true, sourceLocation: sourceLocation)
    if let line = try markedLine() {
      #expect(place["line"] as? Int == line, "\(reports[0])", sourceLocation: sourceLocation)
    }
    let text = document["reason"] as? String ?? ""
    #expect(text.contains(reason), "\(text)", sourceLocation: sourceLocation)
    // The thread that crashed comes first, and its stack leads to where it began.
    let threads = document["threads"] as? [[String: Any]] ?? []
    let frames = threads.first?["frames"] as? [[String: Any]] ?? []
    #expect(frames.contains { $0["function"] as? String == function }, sourceLocation: sourceLocation)
    let began = ["thread.c": "work", "destructor.cpp": "exit", "stack_overflow.c": "descend"][program] ?? "main"
    #expect(frames.contains { $0["function"] as? String == began }, "\(reports[0])", sourceLocation: sourceLocation)
  }
}

@Suite struct CrashTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func jitdebug(_ arguments: [String]) throws -> CommandResult {
    var environment = baseEnvironment
    environment["XDG_STATE_HOME"] = folder.file("state")
    let executor = try Workspace.executor.get()
    return try run(
      [Workspace.jitdebug, "run", "--executor", executor] + arguments, environment: environment, directory: folder.path,
      timeout: 120)
  }

  @Test(arguments: CrashCase.all) func isReported(_ crash: CrashCase) throws {
    try crash.check(try jitdebug(["--json"] + crash.options + [crash.path]))
  }

  static let crossCases = CrashCase.all.filter {
    [
      "null_write.c", "stack_overflow.c", "abort.c", "assertion.c", "thread.c", "heap_threads.c", "jump_zero.c",
    ].contains($0.program)
  }

  static let emulated = [
    CrossTarget(architecture: "aarch64", library: .gnu), CrossTarget(architecture: "aarch64", library: .musl),
    CrossTarget(architecture: "riscv64", library: .musl),
  ]

  @Test(arguments: emulated, crossCases)
  func isReportedInAnEmulator(_ target: CrossTarget, _ crash: CrashCase) throws {
    let executor = try CrossExecutor(target)
    var expected = crash
    // QEMU does not tell guests whether an access was a write.
    expected.reason = crash.reason.replacingOccurrences(of: "write to", with: "")
    try expected.check(try executor.run(["--json"] + crash.options + [crash.path], state: folder, timeout: 120))
  }

  private func runOnMusl(_ crash: CrashCase) throws -> CommandResult {
    let machines = try TemporaryFolder()
    var environment = baseEnvironment
    environment["XDG_STATE_HOME"] = folder.file("state")
    environment["PATH", default: ""] += ":/usr/sbin:/sbin"
    return try run(
      [
        Workspace.root + "/Tests/Fixtures/two_machines.sh", try Workspace.executor(for: "x86_64-unknown-linux-musl"),
        "none", machines.path, Workspace.jitdebug, "run", "--connect", "10.77.0.2:4711", "--json", "--sysroot",
        Workspace.root + "/.build/musl/x86_64",
      ] + crash.options + [crash.path], environment: environment, directory: folder.path, timeout: 120)
  }

  @Test(arguments: crossCases) func isReportedOnMusl(_ crash: CrashCase) throws {
    try crash.check(try runOnMusl(crash))
  }

  /// musl has one lock for its heap, which the executor needs as well: no thread may be stopped while it has that.
  @Test func stopsNoThreadThatHoldsTheHeap() throws {
    let crash = try #require(CrashCase.all.first { $0.program == "heap_threads.c" })
    for _ in 0..<10 {
      let result = try runOnMusl(crash)
      try crash.check(result)
      let report = try #require(result.errors.components(separatedBy: "\n").first { $0.hasPrefix("{") })
      let document = try JSONSerialization.jsonObject(with: Data(report.utf8)) as? [String: Any]
      // One that passes input on may be among them.
      #expect((document?["threads"] as? [Any])?.count ?? 0 >= 4, "\(report)")
    }
  }

  @Test func isShownWithSource() throws {
    let crash = try #require(CrashCase.all.first { $0.program == "callback.c" })
    let result = try jitdebug([crash.path])
    #expect(result.status == 139)
    let line = try #require(try crash.markedLine())
    for text in [
      "crash: SIGSEGV in compare at \(crash.path):\(line):10: read of 0x0, the null pointer\n",
      ">      \(line) |   return **left - **right; // @crash\n         |          ^\n",
      " compare(a=0x", " qsort_r in libc.so.6\n", " main() at \(crash.path):", "\n     rip 0000",
    ] {
      #expect(result.errors.contains(text), "no \(text) in:\n\(result.errors)")
    }
    #expect(!result.errors.contains("\u{1b}"))
  }

  @Test func isShownWithAllThreads() throws {
    let result = try jitdebug(["-v", "\(Workspace.programs)/crash/thread.c"])
    for text in [", which crashed:\n", " pause in libc.so.6\n", " idle(unused=", " main() at "] {
      #expect(result.errors.contains(text), "no \(text) in:\n\(result.errors)")
    }
  }

  @Test func showsAThreadThatSpins() throws {
    let result = try jitdebug(["-v", "\(Workspace.programs)/crash/spinning.c"])
    for text in [" pthread_spin_lock in libc.so.6\n", " work(unused=", " main() at "] {
      #expect(result.errors.contains(text), "no \(text) in:\n\(result.errors)")
    }
  }

  @Test(arguments: ["", "1"])
  func aLibrarysInitializerCrashes(thrown: String) throws {
    let library = folder.file("plugin.so")
    let compiled = try run(
      ["clang++-22", "-g", "-shared", "-fPIC", "\(Workspace.programs)/crash/plugin.cpp", "-o", library], timeout: 60)
    try #require(compiled.status == 0, "\(compiled.errors)")
    let variables = thrown.isEmpty ? [] : ["--env", "THROWS=\(thrown)"]
    let result = try jitdebug(variables + ["\(Workspace.programs)/crash/plugin_host.c", "--", library])
    #expect(result.status == (thrown.isEmpty ? 139 : 134), "\(result.errors)")
    #expect(result.errors.contains("crash: \(thrown.isEmpty ? "SIGSEGV" : "SIGABRT") in main at "), "\(result.errors)")
    #expect(result.errors.contains(" begin() at "), "\(result.errors)")
  }

  @Test func outputComesBeforeTheReport() throws {
    let result = try jitdebug(["\(Workspace.programs)/crash/abort.c"])
    #expect(result.output == "before\n")
    #expect(result.errors.hasPrefix("cannot go on: no more ideas\ncrash: SIGABRT in give_up at "), "\(result.errors)")
  }

  @Test func isKeptQuietOnRequest() throws {
    let result = try jitdebug(["--on-crash", "none", "\(Workspace.programs)/crash/null_write.c"])
    #expect(result.status == 139)
    #expect(result.errors == "")
  }

  @Test func isNamedWhereNothingElseIsKnown() throws {
    let result = try jitdebug(["\(Workspace.programs)/crash/killed.c"])
    #expect(result.errors.hasPrefix("note: the program was killed by SIGKILL: "), "\(result.errors)")
  }

  @Test(arguments: ["null_write.c", "thread.c"], ["lldb", "gdb"])
  func leavesACoreFile(_ program: String, _ debugger: String) throws {
    let path = "\(Workspace.programs)/crash/\(program)"
    let result = try jitdebug(["--on-crash", "core", path])
    #expect(result.status == 139)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
      $0.hasPrefix("jitdebug-core-")
    }
    let name = try #require(names.first, "\(result.errors)")
    #expect(result.errors.contains("note: core file: \(folder.path)/\(name)/core; "), "\(result.errors)")
    // The session's own folder is of no more use.
    try FileManager.default.removeItem(atPath: folder.file("state"))
    let script = "\(folder.path)/\(name)/launch.\(debugger)"
    let command =
      debugger == "gdb"
      ? ["gdb", "-batch", "-x", script, "-ex", "bt"] : ["lldb-22", "-b", "-s", script, "-o", "thread backtrace"]
    let shown = try run(command, environment: baseEnvironment, mergingErrors: true, timeout: 120)
    let crash = try #require(CrashCase.all.first { $0.program == program })
    let line = try #require(try crash.markedLine())
    #expect(shown.output.contains("\(program):\(line)"), "\(shown.output)")
    #expect(shown.output.contains(crash.function), "\(shown.output)")
    // GDB 13 does not name it where there are several threads.
    if debugger == "lldb" { #expect(shown.output.contains("SIGSEGV"), "\(shown.output)") }
  }

  @Test(arguments: DebuggerName.allCases)
  func isHeldForADebugger(debugger: DebuggerName) throws {
    let crash = try #require(CrashCase.all.first { $0.program == "null_write.c" })
    let choice = debugger == .gdb ? ["--debugger", "gdb"] : []
    let result = try jitdebug(["--on-crash", "attach"] + choice + [crash.path])
    #expect(result.status == 139, "\(result.errors)")
    let line = try #require(try crash.markedLine())
    let frame =
      debugger == .lldb
      ? "store(place=0x0000000000000000, value=1) at null_write.c:\(line)"
      : "store (place=0x0, value=1) at \(crash.path):\(line)"
    #expect(result.output.contains(frame), "\(result.output)")
    #expect(result.output.contains("SIGSEGV"), "\(result.output)")
  }

  @Test func aDebuggerNeedsSomethingToHold() throws {
    let result = try jitdebug(["--debugger", "gdb", "\(Workspace.programs)/crash/null_write.c"])
    #expect(result.status == 64)
    #expect(
      result.errors.hasPrefix("error: --debugger: has a meaning together with --on-crash attach only\nnote: "),
      "\(result.errors)")
  }
}
