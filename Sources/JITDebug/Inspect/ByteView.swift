// Numbers and strings in bytes of the target's byte order; nil wherever the bytes end before.

/// Bytes that may say anything.
package struct ByteView: Sendable {
  package let bytes: [UInt8]
  package let isLittleEndian: Bool
  package let is64Bit: Bool

  package init(_ bytes: [UInt8], _ format: ELFFormat) {
    self.bytes = bytes
    isLittleEndian = format.isLittleEndian
    is64Bit = format.is64Bit
  }

  package var count: Int { bytes.count }

  package func number<T: FixedWidthInteger>(_ offset: Int, _ type: T.Type) -> T? {
    guard offset >= 0, bytes.count >= MemoryLayout<T>.size, offset <= bytes.count - MemoryLayout<T>.size else {
      return nil
    }
    let value = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: T.self) }
    return isLittleEndian ? T(littleEndian: value) : T(bigEndian: value)
  }

  package func u16(_ offset: Int) -> UInt16? { number(offset, UInt16.self) }
  package func u32(_ offset: Int) -> UInt32? { number(offset, UInt32.self) }
  package func u64(_ offset: Int) -> UInt64? { number(offset, UInt64.self) }

  /// ElfN_Addr and what has its size.
  package func word(_ offset: Int) -> UInt64? { is64Bit ? u64(offset) : u32(offset).map(UInt64.init) }

  /// A string that ends with a zero byte; nil if it starts beyond the end or does not end.
  package func string(_ offset: Int, limit: Int = 1 << 16) -> String? {
    guard offset >= 0, offset < bytes.count else { return nil }
    return bytes.withUnsafeBufferPointer { buffer in
      let rest = buffer[offset...].prefix(limit)
      guard let end = rest.firstIndex(of: 0) else { return nil }
      return String(decoding: rest[..<end], as: UTF8.self)
    }
  }
}

/// The notes of an ELF file: gABI, "Note Section".
package struct ELFNote: Sendable {
  package var name: String
  package var type: UInt32
  package var content: [UInt8]

  /// As far as they are well-formed.
  package static func read(_ bytes: [UInt8], _ format: ELFFormat) -> [ELFNote] {
    let view = ByteView(bytes, format)
    var notes: [ELFNote] = []
    var position = 0
    while let n_namesz = view.u32(position), let n_descsz = view.u32(position + 4), let type = view.u32(position + 8) {
      let content = position + 12 + (Int(n_namesz) + 3) & ~3
      let end = content + Int(n_descsz)
      guard end <= bytes.count else { break }
      let name = bytes[(position + 12)..<(position + 12 + Int(n_namesz))].prefix { $0 != 0 }
      notes.append(
        ELFNote(name: String(decoding: name, as: UTF8.self), type: type, content: Array(bytes[content..<end])))
      position = (end + 3) & ~3
    }
    return notes
  }

  /// The build-id among them.
  package static func buildID(_ bytes: [UInt8], _ format: ELFFormat) -> [UInt8]? {
    read(bytes, format).first { $0.name == "GNU" && $0.type == ELF.NT_GNU_BUILD_ID && !$0.content.isEmpty }?.content
  }
}
