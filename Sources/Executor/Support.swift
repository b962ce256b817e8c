// What every part of the executor uses: its error, texts for addresses, and threads that run closures.
import ExecutorSystem
import Wire

/// Why a request could not be carried out, in lower case, without a full stop; it travels to the controller.
struct ExecutorError: Error, Equatable {
  var message: WireString
  @inline(never) init(_ message: WireString) { self.message = message }
}

@inline(never) func hex(_ value: UInt64) -> WireString { "0x\(WireString(value, radix: 16))" }

@inline(never) func hex(_ range: Range<UInt64>) -> WireString {
  "\(hex(range.lowerBound))..<\(hex(range.upperBound))"
}

/// The system's text for an errno value.
@inline(never) func systemError(_ number: Int32) -> WireString { WireString(cString: error_text(number)) }

extension WireString {
  /// With a zero at the end, for C.
  var cString: [CChar] {
    #if hasFeature(Embedded)
      utf8.map { CChar(bitPattern: $0) } + [0]
    #else
      Array(utf8CString)
    #endif
  }
}

/// Writes one line to the executor's standard error.
@inline(never) func report(_ message: WireString) {
  let line: WireString = "jitdebug-executor: \(message)\n"
  output_report(line.cString)
}

/// A lock with a condition.
struct Monitor {
  private let pointer = monitor_create()

  func lock() { monitor_lock(pointer) }
  func unlock() { monitor_unlock(pointer) }
  func wait() { monitor_wait(pointer) }
  func wait(atMost milliseconds: UInt32) { monitor_wait_at_most(pointer, milliseconds) }
  func notifyAll() { monitor_notify_all(pointer) }
}

private final class ThreadBody {
  let run: () -> Void
  init(_ run: @escaping () -> Void) { self.run = run }
}

/// Starts a thread; see `thread_start` for what makes a service thread. Returns 0 or an errno value.
func startThread(service: Bool, _ body: @escaping () -> Void) -> Int32 {
  let context = Unmanaged.passRetained(ThreadBody(body))
  let error = thread_start(
    service, { Unmanaged<ThreadBody>.fromOpaque($0).takeRetainedValue().run() }, context.toOpaque())
  if error != 0 { context.release() }
  return error
}

// MARK: Events

extension descriptor_event {
  /// Waits for input, or for the other side to go.
  static func input(_ descriptor: Int32) -> Self {
    Self(descriptor: descriptor, wants_input: true, has_input: false, hung_up: false)
  }
  /// Waits only for the other side to go.
  static func hangup(_ descriptor: Int32) -> Self {
    Self(descriptor: descriptor, wants_input: false, has_input: false, hung_up: false)
  }
}

/// Waits until one of at most eight events has happened; nil sets no limit.
func wait(for events: inout [descriptor_event], atMost milliseconds: UInt64? = nil) {
  let limit = milliseconds.map { Int32(clamping: $0) } ?? -1
  events.withUnsafeMutableBufferPointer { buffer in
    if let start = buffer.baseAddress { events_wait(start, buffer.count, limit) }
  }
}
