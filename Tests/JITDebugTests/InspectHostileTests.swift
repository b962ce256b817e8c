// Objects, cores and mappings that are made to cost time or memory: the commands end soon, stay small, and say what they left out.

import Foundation
import Testing
import TestSupport

@testable import JITDebug

@Suite struct InspectHostileTests {
  /// An object, and what of it is told.
  struct Shape: CustomTestStringConvertible, Sendable {
    var name: String
    var kinds: Set<FindingKind> = []
    var make: @Sendable () -> HostileFile
    var testDescription: String { name }
  }

  private static let symtab: UInt32 = 2
  private static let strtab: UInt32 = 3
  private static let note: UInt32 = 7

  /// Symbols and names behind each other, with further sections.
  private static func symbols(_ table: Data, _ names: Data, tables: Int = 1) -> HostileFile {
    let start = HostileFile.contentOffset
    let strings = HostileFile.Section(type: strtab, offset: start + UInt64(table.count), size: UInt64(names.count))
    let symbols = HostileFile.Section(type: symtab, offset: start, size: UInt64(table.count), link: 1, entrySize: 24)
    return HostileFile(
      sections: [strings] + Array(repeating: symbols, count: tables), names: 1, content: table + names)
  }

  static let shapes: [Shape] = [
    Shape(name: "a name that doubles with each substitution") {
      symbols(HostileFile.functions(1, names: 2), Data([0] + HostileFile.bomb(levels: 60).utf8 + [0]))
    },
    Shape(name: "many such names") {
      let bomb = HostileFile.bomb(levels: 60)
      var table = HostileFile.functions(1000, names: 2)
      for index in 0..<1000 { table[24 * index] = 1 }
      return symbols(table, Data([0] + bomb.utf8 + [0]))
    },
    Shape(name: "60,000 symbol tables of the same bytes") {
      symbols(HostileFile.functions(100_000, names: 1 << 20), Data(repeating: 0x61, count: 1 << 20), tables: 60_000)
    },
    Shape(name: "names that are parts of each other") {
      symbols(HostileFile.functions(500_000, names: 1 << 24), Data(repeating: 0x61, count: 1 << 24))
    },
    Shape(name: "section names that are parts of each other", kinds: [.objectDamaged]) {
      let size = 1 << 20
      let names = HostileFile.Section(type: strtab, offset: HostileFile.contentOffset, size: UInt64(size))
      let others = (0..<90_000).map {
        HostileFile.Section(type: 1, name: UInt32($0 * 11), flags: 6, address: 0x1000 + UInt64($0) * 16, size: 16)
      }
      return HostileFile(sections: [names] + others, names: 1, content: Data(repeating: 0x61, count: size))
    },
    Shape(name: "notes without end") {
      let notes = HostileFile.Section(type: note, offset: HostileFile.contentOffset, size: 65_532)
      return HostileFile(sections: Array(repeating: notes, count: 90_000), content: HostileFile.notes(65_532))
    },
    Shape(name: "more sections than are read", kinds: [.objectDamaged]) {
      HostileFile(sections: Array(repeating: HostileFile.Section(type: 8), count: 200_000))
    },
  ]

  @Test(arguments: shapes)
  func objects(shape: Shape) throws {
    let path = InspectFixture.folder.file("hostile-\(UUID().uuidString)")
    try shape.make().write(to: path)
    let host = try EntryHost(InspectFixture.host.get(), ["+" + path] + InspectFixture.programs.get())
    for options in [[], ["--json", "--entry", "3"], ["--disassemble", "unit0"]] {
      let result = try InspectFixture.measured(["inspect", "--pid", "\(host.pid)"] + options)
      #expect([0, 1].contains(result.status), "\(shape.name) \(options): \(result.output.prefix(2000))")
      #expect(result.memory < 256 << 20, "\(shape.name) \(options): \(result.memory) bytes")
      guard options.isEmpty else { continue }
      for kind in shape.kinds { #expect(result.output.contains("[\(kind.rawValue)]"), "\(result.output.prefix(2000))") }
      // The others are there in spite of it.
      #expect(result.output.contains("unit1.c"), "\(result.output.prefix(2000))")
    }
  }

  @Test func reportsOfHostileObjectsAreMade() throws {
    let path = InspectFixture.folder.file("hostile-report")
    try Self.shapes[1].make().write(to: path)
    let host = try EntryHost(InspectFixture.host.get(), ["+" + path] + InspectFixture.programs.get())
    let page = InspectFixture.folder.file("hostile.html")
    let result = try InspectFixture.measured(["report", "--pid", "\(host.pid)", "-o", page], seconds: 120)
    #expect(result.status == 0, "\(result.output)")
    #expect(result.memory < 256 << 20, "\(result.memory) bytes")
    #expect(try String(contentsOfFile: page, encoding: .utf8).contains("unit0_inner"))
  }

  @Test func namesAreDemangledWhereTheyCanBe() throws {
    let bomb = HostileFile.bomb(levels: 60)
    #expect(bomb.utf8.count < 1000)
    let names = SymbolNames()
    #expect(names.read(["_Z5valuei", "main", ""]) == ["value(int)", "main", ""])
    // A small one is what it is meant to be.
    #expect(names.read(HostileFile.bomb(levels: 2)) == "f(A, B<A, A>, B<B<A, A>, B<A, A>>)")
    #expect(names.read([bomb, "_Z5valuei"])[0] == bomb)
    // After the worker has ended, others are read nonetheless; after that, names stay as they are.
    #expect(names.read("_Z5valuei") == "value(int)")
    for _ in 0..<3 { #expect(names.read(bomb) == bomb) }
    #expect(names.read("_Z5valuei") == "_Z5valuei")
  }

  @Test func oneObjectRegisteredAHundredTimesIsReadOnce() throws {
    let small = try InspectFixture.programs.get()[0]
    let big = InspectFixture.folder.file("hostile-again")
    try Self.shapes[3].make().write(to: big)
    let host = try EntryHost(InspectFixture.host.get(), ["+" + big] + Array(repeating: "+" + small, count: 60))
    for entry in host.entries.dropFirst() {
      try host.write(host.entries[0].object, at: entry.entry + 16)
      try host.write(host.entries[0].size, at: entry.entry + 24)
    }
    let result = try InspectFixture.measured(["inspect", "--pid", "\(host.pid)"])
    #expect(result.status == 1, "\(result.output.prefix(2000))")
    #expect(result.output.contains("[entry-duplicate]"))
    #expect(result.memory < 256 << 20, "\(result.memory) bytes")
  }

  // MARK: Cores

  private static func note(_ type: UInt32, _ content: Data) -> Data {
    var note = Data()
    for number in [5, UInt32(content.count), type] { withUnsafeBytes(of: number) { note.append(contentsOf: $0) } }
    return note + Data("CORE\0\0\0\0".utf8) + content
  }

  /// NT_FILE: each file mapped at a page of its own.
  private static func files(_ paths: [(start: UInt64, path: String)]) -> Data {
    var content = Data()
    func put(_ number: UInt64) { withUnsafeBytes(of: number) { content.append(contentsOf: $0) } }
    put(UInt64(paths.count))
    put(4096)
    for path in paths {
      put(path.start)
      put(path.start + 4096)
      put(0)
    }
    for path in paths { content.append(Data((path.path + "\0").utf8)) }
    while content.count % 4 != 0 { content.append(0) }
    return note(0x4649_4c45, content)
  }

  private func measure(core: HostileFile) throws -> String {
    let path = InspectFixture.folder.file("hostile.core")
    try core.write(to: path)
    let result = try InspectFixture.measured(["inspect", "--core", path])
    #expect(result.status > 0 && result.status < 126 && result.status != 124, "\(result.output.prefix(2000))")
    #expect(result.memory < 256 << 20, "\(result.memory) bytes")
    return result.output
  }

  @Test func coresWithNotesAndMappingsWithoutEnd() throws {
    let notes = HostileFile.notes(4 << 20)
    let segment = HostileFile.Segment(type: 4, offset: HostileFile.contentOffset, fileSize: UInt64(notes.count))
    _ = try measure(
      core: HostileFile(type: 4, segments: Array(repeating: segment, count: 200_000), content: notes))
    let names = Self.files((0..<60_000).map { (0x10_0000 + UInt64($0) * 0x1000, "/proc/self/\($0)/../exe") })
    let loaded = (0..<200_000).map {
      HostileFile.Segment(type: 1, address: 0x8000_0000 + UInt64($0) * 0x800, memorySize: 0x1000)
    }
    let first = HostileFile.Segment(type: 4, offset: HostileFile.contentOffset, fileSize: UInt64(names.count))
    _ = try measure(core: HostileFile(type: 4, segments: [first] + loaded, content: names))
  }

  @Test func coresGetNoFileThatIsNoProgram() throws {
    let secret = InspectFixture.folder.file("secret")
    try "text that nobody is to read\n".write(toFile: secret, atomically: true, encoding: .utf8)
    let program = try InspectFixture.programs.get()[0]
    let names = Self.files([(0x10000, secret), (0x20000, program), (0x20800, secret)])
    let path = InspectFixture.folder.file("naming.core")
    try HostileFile(
      type: 4,
      segments: [HostileFile.Segment(type: 4, offset: HostileFile.contentOffset, fileSize: UInt64(names.count))],
      content: names
    ).write(to: path)
    let core = try CoreFile(path)
    #expect(core.mappings.map(\.range.start.rawValue) == [0x10000, 0x20000])
    #expect(core.read(TargetAddress(0x10000), 16) == [])
    #expect(core.read(TargetAddress(0x20000), 4) == ELF.ELFMAG)
  }

  // MARK: Mappings

  @Test func mappingsInCrashReportsAreSortedAndDisjoint() {
    let text =
      "2000-4000 r-xp 0 08:01 1 /a\n1000-3000 r--p 0 08:01 1 /a\nfffffffffffff000-ffffffffffffffff r-xp 0 0:0 0\n"
    #expect(Mapping.parse(Array(text.utf8)).map(\.range) == [0x1000..<0x3000, 0xffff_ffff_ffff_f000..<UInt64.max])
  }

  @Test func mappingsAreSortedAndDisjointWhateverIsTold() {
    let (mappings, omissions) = MappingText.parse(
      Array(
        """
        7000-9000 r-xp 00000000 08:01 12 /lib/b
        1000-3000 r--p 00000000 08:01 11 /lib/a
        2000-4000 r-xp 00001000 08:01 11 /lib/a
        3000-5000 rw-p 00000000 00:00 0
        5000-4000 rw-p 00000000 00:00 0
        fffffffffffff000-ffffffffffffffff r-xp 00000000 00:00 0 [vsyscall]
        1000-10000000000000000 r--p 00000000 08:01 11 /lib/a
        x

        """.utf8))
    #expect(mappings.map(\.range.start.rawValue) == [0x1000, 0x3000, 0x7000, 0xffff_ffff_ffff_f000])
    #expect(omissions == ["1 of its mappings overlap others, and were left out"])
    var content = ReportContent(subject: "test")
    content.mappings = mappings
    #expect(ReportPage(content).text.contains("[vsyscall]"))
    let ordered = MappingText.parse(
      Array("1000-2000 r--p 0 08:01 1 /a b\n2000-3000 r--p 0 08:01 1 /a b (deleted)\n".utf8))
    #expect(ordered.mappings.map(\.path) == ["/a b", "/a b"] && ordered.omissions.isEmpty)
    #expect(ordered.mappings.map(\.isDeleted) == [false, true])
  }

  @Test func tooManyMappingsAreToldOf() {
    let lines = (0..<300_000).map {
      "\(String(($0 + 1) * 4096, radix: 16))-\(String(($0 + 2) * 4096, radix: 16)) r--p 0 0:0 0\n"
    }
    let (mappings, omissions) = MappingText.parse(Array(lines.joined().utf8))
    #expect(mappings.count == 1 << 18)
    #expect(omissions == ["it has 300000 mappings, of which the first 262144 were kept"])
  }
}
