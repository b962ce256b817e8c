// What every part of the executor uses: its error, texts for addresses, and threads that run closures.
import ExecutorSystem
import Wire

/// Why a request could not be carried out, in lower case, without a full stop; it travels to the controller.
struct ExecutorError: Error, Equatable {
  var message: WireString
  @inline(never) init(_ message: WireString) { self.message = message }
  @inline(never) init(_ address: UInt64, _ what: StaticString) { message = "\(hex(address)) \(what)" }
  @inline(never) init(_ range: Range<UInt64>, _ what: StaticString) { message = "\(hex(range)) \(what)" }
}

/// Throws the system's text for an errno value, after what failed, if there is one: 0 and less are no errors.
@inline(never) func check(_ error: Int32, _ what: StaticString) throws(ExecutorError) {
  if error > 0 { throw ExecutorError("\(what): \(systemError(error))") }
}
@inline(never) func check(_ error: Int32, on subject: WireString) throws(ExecutorError) {
  if error > 0 { throw ExecutorError("\(subject): \(systemError(error))") }
}
@inline(never) func check(_ error: Int32, _ what: StaticString, at address: UInt64) throws(ExecutorError) {
  if error > 0 { throw ExecutorError("\(what) \(hex(address)): \(systemError(error))") }
}

/// Throws the text of what failed, if there is one, after its subject.
@inline(never) func check(_ reason: UnsafePointer<CChar>?, on subject: UnsafePointer<CChar>?) throws(ExecutorError) {
  guard let reason, let subject else { return }
  throw ExecutorError("\(WireString(cString: subject)): \(WireString(cString: reason))")
}

@inline(never) func hex(_ value: UInt64) -> WireString { "0x\(WireString(value, radix: 16))" }

@inline(never) func hex(_ range: Range<UInt64>) -> WireString {
  "\(hex(range.lowerBound))..<\(hex(range.upperBound))"
}

/// The system's text for an errno value.
@inline(never) func systemError(_ number: Int32) -> WireString { WireString(cString: error_text(number)) }

extension WireString {
  /// With a zero at the end, for C.
  var cString: [UInt8] {
    @inline(never) get {
      // Not as a changed copy: optimised Embedded Swift asks whether the bytes are shared before it shares them, and
      // appends to the original (seen with Swift 6.3.1).
      var bytes: [UInt8] = []
      bytes.append(contentsOf: utf8)
      bytes.append(0)
      return bytes
    }
  }
}

/// A constant for C; they end in a zero.
func cConstant(_ text: StaticString) -> UnsafePointer<CChar> {
  UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}

/// Writes one line to the executor's standard error.
@inline(never) func report(_ message: WireString) {
  let line: WireString = "jitdebug-executor: \(message)\n"
  output_report(line.cString)
}

/// Sends a frame. A failure means that the controller has gone, which others notice too.
@inline(never) func send(_ frame: Frame, on channel: OpaquePointer) {
  let head = frame.header.encoded
  _ = frame.payload.withUnsafeBufferPointer { channel_write(channel, head, head.count, $0.baseAddress, $0.count) }
}

/// A lock with a condition.
struct Monitor {
  private let pointer = monitor_create()

  func lock() { monitor_lock(pointer) }
  func unlock() { monitor_unlock(pointer) }
  func wait() { monitor_wait(pointer) }
  /// Only service threads may call it with the lock held: others can be stopped as they wake somebody.
  func notifyAll() { monitor_notify_all(pointer) }
}

private final class ThreadBody {
  let run: () -> Void
  init(_ run: @escaping () -> Void) { self.run = run }
}

/// See `thread_start`.
func startThread(_ role: thread_role, _ body: @escaping () -> Void) -> Int32 {
  let context = Unmanaged.passRetained(ThreadBody(body))
  let error = thread_start(
    role, { Unmanaged<ThreadBody>.fromOpaque($0).takeRetainedValue().run() }, context.toOpaque())
  if error != 0 { context.release() }
  return error
}
