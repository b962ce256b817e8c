// Compressed transfers: contents of the target's memory as LZ4 blocks, where the way there is so slow that it pays.

import LZ4
import Wire

/// Whether the contents of the target's memory travel compressed.
package enum Compression: String, Sendable, CaseIterable {
  /// Where the way is slow, and the executor can.
  case auto
  /// Wherever the executor can.
  case always
  case never

  /// How long the fastest answer takes where compressing pays, in seconds: compressing takes some 20 ms a megabyte, and makes half of
  /// it. Networks with shorter ways carry a megabyte in less.
  package static let slowAnswer = 0.001
}

extension Connection {
  /// Whether the executor takes compressed contents, and shall get them.
  func compresses(_ choice: Compression) -> Bool {
    guard choice != .never, setup.takesCompression else { return false }
    return choice == .always || (!isWithinThisMachine && fastestAnswer.map { $0 > Compression.slowAnswer } ?? false)
  }
}

extension FinalizeRequest {
  /// The same, each content as an LZ4 block where that is smaller.
  func compressed() -> FinalizeRequest {
    var request = FinalizeRequest()
    request.calls = calls
    for segment in segments {
      let block = segment.content.count == segment.size ? Self.block(storage[segment.content]) : nil
      request.append(
        access: block == nil ? segment.access : segment.access.union(.compressed), address: segment.address,
        size: segment.size, content: block ?? Array(storage[segment.content]))
    }
    return request
  }

  /// Nil if it would not be smaller.
  private static func block(_ content: ArraySlice<UInt8>) -> [UInt8]? {
    let room = content.count - 1
    guard room > 0, room < LZ4_MAX_INPUT_SIZE else { return nil }
    let block = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
      content.withUnsafeBytes { content in
        // What does not fit gives 0.
        count = Int(
          LZ4_compress_HC(
            content.baseAddress, buffer.baseAddress, Int32(content.count), Int32(room), LZ4HC_CLEVEL_DEFAULT))
      }
    }
    return block.isEmpty ? nil : block
  }
}
