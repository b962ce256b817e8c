// Work shared by threads: its results in order, and the first of its errors.

import Glibc
import Synchronization
import Testing

@testable import JITDebug

@Suite("Parallel work")
struct ParallelTests {
  @Test(arguments: [0, 1, 31, 32, 33, 5000])
  func order(count: Int) throws {
    #expect(
      try Parallel.map(count, atOnce: 32) { (number) throws(JITDebugError) in number * 3 } == (0..<count).map { $0 * 3 }
    )
  }

  @Test("the error of the lowest number, whichever comes first")
  func errors() {
    let error = #expect(throws: JITDebugError.self) {
      try Parallel.map(200, atOnce: 1) { (number) throws(JITDebugError) in
        if number == 40 { usleep(20000) }
        if number >= 40 { throw JITDebugError(.input, "\(number)", "is wrong") }
      }
    }
    #expect(error?.subject == "40")
  }

  @Test("as many threads as there are processors, no more than the work is worth")
  func threads() throws {
    let ids = Mutex<Set<UInt>>([])
    func count(_ number: Int) throws -> Int {
      ids.withLock { $0 = [] }
      _ = try Parallel.map(number, atOnce: 4) { (_) throws(JITDebugError) in
        usleep(2000)
        _ = ids.withLock { $0.insert(pthread_self()) }
      }
      return ids.withLock(\.count)
    }
    #expect(try count(4) == 1)
    let most = min(25, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    #expect((min(2, most)...most).contains(try count(100)))
  }
}
