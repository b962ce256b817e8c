// Requests are compressed segment by segment, and what the executor makes of them is the content.

import TestSupport
import Testing
import Wire

@testable import JITDebug

@Suite struct CompressionTests {
  @Test func contentsComeBackAndSizesFall() throws {
    var random = SeededGenerator(7)
    let noise = (0..<5000).map { _ in UInt8.random(in: 0...255, using: &random) }
    let words = (0..<100_000).map { _ in UInt8.random(in: 0...7, using: &random) }
    var request = FinalizeRequest()
    request.append(access: [.read, .execute], address: 0x1000, size: UInt64(words.count), content: words)
    request.append(access: [.read], address: 0x20000, size: UInt64(noise.count), content: noise)
    request.append(
      access: [.read, .write], address: 0x30000, size: 70_000, content: [UInt8](repeating: 0, count: 70_000))
    // Neither what is shorter than its memory nor what is empty.
    request.append(access: [.read, .write], address: 0x50000, size: 9000, content: [UInt8](repeating: 1, count: 8000))
    request.append(access: [.read, .write], address: 0x60000, size: 4096, content: [])
    request.calls = [WrapperCall(function: 1, arguments: [2]), .none]

    let compressed = request.compressed()
    #expect(compressed.calls == request.calls)
    #expect(compressed.segments.map { $0.access.contains(.compressed) } == [true, false, true, false, false])
    #expect(compressed.segments[2].content.count < 500)
    for (before, after) in zip(request.segments, compressed.segments) {
      #expect(after.access.subtracting(.compressed) == before.access)
      #expect(after.address == before.address && after.size == before.size)
      guard after.access.contains(.compressed) else {
        #expect(compressed.storage[after.content] == request.storage[before.content])
        continue
      }
      #expect(after.content.count < before.content.count)
      var memory = [UInt8](repeating: 0xa5, count: Int(after.size))
      let isWhole = memory.withUnsafeMutableBufferPointer {
        SPSReader(compressed.storage, in: after.content).decompress(
          to: UInt64(UInt(bitPattern: $0.baseAddress!)), size: after.size)
      }
      #expect(isWhole && memory[...] == request.storage[before.content])
    }
  }
}
