// Writes an `ELFFile`: reserves a place for every part first, then fills one buffer from front to back.

/// The layout of one file. Creating it reserves all places; `write` fills them.
package struct ELFWriter {
  private let file: ELFFile
  private let format: ELFFormat
  /// File offsets of the sections of `file`, in order.
  private var sectionOffsets: [Int] = []
  private var symbolTable = Extent()
  /// The SHT_SYMTAB_SHNDX section; empty unless a symbol lies in a section whose number has no room in st_shndx.
  private var symbolSections = Extent()
  private var strings = Extent()
  private var e_shoff = 0
  /// With the null section.
  private var sectionCount = 0
  /// In bytes.
  package private(set) var fileSize = 0

  private struct Extent {
    var offset = 0
    var size = 0
  }

  private static let symbolTableName = ".symtab"
  private static let symbolSectionsName = ".symtab_shndx"
  private static let stringsName = ".strtab"

  package init(_ file: ELFFile) throws(JITDebugError) {
    self.file = file
    format = file.format

    var end = format.headerSize
    func reserve(_ size: Int, alignment: Int) -> Extent {
      let start = (end + alignment - 1) / alignment * alignment
      end = start + size
      return Extent(offset: start, size: size)
    }

    var nameBytes = 1 + Self.symbolTableName.utf8.count + 1 + Self.stringsName.utf8.count + 1
    sectionOffsets.reserveCapacity(file.sections.count)
    for section in file.sections {
      let alignment = Int(truncatingIfNeeded: max(section.sh_addralign, 1))
      switch section.contents {
      case .bytes(let bytes): sectionOffsets.append(reserve(bytes.count, alignment: alignment).offset)
      // "Sections": a SHT_NOBITS section's sh_offset is its conceptual place; it takes no room.
      case .memory: sectionOffsets.append(end)
      }
      nameBytes += section.name.utf8.count + 1
    }
    for symbol in file.symbols { nameBytes += symbol.name.utf8.count + 1 }

    let symbolCount = file.symbols.count + 1
    symbolTable = reserve(symbolCount * format.symbolSize, alignment: format.addressSize)
    sectionCount = 1 + file.sections.count + 2
    if file.symbols.contains(where: { $0.section.value >= Int(ELF.SHN_LORESERVE) }) {
      symbolSections = reserve(symbolCount * 4, alignment: 4)
      nameBytes += Self.symbolSectionsName.utf8.count + 1
      sectionCount += 1
    }
    strings = reserve(nameBytes, alignment: 1)
    e_shoff = reserve(sectionCount * format.sectionHeaderSize, alignment: format.addressSize).offset
    fileSize = end
    try check(nameBytes: nameBytes)
  }

  /// Refuses what the fields of the format cannot hold.
  private func check(nameBytes: Int) throws(JITDebugError) {
    guard nameBytes <= Int(UInt32.max) else {
      throw JITDebugError(.system, "debug file", "the names of its symbols take more than 4 GiB")
    }
    guard UInt64(fileSize) <= format.largestAddress else {
      throw JITDebugError(
        .system, "debug file", "its \(fileSize) bytes are more than a 32-bit ELF file can hold",
        remedy: "use less debug info, for example -g1")
    }
    for section in file.sections {
      // The last byte is what must be addressable: a section may end where the address space does.
      let (last, overflow) = section.sh_addr.addingReportingOverflow(max(section.size, 1) - 1)
      guard !overflow, last <= format.largestAddress else {
        throw JITDebugError(
          .system, "section \(section.name)",
          "ends beyond the address space (address \(TargetAddress(section.sh_addr)), size \(section.size))")
      }
    }
  }

  /// Where a section's bytes lie in the written file.
  package func fileOffset(of section: ELFSectionIndex) -> Int { sectionOffsets[section.value - 1] }

  package func write() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: fileSize) { buffer, count in
      var out = ByteOutput(UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: fileSize), format: format)
      writeFileHeader(to: &out)
      for (section, offset) in zip(file.sections, sectionOffsets) {
        guard case .bytes(let bytes) = section.contents else { continue }
        out.pad(to: offset)
        bytes.withUnsafeBytes { out.put($0) }
      }
      writeSymbols(to: &out)
      writeStrings(to: &out)
      writeSectionHeaders(to: &out)
      precondition(out.offset == fileSize)
      count = fileSize
    }
  }

  /// "ELF Header".
  private func writeFileHeader(to out: inout ByteOutput) {
    for byte in ELF.ELFMAG { out.put(byte) }
    out.put(format.is64Bit ? ELF.ELFCLASS64 : ELF.ELFCLASS32)
    out.put(format.isLittleEndian ? ELF.ELFDATA2LSB : ELF.ELFDATA2MSB)
    out.put(ELF.EV_CURRENT)
    out.put(ELF.ELFOSABI_NONE)
    out.pad(to: ELF.EI_NIDENT)
    out.put(ELF.ET_EXEC)  // e_type
    out.put(format.e_machine)
    out.put(UInt32(ELF.EV_CURRENT))  // e_version
    out.putAddress(0)  // e_entry: none
    out.putAddress(0)  // e_phoff: no program header table
    out.putAddress(UInt64(e_shoff))
    out.put(format.e_flags)
    out.put(UInt16(format.headerSize))  // e_ehsize
    out.put(UInt16(0))  // e_phentsize
    out.put(UInt16(0))  // e_phnum
    out.put(UInt16(format.sectionHeaderSize))  // e_shentsize
    // From SHN_LORESERVE on, the real numbers are in section header 0.
    let reserved = Int(ELF.SHN_LORESERVE)
    out.put(sectionCount < reserved ? UInt16(sectionCount) : 0)  // e_shnum
    out.put(stringsIndex < reserved ? UInt16(stringsIndex) : ELF.SHN_XINDEX)  // e_shstrndx
  }

  private var symbolTableIndex: Int { file.sections.count + 1 }
  /// The last section: names of sections and symbols share one table.
  private var stringsIndex: Int { sectionCount - 1 }

  /// "Symbol Table": the null symbol, local ones, the others; then their section numbers where st_shndx is too small.
  private func writeSymbols(to out: inout ByteOutput) {
    out.pad(to: symbolTable.offset)
    out.pad(to: symbolTable.offset + format.symbolSize)
    // Symbol names follow the empty name in the string table, in the order of the symbols.
    var st_name = 1
    for symbol in file.symbols {
      let st_info = symbol.binding << 4 | symbol.type
      let index = symbol.section.value
      let st_shndx = index < Int(ELF.SHN_LORESERVE) ? UInt16(index) : ELF.SHN_XINDEX
      out.put(UInt32(st_name))
      if format.is64Bit {
        out.put(st_info)
        out.put(UInt8(0))  // st_other: STV_DEFAULT
        out.put(st_shndx)
        out.put(symbol.st_value)
        out.put(symbol.st_size)
      } else {
        out.putAddress(symbol.st_value)
        out.putAddress(symbol.st_size)
        out.put(st_info)
        out.put(UInt8(0))
        out.put(st_shndx)
      }
      st_name += symbol.name.utf8.count + 1
    }
    guard symbolSections.size > 0 else { return }
    out.pad(to: symbolSections.offset)
    out.put(UInt32(0))
    for symbol in file.symbols {
      let index = symbol.section.value
      out.put(index < Int(ELF.SHN_LORESERVE) ? 0 : UInt32(index))
    }
  }

  /// "String Table": the empty name, symbol names, section names.
  private func writeStrings(to out: inout ByteOutput) {
    out.pad(to: strings.offset)
    out.put(UInt8(0))
    for symbol in file.symbols { out.putString(symbol.name) }
    for section in file.sections { out.putString(section.name) }
    out.putString(Self.symbolTableName)
    if symbolSections.size > 0 { out.putString(Self.symbolSectionsName) }
    out.putString(Self.stringsName)
  }

  /// "Sections": the section header table, in the order of the names in the string table.
  private func writeSectionHeaders(to out: inout ByteOutput) {
    out.pad(to: e_shoff)
    var sh_name = strings.size
    sh_name -= file.sections.reduce(0) { $0 + $1.name.utf8.count + 1 }
    sh_name -= Self.symbolTableName.utf8.count + 1 + Self.stringsName.utf8.count + 1
    if symbolSections.size > 0 { sh_name -= Self.symbolSectionsName.utf8.count + 1 }

    func putHeader(
      _ name: String, type: UInt32, flags: UInt64 = 0, address: UInt64 = 0, offset: Int, size: UInt64, link: UInt32 = 0,
      info: UInt32 = 0, alignment: UInt64, entrySize: UInt64 = 0
    ) {
      out.put(name.isEmpty ? 0 : UInt32(sh_name))
      out.put(type)
      out.putAddress(flags)
      out.putAddress(address)
      out.putAddress(UInt64(offset))
      out.putAddress(size)
      out.put(link)
      out.put(info)
      out.putAddress(alignment)
      out.putAddress(entrySize)
      sh_name += name.isEmpty ? 0 : name.utf8.count + 1
    }

    // Section header 0: sh_size is the real e_shnum, sh_link the real e_shstrndx, where those fields are too small.
    let reserved = Int(ELF.SHN_LORESERVE)
    putHeader(
      "", type: ELF.SHT_NULL, offset: 0, size: sectionCount < reserved ? 0 : UInt64(sectionCount),
      link: stringsIndex < reserved ? 0 : UInt32(stringsIndex), alignment: 0)
    for (section, offset) in zip(file.sections, sectionOffsets) {
      putHeader(
        section.name, type: section.sh_type, flags: section.sh_flags, address: section.sh_addr, offset: offset,
        size: section.size, alignment: section.sh_addralign, entrySize: section.sh_entsize)
    }
    // A symbol table's sh_link is its string table, its sh_info one more than the last local symbol's number.
    putHeader(
      Self.symbolTableName, type: ELF.SHT_SYMTAB, offset: symbolTable.offset, size: UInt64(symbolTable.size),
      link: UInt32(stringsIndex), info: UInt32(file.localCount + 1), alignment: UInt64(format.addressSize),
      entrySize: UInt64(format.symbolSize))
    if symbolSections.size > 0 {
      putHeader(
        Self.symbolSectionsName, type: ELF.SHT_SYMTAB_SHNDX, offset: symbolSections.offset,
        size: UInt64(symbolSections.size), link: UInt32(symbolTableIndex), alignment: 4, entrySize: 4)
    }
    putHeader(
      Self.stringsName, type: ELF.SHT_STRTAB, offset: strings.offset, size: UInt64(strings.size), alignment: 1)
  }
}
