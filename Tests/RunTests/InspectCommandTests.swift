// `jitdebug inspect` as a command: sessions here and on a target, cores, LLVM's own JITs, and everything it prints.

import Foundation
import TestSupport
import Testing

@Suite("Inspect")
struct InspectCommandTests {
  let folder: RunFolder
  init() throws { folder = try RunFolder() }

  private static let program = """
    #include <stdio.h>
    #include <unistd.h>
    int total;
    static inline __attribute__((always_inline)) int squared(int x) {
      return x * x + total;  // @inlined
    }
    __attribute__((noinline)) int scaled(int x) {
      return squared(x) * 3;  // @call
    }
    int main(void) {
      printf("%d\\n", scaled(2));
      fflush(stdout);
      return getchar();
    }
    """

  private func line(_ marker: String) -> Int {
    1 + Self.program.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.contains(marker) }!
  }

  /// A session that waits for input.
  private func start(_ options: [String] = []) throws -> BackgroundProcess {
    try folder.write("shape.c", Self.program)
    let process = try BackgroundProcess(
      folder.command(options + ["shape.c"]), environment: folder.environment, directory: folder.path)
    try process.expect("12", within: 60)
    return process
  }

  private func inspect(_ arguments: String...) throws -> CommandResult {
    try TestSupport.run(
      [Workspace.jitdebug, "inspect"] + arguments, environment: folder.environment, directory: folder.path)
  }

  private func json(_ arguments: String...) throws -> [String: Any] {
    let result = try TestSupport.run(
      [Workspace.jitdebug, "inspect", "--json"] + arguments, environment: folder.environment, directory: folder.path)
    return try #require(
      try JSONSerialization.jsonObject(with: result.standardOutput) as? [String: Any], "\(result.errors)")
  }

  private func pid() throws -> String { "\(try #require(try folder.sessions().last?["pid"] as? Int))" }

  @Test("a session: its table, one entry, an address, a function, its object")
  func session() throws {
    let process = try start()
    let table = try inspect()
    #expect(table.status == 0, "\(table.output)\(table.errors)")
    #expect(table.output.contains("nothing found wrong"))
    let row = try #require(table.output.split(separator: "\n").first { $0.hasPrefix("0 ") }).split(separator: " ")
    #expect(row[3] == "stub" && row[5] == "2" && row[6] == "shape.c" && row[8] == "1", "\(row)")
    #expect(row[9] == "jitdebug-executor")
    #expect(try inspect("--pid", try pid()).output == table.output)

    let details = try inspect("--entry", "0").output
    #expect(details.contains("found  \(folder.path)/shape.c") || details.contains("/shape.c"))
    #expect(details.contains("generation  1") && details.contains("producer") && details.contains("clang version 22"))

    let document = try json("--entry", "0")
    let entry = try #require((document["entries"] as? [[String: Any]])?.first)
    let functions = try #require(entry["functions"] as? [[String: Any]])
    let scaled = try #require(functions.first { $0["name"] as? String == "scaled" })
    let start = try #require((scaled["range"] as? [String: Any])?["start"] as? String)
    #expect(document["schemaVersion"] as? Int == 1 && entry["kind"] as? String == "stub")

    let code = try inspect("--disassemble", "scaled")
    #expect(code.status == 0 && code.output.hasPrefix("scaled in entry 0") && code.output.contains("retq"))
    #expect(try inspect("--disassemble", start).output == code.output)
    // The call of `scaled` is shown by its name.
    #expect(try inspect("--disassemble", "main").output.contains("scaled"))

    // An address within the inlined function.
    let addresses = code.output.split(separator: "\n").dropFirst().compactMap { $0.split(separator: " ").first }
    let inlined = try addresses.map { try inspect("--lookup", String($0)).output }.first { $0.contains("(inlined)") }
    let text = try #require(inlined, "\(code.output)")
    #expect(
      text.contains("squared at \(folder.path)/shape.c:\(line("@inlined"))")
        || text.contains("shape.c:\(line("@inlined"))"))
    #expect(text.contains("shape.c:\(line("@call"))"))
    #expect(try inspect("--lookup", "0x10").status == 1)

    let dumped = try inspect("--dump", "objects")
    #expect(dumped.output == "objects/entry-0.elf\n")
    #expect(try folder.tool("llvm-readelf-22", "-s", "objects/entry-0.elf").contains("scaled"))
    process.send("\n")
    _ = try process.finish()
  }

  @Test("a session whose debug file is gone, or another's")
  func debugFile() throws {
    let process = try start()
    let generation = try #require((folder.sessions().last?["generations"] as? [[String: Any]])?.first)
    let path = try #require(generation["debugFile"] as? String)
    let content = try Data(contentsOf: URL(filePath: path))
    try FileManager.default.removeItem(atPath: path)
    let missing = try inspect()
    #expect(missing.status == 1 && missing.output.contains("[debug-file-missing]"), "\(missing.output)")
    #expect(missing.output.contains(try #require(generation["buildID"] as? String)))
    try Data("nothing".utf8).write(to: URL(filePath: path))
    #expect(try inspect().output.contains("[debug-file-wrong]"))
    // Of another build: its id differs.
    var other = content
    let id = try #require(generation["buildID"] as? String)
    let bytes = Data(stride(from: 0, to: 40, by: 2).map { UInt8(id.dropFirst($0).prefix(2), radix: 16)! })
    let place = try #require(other.range(of: bytes))
    other[place.lowerBound] ^= 1
    try other.write(to: URL(filePath: path))
    #expect(try inspect().output.contains("[debug-file-wrong]"))
    try content.write(to: URL(filePath: path))
    #expect(try inspect().status == 0)
    process.send("\n")
    _ = try process.finish()
  }

  @Test("a process of a target is read through the executor there")
  func target() throws {
    let listener = try Listener(folder)
    let process = try start(["--connect", listener.address])
    let local = try inspect("--pid", try pid())
    let remote = try inspect("--connect", listener.address, "--pid", try pid())
    #expect(remote.status == 0, "\(remote.output)\(remote.errors)")
    let rows = [local, remote].map { result in
      result.output.split(separator: "\n").first { $0.hasPrefix("0 ") }.map { $0.split(separator: " ").prefix(8) }
    }
    #expect(rows[0] == rows[1] && rows[0] != nil)
    #expect(remote.output.contains("at \(listener.address)"))
    let session = try inspect("--connect", listener.address)
    #expect(session.status == 0 && session.output.contains("session "), "\(session.output)\(session.errors)")
    process.send("\n")
    _ = try process.finish()
  }

  @Test("cores, from gcore and from the kernel, say the same as the process did")
  func cores() throws {
    let process = try start()
    let pid = try pid()
    let live = try json("--pid", pid)
    try folder.tool("gcore", "-o", "core", pid)
    var cores = ["core.\(pid)"]
    // Where the kernel hands cores to a program, none is written.
    let pattern = try String(contentsOfFile: "/proc/sys/kernel/core_pattern", encoding: .utf8)
    process.send("\n")
    _ = try process.finish()
    if !pattern.hasPrefix("|"), !pattern.contains("/") {
      try folder.write(
        "crash.ll", "define i32 @main() {\n  call void @abort()\n  ret i32 0\n}\ndeclare void @abort()\n")
      _ = try TestSupport.run(
        ["bash", "-c", "ulimit -c unlimited && echo 0 > /dev/null && exec lli-22 --jit-kind=mcjit crash.ll"],
        environment: folder.environment, directory: folder.path)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      let kernel = try #require(names.first { $0.hasPrefix("core") && $0 != cores[0] }, "\(names)")
      let result = try inspect("--core", kernel)
      #expect(
        result.output.contains("libLLVM") && result.output.contains(", 1 entry"), "\(result.output)\(result.errors)")
      cores.append(kernel)
    }
    let core = try json("--core", cores[0])
    #expect(core["subject"] as? String == "core file \(cores[0])")
    func facts(_ document: [String: Any]) -> NSArray {
      ((document["entries"] as? [[String: Any]]) ?? []).map {
        [$0["object"], $0["size"], $0["kind"], $0["functions"], $0["buildID"]].map { $0 as? NSObject ?? NSNull() }
      } as NSArray
    }
    #expect(facts(core) == facts(live) && facts(core).count == 1)
    #expect((core["findings"] as? [Any])?.isEmpty == true)
    let address = try #require(
      ((core["entries"] as? [[String: Any]])?.first?["functions"] as? [[String: Any]])?.first?["range"]
        as? [String: Any])
    #expect(try inspect("--core", cores[0], "--lookup", "\(address["start"] ?? "")").output.contains("shape.c:"))
  }

  @Test("the reference of findings is the golden file's")
  func reference() throws {
    let result = try inspect("--findings")
    #expect(
      result.output
        == (try String(contentsOfFile: Workspace.root + "/Tests/RunTests/Golden/findings.md", encoding: .utf8)))
  }

  @Test("what cannot be inspected")
  func errors() throws {
    try inspect("--pid", "1", "--core", "x").expectError("exclude each other", note: "leave", status: 64)
    try inspect("--pid", "999999999").expectError("process 999999999", "does not exist", note: "sessions")
    try folder.write("text", "no core")
    try inspect("--core", "text").expectError("text", "is no core file", note: "core")
    try inspect("--core", "absent").expectError("absent", "no such file", note: "gcore")
    try inspect().expectError("no session is running", note: "jitdebug run", status: 64)
    try inspect("--lookup", "main", "--pid", "1").expectError("is no address", note: "0x", status: 64)
    let idle = try BackgroundProcess(["sleep", "60"])
    let none = try inspect("--pid", "\(idle.pid)")
    #expect(none.status == 1 && none.output.contains("[hook-missing]"), "\(none.output)\(none.errors)")
    try inspect("--pid", "\(idle.pid)", "--entry", "0").expectError("has 0 entries", note: "--entry", status: 64)
    try inspect("--pid", "\(idle.pid)", "--disassemble", "f").expectError("no registered code", note: "--lookup")
    let lookup = try inspect("--pid", "\(idle.pid)", "--lookup", "0x10")
    #expect(lookup.status == 1 && lookup.output.contains("nothing is mapped there"))
  }
}
