// A machine of another architecture, as qemu-user plays it: programs are compiled for it here, run in the emulator, and debugged
// through the emulator's debug server.

import Foundation
import TestSupport
import Testing

struct EmulatedMachine: Sendable, CustomTestStringConvertible {
  /// As QEMU and Debian's cross packages call it.
  var architecture: String
  var testDescription: String { architecture }

  static let all = [EmulatedMachine(architecture: "aarch64"), EmulatedMachine(architecture: "riscv64")]

  var triple: String { "\(architecture)-unknown-linux-gnu" }
  var sysroot: String { "/usr/\(architecture)-linux-gnu" }
  /// The emulator, with where it finds libraries.
  var emulator: [String] { ["qemu-\(architecture)-static", "-L", sysroot] }

  /// An executable for it.
  func compile(_ program: DebuggedProgram, in folder: TemporaryFolder, to executable: String) throws {
    let compiled = try run(
      [Workspace.clang(for: program.paths[0]), "--target=\(architecture)-linux-gnu", "-fuse-ld=lld", "-g", "-O0"]
        + program.flags + program.paths + ["-o", executable], directory: folder.path, timeout: 120)
    guard compiled.status == 0 else { throw CommandFailure(description: compiled.errors) }
  }

  /// Starts an executor in the emulator; the result ends it when it goes.
  func startExecutor(in folder: TemporaryFolder) throws -> (process: BackgroundProcess, endpoint: String) {
    let executor = try Workspace.executor(for: triple)
    let portFile = folder.file("port")
    let process = try BackgroundProcess(
      emulator + [executor, "--listen", "127.0.0.1:0", "--port-file", portFile], directory: folder.path)
    try process.wait(for: "port") { _ in FileManager.default.fileExists(atPath: portFile) }
    let port = try String(contentsOfFile: portFile, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    return (process, "127.0.0.1:\(port)")
  }
}

/// The ways to give an emulated program to a debugger.
extension DebugSession {
  /// Like `observe`, with the program in an emulator. A failing command does not end the session.
  func observe(
    _ actions: [DebugAction], variant: DebuggedProgram.Variant, on machine: EmulatedMachine, folder: TemporaryFolder
  ) throws -> Result {
    let prepared = DebuggedProgram.Prepared.jit(words: [], state: "")
    let lists = try actions.map { try commands(of: $0, prepared) }
    var all = debugger.settings
    for (index, list) in lists.enumerated() {
      if let marker = debugger.marker(index) { all.append(marker) }
      all += list
    }
    let script = folder.file("commands")
    try (all.joined(separator: "\n") + "\n").write(toFile: script, atomically: true, encoding: .utf8)
    let isLLDB = debugger.name == "lldb"
    // Not so for GDB, whose scripts end with the first command that fails.
    let words = isLLDB ? ["command source -e false -c false \(script)"] : all

    var environment = baseEnvironment
    environment["XDG_STATE_HOME"] = folder.file("state")
    var processes: [BackgroundProcess] = []
    let command: [String]
    switch variant {
    case .native:
      let executable = folder.file("native-program")
      try machine.compile(program, in: folder, to: executable)
      let socket = folder.file("s")
      processes.append(
        try BackgroundProcess(
          machine.emulator + ["-g", socket, executable] + program.arguments, directory: folder.path))
      try processes[0].wait(for: "socket") { _ in FileManager.default.fileExists(atPath: socket) }
      let opening =
        isLLDB
        ? [
          "settings set show-statusline false", "platform select --sysroot \(machine.sysroot) remote-linux",
          "target create \(executable)", "process connect --plugin gdb-remote unix-connect://\(socket)",
        ]
        : [
          "set sysroot \(machine.sysroot)", "set breakpoint pending on", "set can-use-hw-watchpoints 0",
          "file \(executable)", "target remote \(socket)",
        ]
      command =
        isLLDB
        ? ["lldb-22", "--no-lldbinit", "--batch"] + (opening + words).flatMap { ["--one-line", $0] }
        : ["gdb-multiarch", "-q", "-nx", "-batch"] + (opening + words).flatMap { ["-ex", $0] }
    case .jit:
      let (process, endpoint) = try machine.startExecutor(in: folder)
      processes.append(process)
      command =
        [Workspace.jitdebug, "debug", "--connect", endpoint, "--debugger", debugger.name, "--batch"]
        + program.flags.flatMap { ["-Xcc", $0] } + words.flatMap { ["-o", $0] } + program.paths + ["--"]
        + program.arguments
    }
    let result = try run(
      command, environment: environment, directory: folder.path, mergingErrors: true, timeout: 200)
    for process in processes { process.signal(SIGTERM) }
    let texts = debugger.split(result.output, actions: lists)
    let normaliser = Normaliser(rules: debugger.noise + Self.emulatedNoise, folder: folder.path)
    let observations = zip(actions, texts).map { action, text in
      Observation(action: action, text: text.map { normaliser.normalise($0) })
    }
    return Result(observations: observations, command: result)
  }

  /// What an emulated program's session says more, or otherwise, than another.
  private static var emulatedNoise: [Normaliser.Rule] {
    [
      .init(line: #/^Executing commands in .*$/#),
      // The executor's own threads.
      .init(#/Thread [\d.]+ hit /#, ""),
      // Libraries are the emulator's here, and copies there.
      .init(#/ from \S*\/(?=lib)/#, " from "),
      // A linker makes RISC-V code shorter than a JIT does.
      .init(#/ \+ \d+ (?=at |in section)/#, " + OFFSET "),
      // Behind a digit and a comma Swift sees no word begin.
      .init(#/,0x[0-9a-f]{8,}/#, ",ADDR"),
    ]
  }
}
