// What inspecting needs of a process, wherever it is: its memory, what is mapped where, and the files behind that.

/// A process that is looked at without being stopped, or what a core file kept of one. Nothing that is read is trusted.
package protocol ProcessMemory: AnyObject, Sendable {
  /// How messages call it, such as `process 4711`.
  var subject: String { get }
  /// Sorted by address, disjoint.
  var mappings: [MemoryMapping] { get }
  /// What was left out of what the process or the core says of itself, a line each.
  var omissions: [String] { get }
  /// The kernel's auxiliary vector as the process got it; empty if it is not known.
  var auxiliaryVector: [UInt8] { get }
  /// The bytes from an address on as far as they can be read, at most `count`; none where nothing is mapped.
  func read(_ address: TargetAddress, _ count: Int) -> [UInt8]
  /// The very file that is mapped there; nil if it cannot be had, or is another one by now.
  func file(of mapping: MemoryMapping) -> (any ByteSource)?
}

/// One line of /proc/PID/maps.
package struct MemoryMapping: Sendable {
  package var range: TargetRange
  package var isReadable: Bool
  package var isWritable: Bool
  package var isExecutable: Bool
  /// Where in the file it begins, in bytes.
  package var offset: UInt64
  /// The file's, as the kernel numbers them; 0 for memory without a file, and in core files.
  package var device: UInt64 = 0
  package var inode: UInt64 = 0
  /// The file's path, or a name in brackets such as `[stack]`; empty for memory without either.
  package var path: String
  /// Whether the file has no name any more.
  package var isDeleted = false

  package var isFile: Bool { path.hasPrefix("/") }
}

extension ProcessMemory {
  package var omissions: [String] { [] }

  /// The mapping that an address lies in.
  package func mapping(at address: TargetAddress) -> MemoryMapping? {
    let next = mappings.partitionPoint { $0.range.start > address }
    return next > 0 && mappings[next - 1].range.contains(address) ? mappings[next - 1] : nil
  }

  /// The mappings that a range meets, and how many bytes of it are mapped.
  package func coverage(of range: TargetRange) -> (mappings: [MemoryMapping], bytes: UInt64) {
    let end = range.end.rawValue < range.start.rawValue ? UInt64.max : range.end.rawValue
    var found: [MemoryMapping] = []
    var bytes: UInt64 = 0
    for mapping in mappings[mappings.partitionPoint { $0.range.end > range.start }...] {
      guard mapping.range.start.rawValue < end else { break }
      let (start, stop) = (max(mapping.range.start, range.start).rawValue, min(mapping.range.end.rawValue, end))
      guard start < stop else { continue }
      found.append(mapping)
      bytes += stop - start
    }
    return (found, bytes)
  }

  /// Exactly so many bytes; nil if they cannot all be read.
  package func bytes(_ address: TargetAddress, _ count: Int) -> [UInt8]? {
    let bytes = read(address, count)
    return bytes.count == count ? bytes : nil
  }

  /// A value of the auxiliary vector.
  package func auxiliaryValue(_ key: UInt64, _ format: ELFFormat) -> UInt64? {
    let view = ByteView(auxiliaryVector, format)
    for offset in stride(from: 0, to: min(view.count, 4096), by: 2 * format.addressSize)
    where view.word(offset) == key {
      return view.word(offset + format.addressSize)
    }
    return nil
  }
}

/// /proc/PID/maps as text, and back.
enum MappingText {
  /// What is read of it, in bytes: with as many mappings as Linux can be told to allow, it stays below.
  static let sizeLimit = 1 << 25
  /// How many mappings are kept.
  static let countLimit = 1 << 18

  /// The mappings, sorted by address and disjoint whoever wrote the text, and what was left out of them.
  ///
  /// - Parameter bytes: the file's content; paths need not be UTF-8.
  static func parse(_ bytes: some Collection<UInt8>) -> (mappings: [MemoryMapping], omissions: [String]) {
    var omissions: [String] = []
    if bytes.count >= sizeLimit { omissions.append("its mappings fill more than \(sizeLimit) bytes of text") }
    var all = lines(bytes.prefix(sizeLimit))
    // The kernel writes them in order; a target's text may say anything.
    if !zip(all, all.dropFirst()).allSatisfy({ $0.range.end <= $1.range.start }) {
      all.sort { ($0.range.start, $0.range.end) < ($1.range.start, $1.range.end) }
      var end = TargetAddress(0)
      let disjoint = all.filter { mapping in
        guard mapping.range.start >= end else { return false }
        end = mapping.range.end
        return true
      }
      let left = all.count - disjoint.count
      if left > 0 { omissions.append("\(left) of its mappings overlap others, and were left out") }
      all = disjoint
    }
    if all.count > countLimit {
      omissions.append("it has \(all.count) mappings, of which the first \(countLimit) were kept")
      all.removeLast(all.count - countLimit)
    }
    return (all, omissions)
  }

  private static func lines(_ bytes: some Collection<UInt8>) -> [MemoryMapping] {
    // Neighbours are often of one file, and share its path then.
    var last = ""
    return bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
      // START-END rwxp OFFSET MAJOR:MINOR INODE   PATH
      let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
      guard fields.count >= 5 else { return nil }
      let text = fields.map { String(decoding: $0, as: UTF8.self) }
      let bounds = text[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
      let device = text[3].split(separator: ":").compactMap { UInt64($0, radix: 16) }
      guard bounds.count == 2, bounds[0] < bounds[1], let offset = UInt64(text[2], radix: 16), device.count == 2,
        let inode = UInt64(text[4])
      else { return nil }
      var path = fields.count > 5 ? String(text[5].drop { $0 == " " }) : ""
      let isDeleted = path.hasSuffix(deleted)
      if isDeleted { path.removeLast(deleted.count) }
      if path == last { path = last } else { last = path }
      return MemoryMapping(
        range: TargetRange(start: TargetAddress(bounds[0]), size: bounds[1] - bounds[0]),
        isReadable: text[1].hasPrefix("r"), isWritable: text[1].dropFirst().hasPrefix("w"),
        isExecutable: text[1].dropFirst(2).hasPrefix("x"), offset: offset, device: device[0] << 32 | device[1],
        inode: inode, path: path, isDeleted: isDeleted)
    }
  }

  private static let deleted = " (deleted)"
}
