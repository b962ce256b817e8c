// The list of pointers that the handler in the program writes at its reload point; see OrcBridge's Redirection.cpp.

import OrcBridge

enum SwitchList {
  /// In bytes, for a generation with so many functions: the reload point's own pointer, the sign that all is done, and the end.
  static func size(functions: Int) -> UInt64 { UInt64(functions + 3) * 16 }

  /// Addresses and what to write there, the end marked by an address of zero (64-bit little-endian).
  static func bytes(
    _ redirections: [LinkGeneration.Redirection], _ point: orc_reload_point, at start: TargetAddress
  ) -> [UInt8] {
    var words: [UInt64] = []
    var body = point.body
    for function in redirections where !function.isNew {
      if function.pointer.rawValue == point.pointer {
        body = function.body.rawValue
      } else {
        words += [function.pointer.rawValue, function.body.rawValue]
      }
    }
    // Last, as others that are at the reload point wait for it.
    words += [point.pointer, body, point.control + 8, start.rawValue, 0, 0]
    return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
  }
}
