// LZ4 blocks, put together by hand: what is in them comes out, and damaged ones reach nothing beyond their memory.
import Glibc
import TestSupport
import Testing
import Wire

/// One sequence of a block: literals, and unless it is the last one a match.
private func sequence(_ literals: [UInt8], _ match: (distance: Int, length: Int)? = nil) -> [UInt8] {
  func more(_ length: Int) -> [UInt8] {
    length < 15 ? [] : [UInt8](repeating: 255, count: (length - 15) / 255) + [UInt8((length - 15) % 255)]
  }
  let length = (match?.length ?? 4) - 4
  var bytes = [UInt8(min(literals.count, 15) << 4 | min(length, 15))] + more(literals.count) + literals
  if let match { bytes += [UInt8(match.distance & 255), UInt8(match.distance >> 8)] + more(length) }
  return bytes
}

private let text = Array("abcdefgh".utf8)
private let long = (0..<600).map { UInt8(truncatingIfNeeded: $0 &* 7) }

/// Blocks and their contents.
private let blocks: [(block: [UInt8], content: [UInt8])] = [
  (sequence(text), text),
  (sequence(long), long),
  (sequence(text, (8, 8)) + sequence(text), text + text + text),
  // Matches that overlap what they become: runs of one byte, and of three; with lengths of one and of several bytes.
  (sequence([7], (1, 4)) + sequence([]), [UInt8](repeating: 7, count: 5)),
  (sequence([7], (1, 18)) + sequence([]), [UInt8](repeating: 7, count: 19)),
  (sequence([7], (1, 19)) + sequence([]), [UInt8](repeating: 7, count: 20)),
  (sequence([7], (1, 4 + 15 + 255)) + sequence([]), [UInt8](repeating: 7, count: 275)),
  (sequence([1, 2, 3], (3, 1000)) + sequence([9]), (0..<1003).map { UInt8($0 % 3 + 1) } + [9]),
  // From the very beginning, and as far back as can be.
  (sequence(long, (600, 30)) + sequence(long), long + long.prefix(30) + long),
  (
    sequence([5], (1, 65534)) + sequence([6], (65535, 5)) + sequence([]),
    [UInt8](repeating: 5, count: 65535) + [6, 5, 5, 5, 5, 5]
  ),
]

private let margin = [UInt8](repeating: 0xa5, count: 1 << 14)

/// What a block of so many bytes becomes, nil if it is none; whatever it is, the bytes around must stay as they were.
private func decompress(_ block: [UInt8], size: Int, sourceLocation: SourceLocation = #_sourceLocation) -> [UInt8]? {
  var memory = margin + [UInt8](repeating: 0xa5, count: size) + margin
  let isWhole = memory.withUnsafeMutableBufferPointer {
    // Bytes beside the block belong to the message, and not to it.
    SPSReader([0xff, 0xff] + block + [0xff, 0xff], in: 2..<(2 + block.count)).decompress(
      to: UInt64(UInt(bitPattern: $0.baseAddress! + margin.count)), size: UInt64(size))
  }
  // (Comparing arrays takes long where nothing is optimised.)
  let isUntouched = memory.withUnsafeBytes {
    memcmp($0.baseAddress!, margin, margin.count) == 0
      && memcmp($0.baseAddress! + margin.count + size, margin, margin.count) == 0
  }
  #expect(isUntouched, sourceLocation: sourceLocation)
  return isWhole ? Array(memory[margin.count..<(margin.count + size)]) : nil
}

@Suite struct CompressedBlockTests {
  @Test(arguments: blocks.indices) func contentComesOut(index: Int) {
    let (block, content) = blocks[index]
    #expect(decompress(block, size: content.count) == content)
    // Its size is part of the agreement.
    #expect(decompress(block, size: content.count + 1) == nil)
    #expect(decompress(block, size: content.count - 1) == nil)
    #expect(decompress(block, size: 0) == nil)
  }

  @Test(arguments: blocks.indices) func everyTruncationIsRefused(index: Int) {
    let (block, content) = blocks[index]
    for size in 0..<block.count {
      #expect(decompress(Array(block.prefix(size)), size: content.count) == nil)
    }
  }

  @Test func whatReachesOutsideIsRefused() {
    let bad: [(String, [UInt8])] = [
      ("no distance", sequence(text, (0, 8)) + sequence([])),
      ("before the start", sequence(text, (9, 8)) + sequence([])),
      ("far before the start", sequence(text, (65535, 8)) + sequence([])),
      ("before anything", sequence([], (1, 16)) + sequence([])),
      ("more literals than there are", [0xf0, 255, 255, 255, 0] + text),
      ("a length without end", [0xf0] + [UInt8](repeating: 255, count: 100)),
      ("a match without end", sequence(text, (1, 19)).dropLast() + [UInt8](repeating: 255, count: 100)),
      ("a match at the end", sequence(text, (8, 8))),
      ("half a distance", sequence(text, (8, 8)).dropLast()),
      ("nothing", []),
    ]
    for (what, block) in bad { #expect(decompress(block, size: 16) == nil, "\(what)") }
    let reader = SPSReader(sequence(text))
    #expect(!reader.decompress(to: 0, size: 8))
  }

  @Test func damageIsHarmless() {
    var random = SeededGenerator(1)
    for (block, content) in blocks where content.count < 2000 {
      for bit in 0..<block.count * 8 {
        var damaged = block
        damaged[bit / 8] ^= 1 << UInt8(bit % 8)
        _ = decompress(damaged, size: content.count)
      }
    }
    for _ in 0..<300 {
      let block = (0..<Int.random(in: 1...80, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      _ = decompress(block, size: Int.random(in: 0...300, using: &random))
    }
  }
}
