// Every message survives its own encoding, and no damaged message does more harm than an error.
import Testing
import Wire

@Suite struct MessageTests {
  @Test(arguments: samples) func roundTrip(sample: Sample) throws {
    #expect(try sample.roundTrip(sample.bytes) == sample.bytes)
  }

  @Test(arguments: samples) func everyTruncationIsRefused(sample: Sample) {
    for size in 0..<sample.bytes.count {
      #expect(throws: WireError.self) { try sample.roundTrip(Array(sample.bytes.prefix(size))) }
    }
  }

  /// Puts absurd 64-bit values at every position, so over every length too.
  @Test(arguments: samples) func absurdValuesNeverTrap(sample: Sample) {
    for value in [UInt64.max, 1 << 63, UInt64(Int64.max), 1 << 40, UInt64(sample.bytes.count)] {
      for position in 0..<max(sample.bytes.count - 7, 0) {
        var bytes = sample.bytes
        for i in 0..<8 { bytes[position + i] = UInt8(truncatingIfNeeded: value >> UInt64(8 * i)) }
        // What is read is unimportant; a trap or an allocation of that size would end the test process.
        _ = try? sample.roundTrip(bytes)
      }
    }
  }

  @Test(arguments: samples) func everyBitFlipIsHarmless(sample: Sample) {
    for bit in 0..<sample.bytes.count * 8 {
      var bytes = sample.bytes
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      _ = try? sample.roundTrip(bytes)
    }
  }

  @Test func setupIsLookedUpByName() throws {
    var message = try SetupMessage(decoding: setupSample.encoded)
    #expect(message == setupSample)
    #expect(message.address(of: BootstrapSymbol.runAsMain) == 0x7fff_0000_1234)
    #expect(message.address(of: "absent") == nil)
    #expect(message.pid == 42)
    #expect(message.executorVersion == nil)
    message.bootstrapMap.append(.init(key: BootstrapKey.version, bytes: encoded { $0.append(string: "1.2.3") }))
    #expect(message.executorVersion == "1.2.3")
  }

  @Test func setupRefusesTrailingBytes() {
    #expect(throws: WireError.trailingBytes(1)) { try SetupMessage(decoding: setupSample.encoded + [0]) }
  }

  @Test func segmentContentsStayWhereTheyWere() throws {
    var reader = SPSReader(encoded { finalizeSample.encode(to: &$0) })
    let request = try FinalizeRequest(from: &reader)
    #expect(request.segments.count == 2)
    #expect(Array(request.storage[request.segments[0].content]) == [0x90, 0xc3])
    #expect(request.segments[1].access == [.read, .write, .finalizeLifetime])
    #expect(request.actions == finalizeSample.actions)
  }
}
