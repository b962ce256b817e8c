// Counting new entries in lists that are too long to be read in one look.

import Testing

@testable import JITDebug

@Suite struct RegistrationRateTests {
  private func look(_ entries: ClosedRange<UInt64>, isCut: Bool) -> RegistrationRate.Look {
    // JITs put the newest first.
    RegistrationRate.Look(entries: entries.reversed().map { TargetAddress($0 * 32) }, isCut: isCut)
  }

  @Test(
    arguments: [
      // Whole lists: whatever was not there.
      (1...10, false, 1...15, false, 5), (5...10, false, 1...15, false, 9), (1...10, false, 1...10, false, 0),
      // How far a look gets differs; what it finds behind known entries is old.
      (51...100, true, 41...100, true, 0), (51...100, true, 71...100, true, 0), (51...100, true, 61...120, true, 20),
      // All of what a look got to has come since the last.
      (51...100, true, 201...250, true, 50),
      // Cut only at the second look: all that it did see is certain.
      (1...50, false, 41...90, true, 40),
      (41...90, true, 1...95, false, 5),
    ] as [(ClosedRange<UInt64>, Bool, ClosedRange<UInt64>, Bool, Int)])
  func newEntries(
    last: ClosedRange<UInt64>, lastIsCut: Bool, next: ClosedRange<UInt64>, nextIsCut: Bool, count: Int
  ) {
    #expect(RegistrationRate.new(look(next, isCut: nextIsCut), since: look(last, isCut: lastIsCut)) == count)
  }
}
