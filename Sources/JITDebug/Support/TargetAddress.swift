// Addresses in the target process: numbers that must never be taken for pointers of this one.

/// An address in the target process.
public struct TargetAddress: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  public init(_ rawValue: UInt64) { self.rawValue = rawValue }
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  public static func + (a: Self, b: UInt64) -> Self { Self(a.rawValue &+ b) }
  public var description: String { "0x" + String(rawValue, radix: 16) }
}

/// A half-open range of addresses in the target process.
public struct TargetRange: Hashable, Sendable, CustomStringConvertible {
  public var start: TargetAddress
  /// In bytes.
  public var size: UInt64
  public init(start: TargetAddress, size: UInt64) {
    self.start = start
    self.size = size
  }
  public var end: TargetAddress { start + size }
  public func contains(_ a: TargetAddress) -> Bool { a >= start && a < end }
  public var description: String { "\(start)..<\(end)" }
}
