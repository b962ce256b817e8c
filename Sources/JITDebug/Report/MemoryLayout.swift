// Which parts of an address space belong into one picture: memory is sparse, so each cluster of mappings is drawn by itself.

/// Adjacent mappings of one file or kind, which is what people want to see as one thing.
struct MemoryPiece {
  enum Kind: String, CaseIterable {
    case linked = "linked at run time"
    case program, library, file, heap, stack, anonymous
    case kernel
  }

  var name: String
  var kind: Kind
  var mappings: [MemoryMapping]

  var range: TargetRange { TargetRange(from: mappings[0].range.start, to: mappings[mappings.count - 1].range.end) }
}

/// What lies so close together that one scale shows all of it.
struct MemoryGroup {
  var pieces: [MemoryPiece]
  var range: TargetRange
  /// Indices of the images in it.
  var images: [Int]
  /// How much of the range is mapped, in bytes.
  var mapped: UInt64
}

struct MemoryGroups {
  private(set) var groups: [MemoryGroup] = []

  /// Smaller gaps never separate, in bytes.
  private static let smallGap: UInt64 = 1 << 16

  init(_ content: ReportContent) {
    let ranges = content.images.map(\.range)
    for piece in Self.pieces(content.mappings, ranges, content.modules) {
      guard let last = groups.last,
        piece.range.start.rawValue - last.range.end.rawValue <= max(Self.smallGap, last.mapped)
      else {
        groups.append(MemoryGroup(pieces: [piece], range: piece.range, images: [], mapped: Self.size(piece)))
        continue
      }
      groups[groups.count - 1].pieces.append(piece)
      groups[groups.count - 1].range = TargetRange(from: last.range.start, to: piece.range.end)
      groups[groups.count - 1].mapped += Self.size(piece)
    }
    for index in groups.indices {
      groups[index].images = ranges.indices.filter { ranges[$0].overlaps(groups[index].range) }
    }
  }

  private static func size(_ piece: MemoryPiece) -> UInt64 { piece.mappings.reduce(0) { $0 + $1.range.size } }

  private static func pieces(
    _ mappings: [MemoryMapping], _ images: [TargetRange], _ modules: [ReportContent.Module]
  ) -> [MemoryPiece] {
    let program = modules.first { $0.isProgram }?.path
    let libraries = Set(modules.map(\.path))
    var pieces: [MemoryPiece] = []
    for mapping in mappings where !mapping.isReserved {
      let kind: MemoryPiece.Kind =
        if mapping.isFile {
          mapping.path == program ? .program : libraries.contains(mapping.path) ? .library : .file
        } else if images.contains(where: { $0.overlaps(mapping.range) }) {
          .linked
        } else {
          switch mapping.path {
          case "[heap]": .heap
          case let name where name.hasPrefix("[stack"): .stack
          case let name where name.hasPrefix("[v"): .kernel
          default: .anonymous
          }
        }
      let name = mapping.path.isEmpty ? kind.rawValue : SourcePath.name(mapping.path)
      if let last = pieces.last, last.kind == kind, last.mappings.last?.path == mapping.path,
        last.range.end == mapping.range.start
      {
        pieces[pieces.count - 1].mappings.append(mapping)
      } else {
        pieces.append(MemoryPiece(name: name, kind: kind, mappings: [mapping]))
      }
    }
    return pieces
  }
}

extension TargetRange {
  init(from start: TargetAddress, to end: TargetAddress) {
    self.init(start: start, size: end.rawValue - start.rawValue)
  }

  func overlaps(_ other: TargetRange) -> Bool { start < other.end && other.start < end }

  /// Where an address of it is, and what a part of it takes up, in percent.
  func percent(_ address: TargetAddress) -> Double {
    guard size > 0, address > start else { return 0 }
    return min(100, Double(address.rawValue - start.rawValue) / Double(size) * 100)
  }
}

extension MemoryMapping {
  /// Whether it only keeps addresses from others, as allocators have it: such areas are larger than all that is used.
  var isReserved: Bool { !isReadable && !isWritable && !isExecutable && !isFile && range.size > 1 << 18 }

  /// As /proc writes it, without whether it is shared, which is not known.
  var access: String { (isReadable ? "r" : "-") + (isWritable ? "w" : "-") + (isExecutable ? "x" : "-") }
}
