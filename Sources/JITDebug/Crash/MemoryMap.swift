// What /proc says is mapped in a process.

package struct Mapping: Sendable, Equatable {
  package var range: Range<UInt64>
  package var isReadable: Bool
  package var isWritable: Bool
  package var isExecutable: Bool
  package var isPrivate: Bool
  /// In the file, in bytes.
  package var offset: UInt64
  /// Of a file, or a name such as `[heap]`; empty if there is none.
  package var name: String

  package var isFile: Bool { name.hasPrefix("/") && !name.hasSuffix(" (deleted)") }
  var size: UInt64 { range.upperBound - range.lowerBound }

  /// Of a line such as `55d0-55d1 r-xp 00000000 08:01 1234   /usr/bin/cat`; nil for what is none.
  init?(_ line: Substring) {
    let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
    guard fields.count >= 5 else { return nil }
    let bounds = fields[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
    guard bounds.count == 2, bounds[0] < bounds[1], let offset = UInt64(fields[2], radix: 16) else { return nil }
    range = bounds[0]..<bounds[1]
    let access = fields[1]
    isReadable = access.contains("r")
    isWritable = access.contains("w")
    isExecutable = access.contains("x")
    isPrivate = access.contains("p")
    self.offset = offset
    name = fields.count > 5 ? String(fields[5].drop { $0 == " " }) : ""
  }

  /// Sorted by address and disjoint, whatever a target says; as many as Linux can be told to allow.
  static func parse(_ text: [UInt8]) -> [Mapping] {
    let lines = String(decoding: text.prefix(MappingText.sizeLimit), as: UTF8.self).split(separator: "\n")
    let all = lines.prefix(MappingText.countLimit).compactMap(Mapping.init)
      .sorted { $0.range.lowerBound < $1.range.lowerBound }
    var end: UInt64 = 0
    return all.filter { mapping in
      guard mapping.range.lowerBound >= end else { return false }
      end = mapping.range.upperBound
      return true
    }
  }

  /// Such as `rw-`.
  var access: String { (isReadable ? "r" : "-") + (isWritable ? "w" : "-") + (isExecutable ? "x" : "-") }
}
