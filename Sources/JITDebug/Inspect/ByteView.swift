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

  /// A string's first bytes, at most `limit`; nil if it starts beyond the end or does not end.
  package func beginning(_ offset: Int, limit: Int) -> String? {
    guard offset >= 0, offset < bytes.count else { return nil }
    return bytes.withUnsafeBufferPointer { buffer in
      let rest = buffer[offset...]
      let start = rest.prefix(limit).prefix { $0 != 0 }
      guard start.count == limit || start.count < rest.count else { return nil }
      return String(decoding: start, as: UTF8.self)
    }
  }

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

  /// The first one that is wanted, as far as they are well-formed: there may be millions of them.
  package static func first(in bytes: [UInt8], _ format: ELFFormat, name wanted: String, type wantedType: UInt32)
    -> ELFNote?
  {
    let view = ByteView(bytes, format)
    var position = 0
    while let n_namesz = view.u32(position), let n_descsz = view.u32(position + 4), let type = view.u32(position + 8) {
      let content = position + 12 + (Int(n_namesz) + 3) & ~3
      let end = content + Int(n_descsz)
      guard end <= bytes.count else { break }
      let name = bytes[(position + 12)..<(position + 12 + Int(n_namesz))].prefix { $0 != 0 }
      if type == wantedType, name.elementsEqual(wanted.utf8), end > content {
        return ELFNote(name: wanted, type: type, content: Array(bytes[content..<end]))
      }
      position = (end + 3) & ~3
    }
    return nil
  }

  /// The build-id among them.
  package static func buildID(_ bytes: [UInt8], _ format: ELFFormat) -> [UInt8]? {
    first(in: bytes, format, name: "GNU", type: ELF.NT_GNU_BUILD_ID)?.content
  }
}
