// Runs a program the way a libc start-up does: initializers, main, exit, finalizers.
import ExecutorSystem
import Wire

/// A C array of C strings, as `main` gets it. It is never freed: a program may keep pointers into it.
struct ArgumentVector {
  let count: Int32
  let pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

  /// Of the sequence of strings that comes next.
  init(_ words: SPSReader) {
    var words = words
    let number = words.nextCount(minimumSize: 8)
    count = Int32(number)
    pointer = argument_vector_create(number)
    for i in 0..<number {
      let word = words.nextByteRange()
      pointer[i] = text_copy(words.bytes, word.lowerBound, word.count)
    }
  }
}

/// Address ranges in a message.
private struct AddressRanges {
  private let bytes: [UInt8]
  private let place: Range<Int>

  init(next reader: inout SPSReader) {
    bytes = reader.bytes
    place = reader.nextRange(size: UInt64(16 * reader.nextCount(minimumSize: 16)))
  }

  var count: Int { place.count / 16 }

  subscript(index: Int) -> Range<UInt64> {
    @inline(never) get {
      let start = place.lowerBound + 16 * index
      var reader = SPSReader(bytes, in: start..<(start + 16))
      return reader.nextAddressRange()
    }
  }

  @inline(never) func check(_ memory: MemoryManager) throws(ExecutorError) {
    for i in 0..<count where !self[i].isEmpty && !memory.isReady(self[i], for: .read) {
      throw ExecutorError(self[i], "is not in initialized memory")
    }
  }
}

/// The one whole program of a session, see `ExtensionSymbol.runProgram`.
final class Program {
  private let entry: UInt64
  private let words: SPSReader
  private let initializers: AddressRanges
  private let finalizers: AddressRanges
  private let debugObjects: AddressRanges
  private let waitsForDebugger: Bool
  private let monitor: Monitor
  /// Ends the wait for a debugger; guarded by `monitor`.
  private var isResumed = false

  /// What the `exit` handler works on: C calls it without a context.
  nonisolated(unsafe) private static var running: Program?

  /// Whether the process belongs to a program now.
  static var isRunning: Bool { running != nil }

  /// Reads a RunProgramRequest; see `SPSReader` about failures.
  init(next reader: inout SPSReader, monitor: Monitor) {
    entry = reader.nextU64()
    words = reader
    reader.skipStrings()
    initializers = AddressRanges(next: &reader)
    finalizers = AddressRanges(next: &reader)
    debugObjects = AddressRanges(next: &reader)
    waitsForDebugger = reader.nextBool()
    reader.nextEnd()
    self.monitor = monitor
  }

  /// Fails if the request names memory that is not initialized, as it is after a failed `initialize`.
  func check(_ memory: MemoryManager) throws(ExecutorError) {
    guard entry < .max, memory.isReady(entry..<(entry + 1), for: .execute) else {
      throw ExecutorError(entry, "is not in initialized code")
    }
    try initializers.check(memory)
    try finalizers.check(memory)
  }

  /// Runs the program on the calling thread and ends the process with its result.
  func run() -> Never {
    let arguments = ArgumentVector(words)
    Program.running = self
    crash_watch()
    thread_expect_early_end_of_main(Session.serviceThreads)
    // Before the initializers, so that it runs after every handler that the program registers.
    process_at_exit { Program.running?.finish() }
    for i in 0..<initializers.count {
      let array = initializers[i]
      call_array(
        array.lowerBound, array.upperBound, false, arguments.count, arguments.pointer, environment_pointer())
    }
    let result = call_main(entry, arguments.count, arguments.pointer, environment_pointer())
    process_exit(Int32(truncatingIfNeeded: result))
  }

  func resume() {
    monitor.lock()
    isResumed = true
    monitor.unlock()
  }

  /// Returns at once if the request does not ask for a debugger.
  func waitForDebugger() {
    guard waitsForDebugger else { return }
    var isTraced = false
    while true {
      // An attaching debugger becomes the tracer a moment before it stops the process.
      let wasTraced = isTraced
      let wasStopped = process_wait_for_stop()
      isTraced = process_tracer() != 0
      monitor.lock()
      defer { monitor.unlock() }
      if isResumed || isTraced && (wasStopped || wasTraced) { return }
    }
  }

  private func finish() {
    for i in (0..<finalizers.count).reversed() {
      call_array(finalizers[i].lowerBound, finalizers[i].upperBound, true, 0, nil, nil)
    }
    for i in 0..<debugObjects.count {
      do { try DebugRegistry.unregister(debugObjects[i]) } catch { report(error.message) }
    }
  }
}
