// The serialised form of single values, byte for byte as LLVM's headers define it, and of frames.
import Testing
import Wire

@Suite struct CodecTests {
  @Test func integersAreLittleEndianAndUnpadded() throws {
    let bytes = encoded {
      $0.append(u8: 1)
      $0.append(u16: 0x0203)
      $0.append(u32: 0x0405_0607)
      $0.append(i32: -2)
      $0.append(u64: 0x08)
      $0.append(bool: true)
    }
    #expect(bytes == [1, 3, 2, 7, 6, 5, 4, 0xfe, 0xff, 0xff, 0xff, 8, 0, 0, 0, 0, 0, 0, 0, 1])
    var reader = SPSReader(bytes)
    #expect(try reader.u8() == 1)
    #expect(try reader.u16() == 0x0203)
    #expect(try reader.u32() == 0x0405_0607)
    #expect(try reader.i32() == -2)
    #expect(try reader.u64() == 8)
    #expect(try reader.bool())
    #expect(reader.left == 0)
    #expect(throws: WireError.truncated(needed: 1, left: 0)) { try reader.u8() }
  }

  @Test func stringsCarryTheirLength() throws {
    let bytes = encoded { $0.append(string: "hé") }
    #expect(bytes == [3, 0, 0, 0, 0, 0, 0, 0, 0x68, 0xc3, 0xa9])
    var reader = SPSReader(bytes)
    #expect(try reader.string() == "hé")
    var invalid = SPSReader(encoded { $0.append(bytes: [0xff, 0x41]) })
    #expect(try invalid.string() == "\u{fffd}A")
  }

  @Test func booleansAreZeroOrOne() {
    var reader = SPSReader([2])
    #expect(throws: WireError.invalidBool(2)) { try reader.bool() }
  }

  @Test func rangesThatEndBeforeTheirStartAreEmpty() throws {
    var reader = SPSReader(
      encoded {
        $0.append(u64: 10)
        $0.append(u64: 4)
      })
    #expect(try reader.addressRange() == 10..<10)
  }

  @Test func claimedLengthsAreBoundedByWhatFollows() {
    var bytes = SPSReader(encoded { $0.append(u64: .max) })
    #expect(throws: WireError.truncated(needed: .max, left: 0)) { try bytes.byteRange() }
    var elements = SPSReader(
      encoded {
        $0.append(u64: 3)
        $0.append(u64: 0)
      })
    #expect(throws: WireError.sequenceTooLong(count: 3, left: 8)) {
      try elements.sequence(minimumSize: 4) { (r: inout SPSReader) throws(WireError) in try r.u32() }
    }
  }

  @Test func readersOfAPartStayInsideIt() throws {
    var reader = SPSReader([9, 1, 2, 9], in: 1..<3)
    #expect(try reader.u16() == 0x0201)
    #expect(throws: WireError.truncated(needed: 1, left: 0)) { try reader.u8() }
    #expect(SPSReader([1], in: -3..<70).left == 1)
  }

  @Test func anEmptyResultIsAnOutOfBandFailure() {
    #expect(throws: WireError.failedOutOfBand) { try SPSReader(result: []) }
  }

  @Test func failedExpectedsCarryTheirText() throws {
    var reader = SPSReader(encoded { $0.append(expectedFailure: "why") })
    let result = try reader.expected { (r: inout SPSReader) throws(WireError) in try r.address() }
    #expect(result == .failure(RemoteFailure(message: "why")))
  }
}

@Suite struct FrameTests {
  @Test func headerLayout() throws {
    let frame = Frame(.callWrapper, sequenceNumber: 5, tag: 0x1122, payload: [1, 2, 3])
    #expect(
      frame.encoded == [
        35, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0x22, 0x11, 0, 0, 0, 0, 0, 0, 1, 2, 3,
      ])
    #expect(try FrameHeader(decoding: frame.encoded) == frame.header)
  }

  @Test(arguments: [0, 31, (1 << 30) + 1, .max, 1 << 63] as [UInt64])
  func sizesOutsideTheLimitsAreRefused(size: UInt64) {
    let bytes = encoded { for word in [size, 0, 0, 0] { $0.append(u64: word) } }
    #expect(throws: WireError.invalidFrameSize(size, limit: 1 << 30)) { try FrameHeader(decoding: bytes) }
  }

  @Test func unknownOpcodesAreRefused() {
    let bytes = encoded { for word: UInt64 in [32, 4, 0, 0] { $0.append(u64: word) } }
    #expect(throws: WireError.unknownOpcode(4)) { try FrameHeader(decoding: bytes) }
  }

  @Test(arguments: [SessionEnd.exited(0), .exited(3), .signaled(11)])
  func hangupsTellHowTheSessionEnded(end: SessionEnd) throws {
    let frame = Frame.hangup(end)
    #expect(SessionEnd(hangupSequenceNumber: frame.sequenceNumber, tag: frame.tag) == end)
    // Stock controllers read the payload as an SPSError.
    var reader = SPSReader(frame.payload)
    let message = try reader.error()
    try reader.expectEnd()
    switch end {
    case .exited(0): #expect(message == nil)
    case .exited: #expect(message == "the program exited with status 3")
    case .signaled: #expect(message == "the program was killed by signal 11")
    }
  }
}
