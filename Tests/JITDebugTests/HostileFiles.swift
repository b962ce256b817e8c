// Files that are valid enough to be read, and made to cost whoever reads them time or memory.

import Foundation

/// An ELF file for x86-64, of the parts that are given.
struct HostileFile {
  struct Section {
    var type: UInt32
    var name: UInt32 = 0
    var flags: UInt64 = 0
    var address: UInt64 = 0
    var offset: UInt64 = 0
    var size: UInt64 = 0
    var link: UInt32 = 0
    var entrySize: UInt64 = 0
  }

  struct Segment {
    var type: UInt32
    var flags: UInt32 = 4
    var offset: UInt64 = 0
    var address: UInt64 = 0
    var fileSize: UInt64 = 0
    var memorySize: UInt64 = 0
  }

  var type: UInt16 = 2
  /// After the null section.
  var sections: [Section] = []
  /// The section with the sections' names.
  var names = 0
  var segments: [Segment] = []
  /// What the offsets are counted from: the content follows the ELF header.
  var content = Data()

  static let contentOffset: UInt64 = 64

  func write(to path: String) throws {
    var file = Data()
    func put<T: FixedWidthInteger>(_ number: T) {
      withUnsafeBytes(of: number.littleEndian) { file.append(contentsOf: $0) }
    }
    let segmentTable = Self.contentOffset + UInt64(content.count)
    let sectionTable = segmentTable + UInt64(segments.count * 56)
    let all = sections.isEmpty && segments.count < 0xffff ? [] : [Section(type: 0)] + sections
    file.append(contentsOf: [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    put(type)
    put(UInt16(62))
    put(UInt32(1))
    put(UInt64(0))
    put(segments.isEmpty ? 0 : segmentTable)
    put(all.isEmpty ? 0 : sectionTable)
    put(UInt32(0))
    for number in [64, 56, min(segments.count, 0xffff), 64, all.count < 0xff00 ? all.count : 0, min(names, 0xffff)] {
      put(UInt16(number))
    }
    file.append(content)
    for segment in segments {
      put(segment.type)
      put(segment.flags)
      for number in [segment.offset, segment.address, 0, segment.fileSize, segment.memorySize, 1] { put(number) }
    }
    for (index, section) in all.enumerated() {
      put(section.name)
      put(section.type)
      // The null section has the numbers that have no room in the header.
      let size = index == 0 && all.count >= 0xff00 ? UInt64(all.count) : section.size
      for number in [section.flags, section.address, section.offset, size] { put(number) }
      put(section.link)
      put(index == 0 && segments.count >= 0xffff ? UInt32(segments.count) : 0)
      put(UInt64(1))
      put(section.entrySize)
    }
    try file.write(to: URL(filePath: path))
  }

  /// A C++ name of a few hundred bytes; as its source has it, it doubles with each level.
  static func bomb(levels: Int) -> String {
    var name = "_Z1f1A"
    for level in 0..<levels {
      let last = level == 0 ? "S_" : "S\(String(2 * level - 1, radix: 36).uppercased())_"
      name += "1BI\(last)\(last)E"
    }
    return name
  }

  /// A table of functions whose names begin at each byte of the table of names.
  static func functions(_ count: Int, names: Int) -> Data {
    var table = Data(count: 24 * count)
    table.withUnsafeMutableBytes { bytes in
      for index in 0..<count {
        bytes.storeBytes(
          of: UInt32(1 + index % max(names - 1, 1)).littleEndian, toByteOffset: 24 * index, as: UInt32.self)
        bytes.storeBytes(of: 0x12, toByteOffset: 24 * index + 4, as: UInt8.self)
        bytes.storeBytes(of: UInt16(1).littleEndian, toByteOffset: 24 * index + 6, as: UInt16.self)
        bytes.storeBytes(of: UInt64(0x1000 + index).littleEndian, toByteOffset: 24 * index + 8, as: UInt64.self)
        bytes.storeBytes(of: UInt64(1).littleEndian, toByteOffset: 24 * index + 16, as: UInt64.self)
      }
    }
    return table
  }

  /// Notes with nothing in them.
  static func notes(_ size: Int) -> Data { Data(count: size) }
}
