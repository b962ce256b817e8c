// Inputs made for another target than the executor's, and a target that this machine has no headers for: one line says so.

import Foundation
import TestSupport
import Testing

@Suite("Inputs for another target")
struct CrossErrorTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  /// Writes a source and compiles it for a triple.
  private func make(_ name: String, _ options: String..., text: String = "int main(void) { return 7; }\n") throws {
    let source = folder.file("source.c")
    try text.write(toFile: source, atomically: true, encoding: .utf8)
    let made = try run(["clang-22", source, "-o", folder.file(name)] + options)
    try #require(made.status == 0, "\(made.errors)")
  }

  private func expect(_ result: CommandResult, _ error: String, note: String) {
    #expect(result.status == 125)
    let lines = result.errors.split(separator: "\n").map(String.init)
    #expect(lines.count == 2, "\(result.errors)")
    #expect(lines.first == "error: \(error)")
    #expect(lines.last?.hasPrefix("note: ") == true && lines.last?.contains(note) == true, "\(result.errors)")
  }

  @Test("objects, archives and IR of another architecture, on a target of each", arguments: CrossTarget.gnu)
  func mismatch(target: CrossTarget) throws {
    let executor = try CrossExecutor(target)
    let (own, other) = (target.architecture, target.architecture == "aarch64" ? "riscv64" : "aarch64")
    try make("x.o", "-c", "--target=\(other)-linux-gnu")
    expect(
      try executor.run(["x.o"], state: folder), "x.o: is an object for \(other), but the executor runs on \(own)",
      note: "--target=\(own)")
    let archived = try run(["llvm-ar-22", "rcs", folder.file("libx.a"), folder.file("x.o")])
    try #require(archived.status == 0)
    expect(
      try executor.run(["libx.a"], state: folder),
      "libx.a(x.o): is an object for \(other), but the executor runs on \(own)", note: "--target=\(own)")
    for (name, options) in [("x.bc", ["-c"]), ("x.ll", ["-S"])] {
      try make(name, "-emit-llvm", options[0], "--target=\(other)-unknown-linux-gnu")
      expect(
        try executor.run([name], state: folder),
        "\(name): is LLVM IR for \(other)-unknown-linux-gnu, but the executor runs on \(target.triple)",
        note: "--target=\(target.triple)")
    }
    // IR for the target itself, also with another vendor, runs.
    try make("own.bc", "-emit-llvm", "-c", "--target=\(own)-pc-linux-gnu")
    #expect(try executor.run(["own.bc"], state: folder).status == 7)
    // The C library counts as well: its types and names are in the IR.
    try make("musl.bc", "-emit-llvm", "-c", "--target=\(own)-unknown-linux-musl")
    expect(
      try executor.run(["musl.bc"], state: folder),
      "musl.bc: is LLVM IR for \(own)-unknown-linux-musl, but the executor runs on \(target.triple)", note: own)
    if own == "riscv64" {
      try make("soft.o", "-c", "--target=riscv64-linux-gnu", "-march=rv64imac", "-mabi=lp64")
      expect(
        try executor.run(["soft.o"], state: folder),
        "soft.o: is an object for soft floating point, but the executor runs on riscv64 with double precision",
        note: "-mabi=lp64d")
      try make("narrow.o", "-c", "--target=riscv32-linux-gnu")
      expect(
        try executor.run(["narrow.o"], state: folder),
        "narrow.o: is an object for riscv32, but the executor runs on riscv64", note: "riscv32")
    }
  }

  @Test("a target without headers here: its programs need --sysroot, or a profile that has one")
  func sysroots() throws {
    let target = CrossTarget(architecture: "riscv64", library: .musl)
    let executor = try CrossExecutor(target)
    try "#include <stdio.h>\nint main(void) { puts(\"there\"); }\n"
      .write(toFile: folder.file("hello.c"), atomically: true, encoding: .utf8)
    func start(_ options: String...) throws -> CommandResult {
      var environment = baseEnvironment
      environment["XDG_STATE_HOME"] = folder.file("state")
      return try run(
        [Workspace.jitdebug, "run", "--connect", executor.address] + options + ["hello.c"], environment: environment,
        directory: folder.path)
    }
    expect(
      try start(), "hello.c: does not compile: this machine has no headers for \(target.triple)", note: "--sysroot")
    #expect(try start("--sysroot", target.root).output == "there\n")
    let absent = try start("--sysroot", "nowhere")
    #expect(absent.status == 64 && absent.errors.contains("error: --sysroot nowhere: there is no such folder"))
    // A profile for another target is passed over.
    for (triple, isFor) in [(target.triple, true), ("aarch64-unknown-linux-musl", false)] {
      try """
      {"schemaVersion": 1, "name": "board", "triple": "\(triple)", "sysroot": "\(target.root)"}
      """.write(toFile: folder.file("board.json"), atomically: true, encoding: .utf8)
      let result = try start("--profile", "./board.json")
      #expect((result.output == "there\n") == isFor, "\(result.errors)")
    }
  }
}
