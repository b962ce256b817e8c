// Reads what SPSWriter or LLVM wrote; whatever the bytes are, the outcome is a value or a WireError, never a trap.

/// Reads serialised values one after the other. Every length is checked against the bytes that are left.
///
/// There are two ways to read. `u64()` and its like throw where something is wrong. `nextU64()` and its like return a
/// zero there and ever after, and the failure is found by `check()` at the end: a whole message is read with one test,
/// which in the executor makes for much less code.
package struct SPSReader: Sendable {
  package let bytes: [UInt8]
  /// Where the next value starts, an index into `bytes`.
  package private(set) var position: Int
  private let end: Int
  /// What was wrong first.
  package private(set) var failure: WireError?

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

  /// Throws what was wrong with the values read so far.
  package func check() throws(WireError) {
    if let failure { throw failure }
  }

  /// Fails if anything was wrong, or follows the values read so far.
  @inline(never) package func expectEnd() throws(WireError) {
    try check()
    if left > 0 { throw .trailingBytes(UInt64(left)) }
  }
}

// MARK: Reading to the end

extension SPSReader {
  /// The indices of the next `size` bytes, whatever they are; empty after a failure.
  @inline(never) package mutating func nextRange(size: UInt64) -> Range<Int> {
    guard failure == nil, size <= UInt64(left) else {
      fail(.truncated(needed: size, left: UInt64(left)))
      return position..<position
    }
    position += Int(size)
    return (position - Int(size))..<position
  }

  @inline(never) private mutating func fail(_ reason: WireError) {
    if failure == nil { failure = reason }
  }

  @inline(never) private mutating func nextInteger(size: Int) -> UInt64 {
    var value: UInt64 = 0
    for i in nextRange(size: UInt64(size)).reversed() { value = value << 8 | UInt64(bytes[i]) }
    return value
  }

  package mutating func nextU8() -> UInt8 { UInt8(truncatingIfNeeded: nextInteger(size: 1)) }
  package mutating func nextU16() -> UInt16 { UInt16(truncatingIfNeeded: nextInteger(size: 2)) }
  package mutating func nextU32() -> UInt32 { UInt32(truncatingIfNeeded: nextInteger(size: 4)) }
  package mutating func nextU64() -> UInt64 { nextInteger(size: 8) }

  @inline(never) package mutating func nextBool() -> Bool {
    let value = nextU8()
    if value > 1 { fail(.invalidBool(value)) }
    return value == 1
  }

  /// An SPSExecutorAddrRange. An end before the start reads as an empty range.
  @inline(never) package mutating func nextAddressRange() -> Range<UInt64> {
    let start = nextU64()
    return start..<max(start, nextU64())
  }

  /// A sequence of bytes, as indices into `bytes`: nothing is copied.
  package mutating func nextByteRange() -> Range<Int> { nextRange(size: nextU64()) }

  @inline(never) package mutating func nextByteSequence() -> [UInt8] { Array(bytes[nextByteRange()]) }

  /// A string; bytes that are not UTF-8 are replaced.
  @inline(never) package mutating func nextString() -> WireString {
    WireString(decoding: bytes[nextByteRange()], as: UTF8.self)
  }

  /// The head of a sequence of elements that take at least `minimumSize` bytes each (1 or more): their number, which is
  /// thus bounded by what a peer has really sent.
  @inline(never) package mutating func nextCount(minimumSize: Int) -> Int {
    let count = nextU64()
    guard count <= UInt64(left / max(minimumSize, 1)) else {
      fail(.sequenceTooLong(count: count, left: UInt64(left)))
      return 0
    }
    return Int(count)
  }

  /// Passes over a sequence of strings, or of tuples of so many strings.
  @inline(never) package mutating func skipStrings(perElement count: Int = 1) {
    for _ in 0..<nextCount(minimumSize: 8 * count) * count { _ = nextByteRange() }
  }

  /// Nothing may follow.
  @inline(never) package mutating func nextEnd() {
    if left > 0 { fail(.trailingBytes(UInt64(left))) }
  }

  /// A sequence of strings, or of tuples of so many strings.
  @inline(never) package mutating func nextStrings(perElement count: Int = 1) -> [WireString] {
    var strings: [WireString] = []
    for _ in 0..<nextCount(minimumSize: 8 * count) * count { strings.append(nextString()) }
    return strings
  }

  /// A sequence of SPSExecutorAddrRange.
  @inline(never) package mutating func nextAddressRanges() -> [Range<UInt64>] {
    var ranges: [Range<UInt64>] = []
    for _ in 0..<nextCount(minimumSize: 16) { ranges.append(nextAddressRange()) }
    return ranges
  }
}

// MARK: Reading with errors thrown where they are found

extension SPSReader {
  private mutating func checked<Value>(_ read: (inout SPSReader) -> Value) throws(WireError) -> Value {
    let value = read(&self)
    try check()
    return value
  }

  package mutating func u8() throws(WireError) -> UInt8 { try checked { $0.nextU8() } }
  package mutating func u16() throws(WireError) -> UInt16 { try checked { $0.nextU16() } }
  package mutating func u32() throws(WireError) -> UInt32 { try checked { $0.nextU32() } }
  package mutating func u64() throws(WireError) -> UInt64 { try checked { $0.nextU64() } }
  package mutating func i32() throws(WireError) -> Int32 { Int32(bitPattern: try u32()) }
  package mutating func i64() throws(WireError) -> Int64 { Int64(bitPattern: try u64()) }
  package mutating func address() throws(WireError) -> UInt64 { try u64() }
  package mutating func bool() throws(WireError) -> Bool { try checked { $0.nextBool() } }
  package mutating func addressRange() throws(WireError) -> Range<UInt64> { try checked { $0.nextAddressRange() } }
  package mutating func byteRange() throws(WireError) -> Range<Int> { try checked { $0.nextByteRange() } }
  package mutating func byteSequence() throws(WireError) -> [UInt8] { try checked { $0.nextByteSequence() } }
  package mutating func string() throws(WireError) -> WireString { try checked { $0.nextString() } }

  /// A sequence of elements that take at least `minimumSize` bytes each.
  package mutating func sequence<Element>(
    minimumSize: Int, _ body: (inout SPSReader) throws(WireError) -> Element
  ) throws(WireError) -> [Element] {
    let count = try checked { $0.nextCount(minimumSize: minimumSize) }
    var elements: [Element] = []
    for _ in 0..<count { elements.append(try body(&self)) }
    return elements
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
  package mutating func error() throws(WireError) -> WireString? { try bool() ? try string() : nil }

  /// An SPSExpected whose value `body` reads.
  package mutating func expected<Value>(
    _ body: (inout SPSReader) throws(WireError) -> Value
  ) throws(WireError) -> Result<Value, RemoteFailure> {
    if try bool() { return .success(try body(&self)) }
    return .failure(RemoteFailure(message: try string()))
  }
}
