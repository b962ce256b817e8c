// The order in which initialisers and finalisers run, as a static linker's script would have sorted them.

extension LinkGeneration {
  /// Arrays to run before the entry, in order (gABI, "Initialization and Termination Functions").
  package var initializers: [TargetRange] {
    let arrays = functionArrays
    var ordered = arrays.filter { $0.section == ".preinit_array" }.map(\.range)
    ordered += Self.sorted(arrays, plain: ".init_array", inverted: ".ctors")
    return ordered
  }

  /// Arrays to run at exit, from the last to the first.
  package var finalizers: [TargetRange] {
    Self.sorted(functionArrays, plain: ".fini_array", inverted: ".dtors")
  }

  /// Arrays with a priority in their name come first, by priority; the older .ctors and .dtors count down from 65535 and run backwards.
  private static func sorted(_ arrays: [FunctionArray], plain: String, inverted: String) -> [TargetRange] {
    var keyed: [(priority: Int, range: TargetRange)] = []
    for array in arrays {
      if let priority = priority(of: array.section, in: plain, default: 65536) {
        keyed.append((priority, array.range))
      } else if let priority = priority(of: array.section, in: inverted, default: -1) {
        let entries = (0..<array.range.size / 8).reversed().map {
          TargetRange(start: array.range.start + $0 * 8, size: 8)
        }
        keyed += entries.map { (65535 - priority, $0) }
      }
    }
    // A stable sort: equal priorities keep the order of the inputs.
    return keyed.enumerated().sorted { ($0.element.priority, $0.offset) < ($1.element.priority, $1.offset) }
      .map(\.element.range)
  }

  private static func priority(of section: String, in family: String, default plain: Int) -> Int? {
    if section == family { return plain }
    guard section.hasPrefix(family + ".") else { return nil }
    return Int(section.dropFirst(family.count + 1)) ?? plain
  }
}
