// What inspecting needs of a process, wherever it is: its memory, what is mapped where, and the files behind that.

/// A process that is looked at without being stopped, or what a core file kept of one. Nothing that is read is trusted.
package protocol ProcessMemory: AnyObject, Sendable {
  /// How messages call it, such as `process 4711`.
  var subject: String { get }
  /// Sorted by address, disjoint.
  var mappings: [MemoryMapping] { get }
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
  /// The mapping that an address lies in.
  package func mapping(at address: TargetAddress) -> MemoryMapping? {
    // The last one that begins at or before the address.
    var (low, high) = (0, mappings.count)
    while low < high {
      let middle = (low + high) / 2
      if mappings[middle].range.start <= address { low = middle + 1 } else { high = middle }
    }
    guard low > 0, mappings[low - 1].range.contains(address) else { return nil }
    return mappings[low - 1]
  }

  /// The mappings that a range meets, and how many bytes of it are mapped.
  package func coverage(of range: TargetRange) -> (mappings: [MemoryMapping], bytes: UInt64) {
    let end = range.end.rawValue < range.start.rawValue ? UInt64.max : range.end.rawValue
    var found: [MemoryMapping] = []
    var bytes: UInt64 = 0
    for mapping in mappings {
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
  /// - Parameter bytes: the file's content; paths need not be UTF-8.
  static func parse(_ bytes: some Collection<UInt8>) -> [MemoryMapping] {
    bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
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
      return MemoryMapping(
        range: TargetRange(start: TargetAddress(bounds[0]), size: bounds[1] - bounds[0]),
        isReadable: text[1].hasPrefix("r"), isWritable: text[1].dropFirst().hasPrefix("w"),
        isExecutable: text[1].dropFirst(2).hasPrefix("x"), offset: offset, device: device[0] << 32 | device[1],
        inode: inode, path: path, isDeleted: isDeleted)
    }
  }

  private static let deleted = " (deleted)"
}
