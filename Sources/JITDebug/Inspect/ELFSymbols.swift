// Reads symbol tables, of files by their sections and of mapped modules by what the dynamic linker needs of them.

extension ELFObject {
  /// One symbol of a table, its name still in the table of names.
  package struct Symbol: Sendable {
    package var name: String
    /// Whether the name lies in the table of names.
    package var hasName = true
    package var type: UInt8
    package var binding: UInt8
    package var st_shndx: UInt16
    package var st_value: UInt64
    package var st_size: UInt64

    package var isDefined: Bool { st_shndx != ELF.SHN_UNDEF }
  }

  /// The largest table of names that is read, in bytes.
  private static let stringLimit = 1 << 26
  /// How many symbols are read at a time, and of one table: Chromium has a million.
  private static let part = 1 << 14
  private static let countLimit: UInt64 = 1 << 22
  /// What the names that are wanted may add up to, in bytes: in a hostile table, they are parts of each other.
  private static let namesLimit = 1 << 24

  /// Calls `body` with the symbols of the first table of a type until it returns false; false if there is none, or it could
  /// not be read to its end in time. A linker writes one; thousands, in hostile objects, may be the same bytes.
  ///
  /// - Parameter isWanted: told of a symbol, still without its name, and of that name's bytes up to the end of the table of
  ///   names, before anything is made of it.
  @discardableResult
  package func symbols(
    ofType sh_type: UInt32, until deadline: Deadline? = nil,
    where isWanted: (Symbol, UnsafeRawBufferPointer) -> Bool = { _, _ in true }, _ body: (Symbol) -> Bool
  ) -> Bool {
    guard let section = sections.first(where: { $0.sh_type == sh_type }), section.sh_link < sections.count,
      section.sh_entsize == UInt64(format.symbolSize),
      let strings = bytes(of: sections[Int(section.sh_link)], limit: Self.stringLimit)
    else { return false }
    let count = section.sh_size / UInt64(format.symbolSize)
    return Self.symbols(
      count: count, format, { self.source.read(section.sh_offset &+ $0, $1) }, strings, deadline, isWanted, body)
  }

  /// The same for a table of which only the place is known.
  static func symbols(
    count: UInt64, _ format: ELFFormat, _ read: (UInt64, Int) -> [UInt8], _ strings: [UInt8], _ deadline: Deadline?,
    _ isWanted: (Symbol, UnsafeRawBufferPointer) -> Bool, _ body: (Symbol) -> Bool
  ) -> Bool {
    var next: UInt64 = 0
    var namesSize = 0
    while next < count {
      guard next < countLimit, deadline?.milliseconds != 0 else { return false }
      let number = Int(min(count - next, UInt64(part)))
      let size = number * format.symbolSize
      let view = ByteView(read(next * UInt64(format.symbolSize), size), format)
      let isWhole = strings.withUnsafeBytes { strings in
        for index in 0..<(view.count / format.symbolSize) {
          let start = index * format.symbolSize
          guard let st_name = view.u32(start), st_name > 0 else { continue }
          let hasName = Int(st_name) < strings.count
          let rest = UnsafeRawBufferPointer(rebasing: strings[min(Int(st_name), strings.count)...])
          let wide = format.is64Bit
          let info = view.number(start + (wide ? 4 : 12), UInt8.self) ?? 0
          var symbol = Symbol(
            name: "", hasName: hasName, type: info & 15, binding: info >> 4,
            st_shndx: view.u16(start + (wide ? 6 : 14)) ?? 0,
            st_value: view.word(start + (wide ? 8 : 4)) ?? 0, st_size: view.word(start + (wide ? 16 : 8)) ?? 0)
          guard !hasName || isWanted(symbol, rest) else { continue }
          symbol.name = String(decoding: rest.prefix(Self.nameLimit).prefix { $0 != 0 }, as: UTF8.self)
          namesSize += symbol.name.utf8.count
          if !body(symbol) { return false }
          if namesSize > Self.namesLimit { return false }
        }
        return true
      }
      if !isWhole { return namesSize <= namesLimit }
      guard view.count == size else { return false }
      next += UInt64(number)
    }
    return true
  }

  /// C++ names can be long, but not without end.
  private static let nameLimit = 1 << 14
}

/// The symbols that a mapped module's dynamic section leads to, read from memory: for files that cannot be had, or have no
/// section headers.
struct DynamicSymbols {
  let memory: any ProcessMemory
  let format: ELFFormat
  private var values: [UInt64: UInt64] = [:]
  private let bias: UInt64

  /// - Parameters:
  ///   - section: the dynamic section's place in memory.
  ///   - bias: what the module was moved by.
  init(_ memory: any ProcessMemory, _ section: TargetRange, bias: UInt64, _ format: ELFFormat) {
    self.memory = memory
    self.format = format
    self.bias = bias
    let view = ByteView(memory.read(section.start, Int(min(section.size, 1 << 16))), format)
    for offset in stride(from: 0, to: view.count, by: 2 * format.addressSize) {
      guard let tag = view.word(offset), let value = view.word(offset + format.addressSize), tag != 0 else { break }
      values[tag] = value
    }
  }

  subscript(tag: UInt64) -> UInt64? { values[tag] }

  /// glibc replaces the addresses in the section by final ones, on most architectures; musl never does.
  private func address(_ tag: UInt64) -> TargetAddress? {
    guard let value = values[tag] else { return nil }
    return TargetAddress(memory.mapping(at: TargetAddress(value)) == nil || value < bias ? value &+ bias : value)
  }

  /// Calls `body` with each dynamic symbol until it returns false.
  func symbols(
    until deadline: Deadline?, where isWanted: (ELFObject.Symbol, UnsafeRawBufferPointer) -> Bool,
    _ body: (ELFObject.Symbol) -> Bool
  ) {
    guard let table = address(ELF.DT_SYMTAB), let strings = address(ELF.DT_STRTAB), let size = values[ELF.DT_STRSZ],
      let count
    else { return }
    _ = ELFObject.symbols(
      count: count, format, { memory.read(table + $0, $1) }, memory.read(strings, Int(min(size, 1 << 26))), deadline,
      isWanted, body)
  }

  /// What is read of a hash table's last chain, in bytes: chains have a few words.
  private static let chainSize = 1 << 12

  /// The dynamic section does not say how many symbols there are, but their hash tables do.
  private var count: UInt64? {
    if let hash = address(ELF.DT_HASH), let nchain = ByteView(memory.read(hash, 8), format).u32(4) {
      return UInt64(min(nchain, 1 << 24))
    }
    guard let hash = address(ELF.DT_GNU_HASH) else { return nil }
    let header = ByteView(memory.read(hash, 16), format)
    guard let nbuckets = header.u32(0), let first = header.u32(4), let words = header.u32(8), nbuckets <= 1 << 24,
      words <= 1 << 24
    else { return nil }
    let buckets = hash + 16 + UInt64(words) * UInt64(format.addressSize)
    let view = ByteView(memory.read(buckets, Int(nbuckets) * 4), format)
    var last = (0..<(view.count / 4)).reduce(0) { max($0, view.u32($1 * 4) ?? 0) }
    guard last >= first else { return UInt64(first) }
    // The last bucket's chain ends where the lowest bit is set.
    let chains = ByteView(
      memory.read(buckets + UInt64(nbuckets) * 4 + UInt64(last - first) * 4, Self.chainSize), format)
    for place in 0..<(chains.count / 4) {
      guard let value = chains.u32(place * 4), last < .max else { break }
      last += 1
      if value & 1 == 1 { break }
    }
    return UInt64(last)
  }
}
