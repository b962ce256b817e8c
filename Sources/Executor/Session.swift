// One controller's session, in its own process: takes calls from the connection and brings the results back.
import ExecutorSystem
import Wire

/// Three threads serve a session: the reader only takes frames off the connection; the sequencer carries out the
/// executor's own functions strictly in the order of arrival, so that a controller need not wait for one before it
/// sends the next; the process's main thread runs programs. All other code that the controller calls gets threads of
/// its own.
final class Session: @unchecked Sendable {
  let channel: OpaquePointer
  let memory: MemoryManager
  let setup: ProcessSetup

  private let monitor = Monitor()
  /// Readable when the service threads are to end.
  private let ending = notifier_create()
  // Guarded by `monitor`:
  private var incoming = CallQueue()
  private var mainJob: (() -> Void)?
  private var mainIsFree = true
  private var outgoing = OutgoingCalls()
  /// The controller has gone.
  private var hasEnded = false
  private var sequencerIsDone = false
  /// The sequencer is at work.
  private var isCarryingOut = false
  private var sequencer: UInt64 = 0
  private var program: Program?

  /// The reader and the sequencer.
  static let serviceThreads: Int32 = 2

  /// The process's session: functions that C calls have no other way to find it.
  nonisolated(unsafe) static var current: Session?

  init(channel: OpaquePointer) {
    self.channel = channel
    memory = MemoryManager(runningActionsWith: Wrappers.runAction)
    setup = ProcessSetup(channel: channel)
  }

  /// Serves the controller until it goes, on the process's main thread.
  func run() -> Never {
    Session.current = self
    Wrappers.install()
    // The first handler is the last to run: no thread may be cut off inside a frame when the program exits.
    process_at_exit {
      guard let session = Session.current else { return }
      session.endServiceThreads()
      channel_hold(session.channel)
    }
    send(Frame(.setup, payload: Builtin.setupMessage()), on: channel)
    start(THREAD_SERVICE) { self.readFrames() }
    start(THREAD_SERVICE) { self.carryOutCalls() }
    monitor.lock()
    while true {
      if let job = mainJob {
        mainJob = nil
        monitor.unlock()
        job()
        monitor.lock()
        mainIsFree = true
      } else if sequencerIsDone && channel_is_idle(channel) {
        monitor.unlock()
        process_exit(0)
      } else {
        monitor.wait()
      }
    }
  }

  /// LLDB 22 now and then loses how a process ended that had other threads than the one that exits. These are none of the
  /// program's, so they go first. (A forked child has none of them.)
  private func endServiceThreads() {
    guard process_tracer() != 0, thread_count() > 1 else { return }
    notifier_notify(ending)
    thread_await_others(100)
  }

  private func start(_ role: thread_role, _ body: @escaping () -> Void) {
    let error = startThread(role, body)
    if error != 0 { fail("cannot start a thread: \(systemError(error))") }
  }

  // MARK: The reader

  private func readFrames() {
    var waiter = waiter()
    waiter_watch(&waiter, 0, channel_socket(channel), true)
    waiter_watch(&waiter, 1, ending, true)
    let idleLimit = service_idle_limit()
    var idleSince = time_now()
    defer { channel_set_reading(channel, false) }
    while true {
      channel_set_reading(channel, false)
      // Often enough to notice when the last work was done.
      waiter_wait(&waiter, idleLimit == 0 ? -1 : 1000)
      if waiter_has_input(&waiter, 1) { return end() }
      guard waiter_has_input(&waiter, 0) || waiter_has_hung_up(&waiter, 0) else {
        if isBusy { idleSince = time_now() }
        if idleLimit != 0 && time_now() - idleSince >= idleLimit { fail("idle: --idle-timeout is over") }
        continue
      }
      idleSince = time_now()
      channel_set_reading(channel, true)
      guard let head = receive(FrameHeader.size, mayEnd: true) else { return }
      let header: FrameHeader
      do { header = try FrameHeader(decoding: head) } catch { fail("malformed frame: \(error.description)") }
      guard let payload = receive(Int(header.payloadSize), mayEnd: false) else { return }
      switch header.opcode {
      case .callWrapper:
        take(
          IncomingCall(sequenceNumber: header.sequenceNumber, function: header.tag, arguments: payload))
      case .result: finishDispatch(header.sequenceNumber, with: payload)
      case .setup: fail("malformed frame: a setup message from the controller")
      case .hangup:
        channel_shut_down(channel)
        end()
        return
      }
    }
  }

  private var isBusy: Bool {
    monitor.lock()
    defer { monitor.unlock() }
    return isCarryingOut || !channel_is_idle(channel)
  }

  /// Returns nil when there is nothing more to read, which between two frames is nothing to report.
  private func receive(_ size: Int, mayEnd: Bool) -> [UInt8]? {
    var error: Int32 = 0
    // Not touched before it is filled: a peer that announces much and sends little costs little.
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      if size > 0 { error = channel_read(channel, buffer.baseAddress!, size) }
      count = error == 0 ? size : 0
    }
    if error == 0 { return bytes }
    if error > 0 {
      report("session \(process_id()): connection lost: \(systemError(error))")
    } else if !mayEnd {
      report("session \(process_id()): connection lost inside a frame")
    }
    end()
    return nil
  }

  private func take(_ call: IncomingCall) {
    switch Builtin(address: call.function)?.order {
    // A signal must get through even while the sequencer is busy.
    case .atOnce:
      carryOut(call)
      return
    case .reader:
      becomeProgram(call)
      return
    default: break
    }
    monitor.lock()
    incoming.append(call)
    monitor.notifyAll()
    monitor.unlock()
  }

  /// Makes this process another one. Returns only if that cannot be; else the answer is the last frame of this process.
  private func becomeProgram(_ call: IncomingCall) {
    let kind = Builtin(address: call.function)
    var reader = SPSReader(call.arguments)
    let command = reader
    reader.skipStrings()
    var path: UnsafePointer<CChar>?
    var stream: Int32 = -1
    let reply = errorReply(reader) { () throws(ExecutorError) in
      var words = command
      guard words.nextCount(minimumSize: 8) > 0 else { throw ExecutorError("no program is named") }
      let name = words.nextString()
      if kind == .relay {
        stream = relay_connect(name.cString)
        try check(-stream, on: name)
        return
      }
      path = program_find(name.cString)
      if path == nil { throw ExecutorError("\(name): no such program") }
    }
    // Before the answer: the controller may leave at once.
    if kind != .restart && (path != nil || stream >= 0) { channel_set_hung_up(channel) }
    answer(call, with: reply)
    if stream >= 0 {
      relay_sockets(channel_socket(channel), stream)
      process_end(0)
    }
    guard let path else { return }
    let arguments = ArgumentVector(command).pointer
    if kind == .restart {
      channel_hand_over(channel)
      renewal_become_program(arguments)
    }
    let error = process_become_program(path, arguments, kind == .restart ? -1 : channel_socket(channel))
    report("\(WireString(cString: path)): \(systemError(error))")
    process_end(127)
  }

  /// The controller has gone. What it asked for before is carried out, then the process exits; the supervisor sees to
  /// it if that takes too long.
  func end() {
    if channel_is_kept(channel) { setup.closeInput() }
    monitor.lock()
    hasEnded = true
    monitor.notifyAll()
    monitor.unlock()
  }

  /// Ends the session for a reason that the controller and the executor's own log are told.
  private func fail(_ message: WireString) -> Never {
    report("session \(process_id()): \(message)")
    var writer = SPSWriter()
    writer.append(error: message)
    send(Frame(.hangup, payload: writer.bytes), on: channel)
    channel_set_hung_up(channel)
    process_end(125)
  }

  // MARK: The sequencer

  private func carryOutCalls() {
    monitor.lock()
    sequencer = thread_current()
    while carryOutNextCall() || !hasEnded {}
    sequencerIsDone = true
    monitor.notifyAll()
    monitor.unlock()
  }

  /// Carries out the next call, or waits for something to happen if there is none; returns whether there was one. Call
  /// with the lock held, which is free in the meantime.
  private func carryOutNextCall() -> Bool {
    guard let call = incoming.removeFirst() else {
      if !hasEnded { monitor.wait() }
      return !incoming.isEmpty
    }
    isCarryingOut = true
    monitor.unlock()
    carryOut(call)
    monitor.lock()
    isCarryingOut = false
    return true
  }

  private func carryOut(_ call: IncomingCall) {
    guard let builtin = Builtin(address: call.function) else {
      runOnOwnThread(call) { Wrappers.call(WrapperCall(function: call.function, arguments: call.arguments)) }
      return
    }
    switch builtin.order {
    case .inSequence: answer(call, with: builtin.reply(to: call.arguments, in: self))
    case .program: startProgram(call)
    case .reader: answer(call, with: .outOfBand("cannot be called now"))
    case .ownThread: runOnOwnThread(call) { builtin.reply(to: call.arguments, in: self) }
    case .helper, .atOnce: runOnOwnThread(call, THREAD_HELPER) { builtin.reply(to: call.arguments, in: self) }
    case .mainThread:
      channel_begin_call(channel)
      runOnMainThread { self.finish(call) { builtin.reply(to: call.arguments, in: self) } }
    }
  }

  private func runOnOwnThread(
    _ call: IncomingCall, _ role: thread_role = THREAD_OF_PROGRAM, _ body: @escaping () -> Reply
  ) {
    channel_begin_call(channel)
    let error = startThread(role) { self.finish(call, body) }
    if error != 0 {
      channel_end_call(channel)
      answer(call, with: .outOfBand("cannot start a thread: \(systemError(error))"))
    }
  }

  /// On the main thread, unless that is busy: it may be waiting for the controller, and so for this job.
  private func runOnMainThread(_ job: @escaping () -> Void) {
    monitor.lock()
    defer { monitor.unlock() }
    if mainIsFree {
      mainIsFree = false
      mainJob = job
      monitor.notifyAll()
    } else {
      start(THREAD_OF_PROGRAM, job)
    }
  }

  private func finish(_ call: IncomingCall, _ body: () -> Reply) {
    let reply = body()
    // The controller may leave once it has the result, and this process with it. A program writes out by itself what it has
    // buffered when it exits: both at the same time would write it twice.
    if !Program.isRunning { process_flush_output() }
    channel_end_call(channel)
    answer(call, with: reply)
    if Builtin(address: call.function) == .signal {
      // Only now: a process that dies while it answers tears the frame, and how it ended could not be told.
      var reader = SPSReader(call.arguments)
      let number = Int32(bitPattern: reader.nextU32())
      _ = process_send_signal(reader.left > 0 ? Int32(bitPattern: reader.nextU32()) : process_id(), number)
    }
    // Who found a call under way, with the lock, waits once that is free: none of them is missed.
    monitor.lock()
    monitor.unlock()
    monitor.notifyAll()
  }

  private func answer(_ call: IncomingCall, with reply: Reply) {
    switch reply {
    case .bytes(let bytes): send(Frame(.result, sequenceNumber: call.sequenceNumber, payload: bytes), on: channel)
    case .outOfBand(let message):
      // LLVM's protocol has no place for the text.
      let name = Builtin(address: call.function).map { $0.name } ?? hex(call.function)
      report("session \(process_id()): call of \(name): \(message)")
      send(Frame(.result, sequenceNumber: call.sequenceNumber), on: channel)
    }
  }

  // MARK: Calls to the controller

  /// Calls the controller's function `tag` and waits for its result. On the sequencer's own thread, calls that the
  /// controller makes meanwhile are carried out, or it would wait for ever.
  func dispatch(tag: UInt64, arguments: [UInt8]) -> Reply {
    monitor.lock()
    let call = outgoing.add()
    monitor.unlock()
    send(Frame(.callWrapper, sequenceNumber: call.sequenceNumber, tag: tag, payload: arguments), on: channel)
    monitor.lock()
    defer { monitor.unlock() }
    while true {
      if let result = call.result { return .bytes(result) }
      if hasEnded { return .outOfBand("the controller has disconnected") }
      if thread_current() == sequencer { _ = carryOutNextCall() } else { monitor.wait() }
    }
  }

  private func finishDispatch(_ sequenceNumber: UInt64, with result: [UInt8]) {
    monitor.lock()
    guard let call = outgoing.remove(sequenceNumber) else {
      monitor.unlock()
      fail("malformed frame: a result for call \(sequenceNumber), which was not made")
    }
    call.result = result
    monitor.notifyAll()
    monitor.unlock()
  }

  // MARK: The program

  /// Starts a whole program on the main thread, which answers when it begins.
  private func startProgram(_ call: IncomingCall) {
    var reader = SPSReader(call.arguments)
    let program = Program(next: &reader, monitor: monitor)
    if let failure = reader.failure {
      answer(call, with: .malformed(failure))
      return
    }
    do throws(ExecutorError) {
      try program.check(memory)
      monitor.lock()
      defer { monitor.unlock() }
      guard self.program == nil, mainIsFree else { throw ExecutorError("a program is running already") }
      self.program = program
      mainIsFree = false
      mainJob = {
        program.waitForDebugger()
        self.answer(call, with: errorReply(SPSReader([])) { () throws(ExecutorError) in })
        program.run()
      }
      channel_begin_call(channel)
      monitor.notifyAll()
    } catch {
      answer(call, with: errorReply(SPSReader([])) { () throws(ExecutorError) in throw error })
    }
  }

  func resumeProgram() throws(ExecutorError) {
    monitor.lock()
    let program = program
    monitor.unlock()
    guard let program else { throw ExecutorError("no program is running") }
    program.resume()
  }
}
