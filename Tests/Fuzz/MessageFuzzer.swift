// Fuzzes the decoders of all messages. The first byte chooses one; what it accepts must come back as it was.
import Wire

/// Called by libFuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzMessages(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  guard size > 0, let data else { return 0 }
  let bytes = Array(UnsafeBufferPointer(start: data + 1, count: size - 1))
  do throws(WireError) {
    switch data[0] % 13 {
    case 0: same(try SetupMessage(decoding: bytes).encoded, bytes)
    case 1: try finalize(bytes)
    case 2: try configure(bytes)
    case 3: try runProgram(bytes)
    case 4: try symbols(bytes)
    case 5: try results(bytes)
    case 6: try whole(bytes) { (reader) throws(WireError) in _ = try reader.error() }
    case 7: try whole(bytes) { (reader) throws(WireError) in _ = try reader.byteSequence() }
    case 8: try integers(bytes)
    case 9: parts(bytes)
    case 10: try addresses(bytes)
    case 11: decompressed(bytes)
    default: skipped(bytes)
    }
  } catch { precondition(!error.description.utf8.isEmpty) }
  return 0
}

@inline(never) private func same(_ encoded: [UInt8], _ bytes: [UInt8]) {
  precondition(encoded.count <= bytes.count && encoded == Array(bytes[..<encoded.count]), "not as it was")
}

private func finalize(_ bytes: [UInt8]) throws(WireError) {
  var passing = SPSReader(bytes)
  passing.skipFinalizeRequest()
  var reader = SPSReader(bytes)
  let request: FinalizeRequest
  do { request = try FinalizeRequest(from: &reader) } catch {
    precondition(passing.failure == error, "the two ways to read disagree")
    throw error
  }
  precondition(passing.failure == nil && passing.position == reader.position, "the two ways to read disagree")
  for segment in request.segments { precondition(segment.content.upperBound <= request.storage.count) }
  var writer = SPSWriter()
  request.encode(to: &writer)
  same(writer.bytes, bytes)
}

private func configure(_ bytes: [UInt8]) throws(WireError) {
  var passing = SPSReader(bytes)
  passing.skipConfigureRequest()
  do {
    let request = try ConfigureRequest(decoding: bytes)
    precondition(passing.failure == nil, "the two ways to read disagree")
    precondition(request.environmentWords.count % 2 == 0)
    precondition(request.encoded.count == bytes.count)
  } catch {
    precondition(passing.failure != nil, "the two ways to read disagree")
    throw error
  }
}

private func runProgram(_ bytes: [UInt8]) throws(WireError) {
  let request = try RunProgramRequest(decoding: bytes)
  precondition(request.encoded.count == bytes.count)
}

private func symbols(_ bytes: [UInt8]) throws(WireError) {
  var reader = SPSReader(bytes)
  _ = reader.nextU64()
  var writer = SPSWriter()
  let count = reader.nextCount(minimumSize: 9)
  writer.append(u64: UInt64(count))
  for _ in 0..<count { SymbolQuery(next: &reader).encode(to: &writer) }
  try reader.check()
  same(writer.bytes, Array(bytes[8...]))
}

private func results(_ bytes: [UInt8]) throws(WireError) {
  var reader = try SPSReader(result: bytes)
  let result = try reader.expected { (reader) throws(WireError) in
    try reader.sequence(minimumSize: 1) { (reader) throws(WireError) in
      try SymbolDefinition.decodeOptional(from: &reader)
    }
  }
  try reader.expectEnd()
  var writer = SPSWriter()
  switch result {
  case .failure(let failure): writer.append(expectedFailure: failure.message)
  case .success(let definitions):
    writer.appendExpectedValueFollows()
    writer.append(sequence: definitions) { SymbolDefinition.encode($1, to: &$0) }
  }
  same(writer.bytes, bytes)
}

private func integers(_ bytes: [UInt8]) throws(WireError) {
  var reader = SPSReader(bytes)
  var writer = SPSWriter()
  writer.append(u8: try reader.u8())
  writer.append(u16: try reader.u16())
  writer.append(i32: try reader.i32())
  writer.append(i64: try reader.i64())
  writer.append(bool: try reader.bool())
  same(writer.bytes, bytes)
}

private func addresses(_ bytes: [UInt8]) throws(WireError) {
  var reader = SPSReader(bytes)
  for range in reader.nextAddressRanges() { precondition(range.lowerBound <= range.upperBound) }
  try reader.expectEnd()
}

/// Reads within a part of the bytes, whatever part is asked for.
private func parts(_ bytes: [UInt8]) {
  var reader = SPSReader(bytes)
  let start = Int(truncatingIfNeeded: reader.nextU64())
  let end = Int(truncatingIfNeeded: reader.nextU64())
  guard start <= end else { return }
  var part = SPSReader(bytes, in: start..<end)
  precondition(part.left <= bytes.count)
  while part.failure == nil && part.left > 0 { _ = part.nextByteRange() }
}

/// After a failure every value is zero and nothing moves any more.
private func skipped(_ bytes: [UInt8]) {
  var reader = SPSReader(bytes)
  while reader.failure == nil && reader.left > 0 { reader.skipStrings(perElement: 1 + reader.left % 2) }
  guard let failure = reader.failure else { return }
  let position = reader.position
  precondition(reader.nextU64() == 0 && reader.nextCount(minimumSize: 1) == 0 && !reader.nextBool())
  precondition(reader.nextString().utf8.isEmpty && reader.nextByteSequence().isEmpty)
  precondition(reader.position == position && reader.failure == failure)
}

/// The first two bytes are the size of the memory, which the address sanitizer watches; the rest is the block.
private func decompressed(_ bytes: [UInt8]) {
  guard bytes.count >= 2 else { return }
  let size = Int(bytes[0]) | Int(bytes[1]) << 8
  let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: max(size, 1))
  defer { memory.deallocate() }
  let reader = SPSReader(Array(bytes[2...]))
  let isWhole = reader.decompress(to: UInt64(UInt(bitPattern: memory)), size: UInt64(size))
  // What is whole for one size is so for no other.
  precondition(
    !isWhole || !reader.decompress(to: UInt64(UInt(bitPattern: memory)), size: UInt64(max(size, 1) - 1)) || size == 0)
}

private func whole(_ bytes: [UInt8], _ read: (inout SPSReader) throws(WireError) -> Void) throws(WireError) {
  var reader = SPSReader(bytes)
  try read(&reader)
  try reader.expectEnd()
}
