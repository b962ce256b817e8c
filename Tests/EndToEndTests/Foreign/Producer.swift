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
  /// What it prints once its code runs; nil if it says nothing.
  var ready: String? = "ready"
  /// Nil where it registers nothing that a debugger understands.
  var stop: Stop?
  /// The identifiers of all that doctor finds wrong, sorted.
  var findings: [String] = []
  /// What doctor takes it for.
  var recognized: String

  var testDescription: String { name }

  /// Starts it; returns once its code runs.
  func start() throws -> BackgroundProcess {
    let fixtures = try ProducerFixtures.shared.get()
    let process = try BackgroundProcess(
      command(fixtures), environment: baseEnvironment.merging(environment) { $1 }, directory: fixtures.path)
    process.send(input)
    if let ready { try process.expect(ready) }
    return process
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
      stop: Stop(place: "twice", lldb: "`twice(n=", gdb: "twice (n="), recognized: "clang-repl"),
    Producer(
      name: "llvmlite MCJIT",
      command: { [ProducerFixtures.python, "\($0.programs)/loop.py", "mcjit", $0.file("loop.ll")] }, stop: loop,
      recognized: "llvmlite"),
    Producer(
      name: "wasmtime", command: { [ProducerFixtures.python, "\($0.programs)/wasm.py", $0.file("wasm.wasm")] },
      stop: Stop(
        place: "wasm.c:\(ProducerFixtures.line("wasm.c"))", lldb: "`twice(n=", gdb: "twice (n="),
      recognized: "wasmtime"),
  ]
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
      [
        "-g", "-O0", "--target=wasm32", "-nostdlib", "-Wl,--no-entry", "\(programs)/wasm.c", "-o", file("wasm.wasm"),
      ],
    ] {
      let result = try run(["clang-22"] + arguments)
      guard result.status == 0 else { throw CommandFailure(description: result.errors) }
    }
  }

  func file(_ name: String) -> String { folder.file(name) }

  /// The line with the marker.
  static func line(_ source: String) -> Int {
    let text = (try? String(contentsOfFile: "\(Workspace.programs)/foreign/\(source)", encoding: .utf8)) ?? ""
    return text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.hasSuffix("// @stop") }! + 1
  }
}
