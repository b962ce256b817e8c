// The controller's end of SimpleRemoteEPC: calls by sequence number, pipelined where the caller wants it, and the frames that
// arrive unasked. One thread receives at a time; any thread may send.

import Glibc
import Synchronization
import Wire

/// A connection to an executor after its Setup message.
package final class Connection: Sendable {
  package let descriptor: Descriptor
  /// How messages call the other side: an endpoint or a path.
  package let peer: String
  package let setup: SetupMessage
  /// What carries the bytes, if that is a process of ours.
  private let carrier: Carrier?
  /// How long the fastest answer took that was waited for, in seconds.
  private let fastest: Mutex<Double?>

  private struct Sending {
    var nextSequenceNumber: UInt64 = 0
    var bytes: UInt64 = 0
  }
  private let sending = Mutex(Sending())
  /// Answers that arrived while another one was awaited.
  private let early = Mutex<[UInt64: [UInt8]]>([:])

  /// How long a call may take, in seconds: libraries can take long to load, but nothing takes for ever.
  package static let callLimit = 60.0
  /// How long the executor may take to say what it is, in seconds.
  package static let setupLimit = 10.0

  /// - Parameter token: what the executor has to ask for, and to know; nil for one that asks for nothing.
  package init(
    _ descriptor: Descriptor, peer: String, token: Token? = nil, carrier: Carrier? = nil,
    setupLimit: Double = Connection.setupLimit
  ) throws(JITDebugError) {
    self.descriptor = descriptor
    self.peer = peer
    self.carrier = carrier
    fastest = Mutex(nil)
    func notAnExecutor(_ reason: String) -> JITDebugError {
      JITDebugError(.connection, peer, reason, remedy: "check that jitdebug-executor listens there, and nothing else")
    }
    let deadline = Deadline(secondsFromNow: setupLimit)
    func receive() throws(JITDebugError) -> Frame {
      let frame: Frame?
      do throws(JITDebugError) {
        guard waitFor(POLLIN, on: descriptor.raw, until: deadline) else {
          throw notAnExecutor("says nothing: no greeting within \(Int(setupLimit)) seconds")
        }
        frame = try Self.receive(from: descriptor, peer: peer, until: deadline)
      } catch {
        throw notAnExecutor(error.reason)
      }
      guard let frame else { throw notAnExecutor("closed the connection without a greeting") }
      return frame
    }
    var frame = try receive()
    if let nonce = Handshake.nonce(in: frame) {
      try Self.authenticate(descriptor, peer, token, nonce, deadline)
      frame = try receive()
    } else if token != nil {
      throw JITDebugError(
        .connection, peer, "the executor asks for no token, so it may be anybody",
        remedy: "start it with --token-file, or leave --token-file and JITDEBUG_TOKEN_FILE out")
    }
    if frame.opcode == .hangup, let reason = Self.reason(ofHangup: frame) {
      throw JITDebugError(.connection, peer, "the executor refuses: \(reason)")
    }
    guard frame.opcode == .setup else { throw notAnExecutor("does not greet like an executor") }
    do {
      setup = try SetupMessage(decoding: frame.payload)
    } catch {
      throw notAnExecutor("malformed setup message: \(error)")
    }
  }

  private init(_ previous: Connection, _ setup: SetupMessage) {
    descriptor = previous.descriptor
    peer = previous.peer
    carrier = previous.carrier
    fastest = Mutex(previous.fastestAnswer)
    self.setup = setup
  }

  /// The same connection to the process that has begun anew with this message. What was called before has no answer any more.
  package func renewed(_ setup: SetupMessage) -> Connection { Connection(self, setup) }

  private static func reason(ofHangup frame: Frame) -> String? {
    var reader = SPSReader(frame.payload)
    return (try? reader.error()) ?? nil
  }

  /// Proves to the executor that we have the token, and has it prove the same.
  private static func authenticate(
    _ descriptor: Descriptor, _ peer: String, _ token: Token?, _ challenge: [UInt8], _ deadline: Deadline
  ) throws(JITDebugError) {
    guard let token else {
      throw JITDebugError(
        .connection, peer, "the executor asks for a token", remedy: "name the file that holds it with --token-file")
    }
    let nonce = Token.nonce()
    let proof = token.proof(.controller, executorNonce: challenge, controllerNonce: nonce)
    let isSent = Handshake.answer(nonce: nonce, proof: proof).withUnsafeBytes { sendAll($0, to: descriptor.raw) }
    let theirs = isSent ? try read(Handshake.proofSize, from: descriptor, peer: peer, until: deadline) : nil
    guard let theirs else {
      throw JITDebugError(
        .connection, peer, "the executor refuses this token", remedy: "use the same token on both sides")
    }
    guard token.isProof(theirs, executorNonce: challenge, controllerNonce: nonce) else {
      throw JITDebugError(
        .connection, peer, "the executor does not know the token, so it is not the one you mean",
        remedy: "check the address, and use the same token on both sides")
    }
  }

  /// The address of a function that every executor offers.
  package func function(_ name: String) throws(JITDebugError) -> UInt64 {
    if let address = setup.address(of: name) { return address }
    throw JITDebugError(
      .connection, peer, "the executor does not offer '\(name)'", remedy: "use jitdebug-executor or LLVM 22's executor")
  }

  /// Bytes sent so far, headers included.
  package var bytesSent: UInt64 { sending.withLock { $0.bytes } }
  /// How often an answer had to be waited for before anything else could be done: what a distant target costs.
  package var roundTrips: Int { waits.load(ordering: .relaxed) }
  private let waits = Atomic<Int>(0)
  /// About what a round trip takes, in seconds; nil if nothing was waited for yet. What was under way before does not count.
  package var fastestAnswer: Double? { fastest.withLock { $0 } }
  /// Whether all bytes stay on this machine, as far as is known.
  package var isWithinThisMachine: Bool { carrier == nil && Sockets.isUnix(descriptor.raw) }

  // MARK: Sending

  /// Sends a call without waiting; the answer is fetched by `result(of:)` or arrives among the events.
  @discardableResult
  package func post(_ function: UInt64, _ payload: [UInt8]) throws(JITDebugError) -> UInt64 {
    let (number, failure): (UInt64, Int32) = sending.withLock { state in
      let number = state.nextSequenceNumber
      state.nextSequenceNumber += 1
      let header = FrameHeader(
        opcode: .callWrapper, sequenceNumber: number, tag: function, payloadSize: UInt64(payload.count)
      ).encoded
      state.bytes += UInt64(header.count + payload.count)
      return (number, Self.write(header, payload, to: descriptor.raw))
    }
    // A session that has ended takes nothing more, and how it ended is still to be read.
    guard [0, EPIPE, ECONNRESET].contains(failure) else { throw lost(systemMessage(failure).lowercasedFirst) }
    return number
  }

  /// Header and payload in one system call where possible: two would be two packets.
  private static func write(_ header: [UInt8], _ payload: [UInt8], to descriptor: Int32) -> Int32 {
    let small = payload.count <= 1 << 16
    let first = small ? header + payload : header
    let done =
      first.withUnsafeBytes { sendAll($0, to: descriptor) }
      && (small || payload.withUnsafeBytes { sendAll($0, to: descriptor) })
    return done ? 0 : errno
  }

  /// A peer that has gone must be an error here, not a SIGPIPE, which stays what a closed standard output causes.
  private static func sendAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = send(descriptor, bytes.baseAddress! + done, bytes.count - done, Int32(MSG_NOSIGNAL))
      if count >= 0 {
        done += count
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }

  // MARK: Receiving

  /// What arrives from the executor.
  package enum Event: Sendable {
    case result(sequenceNumber: UInt64, payload: [UInt8])
    /// Bytes the executor sends under a tag that the controller chose.
    case message(tag: UInt64, payload: [UInt8])
    /// The session is over; nil if the executor does not tell how. Of a limit of the executor's, the reason tells.
    case hangup(SessionEnd?, reason: String?)
    /// The process at the other end began anew, as it was asked to: see `renewed`.
    case setup(SetupMessage)
    /// The connection was closed without a word.
    case closed
  }

  /// Events that arrived while an answer was awaited.
  private let deferred = Mutex<[Event]>([])
  /// Whether `nextEvent` has one that nothing more needs to arrive for.
  package var hasDeferredEvents: Bool { deferred.withLock { !$0.isEmpty } }

  /// The messages under a tag, of those that have arrived and arrive, up to a number of them, or the deadline.
  package func messages(tag: UInt64, count: Int, until deadline: Deadline) throws(JITDebugError) -> [[UInt8]] {
    var found: [[UInt8]] = deferred.withLock { events in
      var found: [[UInt8]] = []
      events.removeAll { event in
        guard case .message(tag, let payload) = event else { return false }
        found.append(payload)
        return true
      }
      return found
    }
    while found.count < count, let event = try receiveEvent(until: deadline) {
      if case .message(tag, let payload) = event {
        found.append(payload)
      } else {
        deferred.withLock { $0.append(event) }
        // Nothing comes after these.
        switch event {
        case .closed, .hangup: return found
        case .message, .result, .setup: break
        }
      }
    }
    return found
  }

  /// The next event; nil when the deadline passed.
  package func nextEvent(until deadline: Deadline?) throws(JITDebugError) -> Event? {
    if let event = deferred.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return event }
    return try receiveEvent(until: deadline)
  }

  private func receiveEvent(until deadline: Deadline?) throws(JITDebugError) -> Event? {
    if let deadline, !waitFor(POLLIN, on: descriptor.raw, until: deadline) { return nil }
    guard let frame = try Self.receive(from: descriptor, peer: peer, until: deadline) else { return .closed }
    switch frame.opcode {
    case .result: return .result(sequenceNumber: frame.sequenceNumber, payload: frame.payload)
    case .callWrapper: return .message(tag: frame.tag, payload: frame.payload)
    case .hangup:
      let end = SessionEnd(hangupSequenceNumber: frame.sequenceNumber, tag: frame.tag)
      let isOrdinary = end.map { Frame.hangup($0).payload == frame.payload } ?? false
      return .hangup(end, reason: isOrdinary ? nil : Self.reason(ofHangup: frame))
    case .setup:
      do {
        return .setup(try SetupMessage(decoding: frame.payload))
      } catch {
        throw lost("malformed setup message: \(error)")
      }
    }
  }

  /// Waits for the answer to a call.
  ///
  /// - Parameter limit: for how long, in seconds.
  package func result(of call: UInt64, within limit: Double = callLimit) throws(JITDebugError) -> [UInt8] {
    if let payload = early.withLock({ $0.removeValue(forKey: call) }) { return payload }
    waits.add(1, ordering: .relaxed)
    let start = Deadline.now
    var isFirst = true
    let deadline = Deadline(secondsFromNow: limit)
    while true {
      guard let event = try receiveEvent(until: deadline) else {
        throw lost("no answer within \(Int(limit)) seconds")
      }
      if isFirst {
        let duration = Double(Deadline.now - start) / 1e9
        fastest.withLock { $0 = min($0 ?? duration, duration) }
        isFirst = false
      }
      switch event {
      case .result(let number, let payload) where number == call: return payload
      case .result(let number, let payload): early.withLock { $0[number] = payload }
      case .message, .setup:
        deferred.withLock { $0.append(event) }
      // Whoever asks for events is to be told as well.
      case .hangup(let end, let reason):
        deferred.withLock { $0.append(event) }
        if let reason { throw lost("the executor ended the session: \(reason)") }
        throw lost(end.map { "session ended: \($0)" } ?? "the executor ended the session")
      case .closed:
        deferred.withLock { $0.append(event) }
        throw lost("connection closed")
      }
    }
  }

  package func call(_ function: UInt64, _ payload: [UInt8], within limit: Double = callLimit) throws(JITDebugError)
    -> [UInt8]
  {
    try result(of: try post(function, payload), within: limit)
  }

  /// Ends the connection in both directions, which wakes a blocked reader; the executor kills the session.
  package func disconnect() {
    shutdown(descriptor.raw, Int32(SHUT_RDWR))
    carrier?.end()
  }

  package func lost(_ reason: String) -> JITDebugError {
    JITDebugError(.connection, peer, reason, remedy: "check the executor's own messages, then run again")
  }

  // MARK: Frames

  /// Reads one frame; nil at the end of the stream.
  private static func receive(from descriptor: Descriptor, peer: String, until deadline: Deadline?)
    throws(JITDebugError) -> Frame?
  {
    guard let head = try read(FrameHeader.size, from: descriptor, peer: peer, until: deadline) else { return nil }
    let header: FrameHeader
    do {
      header = try FrameHeader(decoding: head)
    } catch {
      throw JITDebugError(.connection, peer, "does not speak the executor's protocol: \(error)")
    }
    guard let payload = try read(Int(header.payloadSize), from: descriptor, peer: peer, until: deadline) else {
      throw JITDebugError(.connection, peer, "connection closed in the middle of a message")
    }
    return Frame(header.opcode, sequenceNumber: header.sequenceNumber, tag: header.tag, payload: payload)
  }

  /// Reads exactly that many bytes; nil if the stream ends before the first.
  private static func read(_ count: Int, from descriptor: Descriptor, peer: String, until deadline: Deadline?)
    throws(JITDebugError) -> [UInt8]?
  {
    var failure: Int32 = 0
    var timedOut = false
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
      while done < count {
        if let deadline, !waitFor(POLLIN, on: descriptor.raw, until: deadline) {
          timedOut = true
          return
        }
        let got = Glibc.read(descriptor.raw, buffer.baseAddress! + done, count - done)
        if got == 0 { return }
        if got > 0 {
          done += got
        } else if errno != EINTR {
          failure = errno
          return
        }
      }
    }
    if bytes.count == count { return bytes }
    if timedOut { throw JITDebugError(.connection, peer, "no answer in time") }
    if failure != 0 && failure != ECONNRESET {
      throw JITDebugError(.connection, peer, systemMessage(failure).lowercasedFirst)
    }
    if bytes.isEmpty { return nil }
    throw JITDebugError(.connection, peer, "connection closed in the middle of a message")
  }
}
