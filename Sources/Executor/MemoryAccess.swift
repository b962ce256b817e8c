// Reads and writes the process's memory. As in LLVM's executor, a bad address is a fault of the session's process.
import ExecutorSystem
import Wire

extension Builtin {
  func writeMemory(_ reader: SPSReader) -> Reply {
    // The request is checked to its end before anything is written.
    for pass in 0..<2 {
      var reader = reader
      for _ in 0..<reader.nextCount(minimumSize: 9) {
        let address = reader.nextU64()
        let content = self == .writeBuffers ? reader.nextByteRange() : reader.nextRange(size: width)
        if pass == 1 { memory_write(address, reader.bytes, UInt64(content.lowerBound), UInt64(content.count)) }
      }
      if let failure = reader.failure { return .malformed(failure) }
    }
    return .bytes([])
  }

  func readMemory(_ reader: inout SPSReader) -> Reply {
    var writer = SPSWriter()
    var left = FrameHeader.defaultLimit
    let count = reader.nextCount(minimumSize: 8)
    writer.append(u64: UInt64(count))
    for _ in 0..<count {
      let range = self == .readBuffers ? reader.nextAddressRange() : element(at: reader.nextU64())
      if let failure = reader.failure { return .malformed(failure) }
      let size = range.upperBound - range.lowerBound
      guard size <= left else { return .outOfBand("more is asked for than a frame can hold") }
      left -= size
      if self == .readBuffers || self == .readStrings { writer.append(u64: size) }
      writer.append(serialized: copy(of: range))
    }
    return .bytes(writer.bytes)
  }

  private func element(at address: UInt64) -> Range<UInt64> {
    let size = self == .readStrings ? memory_string_length(address) : width
    // What would go beyond the last address is refused for its size.
    return size > .max - address ? 0..<UInt64.max : address..<(address + size)
  }

  /// In bytes, of a single value on the wire and in memory, which have the same byte order.
  private var width: UInt64 {
    switch self {
    case .writeUInt8s, .readUInt8s: 1
    case .writeUInt16s, .readUInt16s: 2
    case .writeUInt32s, .readUInt32s: 4
    default: 8
    }
  }
}

private func copy(of range: Range<UInt64>) -> [UInt8] {
  [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
    if !range.isEmpty { memory_read(range.lowerBound, buffer.baseAddress!, range.count) }
    count = range.count
  }
}
