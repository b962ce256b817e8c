// Reads and writes the process's memory. As in LLVM's executor, a bad address is a fault of the session's process.
import ExecutorSystem
import Wire

extension Builtin {
  func writeMemory(_ reader: inout SPSReader) throws(WireError) {
    // Checks the request to its end before anything is written.
    let writes = try reader.sequence(minimumSize: 9) { (r: inout SPSReader) throws(WireError) in
      let address = try r.address()
      if self == .writeBuffers { return (address: address, content: try r.byteRange()) }
      return (address: address, content: try r.skip(self.width))
    }
    // The wire's byte order is the target's.
    for write in writes where !write.content.isEmpty {
      reader.bytes.withUnsafeBytes { bytes in
        UnsafeMutableRawPointer(bitPattern: UInt(write.address))!.copyMemory(
          from: bytes.baseAddress! + write.content.lowerBound, byteCount: write.content.count)
      }
    }
  }

  func readMemory(_ reader: inout SPSReader) throws(WireError) -> [UInt8] {
    var writer = SPSWriter()
    switch self {
    case .readBuffers:
      writer.append(sequence: try reader.addressRanges()) { w, range in
        w.append(bytes: copy(of: range.lowerBound, count: range.count))
      }
    case .readStrings:
      writer.append(sequence: try addresses(&reader)) { w, address in
        w.append(bytes: copy(of: address, count: stringLength(at: address)))
      }
    default:
      writer.append(sequence: try addresses(&reader)) { w, address in
        w.append(serialized: copy(of: address, count: width))
      }
    }
    return writer.bytes
  }

  /// In bytes, of a single value on the wire and in memory.
  private var width: Int {
    switch self {
    case .writeUInt8s, .readUInt8s: 1
    case .writeUInt16s, .readUInt16s: 2
    case .writeUInt32s, .readUInt32s: 4
    default: 8
    }
  }
}

private func copy(of address: UInt64, count: Int) -> [UInt8] {
  Array(UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: UInt(address)), count: count))
}

private func stringLength(at address: UInt64) -> Int {
  var end = address
  while load(UInt8.self, at: end) != 0 { end += 1 }
  return Int(end - address)
}
