// Walks call frame instructions: finds where they end, and rewrites the one that holds an encoded address.

/// The opcodes of DWARF 5, 7.24 and the extensions of GNU and LLVM, by the shape of their operands.
enum FrameInstructions {
  private enum Operand {
    case bytes(UInt64)
    case leb128
    case block
    /// DW_CFA_set_loc's: encoded as the FDE's addresses are.
    case address
  }

  /// Nil for an opcode that is not known, whose operands therefore are not either.
  private static func operands(of opcode: UInt8) -> (Operand?, Operand?, Operand?)? {
    switch opcode {
    case 0x40...0x7f: (nil, nil, nil)  // DW_CFA_advance_loc
    case 0x80...0xbf: (.leb128, nil, nil)  // DW_CFA_offset
    case 0xc0...0xff: (nil, nil, nil)  // DW_CFA_restore
    case 0x00: (nil, nil, nil)  // DW_CFA_nop
    case 0x01: (.address, nil, nil)  // DW_CFA_set_loc
    case 0x02: (.bytes(1), nil, nil)  // DW_CFA_advance_loc1
    case 0x03: (.bytes(2), nil, nil)  // DW_CFA_advance_loc2
    case 0x04: (.bytes(4), nil, nil)  // DW_CFA_advance_loc4
    case 0x05: (.leb128, .leb128, nil)  // DW_CFA_offset_extended
    case 0x06...0x08: (.leb128, nil, nil)  // DW_CFA_restore_extended, undefined, same_value
    case 0x09: (.leb128, .leb128, nil)  // DW_CFA_register
    case 0x0a, 0x0b: (nil, nil, nil)  // DW_CFA_remember_state, restore_state
    case 0x0c: (.leb128, .leb128, nil)  // DW_CFA_def_cfa
    case 0x0d, 0x0e: (.leb128, nil, nil)  // DW_CFA_def_cfa_register, def_cfa_offset
    case 0x0f: (.block, nil, nil)  // DW_CFA_def_cfa_expression
    case 0x10: (.leb128, .block, nil)  // DW_CFA_expression
    case 0x11, 0x12: (.leb128, .leb128, nil)  // DW_CFA_offset_extended_sf, def_cfa_sf
    case 0x13: (.leb128, nil, nil)  // DW_CFA_def_cfa_offset_sf
    case 0x14, 0x15: (.leb128, .leb128, nil)  // DW_CFA_val_offset, val_offset_sf
    case 0x16: (.leb128, .block, nil)  // DW_CFA_val_expression
    case 0x1d: (.bytes(8), nil, nil)  // DW_CFA_MIPS_advance_loc8
    case 0x2c, 0x2d: (nil, nil, nil)  // DW_CFA_AARCH64_negate_ra_state_with_pc, _negate_ra_state (GNU_window_save)
    case 0x2e: (.leb128, nil, nil)  // DW_CFA_GNU_args_size
    case 0x2f: (.leb128, .leb128, nil)  // DW_CFA_GNU_negative_offset_extended
    case 0x30, 0x31: (.leb128, .leb128, .leb128)  // DW_CFA_LLVM_def_aspace_cfa, _sf
    default: nil
    }
  }

  private static let DW_CFA_nop: UInt8 = 0x00

  /// Appends the instructions from the reader's position to its end, without trailing padding.
  ///
  /// Everything is copied as it is, with one exception: DW_CFA_set_loc's operand follows the CIE's pointer encoding in
  /// `.eh_frame` but is a plain address in `.debug_frame`. What follows an unknown opcode is copied blindly.
  static func append(
    from reader: inout FrameReader, encoding: PointerEncoding, to output: inout FrameOutput
  ) throws(JITDebugError) {
    var copied = reader.offset
    // Behind the last instruction that is not padding.
    var significant = reader.offset
    while reader.offset < reader.end {
      let opcode = try reader.read(UInt8.self)
      guard let shape = operands(of: opcode) else {
        significant = reader.end
        break
      }
      if opcode == DW_CFA_nop { continue }
      try skip(shape.0, encoding, &reader, &copied, &output)
      try skip(shape.1, encoding, &reader, &copied, &output)
      try skip(shape.2, encoding, &reader, &copied, &output)
      significant = reader.offset
    }
    reader.offset = reader.end
    if significant > copied { output.append(reader.bytes[copied..<significant]) }
  }

  private static func skip(
    _ operand: Operand?, _ encoding: PointerEncoding, _ reader: inout FrameReader, _ copied: inout Int,
    _ output: inout FrameOutput
  ) throws(JITDebugError) {
    switch operand {
    case nil: break
    case .bytes(let count): try reader.skip(count)
    case .leb128: while try reader.read(UInt8.self) & 0x80 != 0 {}
    case .block: try reader.skip(try reader.readULEB128())
    case .address where encoding.isAbsolute: try reader.skip(UInt64(reader.format.addressSize))
    case .address:
      output.append(reader.bytes[copied..<reader.offset])
      output.appendAddress(try reader.readPointer(encoding))
      copied = reader.offset
    }
  }
}
