// The first message of a session, in which the executor says what it is and what it offers.

package struct SetupMessage: Equatable, Sendable {
  package struct Value: Equatable, Sendable {
    package var key: WireString
    /// SPS-serialised; of what, the key decides.
    package var bytes: [UInt8]
    package init(key: WireString, bytes: [UInt8]) {
      self.key = key
      self.bytes = bytes
    }
  }
  package struct Symbol: Equatable, Sendable {
    package var name: WireString
    package var address: UInt64
    package init(name: WireString, address: UInt64) {
      self.name = name
      self.address = address
    }
  }

  package var triple: WireString
  /// In bytes.
  package var pageSize: UInt64
  package var bootstrapMap: [Value]
  package var bootstrapSymbols: [Symbol]

  package init(triple: WireString, pageSize: UInt64, bootstrapMap: [Value], bootstrapSymbols: [Symbol]) {
    self.triple = triple
    self.pageSize = pageSize
    self.bootstrapMap = bootstrapMap
    self.bootstrapSymbols = bootstrapSymbols
  }

  package init(decoding payload: [UInt8]) throws(WireError) {
    var reader = SPSReader(payload)
    triple = reader.nextString()
    pageSize = reader.nextU64()
    bootstrapMap = []
    for _ in 0..<reader.nextCount(minimumSize: 16) {
      bootstrapMap.append(Value(key: reader.nextString(), bytes: reader.nextByteSequence()))
    }
    bootstrapSymbols = []
    for _ in 0..<reader.nextCount(minimumSize: 16) {
      bootstrapSymbols.append(Symbol(name: reader.nextString(), address: reader.nextU64()))
    }
    try reader.expectEnd()
  }

  package var encoded: [UInt8] {
    var writer = SPSWriter()
    Self.encodeHead(triple: triple, pageSize: pageSize, valueCount: bootstrapMap.count, to: &writer)
    for value in bootstrapMap { Self.encode(key: value.key, value: value.bytes, to: &writer) }
    writer.append(u64: UInt64(bootstrapSymbols.count))
    for symbol in bootstrapSymbols { Self.encode(symbol: symbol.name, address: symbol.address, to: &writer) }
    return writer.bytes
  }

  // The parts of a message that is written without being held in memory: the head, so many values, the number of
  // symbols, and the symbols.

  package static func encodeHead(triple: WireString, pageSize: UInt64, valueCount: Int, to writer: inout SPSWriter) {
    writer.append(string: triple)
    writer.append(u64: pageSize)
    writer.append(u64: UInt64(valueCount))
  }

  package static func encode(key: WireString, value: [UInt8], to writer: inout SPSWriter) {
    writer.append(string: key)
    writer.append(bytes: value)
  }

  package static func encode(symbol name: WireString, address: UInt64, to writer: inout SPSWriter) {
    writer.append(string: name)
    writer.append(address: address)
  }
}

#if !hasFeature(Embedded)
  // Comparing strings needs Unicode tables, which the executor has no use for otherwise.
  extension SetupMessage {
    /// The address of a bootstrap symbol, nil if the executor does not offer it.
    package func address(of name: String) -> UInt64? { bootstrapSymbols.first { $0.name == name }?.address }

    /// The session process's id on the target; only jitdebug's executor tells it.
    package var pid: UInt64? {
      guard let value = bootstrapMap.first(where: { $0.key == BootstrapKey.pid }) else { return nil }
      var reader = SPSReader(value.bytes)
      return try? reader.u64()
    }

    /// Whether segments may be `SegmentAccess.compressed`.
    package var takesCompression: Bool { bootstrapMap.contains { $0.key == BootstrapKey.compression } }

    /// The version of jitdebug's executor; nil for any other.
    package var executorVersion: String? {
      guard let value = bootstrapMap.first(where: { $0.key == BootstrapKey.version }) else { return nil }
      var reader = SPSReader(value.bytes)
      return try? reader.string()
    }
  }
#endif
