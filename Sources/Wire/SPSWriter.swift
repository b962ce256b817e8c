// Serialises values the way LLVM's simple packed serialisation does: little-endian, unpadded, lengths as 64 bits.

/// Collects the serialised form of values in the order they are appended.
package struct SPSWriter: Sendable {
  package private(set) var bytes: [UInt8]

  package init() { bytes = [] }
  package init(reservingCapacity capacity: Int) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  @inline(never) package mutating func append(u8 value: UInt8) { bytes.append(value) }
  package mutating func append(u16 value: UInt16) { appendLittleEndian(UInt64(value), size: 2) }
  @inline(never) package mutating func append(u32 value: UInt32) { appendLittleEndian(UInt64(value), size: 4) }
  @inline(never) package mutating func append(u64 value: UInt64) { appendLittleEndian(value, size: 8) }
  package mutating func append(i32 value: Int32) { append(u32: UInt32(bitPattern: value)) }
  package mutating func append(i64 value: Int64) { append(u64: UInt64(bitPattern: value)) }
  @inline(never) package mutating func append(bool value: Bool) { bytes.append(value ? 1 : 0) }
  /// An SPSExecutorAddr: an address in the executor, 64 bits on every target.
  package mutating func append(address value: UInt64) { append(u64: value) }
  /// An SPSExecutorAddrRange: half-open.
  @inline(never) package mutating func append(addressRange range: Range<UInt64>) {
    append(u64: range.lowerBound)
    append(u64: range.upperBound)
  }

  @inline(never) package mutating func append(string: WireString) {
    append(u64: UInt64(string.utf8.count))
    bytes.append(contentsOf: string.utf8)
  }

  /// A sequence of bytes with its length in front.
  @inline(never) package mutating func append(bytes content: [UInt8]) {
    append(u64: UInt64(content.count))
    bytes.append(contentsOf: content)
  }

  /// Bytes that are serialised already.
  @inline(never) package mutating func append(serialized content: [UInt8]) { bytes.append(contentsOf: content) }

  /// A sequence: its length, then each element as `body` appends it.
  package mutating func append<Element>(sequence elements: [Element], _ body: (inout SPSWriter, Element) -> Void) {
    append(u64: UInt64(elements.count))
    for element in elements { body(&self, element) }
  }

  @inline(never) private mutating func appendLittleEndian(_ value: UInt64, size: Int) {
    for i in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * i))) }
  }
}

// MARK: Results
extension SPSWriter {
  /// An SPSError: nil means success.
  @inline(never) package mutating func append(error message: WireString?) {
    append(bool: message != nil)
    if let message { append(string: message) }
  }

  /// The head of a successful SPSExpected; the value is appended next.
  package mutating func appendExpectedValueFollows() { append(bool: true) }

  /// A failed SPSExpected.
  @inline(never) package mutating func append(expectedFailure message: WireString) {
    append(bool: false)
    append(string: message)
  }
}
