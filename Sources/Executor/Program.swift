// Runs a program the way a libc start-up does: initializers, main, exit, finalizers.
import ExecutorSystem
import Wire

/// A C array of C strings, as `main` gets it. It is never freed: a program may keep pointers into it.
struct ArgumentVector {
  let count: Int32
  let pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

  init(_ arguments: [WireString]) {
    pointer = .allocate(capacity: arguments.count + 1)
    for (i, argument) in arguments.enumerated() {
      let text = argument.cString
      let copy = UnsafeMutableRawPointer.allocate(byteCount: text.count, alignment: 1)
      text.withUnsafeBytes { copy.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
      (pointer + i).initialize(to: copy.assumingMemoryBound(to: CChar.self))
    }
    (pointer + arguments.count).initialize(to: nil)
    count = Int32(arguments.count)
  }
}

/// The one whole program of a session, see `ExtensionSymbol.runProgram`.
final class Program {
  private let request: RunProgramRequest
  private let monitor: Monitor
  /// Ends the wait for a debugger; guarded by `monitor`.
  private var isResumed = false

  /// What the `exit` handler works on: C calls it without a context.
  nonisolated(unsafe) private static var running: Program?

  /// Whether the process belongs to a program now.
  static var isRunning: Bool { running != nil }

  /// Fails if the request names memory that is not initialized, as it is after a failed `initialize`.
  init(_ request: RunProgramRequest, memory: MemoryManager, monitor: Monitor) throws(ExecutorError) {
    guard memory.isReady(request.entry..<(request.entry &+ 1), for: .execute) else {
      throw ExecutorError(request.entry, "is not in initialized code")
    }
    try Self.check(request.initializers, memory)
    try Self.check(request.finalizers, memory)
    self.request = request
    self.monitor = monitor
  }

  @inline(never) private static func check(_ arrays: [Range<UInt64>], _ memory: MemoryManager) throws(ExecutorError) {
    for array in arrays where !array.isEmpty && !memory.isReady(array, for: .read) {
      throw ExecutorError(array, "is not in initialized memory")
    }
  }

  /// Runs the program on the calling thread and ends the process with its result.
  func run() -> Never {
    let arguments = ArgumentVector(request.arguments)
    Program.running = self
    thread_expect_early_end_of_main(Session.serviceThreads)
    // Before the initializers, so that it runs after every handler that the program registers.
    process_at_exit { Program.running?.finish() }
    for array in request.initializers {
      call_array(
        array.lowerBound, array.upperBound, false, arguments.count, arguments.pointer, environment_pointer())
    }
    let result = call_main(request.entry, arguments.count, arguments.pointer, environment_pointer())
    process_exit(Int32(truncatingIfNeeded: result))
  }

  func resume() {
    monitor.lock()
    isResumed = true
    monitor.notifyAll()
    monitor.unlock()
  }

  /// Returns at once if the request does not ask for a debugger.
  func waitForDebugger() {
    guard request.waitsForDebugger else { return }
    monitor.lock()
    defer { monitor.unlock() }
    while !isResumed && process_tracer() == 0 { monitor.wait(atMost: 10) }
    // An attaching debugger becomes the tracer a moment before it stops the process.
    if !isResumed { monitor.wait(atMost: 10) }
  }

  private func finish() {
    for array in request.finalizers.reversed() { call_array(array.lowerBound, array.upperBound, true, 0, nil, nil) }
    for object in request.debugObjects {
      do { try DebugRegistry.unregister(object) } catch { report(error.message) }
    }
  }
}
