// The frames of SimpleRemoteEPC: a header of four 64-bit words in little-endian order, then the payload.

package enum Opcode: UInt64, Sendable {
  /// Executor to controller, first and once: what the executor is and offers.
  case setup = 0
  /// Either direction: the session is over.
  case hangup = 1
  /// Answers the call of the same sequence number.
  case result = 2
  /// Calls the function at the frame's tag with the payload as its serialised arguments.
  case callWrapper = 3
}

package struct FrameHeader: Equatable, Sendable {
  /// In bytes.
  package static let size = 32
  /// The largest frame accepted unless told otherwise, in bytes: well above any linked program, well below what would
  /// exhaust a machine when a stranger's first bytes are taken for a length.
  package static let defaultLimit: UInt64 = 1 << 30

  package var opcode: Opcode
  package var sequenceNumber: UInt64
  /// An address on the side that is called; 0 in other frames.
  package var tag: UInt64
  /// The number of bytes after the header.
  package var payloadSize: UInt64

  package init(opcode: Opcode, sequenceNumber: UInt64, tag: UInt64, payloadSize: UInt64) {
    self.opcode = opcode
    self.sequenceNumber = sequenceNumber
    self.tag = tag
    self.payloadSize = payloadSize
  }

  /// Reads a header from the first 32 bytes; `limit` bounds the whole frame.
  package init(decoding bytes: [UInt8], limit: UInt64 = defaultLimit) throws(WireError) {
    var reader = SPSReader(bytes)
    let frameSize = reader.nextU64()
    let rawOpcode = reader.nextU64()
    sequenceNumber = reader.nextU64()
    tag = reader.nextU64()
    try reader.check()
    guard frameSize >= UInt64(Self.size), frameSize <= limit else { throw .invalidFrameSize(frameSize, limit: limit) }
    guard let opcode = Opcode(rawValue: rawOpcode) else { throw .unknownOpcode(rawOpcode) }
    self.opcode = opcode
    payloadSize = frameSize - UInt64(Self.size)
  }

  package var encoded: [UInt8] {
    var writer = SPSWriter(reservingCapacity: Self.size)
    writer.append(u64: payloadSize + UInt64(Self.size))
    writer.append(u64: opcode.rawValue)
    writer.append(u64: sequenceNumber)
    writer.append(u64: tag)
    return writer.bytes
  }
}

package struct Frame: Equatable, Sendable {
  package var opcode: Opcode
  package var sequenceNumber: UInt64
  package var tag: UInt64
  package var payload: [UInt8]

  package init(_ opcode: Opcode, sequenceNumber: UInt64 = 0, tag: UInt64 = 0, payload: [UInt8] = []) {
    self.opcode = opcode
    self.sequenceNumber = sequenceNumber
    self.tag = tag
    self.payload = payload
  }

  package var header: FrameHeader {
    FrameHeader(opcode: opcode, sequenceNumber: sequenceNumber, tag: tag, payloadSize: UInt64(payload.count))
  }

  package var encoded: [UInt8] { header.encoded + payload }
}

#if !hasFeature(Embedded)
  extension Frame {
    /// The Hangup frame that tells how a session's process ended, if no limit of the executor had to do with it; stock
    /// controllers print its text. (The executor has it from C.)
    package static func hangup(_ end: SessionEnd) -> Frame {
      var writer = SPSWriter()
      switch end {
      case .exited(0): writer.append(error: nil)
      case .exited(let status): writer.append(error: "the program exited with status \(status)")
      case .signaled(let number): writer.append(error: "the program was killed by signal \(number)")
      }
      return Frame(.hangup, sequenceNumber: end.hangupSequenceNumber, tag: end.hangupTag, payload: writer.bytes)
    }
  }
#endif
