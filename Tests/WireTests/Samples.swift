// One valid sample of every message, with the function that decodes it: the input of the tests on malformed bytes.
import Wire

struct Sample: Sendable, CustomStringConvertible {
  var description: String
  var bytes: [UInt8]
  /// Decodes the whole message and serialises what it found again.
  var roundTrip: @Sendable ([UInt8]) throws -> [UInt8]
}

let setupSample = SetupMessage(
  triple: "x86_64-unknown-linux-gnu", pageSize: 4096,
  bootstrapMap: [.init(key: BootstrapKey.pid, bytes: [42, 0, 0, 0, 0, 0, 0, 0]), .init(key: "empty", bytes: [])],
  bootstrapSymbols: [.init(name: BootstrapSymbol.runAsMain, address: 0x7fff_0000_1234), .init(name: "ä", address: 0)])

let finalizeSample: FinalizeRequest = {
  var request = FinalizeRequest()
  request.append(access: [.read, .execute], address: 0x1000, size: 4096, content: [0x90, 0xc3])
  request.append(access: [.read, .write, .finalizeLifetime], address: 0x2000, size: 8192, content: [])
  request.actions = [
    AllocationAction(finalize: WrapperCall(function: 1, arguments: [1, 2, 3])),
    AllocationAction(finalize: .none, deallocate: WrapperCall(function: 2, arguments: [])),
  ]
  return request
}()

let configureSample: ConfigureRequest = {
  var request = ConfigureRequest()
  request.workingDirectory = "/tmp/ünïcode"
  request.environment = [.init(name: "A", value: "1"), .init(name: "EMPTY", value: "")]
  request.forwardsStandardStreams = true
  request.terminalMask = 0b101
  request.standardOutputTag = 1
  request.standardErrorTag = .max
  return request
}()

let runProgramSample: RunProgramRequest = {
  var request = RunProgramRequest(entry: 0x4000)
  request.arguments = ["main", "", "a b"]
  request.initializers = [0x10..<0x20, 0x40..<0x40]
  request.finalizers = [0x50..<0x58]
  request.debugObjects = [0x1000..<0x1400]
  request.waitsForDebugger = true
  return request
}()

let samples: [Sample] = [
  Sample(description: "setup", bytes: setupSample.encoded) { try SetupMessage(decoding: $0).encoded },
  Sample(description: "configure", bytes: configureSample.encoded) { try ConfigureRequest(decoding: $0).encoded },
  Sample(description: "run program", bytes: runProgramSample.encoded) { try RunProgramRequest(decoding: $0).encoded },
  Sample(description: "initialize", bytes: encoded { finalizeSample.encode(to: &$0) }) { bytes in
    var reader = SPSReader(bytes)
    let request = try FinalizeRequest(from: &reader)
    try reader.expectEnd()
    return encoded { request.encode(to: &$0) }
  },
  Sample(description: "frame header", bytes: Frame(.callWrapper, sequenceNumber: 7, tag: 8).encoded) {
    try FrameHeader(decoding: $0).encoded
  },
  Sample(
    description: "symbol queries",
    bytes: encoded {
      $0.append(sequence: [SymbolQuery(name: "printf", isRequired: true), SymbolQuery(name: "", isRequired: false)]) {
        $1.encode(to: &$0)
      }
    }
  ) { bytes in
    var reader = SPSReader(bytes)
    let queries = try reader.sequence(minimumSize: 9) { (r: inout SPSReader) throws(WireError) in
      SymbolQuery(next: &r)
    }
    try reader.expectEnd()
    return encoded { $0.append(sequence: queries) { $1.encode(to: &$0) } }
  },
  Sample(
    description: "symbol definitions",
    bytes: encoded {
      $0.append(sequence: [SymbolDefinition(address: 5, flags: SymbolDefinition.exported), nil]) {
        SymbolDefinition.encode($1, to: &$0)
      }
    }
  ) { bytes in
    var reader = SPSReader(bytes)
    let definitions = try reader.sequence(minimumSize: 1) { (r: inout SPSReader) throws(WireError) in
      try SymbolDefinition.decodeOptional(from: &r)
    }
    try reader.expectEnd()
    return encoded { $0.append(sequence: definitions) { SymbolDefinition.encode($1, to: &$0) } }
  },
  Sample(description: "error", bytes: encoded { $0.append(error: "no such library") }) { bytes in
    var reader = SPSReader(bytes)
    let error = try reader.error()
    try reader.expectEnd()
    return encoded { $0.append(error: error) }
  },
  Sample(
    description: "expected",
    bytes: encoded {
      $0.appendExpectedValueFollows()
      $0.append(address: 0xabc)
    }
  ) { bytes in
    var reader = SPSReader(bytes)
    let result = try reader.expected { (r: inout SPSReader) throws(WireError) in try r.address() }
    try reader.expectEnd()
    return encoded {
      switch result {
      case .success(let address):
        $0.appendExpectedValueFollows()
        $0.append(address: address)
      case .failure(let failure): $0.append(expectedFailure: failure.message)
      }
    }
  },
]

func encoded(_ body: (inout SPSWriter) -> Void) -> [UInt8] {
  var writer = SPSWriter()
  body(&writer)
  return writer.bytes
}
