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
    triple = try reader.string()
    pageSize = try reader.u64()
    bootstrapMap = try reader.sequence(minimumSize: 16) { (r: inout SPSReader) throws(WireError) in
      Value(key: try r.string(), bytes: try r.byteSequence())
    }
    bootstrapSymbols = try reader.sequence(minimumSize: 16) { (r: inout SPSReader) throws(WireError) in
      Symbol(name: try r.string(), address: try r.address())
    }
    try reader.expectEnd()
  }

  package var encoded: [UInt8] {
    var writer = SPSWriter()
    writer.append(string: triple)
    writer.append(u64: pageSize)
    writer.append(sequence: bootstrapMap) { w, value in
      w.append(string: value.key)
      w.append(bytes: value.bytes)
    }
    writer.append(sequence: bootstrapSymbols) { w, symbol in
      w.append(string: symbol.name)
      w.append(address: symbol.address)
    }
    return writer.bytes
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

  /// The version of jitdebug's executor; nil for any other.
  package var executorVersion: String? {
    guard let value = bootstrapMap.first(where: { $0.key == BootstrapKey.version }) else { return nil }
    var reader = SPSReader(value.bytes)
    return try? reader.string()
  }
}
#endif
