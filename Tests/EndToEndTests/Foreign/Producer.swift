// JITs of others that register their code with debuggers: how each is started, where it can be stopped, what doctor says of it.

import Foundation
import TestSupport
import Testing

/// A JIT, and what is expected of it.
struct Producer: CustomTestStringConvertible, Sendable {
  /// Where a breakpoint is set, and the words of each debugger when it has stopped there.
  struct Stop: Sendable {
    var place: String
    var lldb: String
    var gdb: String

    func words(_ debugger: DebuggerName) -> String { debugger == .lldb ? lldb : gdb }
  }

  var name: String
  /// The command that runs the fixtures of this name.
  var command: @Sendable (ProducerFixtures) -> [String]
  var environment: [String: String] = [:]
  /// What it reads from standard input.
  var input = ""
  /// What it prints once its code runs, or `pid N` where it runs in another process.
  var ready = "ready"
  /// Nil where it registers nothing that a debugger understands.
  var stop: Stop?
  /// The identifiers of all that doctor finds wrong, sorted.
  var findings: [String] = []
  /// What doctor takes it for.
  var recognized: String

  var testDescription: String { name }

  /// Starts it; returns once its code runs.
  func start() throws -> RunningProducer {
    let fixtures = try ProducerFixtures.shared.get()
    let process = try BackgroundProcess(
      command(fixtures), environment: baseEnvironment.merging(environment) { $1 }, directory: fixtures.path)
    process.send(input)
    try process.expect(ready)
    return RunningProducer(process)
  }

  static let loop = Stop(place: "loop.c:\(ProducerFixtures.line("loop.c"))", lldb: "`twice(n=", gdb: "twice (n=")

  private static func lli(_ version: Int, _ kind: String) -> Producer {
    Producer(
      name: "lli-\(version) \(kind)", command: { ["lli-\(version)", "--jit-kind=\(kind)", $0.file("loop.ll")] },
      stop: loop, recognized: "LLVM's lli")
  }

  /// Two libraries define the hook, and the code is registered through the one that LLDB does not look at.
  static let doubleHook: Producer = {
    var producer = lli(22, "orc")
    producer.name = "lli-22 orc, with LLVM 14 before it"
    producer.environment = ["LD_PRELOAD": "libLLVM-14.so.1"]
    producer.findings = ["hook-unwatched"]
    return producer
  }()

  static let all: [Producer] = [
    lli(22, "orc"), lli(22, "mcjit"), lli(19, "orc"), lli(19, "mcjit"), doubleHook,
    Producer(
      name: "llvm-jitlink-22", command: { ["llvm-jitlink-22", $0.file("loop.o")] }, stop: loop,
      recognized: "llvm-jitlink"),
    Producer(
      name: "clang-repl-22", command: { _ in ["clang-repl-22", "-Xcc", "-g"] },
      input: """
        extern "C" int usleep(unsigned); extern "C" int puts(const char *); extern "C" int fflush(void *);
        int twice(int n) { return n * 2; }
        puts("ready"), fflush(0); for (int i = 0;; i++) { twice(i); usleep(50000); }

        """,
      stop: Stop(place: "twice", lldb: "`twice(n=", gdb: "twice (n="), findings: ["source-missing"],
      recognized: "clang-repl"),
    Producer(
      name: "llvmlite MCJIT",
      command: { [ProducerFixtures.python, "\($0.programs)/loop.py", "mcjit", $0.file("loop.ll")] }, stop: loop,
      recognized: "llvmlite"),
    Producer(
      name: "wasmtime", command: { [ProducerFixtures.python, "\($0.programs)/wasm.py", $0.file("wasm.wasm")] },
      stop: Stop(
        place: "wasm.c:\(ProducerFixtures.line("wasm.c"))", lldb: "`twice(n=", gdb: "twice (n="),
      findings: ["dwarf-invalid", "object-damaged", "section-address-zero", "unwind-missing"],
      recognized: "wasmtime"),
    Producer(
      name: "wasmtime without debug info",
      command: { [ProducerFixtures.python, "\($0.programs)/wasm.py", $0.file("wasm.wasm"), "off"] },
      findings: ["entries-none", "registration-off"], recognized: "wasmtime"),
    Producer(
      name: "llvmlite JITLink",
      command: { [ProducerFixtures.python, "\($0.programs)/loop.py", "jitlink", $0.file("loop.ll")] },
      findings: ["entries-none", "registration-off"], recognized: "llvmlite"),
    Producer(
      name: "PostgreSQL 15", command: { ["\($0.programs)/postgres.sh", $0.makeFolder()] }, ready: "pid ",
      stop: Stop(place: "evalexpr_1_3", lldb: "`evalexpr_1_3", gdb: "in evalexpr_1_3 ()"),
      findings: ["debug-info-missing"], recognized: "PostgreSQL"),
    Producer(
      name: "PHP", command: { php($0, ["-d", "opcache.jit_debug=0x100"]) },
      findings: ["section-address-zero", "unwind-missing"], recognized: "PHP"),
    Producer(
      name: "PHP without its switch", command: { php($0, []) }, findings: ["entries-none", "registration-off"],
      recognized: "PHP"),
    Producer(
      name: "QEMU user", command: { ["qemu-x86_64-static", $0.file("loop")] },
      findings: ["entries-none", "hook-missing", "registration-off"], recognized: "QEMU user"),
    Producer(
      name: "Erlang",
      command: { _ in
        ["erl", "-noshell", "-eval", "io:format(\"ready~n\"), F = fun G() -> timer:sleep(50), G() end, F()."]
      }, findings: ["debug-info-missing", "entry-not-elf"], recognized: "Erlang"),
    Producer(
      name: "Node", command: { _ in ["node", "-e", "console.log('ready'); setInterval(() => 1, 50)"] },
      findings: ["entries-none", "hook-missing", "registration-off"], recognized: "V8 and Node"),
  ]

  private static func php(_ fixtures: ProducerFixtures, _ options: [String]) -> [String] {
    [
      "php8.2", "-d", "opcache.enable_cli=1", "-d", "opcache.jit_buffer_size=16M", "-d", "opcache.jit=1235",
    ] + options + ["\(fixtures.programs)/loop.php"]
  }
}

/// A producer at work; ended in `deinit`.
final class RunningProducer {
  private let process: BackgroundProcess
  /// Of the process that has the code.
  let pid: pid_t

  init(_ process: BackgroundProcess) {
    self.process = process
    let named = process.output.split(separator: "\n").first { $0.hasPrefix("pid ") }
    pid = named.flatMap { pid_t($0.dropFirst(4)) } ?? process.pid
  }

  deinit { if pid != process.pid { kill(pid, SIGKILL) } }

  func signal(_ number: Int32) { kill(pid, number) }
}

/// What the producers run, made once.
final class ProducerFixtures: Sendable {
  static let shared = Result { try ProducerFixtures() }
  /// Of the environment that Scripts/setup fills with packages.
  static let python = Workspace.root + "/.build/producers/bin/python3"

  private let folder: TemporaryFolder
  let programs = Workspace.programs + "/foreign"
  var path: String { folder.path }

  private init() throws {
    folder = try TemporaryFolder()
    for arguments in [
      ["-g", "-O0", "-S", "-emit-llvm", "\(programs)/loop.c", "-o", file("loop.ll")],
      ["-g", "-O0", "-c", "\(programs)/loop.c", "-o", file("loop.o")],
      ["-g", "-O0", "-static", "\(programs)/loop.c", "-o", file("loop")],
      ["-g", "-O0", "\(Workspace.root)/Tests/Fixtures/jit_rate.c", "-o", file("rate")],
      [
        "-g", "-O0", "--target=wasm32", "-nostdlib", "-Wl,--no-entry", "\(programs)/wasm.c", "-o", file("wasm.wasm"),
      ],
    ] {
      let result = try run(["clang-22"] + arguments)
      guard result.status == 0 else { throw CommandFailure(description: result.errors) }
    }
  }

  func file(_ name: String) -> String { folder.file(name) }

  /// A folder for whoever needs one of its own. Its name is short: sockets have room for 108 bytes.
  func makeFolder() -> String {
    let path = folder.file(String(UUID().uuidString.prefix(8)))
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  /// The line with the marker.
  static func line(_ source: String) -> Int {
    let text = (try? String(contentsOfFile: "\(Workspace.programs)/foreign/\(source)", encoding: .utf8)) ?? ""
    return text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.hasSuffix("// @stop") }! + 1
  }
}
