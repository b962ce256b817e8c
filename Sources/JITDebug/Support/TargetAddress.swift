// Addresses in the target process: numbers that must never be taken for pointers of this one.

/// An address in the target process.
public struct TargetAddress: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The address as a number.
  public var rawValue: UInt64
  /// The address of this number.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  /// The address of this number.
  public init(_ rawValue: UInt64) { self.rawValue = rawValue }
  /// Whether the first address is the lower one.
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  /// The address so many bytes further on.
  public static func + (a: Self, b: UInt64) -> Self { Self(a.rawValue &+ b) }
  /// Hexadecimal with a leading 0x.
  public var description: String { "0x" + String(rawValue, radix: 16) }
}

/// A half-open range of addresses in the target process.
public struct TargetRange: Hashable, Sendable, CustomStringConvertible {
  /// The first address in it.
  public var start: TargetAddress
  /// In bytes.
  public var size: UInt64
  /// The range of so many bytes from an address.
  public init(start: TargetAddress, size: UInt64) {
    self.start = start
    self.size = size
  }
  /// The first address behind it.
  public var end: TargetAddress { start + size }
  /// Whether the address lies in it.
  public func contains(_ a: TargetAddress) -> Bool { a >= start && a < end }
  /// Start and end as Swift writes half-open ranges.
  public var description: String { "\(start)..<\(end)" }
}
