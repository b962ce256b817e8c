// Frame tables that no compiler here writes: every pointer encoding, the 64-bit format, addresses in instructions, and
// damaged ones.

import Foundation
import TestSupport
import Testing

@testable import JITDebug

/// Builds `.eh_frame` sections entry by entry.
private struct FrameTable {
  var format = ELFFormat(e_machine: ELF.EM_X86_64)
  var address: UInt64 = 0x4000
  var bytes: [UInt8] = []
  /// Whether entries have the 64-bit extended length.
  var isExtended = false

  static let code = TargetRange(start: TargetAddress(0x5000), size: 0x1000)

  func number(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: format.isLittleEndian ? value.littleEndian : value.bigEndian) { Array($0) }
  }

  /// Where the next byte will lie in the target.
  var here: UInt64 { address + UInt64(bytes.count) }
  /// Where an entry's first byte behind its CIE pointer will lie.
  var nextField: UInt64 { here + (isExtended ? 16 : 8) }

  /// - Parameter mark: the distance to the CIE as seen from its field, 0 for a CIE.
  private mutating func append(mark: UInt32, _ content: [UInt8]) {
    let padding = [UInt8](repeating: 0, count: (8 - (content.count + 8) % 8) % 8)
    let length = 4 + content.count + padding.count
    bytes += isExtended ? number(UInt32.max) + number(UInt64(length)) : number(UInt32(length))
    bytes += number(mark) + content + padding
  }

  mutating func cie(
    version: UInt8 = 1, augmentation: String = "zR", data: [UInt8], instructions: [UInt8] = [0x0c, 7, 8, 0x90, 1]
  ) -> Int {
    let offset = bytes.count
    var content = [version] + Array(augmentation.utf8) + [0]
    if version == 4 { content += [UInt8(format.addressSize), 0] }
    content += [1, 0x78, 16]
    if augmentation.hasPrefix("z") { content += [UInt8(data.count)] }
    append(mark: 0, content + data + instructions)
    return offset
  }

  mutating func fde(of cie: Int, _ content: [UInt8]) {
    append(mark: UInt32(bitPattern: Int32(bytes.count + (isExtended ? 12 : 4) - cie)), content)
  }

  func converted() throws(JITDebugError) -> [UInt8] {
    var frames = DebugFrame(format: format, code: Self.code)
    try frames.add(.ehFrame, bytes, at: TargetAddress(address))
    return frames.bytes
  }

  /// The table in a file of its own, as an independent reader sees it.
  func dump(_ name: String, _ section: [UInt8], in scratch: ScratchDirectory) throws -> [FrameDump] {
    var file = ELFFile(format: format)
    file.add(
      ELFSection(
        name: ".text", sh_type: ELF.SHT_NOBITS, sh_flags: ELF.SHF_ALLOC | ELF.SHF_EXECINSTR,
        sh_addr: Self.code.start.rawValue, contents: .memory(size: Self.code.size)))
    file.add(
      ELFSection(
        name: name, sh_type: ELF.SHT_PROGBITS, sh_flags: ELF.SHF_ALLOC,
        sh_addr: name == ".eh_frame" ? address : 0, contents: .bytes(section)))
    return try FrameDump.read(name, of: try scratch.write(ELFWriter(file).write(), to: "table"))
  }
}

@Suite struct ImageFrameEncodingTests {
  private static let body: [UInt8] = [0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6]

  private func expectSameMeaning(_ table: FrameTable, count: Int, sourceLocation: SourceLocation = #_sourceLocation)
    throws
  {
    let scratch = try ScratchDirectory()
    let original = try table.dump(".eh_frame", table.bytes, in: scratch)
    #expect(original.count == count, sourceLocation: sourceLocation)
    let converted = try table.dump(".debug_frame", table.converted(), in: scratch)
    #expect(converted == original, sourceLocation: sourceLocation)
  }

  @Test(
    arguments: [0x00, 0x01, 0x02, 0x03, 0x04, 0x09, 0x0a, 0x0b, 0x0c].flatMap { [$0, $0 | 0x10] } as [UInt8],
    [true, false])
  func everyPointerEncoding(_ encoding: UInt8, _ isLittleEndian: Bool) throws {
    var table = FrameTable()
    table.format.isLittleEndian = isLittleEndian
    // PowerPC 64: a big-endian machine that llvm-dwarfdump knows.
    if !isLittleEndian { table.format.e_machine = 21 }
    let cie = table.cie(data: [encoding])
    for (pc, size) in [(0x5010, 0x20), (0x5800, 0x150)] as [(UInt64, UInt64)] {
      let value = encoding & 0x10 == 0 ? pc : pc - table.nextField
      func encode(_ value: UInt64) -> [UInt8] {
        switch encoding & 0x0f {
        case 0x02, 0x0a: table.number(UInt16(value))
        case 0x03, 0x0b: table.number(UInt32(value))
        case 0x01, 0x09: [UInt8(value & 0x7f) | 0x80, UInt8(value >> 7 & 0x7f) | 0x80, UInt8(value >> 14)]
        default: table.number(value)
        }
      }
      table.fde(of: cie, encode(value) + encode(size) + [0] + Self.body)
    }
    try expectSameMeaning(table, count: 2)
  }

  @Test func backwardDistancesAreSigned() throws {
    var table = FrameTable(address: 0x9000)
    let cie = table.cie(data: [0x1b])
    table.fde(
      of: cie,
      table.number(Int32(0x5100 - Int64(table.nextField))) + table.number(UInt32(16)) + [0] + Self.body)
    try expectSameMeaning(table, count: 1)
  }

  @Test(arguments: [
    UInt8(0x20), 0x30, 0x3b, 0x40, 0x50, 0x60, 0x70, 0x80, 0x9b, 0xff, 0x05, 0x06, 0x07, 0x0d, 0x0e, 0x0f,
  ])
  func encodingsThatNeedMoreThanTheImageAreRefused(_ encoding: UInt8) throws {
    var table = FrameTable()
    let cie = table.cie(data: [encoding])
    table.fde(of: cie, [UInt8](repeating: 0x11, count: 32))
    let error = #expect(throws: JITDebugError.self) { try table.converted() }
    #expect(error?.reason.contains("encoding 0x\(String(encoding, radix: 16)) ") == true, "\(error?.reason ?? "")")
    #expect(error?.subject.hasPrefix(".eh_frame+0x") == true)
  }

  /// LSB Core allows the 64-bit format; what names the CIE has 4 bytes in both.
  @Test func extendedLengths() throws {
    var table = FrameTable(isExtended: true)
    let cie = table.cie(data: [0x1b])
    table.fde(of: cie, table.number(UInt32(0x5010 - table.nextField)) + table.number(UInt32(32)) + [0] + Self.body)
    table.isExtended = false
    table.fde(of: cie, table.number(UInt32(0x5040 - table.nextField)) + table.number(UInt32(32)) + [0] + Self.body)
    try expectSameMeaning(table, count: 2)
  }

  @Test(arguments: [UInt8(1), 3, 4])
  func everyCIEVersion(_ version: UInt8) throws {
    var table = FrameTable()
    let cie = table.cie(version: version, augmentation: "", data: [])
    table.fde(of: cie, table.number(UInt64(0x5010)) + table.number(UInt64(32)) + Self.body)
    try expectSameMeaning(table, count: 1)
  }

  @Test(arguments: [UInt8(0), 2, 5, 255])
  func otherCIEVersionsAreRefused(_ version: UInt8) throws {
    var table = FrameTable()
    let cie = table.cie(version: version, data: [0])
    table.fde(of: cie, table.number(UInt64(0x5010)) + table.number(UInt64(32)) + [0])
    let error = #expect(throws: JITDebugError.self) { try table.converted() }
    #expect(error?.reason == "the CIE has version \(version), where 1, 3 and 4 are known")
  }

  /// The letters without data stay in every order; personality and exception table go, with what FDEs have of them.
  @Test(
    arguments: [
      ("zRS", [0x1b], "zS"), ("zSR", [0x1b], "zS"), ("zPLR", [0x9b, 1, 2, 3, 4, 0x1b, 0x1b], ""),
      ("zPLRS", [0x00, 1, 2, 3, 4, 5, 6, 7, 8, 0x1b, 0x1b], "zS"), ("zRB", [0x1b], "zB"), ("zRBS", [0x1b], "zBS"),
      ("zRG", [0x1b], "zG"), ("zPR", [0xff, 0x1b], ""),
      ("zPR", [0x50, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x1b], ""),
      ("zR", [0x1b, 9, 9, 9], ""), ("z", [], ""),
    ] as [(String, [UInt8], String)])
  func augmentations(_ augmentation: String, _ data: [UInt8], _ kept: String) throws {
    var table = FrameTable()
    // DW_EH_PE_aligned counts from the start of the target's memory: here 6 bytes of padding precede the pointer.
    let cie = table.cie(augmentation: augmentation, data: data)
    let isRelative = augmentation.contains("R")
    let start: [UInt8] =
      isRelative
      ? table.number(UInt32(0x5010 - table.nextField)) + table.number(UInt32(32))
      : table.number(UInt64(0x5010)) + table.number(UInt64(32))
    // With data of the FDE's own, as with L.
    table.fde(of: cie, start + [4, 0xaa, 0xbb, 0xcc, 0xdd] + Self.body)

    let scratch = try ScratchDirectory()
    let converted = try table.dump(".debug_frame", table.converted(), in: scratch)
    #expect(converted.map(\.range) == ["00005010...00005030"])
    #expect(converted.first?.instructions.count == 5)
    let dump = try runTool("llvm-dwarfdump-22", ["--debug-frame", scratch.path("table")])
    #expect(dump.contains("Augmentation:          \"\(kept)\""), "\(dump)")
  }

  @Test(arguments: ["x", "zRx", "armcc+", "RS"])
  func unknownAugmentationsAreRefused(_ augmentation: String) throws {
    var table = FrameTable()
    let cie = table.cie(augmentation: augmentation, data: [0x1b])
    table.fde(of: cie, [UInt8](repeating: 0, count: 16))
    let error = #expect(throws: JITDebugError.self) { try table.converted() }
    #expect(error?.reason == "the CIE's augmentation \"\(augmentation)\" is unknown")
  }

  /// DW_CFA_set_loc holds an encoded pointer in `.eh_frame` and an address in `.debug_frame`.
  @Test func addressesInInstructionsAreConverted() throws {
    var table = FrameTable()
    let cie = table.cie(data: [0x1b])
    let field = table.nextField
    var content = table.number(UInt32(0x5010 - field)) + table.number(UInt32(32)) + [0, 0x0e, 16, 0x01]
    content += table.number(UInt32(0x5018 - (field + UInt64(content.count)))) + [0x0e, 24]
    table.fde(of: cie, content)
    let scratch = try ScratchDirectory()
    let converted = try table.dump(".debug_frame", table.converted(), in: scratch)
    #expect(
      converted.first?.instructions == [
        "  DW_CFA_def_cfa_offset: +16", "  DW_CFA_set_loc: 5018", "  DW_CFA_def_cfa_offset: +24",
      ])
  }

  /// A zero at the end of an instruction is an operand as often as padding.
  @Test func operandsAreNotTakenForPadding() throws {
    var table = FrameTable()
    let cie = table.cie(data: [0x1b])
    for (index, instructions) in [[0x0e, 0], [0x16, 6, 2, 0x70, 0], [0x0a, 0x0b, 0x0e, 0], [0x02, 0]].enumerated() {
      let pc = UInt64(0x5010 + index * 16)
      let start = table.number(UInt32(pc - table.nextField)) + table.number(UInt32(16)) + [0]
      table.fde(of: cie, start + instructions.map { UInt8($0) })
    }
    try expectSameMeaning(table, count: 4)
  }

  /// Other inputs' tables may follow a terminator in a merged section.
  @Test func terminatorsBetweenInputsAreSkipped() throws {
    var table = FrameTable()
    var first = table.cie(data: [0x1b])
    table.fde(of: first, table.number(UInt32(0x5010 - table.nextField)) + table.number(UInt32(32)) + [0] + Self.body)
    let single = try table.converted()
    table.bytes += [0, 0, 0, 0, 0, 0, 0, 0]
    first = table.cie(data: [0x1b])
    table.fde(of: first, table.number(UInt32(0x5050 - table.nextField)) + table.number(UInt32(32)) + [0] + Self.body)
    table.bytes += [0, 0, 0, 0]
    let scratch = try ScratchDirectory()
    let both = try table.dump(".debug_frame", table.converted(), in: scratch)
    #expect(both.map(\.range) == ["00005010...00005030", "00005050...00005070"])
    #expect(try table.converted().starts(with: single))
  }

  /// JITLink may place a record before the one it refers to.
  @Test func anFDEMayPrecedeItsCIE() throws {
    var table = FrameTable()
    let body = table.number(UInt32(0x5010 - table.nextField)) + table.number(UInt32(32)) + [0] + Self.body
    var probe = table
    probe.fde(of: 0, body)
    table.fde(of: probe.bytes.count, body)
    _ = table.cie(data: [0x1b])
    let scratch = try ScratchDirectory()
    #expect(try table.dump(".debug_frame", table.converted(), in: scratch).map(\.range) == ["00005010...00005030"])
  }

  @Test func addressesOfFourBytes() throws {
    var table = FrameTable()
    table.format = ELFFormat(e_machine: ELF.EM_386, is64Bit: false)
    let cie = table.cie(data: [0x1b], instructions: [0x0c, 4, 4, 0x88, 1])
    table.fde(
      of: cie, table.number(UInt32(0x5010 - table.nextField)) + table.number(UInt32(32)) + [0] + [0x41, 0x0e, 8])
    try expectSameMeaning(table, count: 1)
    #expect(try table.converted().count % 4 == 0)
  }
}

extension ImageFrameEncodingTests {
  /// Converts what may be nonsense. Both outcomes are right; anything else ends the whole test run.
  private func attempt(_ bytes: [UInt8], _ format: ELFFormat, _ code: TargetRange, at address: TargetAddress) -> Bool {
    var wasAccepted = true
    for kind in [DebugFrame.Kind.ehFrame, .debugFrame] {
      var frames = DebugFrame(format: format, code: code)
      do throws(JITDebugError) {
        try frames.add(kind, bytes, at: address)
      } catch {
        wasAccepted = false
        #expect(frames.bytes.isEmpty && error.subject.hasPrefix(kind == .ehFrame ? ".eh_frame+0x" : ".debug_frame+0x"))
      }
    }
    return wasAccepted
  }

  @Test func damagedTablesAreErrors() throws {
    let scratch = try ScratchDirectory()
    let program = try LinkedProgram(
      ["a.c": "int leaf(int n) { return n; }\nint start(int n) { return leaf(n) + 1; }"], flags: ["-O1"], in: scratch)
    let (address, table) = try #require(program.image.ehFrame)
    var rich = FrameTable()
    let cie = rich.cie(augmentation: "zPLRS", data: [0x9b, 1, 2, 3, 4, 0x1b, 0x1b])
    rich.fde(
      of: cie,
      rich.number(UInt32(0x5010 - rich.nextField)) + rich.number(UInt32(32)) + [4, 1, 2, 3, 4, 0x16, 6, 2, 0x70, 0])

    for (bytes, code, address) in [
      (table, program.image.code, address), (rich.bytes, FrameTable.code, TargetAddress(rich.address)),
    ] {
      let formats = [true, false].flatMap { wide in
        [true, false].map { ELFFormat(e_machine: 0, is64Bit: wide, isLittleEndian: $0) }
      }
      for format in formats {
        for length in bytes.indices { _ = attempt(Array(bytes[..<length]), format, code, at: address) }
        for index in bytes.indices {
          for value in [0x00, 0x01, 0x7f, 0x80, 0xff, bytes[index] ^ 0x01, bytes[index] ^ 0x80, bytes[index] &+ 4] {
            var damaged = bytes
            damaged[index] = value
            _ = attempt(damaged, format, code, at: address)
          }
        }
      }
      // Cut within an entry, in the format it was written in, it is never accepted.
      for length in 1..<bytes.count where length % 8 != 0 {
        #expect(!attempt(Array(bytes[..<length]), formats[0], code, at: address))
      }
    }
  }

  @Test func noiseIsAnErrorOrNothing() {
    var random = SeededGenerator(42)
    for _ in 0..<2000 {
      var bytes = (0..<Int.random(in: 0..<120, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      // Often with a plausible length, else hardly anything beyond it would be reached.
      if bytes.count > 8, Bool.random(using: &random) {
        bytes.replaceSubrange(0..<8, with: [UInt8(bytes.count - 4), 0, 0, 0, 0, 0, 0, 0])
      }
      _ = attempt(bytes, ELFFormat(e_machine: 0), FrameTable.code, at: TargetAddress(.max - 16))
    }
  }

  /// The debug file is still made without the table, and says so.
  @Test func aDamagedTableIsAWarning() throws {
    let scratch = try ScratchDirectory()
    var image = try LinkedProgram(["a.c": "int start(int n) { return n; }"], flags: [], in: scratch).image
    let table = try #require(image.ehFrame)
    image.ehFrame = (table.address, Array(table.bytes.dropLast(6)))
    let debug = try image.makeDebugImage()
    #expect(debug.warnings.count == 1)
    let path = try scratch.write(debug.debugFile, to: "debug")
    #expect(try ELFListing(path)[".debug_frame"] == nil)
    #expect(try runTool("llvm-dwarfdump-22", ["--verify", path]).contains("No errors."))
  }
}
