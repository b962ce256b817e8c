// What a process's debug info and arguments name is no reason to hand it out, or to read all of it.

import Foundation
import Testing
import TestSupport

@testable import JITDebug

@Suite struct HostileSourceTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Which of these are packed, and which are left out.
  private func sources(_ files: [(path: String, md5: [UInt8]?)], own: Set<String> = [], below folders: [String] = [])
    -> ReportedSources
  {
    ReportedSources(
      files.map { SourceMap.Entry(file: RecordedFile(path: $0.path, md5: $0.md5), status: .found, path: $0.path) },
      own: own, folders: folders)
  }

  @Test func filesArePackedByTheirTextOrTheirPlace() throws {
    let (text, root) = (folder.file("text"), folder.file("root"))
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    try FileManager.default.createDirectory(atPath: root + "s", withIntermediateDirectories: true)
    for path in [text, "\(root)/a.c", "\(root)/key", "\(root)s/b.c"] {
      try "int x;\n".write(toFile: path, atomically: true, encoding: .utf8)
    }
    // Called a source, and is not.
    try FileManager.default.createSymbolicLink(atPath: "\(root)/link.c", withDestinationPath: text)
    let sum = try #require(HostFiles().sum(of: text))
    #expect(sources([(text, sum)]).paths == [text])
    var other = sum
    other[0] ^= 1
    #expect(sources([(text, nil)]).withheld == [text])
    #expect(sources([(text, other)]).withheld == [text])
    #expect(sources([(text, nil)], own: [text]).paths == [text])
    let all = ["a.c", "key", "link.c", "../roots/b.c", "../text"].map { ("\(root)/\($0)", nil as [UInt8]?) }
    let packed = sources(all, below: [root])
    #expect(packed.paths == ["\(root)/a.c"])
    #expect(packed.withheld.count == 4)
    #expect(packed.problem?.reason.hasPrefix("4 source files were left out") == true)
    #expect(sources(all, below: []).paths == [])
    #expect(sources([]).problem == nil)
  }

  /// Debug info that names a file as if it were a source, without its MD5 sum, as DWARF 4 has it.
  @Test func noProcessGetsAnyFileIntoABundle() throws {
    let secret = folder.file("shadow")
    try "text that nobody is to read\n".write(toFile: secret, atomically: true, encoding: .utf8)
    let program = try InspectFixture.program(
      "naming", at: 0x1400_0000, ["-gdwarf-4"],
      text:
        "int NAME_data = 4;\nint NAME_in(void) {\n  return 1;\n}\n#line 1 \"\(secret)\"\nint NAME(int x) {\n  return x;\n}\n"
    )
    let host = try EntryHost(InspectFixture.host.get(), [program])
    func names(_ options: [String]) throws -> (names: String, errors: String) {
      let bundle = folder.file("\(UUID().uuidString).tgz")
      let result = try run([Workspace.jitdebug, "report", "--pid", "\(host.pid)", "--sources", "-o", bundle] + options)
      #expect(result.status == 0, "\(result.errors)")
      return (try run(["tar", "--list", "--gzip", "--file", bundle]).output, result.errors)
    }
    let without = try names([])
    #expect(!without.names.contains("shadow") && !without.names.contains("naming.c"), "\(without)")
    #expect(without.errors.contains("2 source files were left out"), "\(without.errors)")
    let with = try names(["--source-root", InspectFixture.folder.path])
    #expect(!with.names.contains("shadow") && with.names.contains("/naming.c\n"), "\(with)")
    #expect(with.errors.contains("\(secret): 1 source file was left out"), "\(with.errors)")
  }

  @Test func hugeFilesAreNotRead() throws {
    let files = ["huge.ll", "huge.bc", "huge.o", "huge.c"].map { folder.file($0) }
    for (file, start) in zip(
      files, ["target triple = \"aarch64-linux-gnu\"\n", "BC\u{c0}\u{de}", "\u{7f}ELF", "int x;\n"])
    {
      try Data(start.unicodeScalars.map { UInt8($0.value) }).write(to: URL(filePath: file))
      #expect(truncate(file, 1 << 40) == 0)
    }
    #expect(HostFiles().sum(of: files[3]) == nil)
    let process = try BackgroundProcess(["sh", "-c", "echo ready; read x", "sh"] + files)
    try process.expect("ready")
    let result = try InspectFixture.measured(["doctor", "--pid", "\(process.pid)"])
    #expect(result.status == 1, "\(result.output)")
    #expect(result.output.contains("huge.ll is LLVM IR for aarch64"), "\(result.output)")
    #expect(result.memory < 256 << 20, "\(result.memory) bytes")
  }
}
