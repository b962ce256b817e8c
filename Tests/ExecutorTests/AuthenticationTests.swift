// An executor with a token: who does not know it gets nothing, soon, and keeps nobody out who does.
import Crypto
import Foundation
import Glibc
import TestSupport
import Testing
import Wire

/// The controller's side, byte by byte, so that it can go wrong at each.
private final class Caller {
  let socket: Int32
  let challenge: [UInt8]

  /// Connects and takes the challenge.
  init(_ listener: Listener) throws {
    socket = try listener.connectSocket()
    let head = try Self.read(FrameHeader.size, from: socket)
    let header = try FrameHeader(decoding: head)
    let payload = try Self.read(Int(header.payloadSize), from: socket)
    let frame = Frame(header.opcode, sequenceNumber: header.sequenceNumber, tag: header.tag, payload: payload)
    guard let nonce = Handshake.nonce(in: frame) else { throw TestFailure("no challenge: \(frame)") }
    challenge = nonce
    var reader = SPSReader(frame.payload)
    #expect(try reader.error() == "this executor asks for a token: jitdebug --token-file FILE")
  }

  deinit { close(socket) }

  static func proof(_ token: String, _ role: Handshake.Role, _ executor: [UInt8], _ controller: [UInt8]) -> [UInt8] {
    let statement = Handshake.statement(role, executorNonce: executor, controllerNonce: controller)
    return Array(HMAC<SHA256>.authenticationCode(for: statement, using: SymmetricKey(data: Array(token.utf8))))
  }

  let nonce = (0..<32).map { _ in UInt8.random(in: 0...255) }
  func answer(_ token: String) -> [UInt8] {
    Handshake.answer(nonce: nonce, proof: Self.proof(token, .controller, challenge, nonce))
  }

  @discardableResult func send(_ bytes: some Collection<UInt8>) -> Bool {
    let bytes = Array(bytes)
    return Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
  }

  private static func read(_ count: Int, from socket: Int32, within seconds: Double = 20) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
      guard poll(&entry, 1, Int32(seconds * 1000)) == 1 else { throw TestFailure("nothing arrives") }
      let got = bytes[done...].withUnsafeMutableBytes { recv(socket, $0.baseAddress, $0.count, 0) }
      guard got > 0 else { break }
      done += got
    }
    return Array(bytes.prefix(done))
  }

  func read(_ count: Int) throws -> [UInt8] { try Self.read(count, from: socket) }

  /// Everything that is sent before the executor closes the connection.
  func readToEnd() throws -> [UInt8] { try Self.read(1 << 16, from: socket) }
}

@Suite struct AuthenticationTests {
  static let token = "correct horse battery staple"
  let folder: TemporaryFolder
  let listener: Listener

  init() throws {
    folder = try TemporaryFolder()
    listener = try Listener(["--token-file", try Self.write(Self.token + "\n", "token", in: folder)])
  }

  @discardableResult
  static func write(_ text: String, _ name: String, mode: mode_t = 0o600, in folder: TemporaryFolder) throws -> String {
    let path = folder.file(name)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    chmod(path, mode)
    return path
  }

  /// Proves itself and takes a session through its setup, which is to be quick whoever else is there.
  private func connect(within seconds: Double = 10) throws {
    let start = ContinuousClock.now
    let caller = try Caller(listener)
    caller.send(caller.answer(Self.token))
    #expect(try caller.read(32) == Caller.proof(Self.token, .executor, caller.challenge, caller.nonce))
    let controller = try TestController(dup(caller.socket))
    #expect(try controller.reserve(1) != 0)
    controller.close()
    #expect(ContinuousClock.now - start < .seconds(seconds))
  }

  @Test func whoKnowsTheTokenGetsASession() throws {
    try connect()
    try connect()
    #expect(listener.process.errors == "")
  }

  /// What arrives instead of an answer: each time the connection ends without a byte.
  @Test func everythingElseIsRefused() throws {
    let wrong = try Caller(listener)
    wrong.send(wrong.answer("incorrect horse battery staple"))
    let longer = try Caller(listener)
    longer.send(longer.answer(Self.token + "\n"))
    let otherRole = try Caller(listener)
    otherRole.send(
      Handshake.answer(
        nonce: otherRole.nonce, proof: Caller.proof(Self.token, .executor, otherRole.challenge, otherRole.nonce)))
    let otherMagic = try Caller(listener)
    otherMagic.send([0] + otherMagic.answer(Self.token).dropFirst())
    let frame = try Caller(listener)
    frame.send(Frame(.callWrapper, sequenceNumber: 1, tag: 0, payload: [UInt8](repeating: 0, count: 100)).encoded)
    // What would be a session's first call is not even read.
    let start = ContinuousClock.now
    for caller in [wrong, longer, otherRole, otherMagic, frame] {
      caller.send(Frame(.callWrapper, sequenceNumber: 1, tag: 0).encoded)
      #expect(try caller.readToEnd() == [])
    }
    #expect(ContinuousClock.now - start < .seconds(10))
    #expect(descendants(of: listener.pid).isEmpty)
    try connect()
    let refusals = listener.process.errors.split(separator: "\n")
    #expect(refusals.count == 5 && refusals.allSatisfy { $0.hasSuffix("refused a controller that has not the token") })
  }

  @Test func aRecordedHandshakeIsWorthNothing() throws {
    let first = try Caller(listener)
    let recorded = first.answer(Self.token)
    first.send(recorded)
    #expect(try first.read(32).count == 32)
    let second = try Caller(listener)
    #expect(second.challenge != first.challenge)
    second.send(recorded)
    #expect(try second.readToEnd() == [])
    // Nor is the executor's own proof, or its challenge.
    let third = try Caller(listener)
    third.send(Handshake.answer(nonce: third.challenge, proof: third.challenge))
    #expect(try third.readToEnd() == [])
    try connect()
  }

  @Test func anAnswerCutShortAtAnyByteIsRefused() throws {
    for count in 0..<72 {
      let caller = try Caller(listener)
      caller.send(caller.answer(Self.token).prefix(count))
      shutdown(caller.socket, Int32(SHUT_WR))
      #expect(try caller.readToEnd() == [], "after \(count) bytes")
    }
    #expect(descendants(of: listener.pid).isEmpty)
    try connect()
    #expect(listener.process.errors == "")
  }

  /// More than the executor has room for, each of them silent or stopped somewhere in its answer.
  @Test func silentAndSlowCallersKeepNobodyOut() throws {
    var callers: [Caller] = []
    for count in (0..<4).flatMap({ _ in 0..<72 }) {
      let caller = try Caller(listener)
      caller.send(caller.answer(Self.token).prefix(count))
      callers.append(caller)
    }
    try connect()
    // A byte now and then is no reason to wait longer.
    let slow = try Caller(listener)
    let answer = slow.answer(Self.token)
    let start = ContinuousClock.now
    var sent = 0
    while sent < answer.count - 1, slow.send(answer[sent...sent]), ContinuousClock.now - start < .seconds(20) {
      sent += 1
      var entry = pollfd(fd: slow.socket, events: Int16(POLLIN), revents: 0)
      if poll(&entry, 1, 200) == 1 { break }
    }
    #expect(try slow.readToEnd() == [])
    #expect(ContinuousClock.now - start < .seconds(12))
    for caller in callers { #expect(try caller.readToEnd() == []) }
    #expect(descendants(of: listener.pid).isEmpty)
    try connect()
  }

  @Test func guessingIsSlowAndKeepsNobodyOut() throws {
    let start = ContinuousClock.now
    var guesses = 0
    while ContinuousClock.now - start < .seconds(3) {
      let callers = try (0..<200).map { _ in try Caller(listener) }
      for caller in callers { caller.send(caller.answer("token number \(guesses)")) }
      guesses += callers.count
      // While all of these pay for their guess.
      try connect()
    }
    // 256 a second, and those that were under way.
    let refused = listener.process.errors.split(separator: "\n").count
    let seconds = Double((ContinuousClock.now - start).components.seconds) + 1
    #expect(refused > 0)
    #expect(Double(refused) <= 256 * (seconds + 1), "\(refused) of \(guesses) guesses in \(seconds) s")
  }

  @Test func llvmsControllerSaysWhatIsMissing() throws {
    let folder = try TemporaryFolder()
    try "int main(void) { return 0; }".write(toFile: folder.file("a.c"), atomically: true, encoding: .utf8)
    try TestProcess.run("clang-22", ["-c", folder.file("a.c"), "-o", folder.file("a.o")])
    let process = try TestProcess(
      "llvm-jitlink-22", ["-oop-executor-connect=127.0.0.1:\(listener.port)", folder.file("a.o")])
    #expect(try process.wait() != .exited(0))
    #expect(process.errors.contains("this executor asks for a token"))
    try connect()
  }

  // MARK: The file

  @Test(arguments: [
    ("short", "fifteen bytes..", 0o600 as mode_t, "has a token of less than 16 bytes"),
    ("open", token, 0o640, "can be read by others; its mode must be 0600"),
    ("open", token, 0o604, "can be read by others; its mode must be 0600"),
    ("long", String(repeating: "x", count: 1024), 0o600, "has a token of more than 1022 bytes"),
    ("empty", "\n", 0o600, "has a token of less than 16 bytes"),
  ])
  func unfitFiles(name: String, text: String, mode: mode_t, reason: String) throws {
    let folder = try TemporaryFolder()
    let path = try Self.write(text, name, mode: mode, in: folder)
    for arguments in [["--listen", "127.0.0.1:0"], ["--stdio"], ["--dial", "127.0.0.1:1"]] {
      let process = try TestProcess(try BuiltExecutor.path(), arguments + ["--token-file", path])
      #expect(try process.wait() == .exited(1))
      #expect(process.errors == "error: \(path): \(reason)\n")
      #expect(process.output == "")
    }
  }

  @Test func otherThingsThanFiles() throws {
    let folder = try TemporaryFolder()
    for (path, reason) in [(folder.path, "is no file"), (folder.file("none"), "No such file or directory")] {
      let process = try TestProcess(try BuiltExecutor.path(), ["--token-file", path])
      #expect(try process.wait() == .exited(1))
      #expect(process.errors == "error: \(path): \(reason)\n")
    }
  }
}
