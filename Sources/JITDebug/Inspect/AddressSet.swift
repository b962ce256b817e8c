// Which addresses lie in any of many ranges, without going through all of them for each.

struct AddressSet {
  /// Sorted, disjoint.
  private var ranges: [(start: UInt64, end: UInt64)] = []

  /// Ranges that wrap around are left out.
  init(_ ranges: [TargetRange]) {
    for range in ranges.sorted(by: { $0.start < $1.start }) where range.end > range.start {
      if let last = self.ranges.last, range.start.rawValue <= last.end {
        self.ranges[self.ranges.count - 1].end = max(last.end, range.end.rawValue)
      } else {
        self.ranges.append((range.start.rawValue, range.end.rawValue))
      }
    }
  }

  func contains(_ address: TargetAddress) -> Bool {
    let next = ranges.partitionPoint { $0.start > address.rawValue }
    return next > 0 && address.rawValue < ranges[next - 1].end
  }
}

extension Array {
  /// The first place from which on the condition holds.
  func partitionPoint(_ holds: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
