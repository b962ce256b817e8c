// Watches over one session from outside its process: outlives crashes, and ends everything when the controller has gone.
import ExecutorSystem
import Wire

/// Starts a session's process, forwards its output, tells the controller how it ended, and leaves no process of it behind.
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

  /// Serves the controller at the other end of `socket` until the session is over, and returns how it ended. The session's process is a
  /// child of this one. It is `detached` from the terminal if it is none of its business.
  static func run(socket: Int32, detached: Bool) throws(ExecutorError) -> SessionEnd {
    process_become_supervisor(detached)
    let signals = process_open_signals()
    guard signals >= 0 else { throw ExecutorError("cannot receive signals: \(systemError(-signals))") }
    guard let channel = channel_create(socket) else { throw ExecutorError("no memory to share with the session") }
    let pipes = try OutputPipes()
    let supervisor = process_id()
    let child = process_fork()
    guard child >= 0 else { throw ExecutorError("cannot start a process: \(systemError(-child))") }
    if child == 0 {
      process_become_session(supervisor, detached)
      descriptor_close(signals)
      pipes.closeReaders()
      if detached { streams_disconnect_input() }
      Session(channel: channel, pipes: pipes).run()
    }
    pipes.closeWriters()
    let pump = OutputPump(channel: channel, pipes: pipes)
    let error = startThread(service: true) { pump.run() }
    guard error == 0 else {
      _ = process_send_signal(child, killSignal)
      throw ExecutorError("cannot start a thread: \(systemError(error))")
    }
    return Supervisor(channel: channel, signals: signals, pump: pump, child: child).watch()
  }

  private func watch() -> SessionEnd {
    let end = waitForChild()
    killDescendants()
    pump.finish(with: end)
    waitForPump()
    waitForController()
    return end
  }

  private func waitForChild() -> SessionEnd {
    var events: [descriptor_event] = [.input(signals), .hangup(channel_socket(channel))]
    var deadline: UInt64?
    var isKilled = false
    while true {
      let now = time_now()
      if let limit = deadline, now >= limit, !isKilled {
        isKilled = true
        channel_shut_down(channel)
        _ = process_send_signal(child, killSignal)
      }
      wait(for: &events, atMost: isKilled ? nil : deadline.map { $0 - now })
      if events[1].hung_up {
        events[1].descriptor = -1
        // An idle session exits by itself, which writes out what its program has buffered.
        deadline = deadline ?? (channel_is_idle(channel) ? time_now() + Self.grace : 0)
      }
      if isToldToEnd() { deadline = 0 }
      if let end = collect() { return end }
    }
  }

  /// Takes the signals that have arrived. An interrupt from the terminal reaches the session's process as well, and that decides.
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
      _ = process_kill_children()
      var found: Int32
      repeat { found = process_collect(&result) } while found > 0
      if found < 0 { return }
      var events: [descriptor_event] = [.input(signals)]
      wait(for: &events, atMost: 20)
      _ = isToldToEnd()
    }
    report("session \(child): processes remain that cannot be killed")
  }

  /// Until all output has been sent, or the controller has gone.
  private func waitForPump() {
    var events: [descriptor_event] = [.input(pump.done), .hangup(channel_socket(channel)), .input(signals)]
    while true {
      wait(for: &events)
      if events[0].has_input { return }
      if events[1].hung_up || isToldToEnd() {
        channel_shut_down(channel)
        events[1].descriptor = -1
      }
    }
  }

  /// Closing a socket that has unread input would take away from the controller what it has not read yet.
  private func waitForController() {
    channel_finish_writing(channel)
    let deadline = time_now() + Self.limit
    var events: [descriptor_event] = [.input(channel_socket(channel)), .input(signals)]
    while channel_discard_input(channel), !isToldToEnd() {
      let now = time_now()
      if now >= deadline { return }
      wait(for: &events, atMost: deadline - now)
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
  /// Set before `finishing` is notified.
  private var end: SessionEnd?

  init(channel: OpaquePointer, pipes: OutputPipes) {
    self.channel = channel
    self.pipes = pipes
  }

  /// Call when nobody writes to the pipes any more.
  func finish(with end: SessionEnd) {
    self.end = end
    notifier_notify(finishing)
  }

  func run() {
    var events: [descriptor_event] = [
      .input(pipes.output.reader), .input(pipes.error.reader), .input(finishing),
    ]
    repeat {
      wait(for: &events)
      for i in 0..<2 where !forward(from: events[i]) { events[i].descriptor = -1 }
    } while !events[2].has_input
    for reader in [pipes.output.reader, pipes.error.reader] { while forwardOnce(from: reader) {} }
    if let end, !channel_has_hung_up(channel) {
      let frame = Frame.hangup(end)
      let head = frame.header.encoded
      _ = channel_write(channel, head, head.count, frame.payload, frame.payload.count)
    }
    notifier_notify(done)
  }

  /// Returns false when nobody can write to the pipe any more.
  private func forward(from event: descriptor_event) -> Bool {
    if event.has_input { _ = forwardOnce(from: event.descriptor) } else if event.hung_up { return false }
    return true
  }

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
