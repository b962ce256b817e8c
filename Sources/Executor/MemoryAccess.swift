// Publishes reads and writes of the process's memory. As in LLVM's executor, a bad address is a fault of the session's process.
import ExecutorSystem
import Wire

extension Builtin {
  static let memoryAccess: [Builtin] = [
    writes(BootstrapSymbol.writeUInt8s) { (r: inout SPSReader) throws(WireError) in try r.u8() },
    writes(BootstrapSymbol.writeUInt16s) { (r: inout SPSReader) throws(WireError) in try r.u16() },
    writes(BootstrapSymbol.writeUInt32s) { (r: inout SPSReader) throws(WireError) in try r.u32() },
    writes(BootstrapSymbol.writeUInt64s) { (r: inout SPSReader) throws(WireError) in try r.u64() },
    writes(BootstrapSymbol.writePointers) { (r: inout SPSReader) throws(WireError) in UInt(try r.address()) },
    Builtin(BootstrapSymbol.writeBuffers) { _, reader throws(WireError) in
      let writes = try reader.sequence(minimumSize: 16) { (r: inout SPSReader) throws(WireError) in
        (address: try r.address(), content: try r.byteRange())
      }
      for write in writes where !write.content.isEmpty {
        reader.bytes.withUnsafeBytes { bytes in
          pointer(write.address).copyMemory(
            from: bytes.baseAddress! + write.content.lowerBound, byteCount: write.content.count)
        }
      }
      return []
    },
    reads(BootstrapSymbol.readUInt8s) { $0.append(u8: load(UInt8.self, at: $1)) },
    reads(BootstrapSymbol.readUInt16s) { $0.append(u16: load(UInt16.self, at: $1)) },
    reads(BootstrapSymbol.readUInt32s) { $0.append(u32: load(UInt32.self, at: $1)) },
    reads(BootstrapSymbol.readUInt64s) { $0.append(u64: load(UInt64.self, at: $1)) },
    reads(BootstrapSymbol.readPointers) { $0.append(address: UInt64(load(UInt.self, at: $1))) },
    reads(BootstrapSymbol.readStrings) { writer, address in
      writer.append(bytes: copy(of: address, count: stringLength(at: address)))
    },
    Builtin(BootstrapSymbol.readBuffers) { _, reader throws(WireError) in
      var writer = SPSWriter()
      writer.append(sequence: try reader.addressRanges()) { w, range in
        w.append(bytes: copy(of: range.lowerBound, count: range.count))
      }
      return writer.bytes
    },
  ]

  private static func writes<Value>(
    _ name: String, _ value: @escaping @Sendable (inout SPSReader) throws(WireError) -> Value
  ) -> Builtin {
    Builtin(name) { _, reader throws(WireError) in
      let writes = try reader.sequence(minimumSize: 9) { (r: inout SPSReader) throws(WireError) in
        (address: try r.address(), value: try value(&r))
      }
      for write in writes { pointer(write.address).storeBytes(of: write.value, as: Value.self) }
      return []
    }
  }

  private static func reads(_ name: String, _ read: @escaping @Sendable (inout SPSWriter, UInt64) -> Void) -> Builtin {
    Builtin(name) { _, reader throws(WireError) in
      var writer = SPSWriter()
      writer.append(sequence: try addresses(&reader), read)
      return writer.bytes
    }
  }
}

private func pointer(_ address: UInt64) -> UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: UInt(address))! }

private func copy(of address: UInt64, count: Int) -> [UInt8] {
  Array(UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: UInt(address)), count: count))
}

private func stringLength(at address: UInt64) -> Int {
  var end = address
  while load(UInt8.self, at: end) != 0 { end += 1 }
  return Int(end - address)
}
