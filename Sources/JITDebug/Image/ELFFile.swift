// What an ELF file without program headers consists of, before it is laid out: its sections and symbols.

/// One section; the null section, the symbol table and the string table are the writer's own.
package struct ELFSection: Sendable {
  package enum Contents: Sendable {
    case bytes([UInt8])
    /// SHT_NOBITS: memory of this size, no bytes in the file.
    case memory(size: UInt64)
  }

  package var name: String
  package var sh_type: UInt32
  package var sh_flags: UInt64 = 0
  package var sh_addr: UInt64 = 0
  package var sh_addralign: UInt64 = 1
  package var sh_entsize: UInt64 = 0
  package var contents: Contents

  /// In bytes, in memory or in the file.
  package var size: UInt64 {
    switch contents {
    case .bytes(let bytes): UInt64(bytes.count)
    case .memory(let size): size
    }
  }
}

/// A number in the section header table; 0 is the null section.
package struct ELFSectionIndex: Hashable, Sendable {
  package var value: Int
}

/// One symbol; the null symbol is the writer's own.
package struct ELFSymbol: Sendable {
  package var name: String
  /// st_info's two halves.
  package var binding: UInt8
  package var type: UInt8
  package var section: ELFSectionIndex
  package var st_value: UInt64
  package var st_size: UInt64
}

/// An executable file image without program headers, to be laid out and written by `ELFWriter`.
package struct ELFFile: Sendable {
  package var format: ELFFormat
  package private(set) var sections: [ELFSection] = []
  /// With STB_LOCAL ones first: the gABI demands it ("Symbol Table", "Symbol Binding").
  package private(set) var symbols: [ELFSymbol] = []
  /// How many of the symbols are local.
  package private(set) var localCount = 0

  package init(format: ELFFormat) { self.format = format }

  @discardableResult
  package mutating func add(_ section: ELFSection) -> ELFSectionIndex {
    sections.append(section)
    return ELFSectionIndex(value: sections.count)
  }

  /// Sets all symbols at once, so that sorting them happens once.
  package mutating func setSymbols(_ all: [ELFSymbol]) {
    symbols = []
    symbols.reserveCapacity(all.count)
    symbols.append(contentsOf: all.lazy.filter { $0.binding == ELF.STB_LOCAL })
    localCount = symbols.count
    if localCount == all.count {
      return
    }
    symbols.append(contentsOf: all.lazy.filter { $0.binding != ELF.STB_LOCAL })
  }
}
