// What `jitdebug inspect` says of other people's JITs: a table of the producers that doctor and attach are tried on, too.

import Foundation
import TestSupport
import Testing

@Suite("inspect of other JITs")
struct InspectProducerTests {
  let folder: SessionFolder

  init() throws { folder = try SessionFolder() }

  /// What is expected, and what of it `inspect` prints in its columns.
  struct Row: CustomTestStringConvertible, Sendable {
    /// As `Producer` has it.
    var producer: String
    /// The modules that define the hook, the one with the code last.
    var hooks: [String]
    /// Of the first entry: KIND, FUNCTIONS (empty where it is now one, now another that comes first) and the beginning of SOURCES;
    /// nil where there is none.
    var entry: (kind: String, functions: String, source: String)?
    var findings: Set<String> = []

    var testDescription: String { producer }
  }

  private static let llvm22 = "libLLVM.so.22.1"

  static let rows: [Row] = [
    Row(producer: "lli-22 orc", hooks: [llvm22], entry: ("ELF", "2", "loop.c")),
    Row(producer: "lli-22 mcjit", hooks: [llvm22], entry: ("ELF", "2", "loop.c")),
    Row(producer: "lli-19 orc", hooks: ["libLLVM.so.19.1"], entry: ("ELF", "2", "loop.c")),
    Row(producer: "lli-19 mcjit", hooks: ["libLLVM.so.19.1"], entry: ("ELF", "2", "loop.c")),
    Row(
      producer: "lli-22 orc, with LLVM 14 before it", hooks: ["libLLVM-14.so.1", llvm22], entry: ("ELF", "2", "loop.c"),
      findings: ["hook-several", "hook-unwatched"]),
    Row(producer: "llvm-jitlink-22", hooks: [llvm22], entry: ("ELF", "2", "loop.c")),
    Row(
      producer: "clang-repl-22", hooks: [llvm22], entry: ("ELF", "", "input_line_"), findings: ["source-missing"]),
    Row(producer: "llvmlite MCJIT", hooks: ["libllvmlite.so"], entry: ("ELF", "2", "loop.c")),
    Row(producer: "llvmlite JITLink", hooks: ["libllvmlite.so"]),
    Row(
      producer: "wasmtime", hooks: ["_libwasmtime.so"], entry: ("ELF", "3", "wasm.c"),
      findings: ["dwarf-invalid", "object-damaged", "section-address-zero", "unwind-missing"]),
    Row(producer: "wasmtime without debug info", hooks: ["_libwasmtime.so"]),
    Row(
      producer: "PostgreSQL 15", hooks: ["libLLVM-14.so.1"], entry: ("ELF", "6", "-"), findings: ["debug-info-missing"]),
    Row(
      producer: "PHP", hooks: ["php8.2"], entry: ("ELF", "1", "loop.php"),
      findings: ["section-address-zero", "unwind-missing"]),
    Row(producer: "PHP without its switch", hooks: ["php8.2"]),
    Row(producer: "QEMU user", hooks: [], findings: ["hook-missing"]),
    Row(producer: "Erlang", hooks: ["beam.smp"], entry: ("unknown", "0", "-"), findings: ["entry-not-elf"]),
    Row(producer: "Node", hooks: [], findings: ["hook-missing"]),
  ]

  @Test(arguments: rows)
  func producers(row: Row) throws {
    let process = try #require(Producer.all.first { $0.name == row.producer }).start()
    func inspect() throws -> (result: CommandResult, found: Set<String>) {
      let result = try folder.jitdebug(["inspect", "--pid", "\(process.pid)"])
      return (result, Set(result.output.matches(of: /\[([a-z-]+)\]\n/).map { String($0.output.1) }))
    }
    var (result, found) = try inspect()
    // Meanwhile it may have freed code, as PostgreSQL does after a query.
    for _ in 0..<5 where found != row.findings {
      usleep(500_000)
      (result, found) = try inspect()
    }
    let output = result.output
    let lines = output.split(separator: "\n")
    #expect(found == row.findings, "\(output)\(result.errors)")
    // Notes are no failure.
    #expect(result.status == (found.isSubset(of: ["hook-several", "debug-info-missing"]) ? 0 : 1))
    let hooks = lines.filter { $0.hasPrefix("hook: ") }.map { $0.split(separator: " ")[1].split(separator: "/").last }
    #expect(hooks.map { $0.map(String.init) ?? "" } == row.hooks, "\(output)")
    let fields = lines.first { $0.hasPrefix("0 ") }.map { $0.split(separator: " ").map(String.init) }
    guard let entry = row.entry else {
      #expect(fields == nil && lines.first?.hasSuffix(", 0 entries") == true, "\(output)")
      return
    }
    let columns = try #require(fields, "\(output)")
    try #require(columns.count == 10, "\(output)")
    #expect(columns[3] == entry.kind && columns[6].hasPrefix(entry.source), "\(columns)")
    #expect(columns[9] == row.hooks.last)
    #expect(entry.functions.isEmpty || columns[5] == entry.functions, "\(columns)")
    // Code where something can be known of it, and a backtrace names it then.
    #expect((columns[4] == "-") == (entry.functions == "0"), "\(columns)")
    guard entry.functions != "0", let start = columns[4].split(separator: ".").first else { return }
    let lookup = try folder.jitdebug(["inspect", "--pid", "\(process.pid)", "--lookup", String(start)])
    #expect(lookup.output.contains(": entry 0"), "\(lookup.output)\(lookup.errors)")
  }

  /// Every producer that doctor is tried on has its row.
  @Test func theTableIsComplete() {
    #expect(Self.rows.map(\.producer).sorted() == Producer.all.map(\.name).sorted())
  }
}
