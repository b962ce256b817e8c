// Watches over one session from outside its process: outlives crashes, and ends everything when the controller has
// gone.
import ExecutorSystem
import Wire

/// Starts a session's process, forwards its output, tells the controller how it ended, and leaves no process of it
/// behind.
final class Supervisor {
  /// How long a session that was idle may take to exit by itself, in milliseconds.
  private static let grace: UInt64 = 1000
  /// How long to wait for killed processes, and for the controller to close the connection.
  private static let limit: UInt64 = 3000

  private let channel: OpaquePointer
  private let signals: Int32
  private let pump: OutputPump
  private let child: Int32

  private init(channel: OpaquePointer, signals: Int32, pump: OutputPump, child: Int32) {
    self.channel = channel
    self.signals = signals
    self.pump = pump
    self.child = child
  }

  /// Serves the controller at the other end of `socket` until the session is over, and returns how it ended. The
  /// session's process is a child of this one. It is `detached` from the terminal if it is none of its business.
  static func run(socket: Int32, detached: Bool) throws(ExecutorError) -> SessionEnd {
    process_become_supervisor(detached)
    let signals = process_open_signals()
    try check(-signals, "cannot receive signals")
    guard let channel = channel_create(socket) else { throw ExecutorError("no memory to share with the session") }
    let pipes = try OutputPipes.create()
    channel_set_writers(channel, pipes.output.writer, pipes.error.writer)
    let supervisor = process_id()
    let child = process_fork()
    try check(-child, "cannot start a process")
    if child == 0 {
      process_become_session(supervisor, detached)
      descriptor_close(signals)
      pipes.closeReaders()
      if detached { streams_disconnect_input() }
      service_limit_process()
      Session(channel: channel).run()
    }
    pipes.closeWriters()
    service_start(child, socket)
    let pump = OutputPump(channel: channel, pipes: pipes, child: child)
    // The session's process ends with this one if there is no thread to be had.
    try check(startThread(THREAD_SERVICE) { pump.run() }, "cannot start a thread")
    return Supervisor(channel: channel, signals: signals, pump: pump, child: child).watch()
  }

  private func watch() -> SessionEnd {
    let end = waitForChild()
    let (kind, value) = (end.hangupSequenceNumber, end.hangupTag)
    var writer = SPSWriter()
    writer.append(error: service_end(kind == 2, Int32(value)).map { WireString(cString: $0) })
    killDescendants()
    pump.finish(with: Frame(.hangup, sequenceNumber: kind, tag: value, payload: writer.bytes))
    waitForPump()
    waitForController()
    return end
  }

  private func waitForChild() -> SessionEnd {
    var waiter = waiter()
    waiter_watch(&waiter, 0, signals, true)
    waiter_watch(&waiter, 1, channel_socket(channel), false)
    /// When the session's process is killed, and then when it should have gone.
    var deadline: UInt64?
    var isKilled = false
    while true {
      let now = time_now()
      if let limit = deadline, now >= limit {
        // A process that a hung debugger holds stays even then.
        if isKilled { return .signaled(UInt8(killSignal)) }
        isKilled = true
        deadline = now + Self.limit
        // The controller is told of a time limit.
        if !service_is_overdue() { channel_shut_down(channel) }
        _ = process_send_signal(child, killSignal)
        continue
      }
      waiter_wait(&waiter, deadline.map { Int64($0 - now) } ?? -1)
      if waiter_has_hung_up(&waiter, 1) {
        waiter_forget(&waiter, 1)
        // An idle session exits by itself, which writes out what its program has buffered.
        let isIdle = channel_is_idle(channel)
        // A program that is to outlive its controller goes on, and what it writes is dropped.
        if isIdle || !channel_is_kept(channel) { deadline = deadline ?? (isIdle ? time_now() + Self.grace : 0) }
      }
      if isToldToEnd() && !isKilled { deadline = 0 }
      if let end = collect() { return end }
    }
  }

  /// Takes the signals that have arrived. An interrupt from the terminal reaches the session's process as well, and
  /// that decides.
  private func isToldToEnd() -> Bool {
    var isTold = false
    while true {
      let signal = process_next_signal(signals)
      if signal == PROCESS_SIGNAL_NONE { return isTold }
      if signal == PROCESS_SIGNAL_TERMINATE { isTold = true }
    }
  }

  /// Collects processes that have ended; returns how the session's own did once it has.
  private func collect() -> SessionEnd? {
    var result = process_result()
    while process_collect(&result) > 0 {
      if result.process == child { return result.signaled ? .signaled(result.value) : .exited(result.value) }
    }
    return nil
  }

  /// Children of killed processes become this one's, until there are none.
  private func killDescendants() {
    let deadline = time_now() + Self.limit
    var result = process_result()
    while time_now() < deadline {
      var found: Int32
      repeat { found = process_collect(&result) } while found > 0
      // Usually there is none, and looking through all processes takes longer than a small program runs.
      if found < 0 { return }
      process_signal_children(killSignal)
      var waiter = waiter()
      waiter_watch(&waiter, 0, signals, true)
      waiter_wait(&waiter, 20)
      _ = isToldToEnd()
    }
    report("session \(child): processes remain that cannot be killed")
  }

  /// Until all output has been sent, or the controller has gone.
  private func waitForPump() {
    var waiter = waiter()
    waiter_watch(&waiter, 0, signals, true)
    waiter_watch(&waiter, 1, channel_socket(channel), false)
    waiter_watch(&waiter, 2, pump.done, true)
    while !waiter_has_input(&waiter, 2) {
      waiter_wait(&waiter, -1)
      if waiter_has_hung_up(&waiter, 1) || isToldToEnd() {
        channel_shut_down(channel)
        waiter_forget(&waiter, 1)
      }
    }
  }

  /// Closing a socket that has unread input would take away from the controller what it has not read yet.
  private func waitForController() {
    channel_finish_writing(channel)
    let deadline = time_now() + Self.limit
    var waiter = waiter()
    waiter_watch(&waiter, 0, signals, true)
    waiter_watch(&waiter, 1, channel_socket(channel), true)
    while channel_discard_input(channel), !isToldToEnd() {
      let now = time_now()
      if now >= deadline { return }
      waiter_wait(&waiter, Int64(deadline - now))
    }
  }
}

/// Sends what a session's program writes to its standard streams to the controller, and at last how it ended.
private final class OutputPump {
  /// Readable when everything has been sent.
  let done = notifier_create()
  private let finishing = notifier_create()
  private let channel: OpaquePointer
  private let pipes: OutputPipes
  private let child: Int32
  /// Set before `finishing` is notified.
  private var end: Frame?

  init(channel: OpaquePointer, pipes: OutputPipes, child: Int32) {
    self.channel = channel
    self.pipes = pipes
    self.child = child
  }

  /// Call when nobody writes to the pipes any more.
  func finish(with end: Frame) {
    self.end = end
    notifier_notify(finishing)
  }

  func run() {
    var waiter = waiter()
    waiter_watch(&waiter, 0, pipes.output.reader, true)
    waiter_watch(&waiter, 1, pipes.error.reader, true)
    waiter_watch(&waiter, 2, finishing, true)
    waiter_watch(&waiter, 3, channel_arrivals(channel), true)
    var isRestartWaiting = false
    repeat {
      waiter_wait(&waiter, isRestartWaiting ? 10 : -1)
      // Here, for the message about it may have to wait for other writers.
      if isRestartWaiting || waiter_has_input(&waiter, 3) {
        isRestartWaiting = renewal_arrived(channel, child, ConfigureRequest.heldTag)
      }
      forward(from: pipes.output.reader, &waiter, slot: 0)
      forward(from: pipes.error.reader, &waiter, slot: 1)
    } while !waiter_has_input(&waiter, 2)
    while forwardOnce(from: pipes.output.reader) {}
    while forwardOnce(from: pipes.error.reader) {}
    if let end, !channel_has_hung_up(channel) { send(end, on: channel) }
    notifier_notify(done)
  }

  private func forward(from reader: Int32, _ waiter: inout waiter, slot: Int32) {
    if waiter_has_input(&waiter, slot) {
      _ = forwardOnce(from: reader)
    } else if waiter_has_hung_up(&waiter, slot) {
      waiter_forget(&waiter, slot)
    }
  }

  /// Returns false if there is nothing to forward now.
  private func forwardOnce(from reader: Int32) -> Bool {
    withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 1) { buffer in
      let bytes = buffer.bindMemory(to: UInt8.self).baseAddress!
      let count = pipe_read(reader, bytes, buffer.count)
      guard count > 0 else { return false }
      let header = FrameHeader(
        opcode: .callWrapper, sequenceNumber: 0, tag: channel_tag(channel, reader == pipes.error.reader),
        payloadSize: UInt64(count))
      let head = header.encoded
      // If the controller has gone the output is dropped, for the program must not block on it.
      _ = channel_write(channel, head, head.count, bytes, Int(count))
      return true
    }
  }
}

private let killSignal: Int32 = 9
