// Requests that only jitdebug's executor understands: preparing the process and running a whole program.

/// The arguments of `ExtensionSymbol.configure`.
package struct ConfigureRequest: Equatable, Sendable {
  /// Empty leaves the directory as it is.
  package var workingDirectory: WireString = ""
  /// Names and values in turn: variables to add to the executor's environment, or to replace there.
  package var environmentWords: [WireString] = []
  package var forwardsStandardStreams = false
  /// Bits 0 to 2 say which of the controller's standard streams is a terminal; `keepsRunning` is another one.
  package var terminalMask: UInt8 = 0
  /// The program goes on when the controller goes: its input ends then, and its output is dropped.
  package static var keepsRunning: UInt8 { 8 }
  /// The controller is told of a crash before the process dies of it, under `crashTag`; see Crash.h.
  package static var reportsCrashes: UInt8 { 16 }
  package static var crashTag: UInt64 { 3 }
  /// A program that exits leaves its process to the next one: the controller is told of the exit, under `exitTag`, and asks for
  /// a restart; see Renewal.h.
  package static var beginsAnew: UInt8 { 32 }
  package static var exitTag: UInt64 { 4 }
  /// Under this tag, without payload, the controller is told that a restart has arrived while a debugger holds the process: it takes
  /// place before the program goes on.
  package static var heldTag: UInt64 { 5 }
  package var standardOutputTag: UInt64 = 0
  package var standardErrorTag: UInt64 = 0

  package init() {}

  package init(decoding payload: [UInt8]) throws(WireError) {
    var reader = SPSReader(payload)
    workingDirectory = reader.nextString()
    environmentWords = reader.nextStrings(perElement: 2)
    forwardsStandardStreams = reader.nextU8() == 1
    terminalMask = reader.nextU8()
    standardOutputTag = reader.nextU64()
    standardErrorTag = reader.nextU64()
    try reader.expectEnd()
  }

  package var encoded: [UInt8] {
    var writer = SPSWriter()
    writer.append(string: workingDirectory)
    writer.append(u64: UInt64(environmentWords.count / 2))
    for word in environmentWords { writer.append(string: word) }
    writer.append(u8: forwardsStandardStreams ? 1 : 0)
    writer.append(u8: terminalMask)
    writer.append(u64: standardOutputTag)
    writer.append(u64: standardErrorTag)
    return writer.bytes
  }
}

extension SPSReader {
  @inline(never) package mutating func skipConfigureRequest() {
    _ = nextByteRange()
    skipStrings(perElement: 2)
    _ = nextRange(size: 18)
    nextEnd()
  }
}

#if !hasFeature(Embedded)
  // The executor is kept small by having few types that arrays are made of.
  extension ConfigureRequest {
    package struct Variable: Equatable, Sendable {
      package var name: String
      package var value: String
      package init(name: String, value: String) {
        self.name = name
        self.value = value
      }
    }

    /// Added to the executor's environment, or replacing its variables of the same name.
    package var environment: [Variable] {
      get {
        stride(from: 0, to: environmentWords.count - 1, by: 2).map {
          Variable(name: environmentWords[$0], value: environmentWords[$0 + 1])
        }
      }
      set { environmentWords = newValue.flatMap { [$0.name, $0.value] } }
    }
  }
#endif

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
    entry = reader.nextU64()
    arguments = reader.nextStrings()
    initializers = reader.nextAddressRanges()
    finalizers = reader.nextAddressRanges()
    debugObjects = reader.nextAddressRanges()
    waitsForDebugger = reader.nextBool()
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
