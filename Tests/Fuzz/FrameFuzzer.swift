// Fuzzes the frame decoder: a stream of frames as the executor's reader takes it apart.
import Wire

/// Called by libFuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFrames(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  let stream = Array(UnsafeBufferPointer(start: data, count: size))
  var position = 0
  while position < stream.count {
    let head = Array(stream[position..<min(position + FrameHeader.size, stream.count)])
    // A limit besides the default one, to get past it with short inputs.
    for limit in [FrameHeader.defaultLimit, 4096] {
      do {
        let header = try FrameHeader(decoding: head, limit: limit)
        precondition(head.count == FrameHeader.size, "a header of fewer bytes was accepted")
        precondition(header.payloadSize <= limit - UInt64(FrameHeader.size), "the limit was not kept")
        precondition(header.encoded == head, "decoding and encoding differ")
      } catch { precondition(!error.description.utf8.isEmpty) }
    }
    guard let header = try? FrameHeader(decoding: head) else { return 0 }
    position += FrameHeader.size + Int(header.payloadSize)
  }
  return 0
}
