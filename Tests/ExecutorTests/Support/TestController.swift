// A controller as small as can be: sends calls, keeps what arrives, and never waits for ever.
import Foundation
import Glibc
import Wire

final class TestController {
  let socket: Int32
  /// Kept while this is.
  var listener: Listener?
  private(set) var setup = SetupMessage(triple: "", pageSize: 0, bootstrapMap: [], bootstrapSymbols: [])
  /// What the program has written, by tag.
  private(set) var output: [UInt64: [UInt8]] = [:]
  /// The frame that ended the session.
  private(set) var hangup: Frame?
  private(set) var isClosed = false
  /// Answers the calls of JITed code.
  var onCall: (UInt64, [UInt8]) throws -> [UInt8] = { tag, _ in throw TestFailure("unexpected call of \(tag)") }
  private var results: [UInt64: [UInt8]] = [:]
  private var lastCall: UInt64 = 0

  static let timeout = 30.0

  init(_ socket: Int32) throws {
    self.socket = socket
    guard let frame = try readFrame(), frame.opcode == .setup else { throw TestFailure("no setup message") }
    setup = try SetupMessage(decoding: frame.payload)
  }

  deinit { close() }

  func close() {
    if !isClosed { Glibc.close(socket) }
    isClosed = true
  }

  var pid: pid_t { pid_t(setup.pid ?? 0) }

  func address(_ symbol: String) throws -> UInt64 {
    guard let address = setup.address(of: symbol) else { throw TestFailure("the executor does not offer \(symbol)") }
    return address
  }

  // MARK: Frames

  func send(_ frame: Frame) throws { try send(bytes: frame.encoded) }

  func send(bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw TestFailure("send: \(String(cString: strerror(errno)))") }
      sent += count
    }
  }

  /// The next frame; nil when the executor has closed the connection.
  func readFrame() throws -> Frame? {
    guard let head = try read(FrameHeader.size) else { return nil }
    let header = try FrameHeader(decoding: head)
    guard let payload = try read(Int(header.payloadSize)) else { throw TestFailure("connection ends inside a frame") }
    return Frame(header.opcode, sequenceNumber: header.sequenceNumber, tag: header.tag, payload: payload)
  }

  private func read(_ size: Int) throws -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: size)
    var done = 0
    while done < size {
      var polled = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
      guard poll(&polled, 1, Int32(Self.timeout * 1000)) == 1 else { throw TestFailure("nothing arrives") }
      let count = bytes[done...].withUnsafeMutableBytes { recv(socket, $0.baseAddress, $0.count, 0) }
      if count < 0 && errno == ECONNRESET { return nil }
      guard count >= 0 else { throw TestFailure("recv: \(String(cString: strerror(errno)))") }
      if count == 0 {
        if done > 0 { throw TestFailure("connection ends inside a frame") }
        return nil
      }
      done += count
    }
    return bytes
  }

  /// Takes one frame; returns false when the session is over.
  private func step() throws -> Bool {
    guard hangup == nil, let frame = try readFrame() else { return false }
    switch frame.opcode {
    case .result: results[frame.sequenceNumber] = frame.payload
    case .hangup:
      hangup = frame
      return false
    case .callWrapper where frame.sequenceNumber == 0: output[frame.tag, default: []] += frame.payload
    case .callWrapper:
      let result = try onCall(frame.tag, frame.payload)
      try send(Frame(.result, sequenceNumber: frame.sequenceNumber, payload: result))
    case .setup: throw TestFailure("second setup message")
    }
    return true
  }

  // MARK: Calls

  /// Sends a call without waiting.
  func post(_ function: UInt64, _ arguments: [UInt8]) throws -> UInt64 {
    lastCall += 1
    try send(Frame(.callWrapper, sequenceNumber: lastCall, tag: function, payload: arguments))
    return lastCall
  }
  func post(_ symbol: String, _ arguments: [UInt8]) throws -> UInt64 { try post(try address(symbol), arguments) }

  func result(of call: UInt64) throws -> [UInt8] {
    while results[call] == nil {
      guard try step() else { throw TestFailure("session ended before the result: \(String(describing: end))") }
    }
    return results.removeValue(forKey: call)!
  }

  func call(_ symbol: String, _ build: (inout SPSWriter) -> Void = { _ in }) throws -> SPSReader {
    var writer = SPSWriter()
    build(&writer)
    return SPSReader(try result(of: try post(symbol, writer.bytes)))
  }

  /// Calls a function that returns an SPSError; nil means success.
  func callForError(_ symbol: String, _ build: (inout SPSWriter) -> Void = { _ in }) throws -> String? {
    var reader = try call(symbol, build)
    let error = try reader.error()
    try reader.expectEnd()
    return error
  }

  /// Calls a function that returns an SPSExpected address.
  func callForAddress(_ symbol: String, _ build: (inout SPSWriter) -> Void) throws -> Result<UInt64, RemoteFailure> {
    var reader = try call(symbol, build)
    let result = try reader.expected { (r: inout SPSReader) throws(WireError) in try r.address() }
    try reader.expectEnd()
    return result
  }

  // MARK: The end

  /// How the session has ended; nil if it has not, or the executor did not say.
  var end: SessionEnd? { hangup.flatMap { SessionEnd(hangupSequenceNumber: $0.sequenceNumber, tag: $0.tag) } }

  /// Takes everything up to the end of the session.
  @discardableResult func waitForEnd() throws -> SessionEnd? {
    while try step() {}
    return end
  }

  /// Takes frames until so much output has arrived.
  func waitForOutput(_ tag: UInt64, _ isEnough: (String) -> Bool) throws -> String {
    while true {
      let text = String(decoding: output[tag] ?? [], as: UTF8.self)
      if isEnough(text) { return text }
      guard try step() else { throw TestFailure("session ended before the output; so far: \(text)") }
    }
  }
}

// MARK: Requests

extension TestController {
  func reserve(_ size: UInt64) throws -> UInt64 {
    try callForAddress(BootstrapSymbol.memoryReserve) {
      $0.append(address: 0)
      $0.append(u64: size)
    }.get()
  }

  func encodedInitialize(_ request: FinalizeRequest) -> [UInt8] {
    var writer = SPSWriter()
    writer.append(address: 0)
    request.encode(to: &writer)
    return writer.bytes
  }

  func initialize(_ request: FinalizeRequest) throws -> Result<UInt64, RemoteFailure> {
    try callForAddress(BootstrapSymbol.memoryInitialize) { $0.append(serialized: encodedInitialize(request)) }
  }

  func openLibrary(_ path: String) throws -> Result<UInt64, RemoteFailure> {
    try callForAddress(BootstrapSymbol.dylibOpen) {
      $0.append(address: 0)
      $0.append(string: path)
      $0.append(u64: 0)
    }
  }

  func resolve(_ names: [String], required: Bool = true, in handle: UInt64) throws -> [SymbolDefinition?] {
    var reader = try call(BootstrapSymbol.dylibResolve) {
      $0.append(address: handle)
      $0.append(sequence: names) { SymbolQuery(name: $1, isRequired: required).encode(to: &$0) }
    }
    return try reader.expected { (r: inout SPSReader) throws(WireError) in
      try r.sequence(minimumSize: 1) { (r: inout SPSReader) throws(WireError) in
        try SymbolDefinition.decodeOptional(from: &r)
      }
    }.get()
  }

  /// Undoes an initialization or a reservation.
  func undo(_ symbol: String, _ address: UInt64) throws -> String? {
    try callForError(symbol) {
      $0.append(address: 0)
      $0.append(sequence: [address]) { $0.append(address: $1) }
    }
  }

  func runAsMain(_ function: UInt64, _ arguments: [String] = ["program"]) throws -> Int64 {
    var reader = try call(BootstrapSymbol.runAsMain) {
      $0.append(address: function)
      $0.append(sequence: arguments) { $0.append(string: $1) }
    }
    return try reader.i64()
  }

  /// Has the program's output forwarded under tags 1 and 2.
  func forwardStreams(_ change: (inout ConfigureRequest) -> Void = { _ in }) throws -> String? {
    var request = ConfigureRequest()
    request.forwardsStandardStreams = true
    request.standardOutputTag = 1
    request.standardErrorTag = 2
    change(&request)
    return try callForError(ExtensionSymbol.configure) { $0.append(serialized: request.encoded) }
  }

  func text(_ tag: UInt64) -> String { String(decoding: output[tag] ?? [], as: UTF8.self) }
}
