// What an entry's object is: its kind, the memory it claims, its functions, and what is wrong with these, by its own headers.

/// The object of one entry, as far as it can be understood.
package struct EntryObject: Sendable {
  package enum Kind: String, Codable, Sendable {
    case elf = "ELF"
    /// An ELF object that leads to a debug file by its build-id, as jitdebug registers it.
    case stub = "stub"
    case machO = "Mach-O"
    case unknown = "unknown"
    /// None of it can be read.
    case gone = "gone"
  }

  package struct Function: Sendable {
    package var name: String
    package var range: TargetRange
  }

  package struct CodeSection: Sendable {
    package var name: String
    package var range: TargetRange
    package var isExecutable: Bool
  }

  package var kind = Kind.gone
  /// Nil if it is not an ELF object.
  package var elf: ELFObject?
  /// What the object says is loaded, without what has no address or size.
  package var loaded: [CodeSection] = []
  /// The first of its functions, by address.
  package var functions: [Function] = []
  package var functionCount = 0
  /// Symbols whose names lie outside the table of names.
  package var namelessCount = 0
  package var buildID: [UInt8]?
  package var hasDebugInfo = false

  /// What is kept of each list.
  static let sectionLimit = 4096
  static let functionLimit = 100_000
  /// The largest object that is read, in bytes.
  package static let sizeLimit: UInt64 = 1 << 26

  package init(_ entry: JITEntry, _ memory: any ProcessMemory) {
    let source = MemoryPart(memory, at: entry.object, size: entry.size)
    let magic = source.read(0, 4)
    if magic.isEmpty { return }
    guard let object = ELFObject(source) else {
      kind = Self.isMachO(magic) ? .machO : .unknown
      return
    }
    elf = object
    kind = .elf
    buildID = object.buildID
    hasDebugInfo = object.sections.contains { Self.debugSections.contains($0.name) && $0.sh_size > 0 }
    let text = object.section(named: ".text")
    if buildID != nil, !hasDebugInfo, object.segments.isEmpty, text?.sh_type == ELF.SHT_NOBITS { kind = .stub }
    for section in object.sections where section.isPlaced && section.sh_addr != 0 && loaded.count < Self.sectionLimit {
      loaded.append(CodeSection(name: section.name, range: section.range, isExecutable: section.isExecutable))
    }
    readFunctions(object)
  }

  private static let debugSections: Set = [".debug_info", ".zdebug_info"]

  private static func isMachO(_ magic: [UInt8]) -> Bool {
    [[0xcf, 0xfa, 0xed, 0xfe], [0xce, 0xfa, 0xed, 0xfe], [0xfe, 0xed, 0xfa, 0xcf], [0xfe, 0xed, 0xfa, 0xce]]
      .contains(magic)
  }

  private mutating func readFunctions(_ object: ELFObject) {
    let isRelocatable = object.e_type == ELF.ET_REL
    func isFunction(_ symbol: ELFObject.Symbol) -> Bool { symbol.type == ELF.STT_FUNC && symbol.isDefined }
    object.symbols(
      ofType: ELF.SHT_SYMTAB,
      where: { symbol, _ in
        guard isFunction(symbol) else { return false }
        functionCount += 1
        return functions.count < Self.functionLimit
      }
    ) { symbol in
      if !symbol.hasName {
        namelessCount += 1
        guard isFunction(symbol) else { return true }
        functionCount += 1
      }
      guard functions.count < Self.functionLimit else { return true }
      // gABI, "Symbol Values": in relocatable files, an offset in the section.
      let index = Int(symbol.st_shndx)
      let base = isRelocatable && index < object.sections.count ? object.sections[index].sh_addr : 0
      functions.append(
        Function(
          name: symbol.name,
          range: TargetRange(start: TargetAddress(base &+ symbol.st_value), size: symbol.st_size)))
      return true
    }
    functions.sort { $0.range.start < $1.range.start }
  }

  /// From the first to the last byte of code.
  package var code: TargetRange? {
    let sections = loaded.filter(\.isExecutable)
    guard let start = sections.map(\.range.start).min(), let end = sections.map(\.range.end).max(), end > start else {
      return nil
    }
    return TargetRange(start: start, size: end.rawValue - start.rawValue)
  }

  package func contains(_ address: TargetAddress) -> Bool { loaded.contains { $0.range.contains(address) } }
}

extension ELFObject.Section {
  /// Whether it takes up memory that only it has: thread-local data has its place in each thread.
  var isPlaced: Bool { isAllocated && sh_size > 0 && sh_type != ELF.SHT_NULL && sh_flags & ELF.SHF_TLS == 0 }
}

extension EntryObject {
  /// What the object's headers and its memory say against each other.
  func findings(_ entry: JITEntry, _ memory: any ProcessMemory, _ format: ELFFormat, subject: String) -> [Finding] {
    var found: [Finding] = []
    func note(_ kind: FindingKind, _ evidence: String) {
      found.append(Finding(kind, subject: subject, evidence))
    }
    let mapped = memory.coverage(of: TargetRange(start: entry.object, size: entry.size)).bytes
    if entry.size == 0 {
      note(.entryTruncated, "symfile_size is 0")
    } else if kind == .gone {
      note(.entryUnmapped, "no memory can be read at symfile_addr \(entry.object) (symfile_size \(entry.size))")
    } else if mapped < entry.size {
      note(.entryTruncated, "of \(entry.size) bytes from \(entry.object) on, \(mapped) are mapped")
    } else if entry.size > Self.sizeLimit {
      note(.entryTooLarge, "it has \(entry.size) bytes; \(Self.sizeLimit) are looked at")
    }
    if kind == .machO || kind == .unknown {
      let magic = memory.read(entry.object, 8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
      note(.entryNotELF, "it begins with \(magic.joined(separator: " "))" + (kind == .machO ? ", as Mach-O does" : ""))
    }
    guard let elf else { return found }
    for line in elf.damage.prefix(5) { note(.objectDamaged, line) }
    if elf.format.e_machine != format.e_machine || elf.format.is64Bit != format.is64Bit
      || elf.format.isLittleEndian != format.isLittleEndian
    {
      note(.objectMachine, "it is for \(elf.format.architecture), the process is \(format.architecture)")
    }
    found += placeFindings(elf, memory, subject: subject)
    let hasCode = elf.sections.contains { $0.isPlaced && $0.isExecutable }
    if hasCode, functionCount == 0 { note(.functionsMissing, "none of its symbols is a function") }
    if namelessCount > 0 {
      note(.objectDamaged, "\(namelessCount) of its symbols have names outside the table of names")
    }
    let places = AddressSet(loaded.map(\.range))
    let outside = functions.filter { function in
      function.range.start.rawValue != 0 && !places.contains(function.range.start)
    }
    if let first = outside.first, !loaded.isEmpty {
      note(
        .objectDamaged,
        "\(outside.count) of its \(functionCount) functions lie in none of its sections: \(first.name) at \(first.range.start)"
      )
    }
    return found
  }

  private func placeFindings(_ elf: ELFObject, _ memory: any ProcessMemory, subject: String) -> [Finding] {
    var found: [Finding] = []
    // Notes are loaded by programs alone.
    let placed = elf.sections.filter { $0.isPlaced && $0.sh_type != ELF.SHT_NOTE }
    let zero = placed.filter { $0.sh_addr == 0 }
    if !zero.isEmpty {
      found.append(
        Finding(.sectionAddressZero, subject: subject, "address 0: \(Self.list(zero.map(\.name)))"))
    }
    let coverage = loaded.map { (section: $0, memory.coverage(of: $0.range)) }
    let gone = coverage.filter { $0.1.bytes == 0 }.map(\.section)
    let code = loaded.filter(\.isExecutable)
    if !code.isEmpty, code.allSatisfy({ section in gone.contains { $0.range == section.range } }) {
      found.append(
        Finding(
          .codeGone, subject: subject,
          "nothing is mapped at \(Self.list(code.map { "\($0.name) \($0.range)" }))"))
    } else {
      let partly = coverage.filter { $0.1.bytes < $0.section.range.size }.map(\.section)
      if !partly.isEmpty {
        found.append(
          Finding(
            .sectionUnmapped, subject: subject,
            "not mapped, or not in full: \(Self.list(partly.map { "\($0.name) \($0.range)" }))"))
      }
    }
    let inert = coverage.filter { $0.section.isExecutable && $0.1.mappings.contains { !$0.isExecutable } }
    if !inert.isEmpty {
      found.append(
        Finding(
          .sectionNotExecutable, subject: subject,
          "not executable: \(Self.list(inert.map { "\($0.section.name) \($0.section.range)" }))"))
    }
    return found
  }

  /// A few names, and how many more there are.
  static func list(_ names: [String]) -> String {
    names.prefix(4).joined(separator: ", ") + (names.count > 4 ? " and \(names.count - 4) more" : "")
  }
}

extension ELFFormat {
  /// Such as `x86_64`, or `big-endian s390x` where that is not in the name.
  var architecture: String {
    Architecture.name(machine: e_machine, is64Bit: is64Bit, isLittleEndian: isLittleEndian)
      + (isLittleEndian ? "" : ", big-endian")
  }
}
