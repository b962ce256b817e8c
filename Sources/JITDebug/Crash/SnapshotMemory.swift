// The parts of a process's memory that were read.

package struct SnapshotMemory: Sendable {
  package struct Piece: Sendable {
    package var address: UInt64
    package var bytes: ArraySlice<UInt8>
    var end: UInt64 { address + UInt64(bytes.count) }
  }

  /// By address; they do not overlap.
  private var pieces: [Piece] = []

  /// - Parameter piece: may overlap what is there already; only the new is taken.
  mutating func add(_ piece: Piece) {
    guard !piece.bytes.isEmpty else { return }
    var rest = piece
    for known in pieces(in: rest.address..<rest.end) {
      if known.address > rest.address {
        insert(Piece(address: rest.address, bytes: rest.bytes.prefix(Int(known.address - rest.address))))
      }
      rest = Piece(address: known.end, bytes: rest.bytes.dropFirst(Int(known.end - rest.address)))
    }
    insert(rest)
  }

  private mutating func insert(_ piece: Piece) {
    guard !piece.bytes.isEmpty else { return }
    let place = pieces.firstIndex { $0.address > piece.address } ?? pieces.count
    // Neighbours become one, which are fewer segments in a core file.
    if place > 0, pieces[place - 1].end == piece.address {
      pieces[place - 1].bytes += piece.bytes
    } else {
      pieces.insert(piece, at: place)
    }
  }

  /// What is known of a range, cut to it.
  func pieces(in range: Range<UInt64>) -> [Piece] {
    pieces.compactMap { piece in
      let start = max(piece.address, range.lowerBound)
      let end = min(piece.end, range.upperBound)
      guard start < end else { return nil }
      return Piece(
        address: start, bytes: piece.bytes.dropFirst(Int(start - piece.address)).prefix(Int(end - start)))
    }
  }

  /// Parts of a range of which nothing is known.
  func gaps(in range: Range<UInt64>) -> [Range<UInt64>] {
    var gaps: [Range<UInt64>] = []
    var position = range.lowerBound
    for piece in pieces(in: range) {
      if piece.address > position { gaps.append(position..<piece.address) }
      position = piece.end
    }
    if position < range.upperBound { gaps.append(position..<range.upperBound) }
    return gaps
  }

  /// Nil unless all of it is known.
  func read(_ address: UInt64, _ size: Int) -> [UInt8]? {
    let (end, overflow) = address.addingReportingOverflow(UInt64(size))
    guard !overflow else { return nil }
    let bytes = pieces(in: address..<end).flatMap { $0.bytes }
    return bytes.count == size ? bytes : nil
  }
}
