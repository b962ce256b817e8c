// Requests that only jitdebug's executor understands: preparing the process and running a whole program.

/// The arguments of `ExtensionSymbol.configure`.
package struct ConfigureRequest: Equatable, Sendable {
  package struct Variable: Equatable, Sendable {
    package var name: WireString
    package var value: WireString
    package init(name: WireString, value: WireString) {
      self.name = name
      self.value = value
    }
  }

  /// Empty leaves the directory as it is.
  package var workingDirectory: WireString = ""
  /// Added to the executor's environment, or replacing its variables of the same name.
  package var environment: [Variable] = []
  package var forwardsStandardStreams = false
  /// Bits 0 to 2 say which of the controller's standard streams is a terminal.
  package var terminalMask: UInt8 = 0
  package var standardOutputTag: UInt64 = 0
  package var standardErrorTag: UInt64 = 0

  package init() {}

  package init(decoding payload: [UInt8]) throws(WireError) {
    var reader = SPSReader(payload)
    workingDirectory = try reader.string()
    environment = try reader.sequence(minimumSize: 16) { (r: inout SPSReader) throws(WireError) in
      Variable(name: try r.string(), value: try r.string())
    }
    forwardsStandardStreams = try reader.u8() == 1
    terminalMask = try reader.u8()
    standardOutputTag = try reader.u64()
    standardErrorTag = try reader.u64()
    try reader.expectEnd()
  }

  package var encoded: [UInt8] {
    var writer = SPSWriter()
    writer.append(string: workingDirectory)
    writer.append(sequence: environment) { w, variable in
      w.append(string: variable.name)
      w.append(string: variable.value)
    }
    writer.append(u8: forwardsStandardStreams ? 1 : 0)
    writer.append(u8: terminalMask)
    writer.append(u64: standardOutputTag)
    writer.append(u64: standardErrorTag)
    return writer.bytes
  }
}

/// The arguments of `ExtensionSymbol.runProgram`.
package struct RunProgramRequest: Equatable, Sendable {
  package var entry: UInt64
  /// The program's argv, its name first.
  package var arguments: [WireString] = []
  /// Arrays of function pointers, run in order before the entry.
  package var initializers: [Range<UInt64>] = []
  /// Arrays of function pointers, run from the last to the first at exit.
  package var finalizers: [Range<UInt64>] = []
  /// Debug objects to take off the debugger's list after the finalizers.
  package var debugObjects: [Range<UInt64>] = []
  package var waitsForDebugger = false

  package init(entry: UInt64) { self.entry = entry }

  package init(decoding payload: [UInt8]) throws(WireError) {
    var reader = SPSReader(payload)
    entry = try reader.address()
    arguments = try reader.sequence(minimumSize: 8) { (r: inout SPSReader) throws(WireError) in try r.string() }
    initializers = try reader.addressRanges()
    finalizers = try reader.addressRanges()
    debugObjects = try reader.addressRanges()
    waitsForDebugger = try reader.bool()
    try reader.expectEnd()
  }

  package var encoded: [UInt8] {
    var writer = SPSWriter()
    writer.append(address: entry)
    writer.append(sequence: arguments) { w, argument in w.append(string: argument) }
    for ranges in [initializers, finalizers, debugObjects] {
      writer.append(sequence: ranges) { w, range in w.append(addressRange: range) }
    }
    writer.append(bool: waitsForDebugger)
    return writer.bytes
  }
}

extension SPSReader {
  /// A sequence of SPSExecutorAddrRange.
  @inline(never) package mutating func addressRanges() throws(WireError) -> [Range<UInt64>] {
    try sequence(minimumSize: 16) { (r: inout SPSReader) throws(WireError) in try r.addressRange() }
  }
}
