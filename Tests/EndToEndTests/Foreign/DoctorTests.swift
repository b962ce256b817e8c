// `jitdebug doctor`: what it says of other people's JITs, and that each of its checks fails when it should.

import Foundation
import TestSupport
import Testing

@Suite("doctor")
struct DoctorTests {
  let folder: SessionFolder

  init() throws { folder = try SessionFolder() }

  /// What `--json` says.
  struct Answer: Decodable {
    struct Check: Decodable {
      var id: String
      var passed: Bool
      var evidence: String
      var findings: [Finding]
    }
    struct Finding: Decodable {
      var id: String
      var evidence: String
      var remedy: String
    }
    var schemaVersion: Int
    var passed: Bool
    var checks: [Check]

    func check(_ id: String) -> Check? { checks.first { $0.id == id } }
    /// Of the checks that did not pass.
    var failures: [String] {
      Set(checks.filter { !$0.passed }.flatMap(\.findings).map(\.id).filter { $0 != "hook-several" }).sorted()
    }
    func finding(_ id: String) -> Finding? { checks.flatMap(\.findings).first { $0.id == id } }
  }

  func doctor(_ arguments: [String], environment: [String: String] = [:], command: [String] = []) throws -> Answer {
    let result = try run(
      [Workspace.jitdebug, "doctor", "--json"] + arguments + (command.isEmpty ? [] : ["--"] + command),
      environment: folder.environment.merging(environment) { $1 })
    try #require(result.status == 0 || result.status == 1, "\(result.errors)")
    let answer = try JSONDecoder().decode(Answer.self, from: result.standardOutput)
    #expect(answer.passed == (result.status == 0))
    #expect(answer.schemaVersion == 1)
    return answer
  }

  @Test(arguments: Producer.all)
  func producers(producer: Producer) throws {
    let process = try producer.start()
    let answer = try doctor(["--pid", "\(process.pid)"])
    #expect(answer.failures == producer.findings, "\(answer)")
    #expect(answer.check("producer")?.evidence.contains(producer.recognized) == true, "\(answer)")
  }

  @Test func bothHooksAreNamedAndTheOneThatLLDBTakes() throws {
    let process = try Producer.doubleHook.start()
    let answer = try doctor(["--pid", "\(process.pid)"])
    let evidence = try #require(answer.check("hooks")?.evidence)
    #expect(
      evidence == "libLLVM-14.so.1 (.dynsym, taken by LLDB and GDB), libLLVM.so.22.1 (.dynsym, taken by GDB)")
    #expect(answer.finding("hook-unwatched")?.remedy == "jitdebug attach --pid \(process.pid)")
    let text = try folder.jitdebug(["doctor", "--pid", "\(process.pid)"])
    #expect(text.output.contains("\nFAIL  hooks "), "\(text.output)")
    #expect(text.output.contains("[hook-unwatched]"), "\(text.output)")
    #expect(text.output.hasSuffix("1 of 12 checks failed\n"), "\(text.output)")
    #expect(text.status == 1)
  }

  @Test func commandsAreStartedLookedAtAndEnded() throws {
    let fixtures = try ProducerFixtures.shared.get()
    let answer = try doctor(
      ["--env", "LD_PRELOAD=libLLVM-14.so.1"], command: ["lli-22", "--jit-kind=orc", fixtures.file("loop.ll")])
    #expect(answer.failures == ["hook-unwatched"], "\(answer)")
    #expect(answer.check("inputs")?.evidence.hasPrefix("loop.ll for x86_64") == true, "\(answer)")
  }

  @Test func nothingIsWrongWithThisMachine() throws {
    let result = try folder.jitdebug(["doctor"])
    #expect(result.output.hasSuffix("all is well\n"), "\(result.output)\(result.errors)")
    #expect(result.status == 0)
  }

  // MARK: Each check's failure

  /// A folder with programs that say what is given.
  private func programs(_ texts: [String: String]) throws -> String {
    let bin = UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder.folder.file(bin), withIntermediateDirectories: true)
    for (name, text) in texts { try folder.folder.script("\(bin)/\(name)", "echo '\(text)'\n") }
    return folder.folder.file(bin)
  }

  @Test func missingDebuggers() throws {
    let answer = try doctor([], environment: ["PATH": try programs([:])])
    #expect(answer.failures == ["debugger-missing"])
    #expect(answer.check("lldb")?.passed == false && answer.check("gdb")?.passed == false)
  }

  @Test func oldDebuggers() throws {
    let path = try programs(["lldb-22": "lldb version 14.0.6", "gdb": "GNU gdb (GDB) 9.2"])
    let answer = try doctor([], environment: ["PATH": path])
    #expect(answer.failures == ["debugger-old"])
    #expect(answer.check("lldb")?.evidence == "lldb-22 is of version 14.0.6; 22 is needed")
    #expect(answer.check("gdb")?.evidence == "gdb is of version 9.2; 12 is needed")
  }

  @Test func theLoaderIsOff() throws {
    let home = folder.folder.file("home")
    try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
    try "settings set plugin.jit-loader.gdb.enable off\n".write(
      toFile: "\(home)/.lldbinit", atomically: true, encoding: .utf8)
    #expect(try doctor([], environment: ["HOME": home]).failures == ["loader-off"])
  }

  @Test func lookupsAtServers() throws {
    let answer = try doctor([], environment: ["DEBUGINFOD_URLS": "http://127.0.0.1:9"])
    #expect(answer.failures == ["lookups-external"])
  }

  @Test func anotherDebuggerHoldsTheProcess() throws {
    let process = try Producer.all[0].start()
    let gdb = try BackgroundProcess(
      [
        "gdb", "-nx", "-q", "-batch", "-iex", "set debuginfod enabled off", "-p", "\(process.pid)", "-ex",
        "shell sleep 60",
      ])
    try gdb.wait(for: "a tracer") { _ in
      try String(contentsOfFile: "/proc/\(process.pid)/status", encoding: .utf8).contains("TracerPid:\t\(gdb.pid)\n")
    }
    let answer = try doctor(["--pid", "\(process.pid)"])
    #expect(answer.failures.contains("trace-taken"))
    #expect(answer.finding("trace-taken")?.evidence == "process \(gdb.pid) (gdb) debugs it")
  }

  /// As another user than the process's.
  @Test func debuggingIsRefused() throws {
    let result: CommandResult
    if geteuid() == 0 {
      // Whoever runs this must be able to read what was built.
      result = try run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", Workspace.jitdebug, "doctor", "--json"]
          + ["--pid", "1"], environment: folder.environment)
    } else {
      result = try folder.jitdebug(["doctor", "--json", "--pid", "1"])
    }
    try #require(result.status == 1, "\(result.errors)")
    let answer = try JSONDecoder().decode(Answer.self, from: result.standardOutput)
    #expect(answer.failures.contains("trace-refused"), "\(answer)")
    #expect(answer.finding("trace-refused")?.remedy == "sudo jitdebug doctor --pid 1")
  }

  @Test func nobodyAnswers() throws {
    #expect(try doctor(["--connect", "127.0.0.1:1"]).failures == ["target-unreachable"])
  }

  /// A listening executor whose PATH is a folder with these programs.
  private func executor(_ programs: String) throws -> (process: BackgroundProcess, address: String) {
    let executor = try Workspace.executor.get()
    let process = try BackgroundProcess([executor, "--listen", "127.0.0.1:0"], environment: ["PATH": programs])
    try process.wait(for: "address") { $0.output.hasSuffix("\n") }
    return (process, process.output.trimmingCharacters(in: .newlines))
  }

  @Test func debugServers() throws {
    for (programs, failures, evidence) in [
      ([:], ["debug-server-missing"], "the target has no lldb-server-22, no lldb-server, no gdbserver"),
      (["gdbserver": "GNU gdbserver (GDB) 9.2"], ["debug-server-old"], "gdbserver there is GNU gdbserver (GDB) 9.2"),
      (["gdbserver": "GNU gdbserver (GDB) 13.1"], [], "gdbserver: GNU gdbserver (GDB) 13.1"),
    ] as [([String: String], [String], String)] {
      let (process, address) = try executor(try self.programs(programs))
      let answer = try doctor(["--connect", address])
      #expect(answer.failures == failures, "\(answer)")
      #expect(answer.check("debug-server")?.evidence == evidence)
      process.signal(SIGTERM)
    }
  }

  @Test func inputsOfOtherMachines() throws {
    let file = folder.folder.file("arm.ll")
    let made = try run(
      [
        "clang-22", "--target=aarch64-linux-gnu", "-S", "-emit-llvm", "-xc", "-", "-o", file,
      ], input: Data("int one(void) { return 1; }\n".utf8))
    try #require(made.status == 0, "\(made.errors)")
    let answer = try doctor([], command: ["cat", file])
    #expect(answer.failures == ["command-ended", "input-triple"], "\(answer)")
  }

  @Test func manyRegistrations() throws {
    let process = try BackgroundProcess([try ProducerFixtures.shared.get().file("rate")])
    try process.expect("ready")
    let answer = try doctor(["--pid", "\(process.pid)"])
    #expect(answer.failures.contains("registration-rate"), "\(answer)")
  }

  /// What one look does not get to is not taken for new at the next.
  @Test func longLists() throws {
    let process = try BackgroundProcess([try ProducerFixtures.shared.get().file("rate"), "1000000"])
    try process.expect("ready")
    let answer = try doctor(["--pid", "\(process.pid)"])
    let rate = try #require(answer.check("registration-rate"))
    #expect(rate.passed && rate.evidence.hasPrefix("at least 0 new entries a second: "), "\(rate)")
    #expect(answer.failures.contains("list-too-long"), "\(answer.failures)")
  }

  /// Whatever ends doctor, it does not leave what it has started.
  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func aSignalEndsTheCommandAsWell(signal: Int32) throws {
    let mark = folder.folder.file("mark")
    let process = try BackgroundProcess(
      [
        Workspace.jitdebug, "doctor", "--", "sh", "-c",
        "sleep 600 & echo $! $$ > \(mark).new; mv \(mark).new \(mark); wait",
      ],
      environment: folder.environment)
    try process.wait(for: "the command") { _ in FileManager.default.fileExists(atPath: mark) }
    process.signal(signal)
    let result = try process.finish(closingInput: false)
    #expect(result.end == .signaled(signal), "\(result.errors)")
    #expect(result.output == "")
    for pid in try String(contentsOfFile: mark, encoding: .utf8).split(whereSeparator: \.isWhitespace) {
      let deadline = ContinuousClock.now + .seconds(10)
      let path = "/proc/\(pid)/status"
      // What is dead and waits for its parent is gone.
      func isRunning() -> Bool {
        (try? String(contentsOfFile: path, encoding: .utf8)).map { !$0.contains("State:\tZ") } ?? false
      }
      while isRunning(), ContinuousClock.now < deadline { poll(nil, 0, 5) }
      #expect(!isRunning(), "process \(pid) was left")
    }
  }

  @Test func sessions() throws {
    let executor = try Workspace.executor.get()
    let local = try RunningSession(in: folder, ["--executor", executor])
    let answer = try doctor(["--session", local.id])
    #expect(answer.failures == [], "\(answer)")
    #expect(answer.check("entries")?.evidence == "1 registered")
    #expect(
      answer.check("inputs") == nil && answer.check("sources")?.evidence.hasPrefix("1 found") == true, "\(answer)")

    let (process, address) = try self.executor(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
    let served = try RunningSession(in: folder, ["--connect", address])
    let far = try doctor(["--connect", address, "--debug-server", "gdbserver", "--pid", "\(served.pid)"])
    #expect(far.failures == [], "\(far)")
    for id in ["target", "debug-server", "hooks", "entries", "registration-rate", "debug-info"] {
      #expect(far.check(id)?.passed == true, "\(id): \(far)")
    }
    // A process of that machine that has no code.
    let idle = try doctor(["--connect", address, "--debug-server", "gdbserver", "--pid", "\(process.pid)"])
    #expect(idle.failures == ["entries-none"], "\(idle)")
  }

  @Test(arguments: [
    (["--pid", "1", "--session", "x"], "error: --session: has no meaning together with --pid\n"),
    (["--env", "A=1"], "error: --env: has a meaning together with a command only\n"),
    (["--pid", "1", "--", "true"], "error: a command: has no meaning together with --pid\n"),
  ])
  func contradictionsAreNamed(options: [String], message: String) throws {
    let result = try folder.jitdebug(["doctor"] + options)
    #expect(result.errors.hasPrefix(message), "\(result.errors)")
    #expect(result.status == 64)
  }
}
