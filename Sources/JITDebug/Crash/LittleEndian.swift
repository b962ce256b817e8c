// Numbers in the target's bytes: all targets are little-endian, 64-bit.

/// Bytes that were read from a target.
struct TargetBytes: Sendable {
  var content: [UInt8]
  init(_ content: [UInt8]) { self.content = content }

  /// Nil beyond the end.
  func number(_ offset: Int, _ size: Int = 8) -> UInt64? {
    guard offset >= 0, offset <= content.count - size else { return nil }
    return content[offset..<(offset + size)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// What reaches beyond the end is zero.
  func padded(_ offset: Int, _ size: Int) -> [UInt8] {
    let part = content.dropFirst(offset).prefix(size)
    return part + [UInt8](repeating: 0, count: size - part.count)
  }
}

/// The same for writing.
struct TargetBytesOutput {
  private(set) var bytes: [UInt8] = []
  mutating func put<T: FixedWidthInteger>(_ value: T) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
  mutating func put(_ more: [UInt8]) { bytes += more }
  mutating func pad(to size: Int) {
    if bytes.count < size { bytes += [UInt8](repeating: 0, count: size - bytes.count) }
  }
  mutating func align(_ boundary: Int) { pad(to: (bytes.count + boundary - 1) / boundary * boundary) }
}
