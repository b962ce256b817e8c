// Reads numbers, strings and encoded pointers from a frame section, checking every access against the entry's end.

/// A position in a frame section's bytes; reads beyond `end` throw.
struct FrameReader {
  let bytes: UnsafeRawBufferPointer
  /// The section's name, for messages.
  let section: String
  /// Where the section is loaded; 0 for `.debug_frame`, which is not.
  let address: TargetAddress
  let format: ELFFormat
  var offset = 0
  /// Where the current entry ends.
  var end: Int

  init(_ bytes: UnsafeRawBufferPointer, section: String, address: TargetAddress, format: ELFFormat) {
    self.bytes = bytes
    self.section = section
    self.address = address
    self.format = format
    end = bytes.count
  }

  func failure(_ reason: String, at place: Int? = nil) -> JITDebugError {
    JITDebugError(
      .input, "\(section)+0x\(String(place ?? offset, radix: 16))", reason,
      remedy: "without its frame table, backtraces through this code need -fno-omit-frame-pointer")
  }

  mutating func skip(_ count: UInt64) throws(JITDebugError) {
    guard count <= UInt64(end - offset) else { throw failure("the entry is cut short") }
    offset += Int(count)
  }

  mutating func read<T: FixedWidthInteger>(_ type: T.Type) throws(JITDebugError) -> T {
    guard end - offset >= MemoryLayout<T>.size else { throw failure("the entry is cut short") }
    let value = bytes.loadUnaligned(fromByteOffset: offset, as: T.self)
    offset += MemoryLayout<T>.size
    return format.isLittleEndian ? T(littleEndian: value) : T(bigEndian: value)
  }

  /// DWARF 5, 7.6. Bits beyond 64 must be zero.
  mutating func readULEB128() throws(JITDebugError) -> UInt64 {
    var value: UInt64 = 0
    var shift = 0
    while true {
      let byte = try read(UInt8.self)
      let part = UInt64(byte & 0x7f)
      if shift < 64 {
        value |= part << shift
        guard (part << shift) >> shift == part else { throw failure("a LEB128 number has more than 64 bits") }
      } else if part != 0 {
        throw failure("a LEB128 number has more than 64 bits")
      }
      if byte & 0x80 == 0 { return value }
      shift += 7
    }
  }

  /// DWARF 5, 7.6. Bits beyond 64 are dropped, as every reader of these numbers does.
  mutating func readSLEB128() throws(JITDebugError) -> Int64 {
    var value: Int64 = 0
    var shift = 0
    while true {
      let byte = try read(UInt8.self)
      if shift < 64 { value |= Int64(byte & 0x7f) << shift }
      shift += 7
      if byte & 0x80 == 0 {
        if byte & 0x40 != 0, shift < 64 { value |= -1 << shift }
        return value
      }
    }
  }

  /// A string that ends with a zero byte, without it.
  mutating func readString() throws(JITDebugError) -> [UInt8] {
    let start = offset
    while try read(UInt8.self) != 0 {}
    return [UInt8](bytes[start..<offset - 1])
  }

  /// The value of an encoded pointer without what it is relative to: the lower four bits of the encoding.
  mutating func readEncodedValue(_ encoding: PointerEncoding) throws(JITDebugError) -> UInt64 {
    switch encoding.format {
    case PointerEncoding.DW_EH_PE_absptr: try readAddress(size: format.addressSize)
    case PointerEncoding.DW_EH_PE_uleb128: try readULEB128()
    case PointerEncoding.DW_EH_PE_udata2: UInt64(try read(UInt16.self))
    case PointerEncoding.DW_EH_PE_udata4: UInt64(try read(UInt32.self))
    case PointerEncoding.DW_EH_PE_udata8: try read(UInt64.self)
    case PointerEncoding.DW_EH_PE_signed: try readSignedAddress()
    case PointerEncoding.DW_EH_PE_sleb128: UInt64(bitPattern: try readSLEB128())
    case PointerEncoding.DW_EH_PE_sdata2: UInt64(bitPattern: Int64(Int16(bitPattern: try read(UInt16.self))))
    case PointerEncoding.DW_EH_PE_sdata4: UInt64(bitPattern: Int64(Int32(bitPattern: try read(UInt32.self))))
    case PointerEncoding.DW_EH_PE_sdata8: try read(UInt64.self)
    default: throw failure("the pointer encoding \(encoding) is unknown")
    }
  }

  /// An encoded pointer: an address in the target.
  mutating func readPointer(_ encoding: PointerEncoding) throws(JITDebugError) -> UInt64 {
    guard !encoding.isIndirect else {
      throw failure("the pointer encoding \(encoding) needs the target's memory to be read")
    }
    let base: UInt64
    switch encoding.application {
    case PointerEncoding.DW_EH_PE_absptr: base = 0
    case PointerEncoding.DW_EH_PE_pcrel: base = (address + UInt64(offset)).rawValue
    default: throw failure("the pointer encoding \(encoding) is relative to a base that a linked image does not have")
    }
    return (base &+ (try readEncodedValue(encoding))) & format.largestAddress
  }

  mutating func readAddress(size: Int) throws(JITDebugError) -> UInt64 {
    size == 8 ? try read(UInt64.self) : UInt64(try read(UInt32.self))
  }

  private mutating func readSignedAddress() throws(JITDebugError) -> UInt64 {
    format.is64Bit ? try read(UInt64.self) : UInt64(bitPattern: Int64(Int32(bitPattern: try read(UInt32.self))))
  }
}

/// How a pointer in `.eh_frame` is written: LSB Core, "DWARF Extensions", "DWARF Exception Header Encoding".
struct PointerEncoding: RawRepresentable, Equatable, CustomStringConvertible {
  var rawValue: UInt8

  static let DW_EH_PE_absptr: UInt8 = 0x00
  static let DW_EH_PE_uleb128: UInt8 = 0x01
  static let DW_EH_PE_udata2: UInt8 = 0x02
  static let DW_EH_PE_udata4: UInt8 = 0x03
  static let DW_EH_PE_udata8: UInt8 = 0x04
  static let DW_EH_PE_signed: UInt8 = 0x08
  static let DW_EH_PE_sleb128: UInt8 = 0x09
  static let DW_EH_PE_sdata2: UInt8 = 0x0a
  static let DW_EH_PE_sdata4: UInt8 = 0x0b
  static let DW_EH_PE_sdata8: UInt8 = 0x0c
  static let DW_EH_PE_pcrel: UInt8 = 0x10
  static let DW_EH_PE_aligned: UInt8 = 0x50
  static let DW_EH_PE_omit: UInt8 = 0xff

  static let absolute = PointerEncoding(rawValue: DW_EH_PE_absptr)

  var format: UInt8 { rawValue & 0x0f }
  var application: UInt8 { rawValue & 0x70 }
  var isIndirect: Bool { rawValue & 0x80 != 0 }
  /// Whether it is how `.debug_frame` writes addresses.
  var isAbsolute: Bool { rawValue == Self.DW_EH_PE_absptr }
  var description: String { "0x" + String(rawValue, radix: 16) }
}
