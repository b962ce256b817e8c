// Takes LZ4 blocks apart (lz4_Block_format.md of LZ4 1.9): what slow connections carry in place of a segment's content.

extension SPSReader {
  /// Decompresses what is left to memory, and tells whether that is a block of exactly `size` bytes (at most `Int.max`). Nothing is
  /// written beyond those or read before them, whatever the block is, and each step takes some of its bytes.
  @inline(never) package func decompress(to address: UInt64, size: UInt64) -> Bool {
    bytes.withUnsafeBufferPointer { bytes in
      guard var next = bytes.baseAddress?.advanced(by: position),
        var place = UnsafeMutablePointer<UInt8>(bitPattern: UInt(truncatingIfNeeded: address))
      else { return false }
      var left = left
      var done = 0
      var missing = Int(truncatingIfNeeded: size)
      var token = 0
      func take() -> Int {
        left &-= 1
        defer { next += 1 }
        return Int(next.pointee)
      }
      // Literals and matches take turns: bytes of the block, and bytes that were written before.
      var isMatch = false
      while left > 0 {
        var source = UnsafePointer(place)
        if isMatch {
          guard left > 1 else { return false }
          let distance = take() | take() << 8
          guard distance > 0, distance <= done else { return false }
          source -= distance
        } else {
          token = take()
        }
        var length = isMatch ? token & 15 : token >> 4
        if length == 15 {
          var more = 0
          repeat {
            guard left > 0 else { return false }
            more = take()
            length &+= more
          } while more == 255
        }
        if isMatch {
          length &+= 4
        } else {
          source = next
          guard length <= left else { return false }
          left &-= length
          next += length
        }
        guard length <= missing else { return false }
        missing &-= length
        done &+= length
        // One by one: a match may overlap what it becomes, which repeats it.
        while length > 0 {
          place.pointee = source.pointee
          place += 1
          source += 1
          length &-= 1
        }
        isMatch.toggle()
      }
      // It ends with literals.
      return isMatch && missing == 0
    }
  }
}
