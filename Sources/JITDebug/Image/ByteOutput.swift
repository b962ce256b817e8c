// Writes numbers and blocks in target byte order into memory whose size was computed beforehand.

/// A position in a buffer that is exactly as large as what will be written; every write is checked against its end.
struct ByteOutput {
  private let buffer: UnsafeMutableRawBufferPointer
  private let isLittleEndian: Bool
  private let addressSize: Int
  private(set) var offset = 0

  init(_ buffer: UnsafeMutableRawBufferPointer, format: ELFFormat) {
    self.buffer = buffer
    isLittleEndian = format.isLittleEndian
    addressSize = format.addressSize
  }

  mutating func put<T: FixedWidthInteger>(_ value: T) {
    let ordered = isLittleEndian ? value.littleEndian : value.bigEndian
    buffer.storeBytes(of: ordered, toByteOffset: offset, as: T.self)
    offset += MemoryLayout<T>.size
  }

  /// ElfN_Addr, ElfN_Off and the fields that are Word in ELF32 but Xword in ELF64.
  mutating func putAddress(_ value: UInt64) {
    if addressSize == 8 {
      put(value)
    } else {
      put(UInt32(truncatingIfNeeded: value))
    }
  }

  mutating func put(_ bytes: UnsafeRawBufferPointer) {
    precondition(bytes.count <= buffer.count - offset)
    guard let source = bytes.baseAddress, let target = buffer.baseAddress else { return }
    (target + offset).copyMemory(from: source, byteCount: bytes.count)
    offset += bytes.count
  }

  /// The bytes of a name and the zero that ends it.
  mutating func putString(_ name: String) {
    var name = name
    name.withUTF8 { put(UnsafeRawBufferPointer($0)) }
    put(UInt8(0))
  }

  /// Zeros up to an offset reserved for what follows.
  mutating func pad(to target: Int) {
    precondition(target >= offset && target <= buffer.count)
    guard let base = buffer.baseAddress, target > offset else { return }
    (base + offset).initializeMemory(as: UInt8.self, repeating: 0, count: target - offset)
    offset = target
  }
}
