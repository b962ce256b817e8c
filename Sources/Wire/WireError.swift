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
  /// The call failed before or outside of the called function. LLVM sends such failures as a result without any bytes, so
  /// the reason is known to the executor only.
  case failedOutOfBand
}

extension WireError {
  package var description: WireString {
    switch self {
    case .truncated(let needed, let left): "message ends early: \(needed) more bytes announced, \(left) left"
    case .sequenceTooLong(let count, let left): "sequence of \(count) elements announced, \(left) bytes left"
    case .invalidBool(let value): "invalid boolean \(value)"
    case .trailingBytes(let count): "\(count) unexpected bytes after the end of the message"
    case .invalidFrameSize(let size, let limit): "frame size \(size) outside of 32...\(limit)"
    case .unknownOpcode(let value): "unknown opcode \(value)"
    case .failedOutOfBand: "call failed in the executor without a result"
    }
  }
}

#if !hasFeature(Embedded)
extension WireError: CustomStringConvertible {}
#endif
