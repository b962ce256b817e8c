// Collects the entries of a `.debug_frame` section in target byte order.

/// A growing section. Frame tables are small next to the rest of the debug info, and their size is not known before.
struct FrameOutput {
  let format: ELFFormat
  private(set) var bytes: [UInt8] = []

  init(format: ELFFormat) { self.format = format }

  var count: Int { bytes.count }

  mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }

  mutating func appendByte(_ byte: UInt8) { bytes.append(byte) }

  mutating func append(_ slice: Slice<UnsafeRawBufferPointer>) {
    bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: slice))
  }

  mutating func append(_ other: [UInt8]) { bytes.append(contentsOf: other) }

  mutating func appendWord(_ value: UInt32) {
    withUnsafeBytes(of: format.isLittleEndian ? value.littleEndian : value.bigEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func appendAddress(_ value: UInt64) {
    if format.is64Bit {
      withUnsafeBytes(of: format.isLittleEndian ? value.littleEndian : value.bigEndian) { bytes.append(contentsOf: $0) }
    } else {
      appendWord(UInt32(truncatingIfNeeded: value))
    }
  }

  mutating func appendULEB128(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func appendSLEB128(_ value: Int64) {
    var rest = value
    while rest < -0x40 || rest >= 0x40 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest) & 0x7f)
  }

  /// Starts an entry whose length is not known yet; returns what `finishEntry` needs.
  mutating func startEntry() -> Int {
    appendWord(0)
    return bytes.count
  }

  /// Pads an entry with DW_CFA_nop, so that the next one is aligned (DWARF 5, 6.4.1), and fills in its length.
  mutating func finishEntry(_ start: Int) {
    while bytes.count % format.addressSize != 0 { bytes.append(0) }
    let length = UInt32(truncatingIfNeeded: bytes.count - start)
    withUnsafeBytes(of: format.isLittleEndian ? length.littleEndian : length.bigEndian) { source in
      for (index, byte) in source.enumerated() { bytes[start - 4 + index] = byte }
    }
  }

  /// Takes back everything behind an earlier count.
  mutating func truncate(to count: Int) { bytes.removeLast(bytes.count - count) }
}
