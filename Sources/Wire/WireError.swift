// What can be wrong with bytes that arrived from the other side.

/// A message that does not follow the protocol. The text forms name the offending value.
package enum WireError: Error, Equatable, Sendable {
  /// A value of `needed` bytes was announced where only `left` follow.
  case truncated(needed: UInt64, left: UInt64)
  /// A sequence of `count` elements was announced that cannot fit into the `left` bytes that follow.
  case sequenceTooLong(count: UInt64, left: UInt64)
  /// A boolean that is neither 0 nor 1.
  case invalidBool(UInt8)
  /// Bytes after the end of a message.
  case trailingBytes(UInt64)
  /// A frame that claims to be shorter than its own header, or longer than the receiver accepts.
  case invalidFrameSize(UInt64, limit: UInt64)
  case unknownOpcode(UInt64)
  /// The call failed before or outside of the called function. LLVM sends such failures as a result without any bytes,
  /// so the reason is known to the executor only.
  case failedOutOfBand
}

extension WireError {
  @inline(never) private static func text(_ what: StaticString, _ value: UInt64) -> WireString { "\(what) \(value)" }

  @inline(never) private static func text(
    _ what: StaticString, _ value: UInt64, _ otherWhat: StaticString, _ other: UInt64
  ) -> WireString {
    "\(text(what, value)), \(text(otherWhat, other))"
  }

  package var description: WireString {
    switch self {
    case .truncated(let needed, let left): Self.text("end comes before a value of bytes:", needed, "left:", left)
    case .sequenceTooLong(let count, let left):
      Self.text("end comes before a sequence of elements:", count, "left:", left)
    case .invalidBool(let value): Self.text("neither true nor false:", UInt64(value))
    case .trailingBytes(let count): Self.text("unexpected bytes at the end:", count)
    case .invalidFrameSize(let size, let limit): Self.text("impossible frame size:", size, "limit:", limit)
    case .unknownOpcode(let value): Self.text("unknown opcode:", value)
    case .failedOutOfBand: "call failed in the executor without a result"
    }
  }
}

#if !hasFeature(Embedded)
  extension WireError: CustomStringConvertible {}
#endif
