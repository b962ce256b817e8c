// How to unwind from PLT entries: JITLink makes them without call frame information, and a debugger that stops in one while
// stepping would lose the caller.

enum StubFrames {
  /// A `.debug_frame` with one entry for all stubs (DWARF 5, 6.4.1): they touch neither the stack nor the return address.
  ///
  /// - Returns: nil if there are no stubs, or the machine is not known.
  static func debugFrame(machine: UInt16, start: UInt64, size: UInt64) -> [UInt8]? {
    guard size > 0, let instructions = initialInstructions(machine) else { return nil }
    var bytes: [UInt8] = []
    // CIE: the offset 0 is its own place, as this is the section's first entry.
    append(&bytes, [0xff, 0xff, 0xff, 0xff, 4 /* version */, 0 /* no augmentation */, 8, 0] + instructions)
    var fde: [UInt8] = [0, 0, 0, 0]
    for value in [start, size] { for i in 0..<8 { fde.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * i))) } }
    append(&bytes, fde)
    return bytes
  }

  /// Code alignment, data alignment, return address register, and the rule at a function's first instruction.
  private static func initialInstructions(_ machine: UInt16) -> [UInt8]? {
    switch machine {
    // x86-64: CFA = rsp + 8, return address at CFA - 8.
    case 62: [1, 0x78, 16, 0x0c, 7, 8, 0x90, 1]
    // AArch64: CFA = sp, return address in x30.
    case 183: [4, 0x78, 30, 0x0c, 31, 0]
    // RISC-V: CFA = sp, return address in x1.
    case 243: [1, 0x78, 1, 0x0c, 2, 0]
    default: nil
    }
  }

  /// Appends an entry with its length in front, padded with DW_CFA_nop to a multiple of eight bytes.
  private static func append(_ bytes: inout [UInt8], _ entry: [UInt8]) {
    let size = (entry.count + 4 + 7) / 8 * 8 - 4
    for i in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: size >> (8 * i))) }
    bytes += entry + [UInt8](repeating: 0, count: size - entry.count)
  }
}
