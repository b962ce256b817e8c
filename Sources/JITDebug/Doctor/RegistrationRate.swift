// How many entries a process registers in a second, counted by looking at its lists again and again.

import Glibc

struct RegistrationRate {
  private(set) var perSecond = 0.0
  /// A list was too long to be read to its end in one look, so there may be more.
  private(set) var isAtLeast = false

  /// How long registrations are counted, in seconds.
  private static let time = 1.0
  /// Seconds for one look at one list.
  private static let lookTime = 0.2

  /// A list's entries by address, as far as one look went.
  struct Look {
    var entries: [TargetAddress]
    var isCut: Bool
  }

  /// Counts what appears in the lists meanwhile.
  init(of inspection: Inspection) {
    let descriptors = inspection.lists.prefix(16).map(\.list.descriptor)
    guard !(inspection.memory is CoreFile), !descriptors.isEmpty else { return }
    var limits = JITEntries.Limits()
    limits.time = Self.lookTime
    func look() -> [Look] {
      descriptors.map { descriptor in
        let list = JITEntries(at: descriptor, inspection.memory, inspection.modules.format, limits: limits)
        return Look(
          entries: list.entries.map(\.address), isCut: list.findings.contains { $0.kind == .listTooLong })
      }
    }
    let start = Deadline.now
    let deadline = Deadline(secondsFromNow: Self.time)
    var last = look()
    var count = 0
    while deadline.milliseconds > 0 {
      usleep(100_000)
      let next = look()
      for (next, last) in zip(next, last) {
        count += Self.new(next, since: last)
        if next.isCut || last.isCut { isAtLeast = true }
      }
      last = next
    }
    perSecond = Double(count) / (Double(Deadline.now - start) / 1e9)
  }

  /// How many entries came between two looks. Where the first did not get to the end, what the second finds behind a known entry
  /// may be old; what is before all known ones was put at the list's head since, as JITs do.
  static func new(_ next: Look, since last: Look) -> Int {
    let known = Set(last.entries)
    return last.isCut
      ? next.entries.prefix { !known.contains($0) }.count : next.entries.count { !known.contains($0) }
  }
}
