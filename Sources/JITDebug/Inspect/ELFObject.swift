// Reads ELF files that may be damaged or hostile: headers, sections, segments. Every offset is checked, every count has a limit.

/// What an ELF file's headers say, as far as that can be read; `damage` tells what cannot.
package struct ELFObject: Sendable {
  package struct Section: Sendable {
    package var index: Int
    package var name: String
    package var sh_type: UInt32
    package var sh_flags: UInt64
    package var sh_addr: UInt64
    package var sh_offset: UInt64
    package var sh_size: UInt64
    package var sh_link: UInt32
    package var sh_info: UInt32
    package var sh_entsize: UInt64

    package var isAllocated: Bool { sh_flags & ELF.SHF_ALLOC != 0 }
    package var isExecutable: Bool { sh_flags & ELF.SHF_EXECINSTR != 0 }
    package var range: TargetRange { TargetRange(start: TargetAddress(sh_addr), size: sh_size) }
  }

  package struct Segment: Sendable {
    package var p_type: UInt32
    package var p_flags: UInt32
    package var p_offset: UInt64
    package var p_vaddr: UInt64
    package var p_filesz: UInt64
    package var p_memsz: UInt64
  }

  package let source: any ByteSource
  package let format: ELFFormat
  package let e_type: UInt16
  package private(set) var sections: [Section] = []
  package private(set) var segments: [Segment] = []
  /// One line for each thing that is wrong.
  package private(set) var damage: [String] = []

  /// What is read of one object. An object with more is damaged.
  package struct Limits: Sendable {
    /// Far above what code that is registered has; LLVM's -ffunction-sections at its worst stays below.
    package var sections = 100_000
    /// Far above what programs have; core files have one for each mapping.
    package var segments = 1024
    package init() {}
    package init(sections: Int, segments: Int = 1024) { (self.sections, self.segments) = (sections, segments) }
  }

  /// The largest table of section names, in bytes.
  private static let tableLimit = 1 << 24
  /// What is kept of one section's name, and of all of them together, in bytes: in a hostile table, they are parts of each
  /// other.
  private static let nameLimit = 256
  private static let namesLimit = 1 << 23

  /// Nil if it does not begin as an ELF file does.
  package init?(_ source: any ByteSource, _ limits: Limits = Limits()) {
    let header = source.read(0, 64)
    guard header.starts(with: ELF.ELFMAG), header.count >= 16 else { return nil }
    let isKnown =
      (ELF.ELFCLASS32...ELF.ELFCLASS64).contains(header[4]) && (ELF.ELFDATA2LSB...ELF.ELFDATA2MSB).contains(header[5])
    var format = ELFFormat(
      e_machine: 0, is64Bit: header[4] != ELF.ELFCLASS32, isLittleEndian: header[5] != ELF.ELFDATA2MSB)
    let view = ByteView(header, format)
    format.e_machine = view.u16(18) ?? 0
    format.e_flags = view.u32(format.is64Bit ? 48 : 36) ?? 0
    self.source = source
    self.format = format
    e_type = view.u16(16) ?? 0
    guard isKnown else {
      damage.append("its class is \(header[4]) and its byte order \(header[5]); each must be 1 or 2")
      return
    }
    guard header.count >= format.headerSize else {
      damage.append("the ELF header is cut short after \(header.count) bytes")
      return
    }
    readSections(view, limits.sections)
    readSegments(view, limits.segments)
  }

  /// gABI, "Sections".
  private mutating func readSections(_ header: ByteView, _ limit: Int) {
    let e_shoff = header.word(format.is64Bit ? 40 : 32) ?? 0
    let counts = format.is64Bit ? 58 : 46
    let e_shentsize = header.u16(counts) ?? 0
    var e_shnum = UInt64(header.u16(counts + 2) ?? 0)
    var e_shstrndx = UInt64(header.u16(counts + 4) ?? 0)
    guard e_shoff != 0 else {
      if e_shnum != 0 { damage.append("it has \(e_shnum) sections, but e_shoff is 0") }
      return
    }
    guard Int(e_shentsize) == format.sectionHeaderSize else {
      damage.append("e_shentsize is \(e_shentsize), which must be \(format.sectionHeaderSize)")
      return
    }
    guard let first = source.all(e_shoff, UInt64(e_shentsize)).map({ ByteView($0, format) }) else {
      damage.append("the section headers at offset \(hex(e_shoff)) lie beyond its end")
      return
    }
    // From SHN_LORESERVE on, the real numbers are in section header 0.
    if e_shnum == 0 { e_shnum = first.word(format.is64Bit ? 32 : 20) ?? 0 }
    if e_shstrndx == UInt64(ELF.SHN_XINDEX) { e_shstrndx = UInt64(first.u32(format.is64Bit ? 40 : 24) ?? 0) }
    guard e_shnum <= UInt64(limit) else {
      damage.append("it claims to have \(e_shnum) sections")
      return
    }
    guard let table = source.all(e_shoff, e_shnum * UInt64(e_shentsize)).map({ ByteView($0, format) }) else {
      damage.append("\(e_shnum) section headers at offset \(hex(e_shoff)) reach beyond its end")
      return
    }
    sections = (0..<Int(e_shnum)).map { Self.section($0, table, format) }
    nameSections(e_shstrndx, table)
    checkSections()
  }

  private static func section(_ index: Int, _ table: ByteView, _ format: ELFFormat) -> Section {
    let (start, wide) = (index * format.sectionHeaderSize, format.is64Bit)
    // The null section's fields may hold numbers that have no room elsewhere.
    return Section(
      index: index, name: "", sh_type: table.u32(start + 4) ?? 0, sh_flags: table.word(start + 8) ?? 0,
      sh_addr: table.word(start + (wide ? 16 : 12)) ?? 0, sh_offset: table.word(start + (wide ? 24 : 16)) ?? 0,
      sh_size: table.word(start + (wide ? 32 : 20)) ?? 0, sh_link: table.u32(start + (wide ? 40 : 24)) ?? 0,
      sh_info: table.u32(start + (wide ? 44 : 28)) ?? 0, sh_entsize: table.word(start + (wide ? 56 : 36)) ?? 0)
  }

  private mutating func nameSections(_ e_shstrndx: UInt64, _ table: ByteView) {
    guard !sections.isEmpty else { return }
    guard e_shstrndx < UInt64(sections.count), sections[Int(e_shstrndx)].sh_type == ELF.SHT_STRTAB,
      let names = bytes(of: sections[Int(e_shstrndx)], limit: Self.tableLimit)
    else {
      damage.append("the table of section names, number \(e_shstrndx), is none or lies beyond its end")
      return
    }
    let strings = ByteView(names, format)
    var nameless = 0
    var size = 0
    for index in sections.indices {
      let sh_name = table.u32(index * format.sectionHeaderSize) ?? 0
      if let name = strings.beginning(Int(sh_name), limit: size < Self.namesLimit ? Self.nameLimit : 0) {
        sections[index].name = name
        size += name.utf8.count
      } else {
        nameless += 1
      }
    }
    if size >= Self.namesLimit {
      damage.append("the names of its sections add up to more than \(Self.namesLimit) bytes")
    }
    if nameless > 0 { damage.append("\(nameless) of \(sections.count) sections have names outside the table of names") }
  }

  private mutating func checkSections() {
    for section in sections where section.sh_type != ELF.SHT_NULL {
      let isStored = section.sh_type != ELF.SHT_NOBITS
      let end = section.sh_offset.addingReportingOverflow(section.sh_size)
      if isStored, end.overflow || end.partialValue > source.size {
        damage.append(
          "section \(section.name) (number \(section.index)) reaches beyond its end: offset \(hex(section.sh_offset)), "
            + "size \(hex(section.sh_size)), file size \(hex(source.size))")
      }
      if section.isAllocated, section.sh_addr.addingReportingOverflow(section.sh_size).overflow {
        damage.append("section \(section.name) (number \(section.index)) ends beyond the address space")
      }
      if section.sh_type == ELF.SHT_SYMTAB {
        let isLinked = section.sh_link < sections.count && sections[Int(section.sh_link)].sh_type == ELF.SHT_STRTAB
        if !isLinked { damage.append("the symbol table's names, section \(section.sh_link), are no string table") }
        if section.sh_entsize != UInt64(format.symbolSize) {
          damage.append("the symbol table's entries have \(section.sh_entsize) bytes instead of \(format.symbolSize)")
        }
      }
      if damage.count > Self.damageLimit { return }
    }
    checkOverlaps()
  }

  /// Two sections may be the same bytes, but not parts of each other, and none lies in the ELF header.
  private mutating func checkOverlaps() {
    let stored = sections.filter { ![ELF.SHT_NULL, ELF.SHT_NOBITS].contains($0.sh_type) && $0.sh_size > 0 }.sorted {
      ($0.sh_offset, $0.sh_size) < ($1.sh_offset, $1.sh_size)
    }
    var end = UInt64(format.headerSize)
    var last: Section?
    for section in stored {
      let isSame = last.map { $0.sh_offset == section.sh_offset && $0.sh_size == section.sh_size } ?? false
      if section.sh_offset < end, !isSame {
        let other = last.map { "section \($0.name)" } ?? "the ELF header"
        damage.append("section \(section.name) (number \(section.index)) begins within \(other)")
        return
      }
      end = section.sh_offset.addingReportingOverflow(section.sh_size).partialValue
      last = section
    }
  }

  private static let damageLimit = 20

  /// gABI, "Program Header".
  private mutating func readSegments(_ header: ByteView, _ limit: Int) {
    let e_phoff = header.word(format.is64Bit ? 32 : 28) ?? 0
    let e_phentsize = header.u16(format.is64Bit ? 54 : 42) ?? 0
    var e_phnum = UInt64(header.u16(format.is64Bit ? 56 : 44) ?? 0)
    guard e_phoff != 0, e_phnum != 0 else { return }
    if e_phnum == UInt64(ELF.PN_XNUM), let first = sections.first { e_phnum = UInt64(first.sh_info) }
    guard Int(e_phentsize) == (format.is64Bit ? 56 : 32), e_phnum <= UInt64(limit),
      let table = source.all(e_phoff, e_phnum * UInt64(e_phentsize)).map({ ByteView($0, format) })
    else {
      damage.append("\(e_phnum) program headers at offset \(hex(e_phoff)) reach beyond its end")
      return
    }
    segments = (0..<Int(e_phnum)).map { index in
      let (start, wide) = (index * Int(e_phentsize), format.is64Bit)
      return Segment(
        p_type: table.u32(start) ?? 0, p_flags: table.u32(start + (wide ? 4 : 24)) ?? 0,
        p_offset: table.word(start + (wide ? 8 : 4)) ?? 0, p_vaddr: table.word(start + (wide ? 16 : 8)) ?? 0,
        p_filesz: table.word(start + (wide ? 32 : 16)) ?? 0, p_memsz: table.word(start + (wide ? 40 : 20)) ?? 0)
    }
  }

  /// A section's content; nil if it has none in the file, or is larger than `limit`.
  package func bytes(of section: Section, limit: Int = 1 << 26) -> [UInt8]? {
    guard section.sh_type != ELF.SHT_NOBITS else { return nil }
    return source.all(section.sh_offset, section.sh_size, limit: limit)
  }

  package func section(named name: String) -> Section? { sections.first { $0.name == name } }

  /// Programs have a few notes; in a hostile object, thousands of sections may be the same large one.
  private static let noteLimit = 16

  /// The content of the build-id note, from sections or segments.
  package var buildID: [UInt8]? {
    for section in sections.lazy.filter({ $0.sh_type == ELF.SHT_NOTE }).prefix(Self.noteLimit) {
      if let id = bytes(of: section, limit: 1 << 16).flatMap({ ELFNote.buildID($0, format) }) { return id }
    }
    for segment in segments.lazy.filter({ $0.p_type == ELF.PT_NOTE }).prefix(Self.noteLimit) {
      if let bytes = source.all(segment.p_offset, segment.p_filesz, limit: 1 << 16),
        let id = ELFNote.buildID(bytes, format)
      {
        return id
      }
    }
    return nil
  }
}

/// A number as an address is written.
func hex(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }
