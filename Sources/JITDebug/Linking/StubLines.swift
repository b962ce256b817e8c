// Debug info for the stubs of functions: code of line 0, which LLDB steps through if no symbol names it.

enum StubLines {
  /// Adds a unit that describes the stubs (DWARF 4, the smallest that debuggers take), if there is debug info at all.
  static func add(to sections: inout [LinkedImage.DebugSection], start: UInt64, size: UInt64) {
    func index(_ name: String) -> Int? { sections.firstIndex { $0.name == name } }
    guard size > 0, let info = index(".debug_info"), let abbrev = index(".debug_abbrev"),
      let line = index(".debug_line")
    else { return }
    let (abbrevOffset, lineOffset) = (sections[abbrev].bytes.count, sections[line].bytes.count)

    // One entry without children: DW_TAG_compile_unit with DW_AT_stmt_list, DW_AT_low_pc and DW_AT_high_pc.
    sections[abbrev].bytes += [1, 0x11, 0, 0x10, 0x17, 0x11, 0x01, 0x12, 0x07, 0, 0, 0]
    let unit = little(4, bytes: 2) + little(UInt64(abbrevOffset), bytes: 4) + [8]
    let entry = [1] + little(UInt64(lineOffset), bytes: 4) + little(start, bytes: 8) + little(size, bytes: 8)
    sections[info].bytes += little(UInt64(unit.count + entry.count), bytes: 4) + unit + entry

    // Minimum instruction length 1, operations 1, is_stmt, line base and range, opcode base 10 with its lengths, no folders, one file,
    // without which the table would not be valid.
    let header: [UInt8] =
      [1, 1, 1, 0xfb, 14, 10, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0] + Array("<stubs>".utf8) + [0, 0, 0, 0, 0]
    // DW_LNE_set_address, DW_LNS_advance_line by -1, DW_LNS_copy, DW_LNS_advance_pc, DW_LNE_end_sequence.
    let program = [0, 9, 2] + little(start, bytes: 8) + [3, 0x7f, 1, 2] + leb(size) + [0, 1, 1]
    let rest = little(4, bytes: 2) + little(UInt64(header.count), bytes: 4) + header + program
    sections[line].bytes += little(UInt64(rest.count), bytes: 4) + rest
  }

  private static func little(_ value: UInt64, bytes: Int) -> [UInt8] {
    (0..<bytes).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }

  private static func leb(_ value: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = value
    repeat {
      bytes.append(UInt8(rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
      rest >>= 7
    } while rest > 0
    return bytes
  }
}
