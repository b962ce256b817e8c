// Work on many things that are independent of each other, shared by as many threads as there are processors.

import Glibc
import Synchronization

enum Parallel {
  /// What `body` makes of the numbers from 0 on, in order; of several errors, the one of the lowest number.
  ///
  /// - Parameters:
  ///   - atOnce: how many a thread takes at a time; a thread costs more than the work on fewer.
  ///   - body: called on several threads.
  static func map<Value>(
    _ count: Int, atOnce: Int, _ body: @escaping @Sendable (Int) throws(JITDebugError) -> Value
  ) throws(JITDebugError) -> [Value] {
    let work = Work(count, atOnce, body)
    let processors = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    let threads = min(processors, (count + atOnce - 1) / atOnce) - 1
    // Without another thread this one does it alone.
    let helpers = (0..<max(0, threads)).compactMap { _ in try? BackgroundThread { work.run() } }
    work.run()
    helpers.forEach { $0.wait() }
    return try work.result()
  }

  /// Each number's result is written by one thread, and read when all have ended.
  private final class Work<Value>: @unchecked Sendable {
    private let body: @Sendable (Int) throws(JITDebugError) -> Value
    private let atOnce: Int
    private let next = Atomic(0)
    private let results: UnsafeMutableBufferPointer<Result<Value, JITDebugError>?>

    init(_ count: Int, _ atOnce: Int, _ body: @escaping @Sendable (Int) throws(JITDebugError) -> Value) {
      self.body = body
      self.atOnce = atOnce
      results = .allocate(capacity: count)
      results.initialize(repeating: nil)
    }

    func run() {
      while true {
        let first = next.wrappingAdd(atOnce, ordering: .relaxed).oldValue
        guard first < results.count else { return }
        for number in first..<min(first + atOnce, results.count) {
          results[number] = Result { () throws(JITDebugError) in try body(number) }
        }
      }
    }

    func result() throws(JITDebugError) -> [Value] {
      var values: [Value] = []
      values.reserveCapacity(results.count)
      for result in results { values.append(try result!.get()) }
      return values
    }

    deinit {
      results.deinitialize()
      results.deallocate()
    }
  }
}
