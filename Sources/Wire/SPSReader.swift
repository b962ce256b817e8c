// Reads what SPSWriter or LLVM wrote; whatever the bytes are, the outcome is a value or a WireError, never a trap.

/// Reads serialised values one after the other. Every length is checked against the bytes that are left.
package struct SPSReader: Sendable {
  package let bytes: [UInt8]
  /// Where the next value starts, an index into `bytes`.
  package private(set) var position: Int
  private let end: Int

  @inline(never) package init(_ bytes: [UInt8]) {
    self.bytes = bytes
    position = 0
    end = bytes.count
  }

  /// Reads only the given part, such as one found by `byteRange`.
  package init(_ bytes: [UInt8], in range: Range<Int>) {
    self.bytes = bytes
    end = min(max(range.upperBound, 0), bytes.count)
    position = min(max(range.lowerBound, 0), end)
  }

  /// Reads the payload of a Result frame that is never empty when the call succeeded.
  package init(result bytes: [UInt8]) throws(WireError) {
    if bytes.isEmpty { throw .failedOutOfBand }
    self.init(bytes)
  }

  /// The number of bytes not read yet.
  package var left: Int { end - position }

  @inline(never) package mutating func u8() throws(WireError) -> UInt8 { UInt8(truncatingIfNeeded: try littleEndian(size: 1)) }
  package mutating func u16() throws(WireError) -> UInt16 { UInt16(truncatingIfNeeded: try littleEndian(size: 2)) }
  @inline(never) package mutating func u32() throws(WireError) -> UInt32 { UInt32(truncatingIfNeeded: try littleEndian(size: 4)) }
  @inline(never) package mutating func u64() throws(WireError) -> UInt64 { try littleEndian(size: 8) }
  package mutating func i32() throws(WireError) -> Int32 { Int32(bitPattern: try u32()) }
  package mutating func i64() throws(WireError) -> Int64 { Int64(bitPattern: try u64()) }
  package mutating func address() throws(WireError) -> UInt64 { try u64() }

  @inline(never) package mutating func bool() throws(WireError) -> Bool {
    switch try u8() {
    case 0: return false
    case 1: return true
    case let other: throw .invalidBool(other)
    }
  }

  /// An SPSExecutorAddrRange. An end before the start reads as an empty range.
  @inline(never) package mutating func addressRange() throws(WireError) -> Range<UInt64> {
    let start = try u64()
    return start..<max(start, try u64())
  }

  /// The indices of the next `size` bytes, whatever they are.
  package mutating func skip(_ size: Int) throws(WireError) -> Range<Int> {
    guard size <= left else { throw .truncated(needed: UInt64(size), left: UInt64(left)) }
    position += size
    return (position - size)..<position
  }

  /// A sequence of bytes, as indices into `bytes`: nothing is copied.
  @inline(never) package mutating func byteRange() throws(WireError) -> Range<Int> {
    let size = try u64()
    guard size <= UInt64(left) else { throw .truncated(needed: size, left: UInt64(left)) }
    let range = position..<(position + Int(size))
    position = range.upperBound
    return range
  }

  @inline(never) package mutating func byteSequence() throws(WireError) -> [UInt8] { Array(bytes[try byteRange()]) }

  /// A string; bytes that are not UTF-8 are replaced.
  @inline(never) package mutating func string() throws(WireError) -> WireString {
    WireString(decoding: bytes[try byteRange()], as: UTF8.self)
  }

  /// A sequence of elements that take at least `minimumSize` bytes each (1 or more), which bounds the length a peer can claim.
  package mutating func sequence<Element>(
    minimumSize: Int, _ body: (inout SPSReader) throws(WireError) -> Element
  ) throws(WireError) -> [Element] {
    let count = try u64()
    guard count <= UInt64(left / max(minimumSize, 1)) else {
      throw .sequenceTooLong(count: count, left: UInt64(left))
    }
    var elements: [Element] = []
    elements.reserveCapacity(Int(count))
    for _ in 0..<Int(count) { elements.append(try body(&self)) }
    return elements
  }

  /// Fails if anything follows the values read so far.
  package func expectEnd() throws(WireError) {
    if left > 0 { throw .trailingBytes(UInt64(left)) }
  }

  @inline(never) private mutating func littleEndian(size: Int) throws(WireError) -> UInt64 {
    guard size <= left else { throw .truncated(needed: UInt64(size), left: UInt64(left)) }
    var value: UInt64 = 0
    for i in 0..<size { value |= UInt64(bytes[position + i]) << UInt64(8 * i) }
    position += size
    return value
  }
}

// MARK: Results

/// The failure that the called function reported.
package struct RemoteFailure: Error, Equatable, Sendable {
  package var message: WireString
  package init(message: WireString) { self.message = message }
}

extension SPSReader {
  /// An SPSError: nil means success.
  @inline(never) package mutating func error() throws(WireError) -> WireString? { try bool() ? try string() : nil }

  /// An SPSExpected whose value `body` reads.
  package mutating func expected<Value>(
    _ body: (inout SPSReader) throws(WireError) -> Value
  ) throws(WireError) -> Result<Value, RemoteFailure> {
    if try bool() { return .success(try body(&self)) }
    return .failure(RemoteFailure(message: try string()))
  }
}
