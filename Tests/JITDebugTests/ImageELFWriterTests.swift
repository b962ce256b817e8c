// The ELF writer: written files as readelf and llvm-readelf see them, at the limits of the format.

import Foundation
import Testing

@testable import JITDebug

@Suite struct ImageELFWriterTests {
  private static let x86 = ELFFormat(e_machine: ELF.EM_X86_64)

  /// Runs both readers over everything; neither may find anything to complain about.
  private func expectReadersContent(_ path: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    for reader in ["readelf", "llvm-readelf-22"] {
      let output = try runTool(reader, ["-aW", path], sourceLocation: sourceLocation)
      let complaint = output.split(separator: "\n").first { line in
        let lower = line.lowercased()
        return lower.contains("warning") || lower.contains("error") || lower.contains("corrupt")
      }
      #expect(complaint == nil, "\(reader)", sourceLocation: sourceLocation)
    }
  }

  @Test func aFileWithNothingInItIsValid() throws {
    let scratch = try ScratchDirectory()
    let path = try scratch.write(ELFWriter(ELFFile(format: Self.x86)).write(), to: "empty")
    try expectReadersContent(path)
    let listing = try ELFListing(path)
    #expect(listing.sections.map(\.name) == ["", ".symtab", ".strtab"])
    #expect(listing.symbols.count == 1)
  }

  @Test(arguments: [
    ELFFormat(e_machine: ELF.EM_X86_64), ELFFormat(e_machine: ELF.EM_AARCH64),
    ELFFormat(e_machine: ELF.EM_RISCV, e_flags: 5), ELFFormat(e_machine: ELF.EM_386, is64Bit: false),
    ELFFormat(e_machine: 21, e_flags: 2, isLittleEndian: false),  // PowerPC 64
    ELFFormat(e_machine: 8, e_flags: 0x7000_1000, is64Bit: false, isLittleEndian: false),  // MIPS
  ])
  func everyFieldIsReadBack(_ format: ELFFormat) throws {
    let scratch = try ScratchDirectory()
    let high: UInt64 = format.is64Bit ? 0x7f12_3456_7000 : 0x8765_4000
    var file = ELFFile(format: format)
    let text = file.add(
      ELFSection(
        name: ".text", sh_type: ELF.SHT_NOBITS, sh_flags: ELF.SHF_ALLOC | ELF.SHF_EXECINSTR, sh_addr: high,
        sh_addralign: 16, contents: .memory(size: 0x1234)))
    let odd = file.add(ELFSection(name: ".odd", sh_type: ELF.SHT_PROGBITS, contents: .bytes([1, 2, 3])))
    let aligned = file.add(
      ELFSection(
        name: ".strings", sh_type: ELF.SHT_PROGBITS, sh_flags: ELF.SHF_MERGE | ELF.SHF_STRINGS, sh_addralign: 32,
        sh_entsize: 1, contents: .bytes(Array("hello\0".utf8))))
    let note = file.add(BuildID.note(Array(0..<20), format: format))
    file.setSymbols([
      ELFSymbol(
        name: "global", binding: ELF.STB_GLOBAL, type: ELF.STT_FUNC, section: text, st_value: high + 16, st_size: 32),
      ELFSymbol(
        name: "local", binding: ELF.STB_LOCAL, type: ELF.STT_OBJECT, section: odd, st_value: high + 1, st_size: 3),
      ELFSymbol(name: "λ", binding: ELF.STB_LOCAL, type: ELF.STT_NOTYPE, section: odd, st_value: 0, st_size: 0),
    ])
    let writer = try ELFWriter(file)
    let bytes = writer.write()
    #expect(bytes.count == writer.fileSize)
    let path = try scratch.write(bytes, to: "file")
    try expectReadersContent(path)

    let listing = try ELFListing(path)
    #expect(listing.header.Machine.Value == UInt64(format.e_machine))
    #expect(listing.header.Flags.Value == UInt64(format.e_flags))
    #expect(listing.header.SectionHeaderCount == "7")
    #expect(listing.header.StringTableSectionIndex == "6")
    #expect(
      listing.sections.map(\.name) == ["", ".text", ".odd", ".strings", ".note.gnu.build-id", ".symtab", ".strtab"])
    let code = listing.sections[1]
    #expect((code.Type.Value, code.Flags.Value) == (UInt64(ELF.SHT_NOBITS), 6))
    #expect((code.Address, code.Size, code.AddressAlignment) == (high, 0x1234, 16))
    let strings = listing.sections[3]
    #expect((strings.Flags.Value, strings.AddressAlignment, strings.EntrySize) == (0x30, 32, 1))
    #expect(strings.Offset % 32 == 0)
    #expect(Int(strings.Offset) == writer.fileOffset(of: aligned))
    #expect(Array(bytes[Int(strings.Offset)...].prefix(6)) == Array("hello\0".utf8))
    #expect(Int(listing.sections[4].Offset) == writer.fileOffset(of: note))

    let table = listing.sections[5]
    #expect((table.Link, table.Info, table.EntrySize) == (6, 3, UInt64(format.symbolSize)))
    #expect(listing.symbols.map(\.name) == ["", "local", "λ", "global"])
    #expect(listing.symbols.map(\.Value) == [0, high + 1, 0, high + 16])
    #expect(listing.symbols.map(\.Size) == [0, 3, 0, 32])
    #expect(listing.symbols.map(\.Binding.Value) == [0, 0, 0, 1])
    #expect(listing.symbols.map(\.Type.Value) == [0, 1, 0, 2])
    #expect(listing.symbols.map(\.Section.Name) == ["Undefined", ".odd", ".odd", ".text"])
    #expect(try runTool("readelf", ["-nW", path]).contains("Build ID: 000102030405060708090a0b0c0d0e0f10111213"))
  }

  /// e_shnum and e_shstrndx end below 0xff00, and so does a symbol's st_shndx; beyond, section header 0 and
  /// SHT_SYMTAB_SHNDX take over. The arguments count the sections added to those of the writer.
  @Test(arguments: [1, 0xfefc, 0xfefd, 0xfefe, 0xfeff, 0xff00, 0xff01, 0xfffd, 0x10000])
  func sectionCountsAroundTheReservedNumbers(_ added: Int) throws {
    let scratch = try ScratchDirectory()
    var file = ELFFile(format: Self.x86)
    for index in 1...added {
      file.add(ELFSection(name: ".s\(index)", sh_type: ELF.SHT_PROGBITS, contents: .bytes([UInt8(index & 0xff)])))
    }
    file.setSymbols(
      [1, added].map { index in
        ELFSymbol(
          name: "in\(index)", binding: ELF.STB_GLOBAL, type: ELF.STT_OBJECT, section: ELFSectionIndex(value: index),
          st_value: UInt64(index), st_size: 1)
      })
    let path = try scratch.write(ELFWriter(file).write(), to: "many")

    // The null section, .symtab, .symtab_shndx if the last symbol needs it, and .strtab.
    let hasExtraTable = added >= 0xff00
    let count = added + (hasExtraTable ? 4 : 3)
    let strings = count - 1
    for reader in ["readelf", "llvm-readelf-22"] {
      let header = try runTool(reader, ["-hW", path])
      func value(_ field: String) -> Substring? {
        header.split(separator: "\n").first { $0.contains(field) }?.split(separator: ":")[1].drop { $0 == " " }
      }
      #expect(value("Number of section headers") == (count < 0xff00 ? "\(count)" : "0 (\(count))"), "\(reader)")
      #expect(
        value("Section header string table index") == (strings < 0xff00 ? "\(strings)" : "65535 (\(strings))"),
        "\(reader)")

      // The last sections only: Swift takes seconds to go through all lines.
      let sections = try runTool(reader, ["-SW", path]).suffix(3000)
      #expect(sections.contains("[\(strings)] .strtab ") || sections.contains("[ \(strings)] .strtab "), "\(reader)")
      #expect(sections.contains(".symtab_shndx ") == hasExtraTable, "\(reader)")

      let symbols = try runTool(reader, ["-sW", path])
      #expect(!symbols.lowercased().contains("warning"), "\(reader): \(symbols)")
      for index in [1, added] {
        #expect(symbols.contains(try Regex(" \(index) in\(index)\\n")), "\(reader): \(symbols)")
      }
    }
  }

  @Test func namesOfAnyLength() throws {
    let scratch = try ScratchDirectory()
    let names = ["a", String(repeating: "x", count: 70_000), "with space", "naïve ✓", "_ZN3fooIiE3barEv"]
    var file = ELFFile(format: Self.x86)
    for name in names { file.add(ELFSection(name: name, sh_type: ELF.SHT_PROGBITS, contents: .bytes([]))) }
    file.setSymbols(
      names.map {
        ELFSymbol(
          name: $0, binding: ELF.STB_GLOBAL, type: ELF.STT_FUNC, section: ELFSectionIndex(value: 1), st_value: 0,
          st_size: 0)
      })
    let path = try scratch.write(ELFWriter(file).write(), to: "names")
    let listing = try ELFListing(path)
    #expect(listing.sections.map(\.name) == [""] + names + [".symtab", ".strtab"])
    #expect(listing.symbols.map(\.name) == [""] + names)
    try expectReadersContent(path)
  }

  @Test func whatTheFormatCannotHoldIsRefused() throws {
    func file(_ format: ELFFormat, address: UInt64, size: UInt64) -> ELFFile {
      var file = ELFFile(format: format)
      file.add(ELFSection(name: ".text", sh_type: ELF.SHT_NOBITS, sh_addr: address, contents: .memory(size: size)))
      return file
    }
    let small = ELFFormat(e_machine: ELF.EM_386, is64Bit: false)
    #expect(throws: JITDebugError.self) { try ELFWriter(file(small, address: 0xffff_f000, size: 0x1001)) }
    #expect(throws: JITDebugError.self) { try ELFWriter(file(small, address: 0x1_0000_0000, size: 0)) }
    #expect(throws: JITDebugError.self) { try ELFWriter(file(Self.x86, address: .max, size: 2)) }
    #expect(throws: Never.self) { try ELFWriter(file(small, address: 0xffff_f000, size: 0x1000)) }
    #expect(throws: Never.self) { try ELFWriter(file(Self.x86, address: 0, size: .max)) }
    #expect(throws: Never.self) { try ELFWriter(file(Self.x86, address: 0xffff_ffff_ffff_f000, size: 0x1000)) }
  }
}
