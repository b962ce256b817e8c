// Builds one `.debug_frame` section from relocated `.eh_frame` and `.debug_frame` sections.

/// Converts frame tables to the form a debugger reads from a debug file that is separate from the code.
///
/// GDB ignores `.eh_frame` in such a file. `.debug_frame` (DWARF 5, 6.4) differs from it (LSB Core, "Exception Frames")
/// in the mark of a CIE, in how an FDE names its CIE, and in having plain addresses. CIEs are written as version 4: that
/// is what compilers write for DWARF 4 and 5, LLDB 22 and GDB 13 both read 1, 3 and 4, and only 4 states the address
/// size instead of leaving it to the reader. All entries are in the 32-bit format, which LLDB reads more reliably.
/// Register numbers are kept: both sections use the same ones on x86, Arm and RISC-V.
struct DebugFrame {
  private let format: ELFFormat
  /// FDEs for anything else are of discarded functions.
  private let code: TargetRange
  private var output: FrameOutput
  /// Where an identical CIE was already written.
  private var writtenCIEs: [[UInt8]: Int] = [:]
  /// Where the functions start that `.debug_frame` describes.
  private var described: Set<UInt64> = []

  init(format: ELFFormat, code: TargetRange) {
    self.format = format
    self.code = code
    output = FrameOutput(format: format)
  }

  var bytes: [UInt8] { output.bytes }

  enum Kind: Sendable { case ehFrame, debugFrame }

  /// What an FDE needs to know of its CIE.
  private struct CIE {
    /// Of the CIE in the output.
    var offset: Int
    var encoding = PointerEncoding.absolute
    var hasAugmentationData = false
    /// Whether the output's augmentation string starts with z, and its FDEs therefore have an augmentation length.
    var keepsAugmentation = false
  }

  /// Adds the entries of one section. What `.debug_frame` already describes is left out of a later `.eh_frame`.
  ///
  /// A malformed section throws and leaves the output as it was.
  mutating func add(_ kind: Kind, _ bytes: [UInt8], at address: TargetAddress) throws(JITDebugError) {
    let before = self
    output.reserve(output.count + bytes.count + bytes.count / 2)
    do throws(JITDebugError) {
      try bytes.withUnsafeBufferPointer { (buffer) throws(JITDebugError) in
        let section = FrameReader(
          UnsafeRawBufferPointer(buffer), section: kind == .ehFrame ? ".eh_frame" : ".debug_frame", address: address,
          format: format)
        try addEntries(kind, section)
      }
      guard output.count <= Int(UInt32.max) else {
        throw JITDebugError(.system, ".debug_frame", "is larger than 4 GiB")
      }
    } catch {
      self = before
      throw error
    }
  }

  private mutating func addEntries(_ kind: Kind, _ section: FrameReader) throws(JITDebugError) {
    // By offset in the input. An FDE may precede its CIE.
    var cies: [Int: CIE] = [:]
    var next = 0
    while next < section.bytes.count {
      guard let entry = try Entry(kind, section, at: next) else {
        // A zero length ends one input's table; others may follow it in the merged section.
        next += 4
        continue
      }
      next = entry.reader.end
      guard let cieOffset = entry.cieOffset else { continue }
      let cie: CIE
      if let known = cies[cieOffset] {
        cie = known
      } else {
        guard cieOffset >= 0, cieOffset < section.bytes.count, let cieEntry = try Entry(kind, section, at: cieOffset),
          cieEntry.cieOffset == nil
        else { throw section.failure("the entry refers to a CIE where there is none", at: entry.offset) }
        cie = try addCIE(cieEntry.reader)
        cies[cieOffset] = cie
      }
      try addFDE(kind, entry.reader, of: cie)
    }
  }

  /// One entry's extent and what it is.
  private struct Entry {
    var offset: Int
    /// Behind the CIE mark or CIE pointer.
    var reader: FrameReader
    /// Of its CIE in the section if it is an FDE, nil if it is a CIE itself.
    var cieOffset: Int?

    /// Nil for a terminator.
    init?(_ kind: Kind, _ section: FrameReader, at offset: Int) throws(JITDebugError) {
      self.offset = offset
      reader = section
      reader.offset = offset
      var length = UInt64(try reader.read(UInt32.self))
      if length == 0 { return nil }
      let is64Bit = length == 0xffff_ffff
      if is64Bit {
        length = try reader.read(UInt64.self)
      } else if length >= 0xffff_fff0 {
        // DWARF 5, 7.4.
        throw section.failure("the length 0x\(String(length, radix: 16)) is reserved", at: offset)
      }
      guard length <= UInt64(section.bytes.count - reader.offset) else {
        throw section.failure("the entry is longer than the rest of the section", at: offset)
      }
      reader.end = reader.offset + Int(length)
      switch kind {
      case .ehFrame:
        // LSB Core, "The Call Frame Information Format": 4 bytes in both formats; 0 marks a CIE, else it is the distance
        // back to the CIE.
        let field = reader.offset
        let distance = try reader.read(UInt32.self)
        cieOffset = distance == 0 ? nil : field - Int(Int32(bitPattern: distance))
      case .debugFrame:
        // DWARF 5, 6.4.1: all ones mark a CIE, else it is the CIE's offset in the section.
        if is64Bit {
          let pointer = try reader.read(UInt64.self)
          cieOffset = pointer == .max ? nil : Int(clamping: pointer)
        } else {
          let pointer = try reader.read(UInt32.self)
          cieOffset = pointer == .max ? nil : Int(pointer)
        }
      }
    }
  }

  /// Writes a CIE unless the same one was written before.
  private mutating func addCIE(_ entry: FrameReader) throws(JITDebugError) -> CIE {
    var reader = entry
    var cie = CIE(offset: output.count)
    let version = try reader.read(UInt8.self)
    guard version == 1 || version == 3 || version == 4 else {
      throw reader.failure("the CIE has version \(version), where 1, 3 and 4 are known")
    }
    var augmentation = try reader.readString()[...]
    // GCC 2's "eh" puts a pointer before everything else.
    if augmentation.starts(with: [UInt8(ascii: "e"), UInt8(ascii: "h")]) {
      try reader.skip(UInt64(format.addressSize))
      augmentation = augmentation.dropFirst(2)
    }
    if version == 4 {
      let addressSize = try reader.read(UInt8.self)
      let segmentSize = try reader.read(UInt8.self)
      guard addressSize == format.addressSize, segmentSize == 0 else {
        throw reader.failure("the CIE has addresses of \(addressSize) bytes and segment selectors of \(segmentSize)")
      }
    }
    let codeAlignment = try reader.readULEB128()
    let dataAlignment = try reader.readSLEB128()
    let returnAddressRegister = version == 1 ? UInt64(try reader.read(UInt8.self)) : try reader.readULEB128()
    let kept = try readAugmentation(augmentation, of: &reader, into: &cie)

    let start = output.startEntry()
    output.appendWord(UInt32.max)  // CIE_id
    output.appendByte(4)  // version
    output.append(kept)  // augmentation
    output.appendByte(0)
    output.appendByte(UInt8(format.addressSize))  // address_size
    output.appendByte(0)  // segment_selector_size
    output.appendULEB128(codeAlignment)  // code_alignment_factor
    output.appendSLEB128(dataAlignment)  // data_alignment_factor
    output.appendULEB128(returnAddressRegister)  // return_address_register
    if cie.keepsAugmentation { output.appendByte(0) }  // no augmentation data
    try FrameInstructions.append(from: &reader, encoding: cie.encoding, to: &output)
    output.finishEntry(start)

    let written = Array(output.bytes[cie.offset...])
    if let same = writtenCIEs[written] {
      output.truncate(to: cie.offset)
      cie.offset = same
    } else {
      writtenCIEs[written] = cie.offset
    }
    return cie
  }

  /// Reads a CIE's augmentation data; returns the augmentation string that remains.
  ///
  /// Personality and exception table (P, L) mean nothing to a debugger, and addresses become plain (R). What remains has
  /// no data: a signal handler's frame (S), return addresses signed with AArch64's key B (B), tagged stack frames (G).
  private func readAugmentation(
    _ augmentation: ArraySlice<UInt8>, of reader: inout FrameReader, into cie: inout CIE
  ) throws(JITDebugError) -> [UInt8] {
    guard let first = augmentation.first else { return [] }
    guard first == UInt8(ascii: "z") else {
      throw reader.failure("the CIE's augmentation \"\(String(decoding: augmentation, as: UTF8.self))\" is unknown")
    }
    cie.hasAugmentationData = true
    var data = reader
    try reader.skip(try reader.readULEB128())
    _ = try data.readULEB128()
    data.end = reader.offset
    var kept: [UInt8] = []
    for letter in augmentation.dropFirst() {
      switch letter {
      case UInt8(ascii: "R"):
        cie.encoding = PointerEncoding(rawValue: try data.read(UInt8.self))
      case UInt8(ascii: "P"):
        try skipPersonality(&data)
      case UInt8(ascii: "L"):
        try data.skip(1)
      case UInt8(ascii: "S"), UInt8(ascii: "B"), UInt8(ascii: "G"):
        kept.append(letter)
      default:
        throw data.failure("the CIE's augmentation \"\(String(decoding: augmentation, as: UTF8.self))\" is unknown")
      }
    }
    if kept.isEmpty { return [] }
    cie.keepsAugmentation = true
    return [first] + kept
  }

  private func skipPersonality(_ data: inout FrameReader) throws(JITDebugError) {
    let encoding = PointerEncoding(rawValue: try data.read(UInt8.self))
    if encoding.rawValue == PointerEncoding.DW_EH_PE_omit { return }
    if encoding.application == PointerEncoding.DW_EH_PE_aligned {
      let misalignment = (data.address + UInt64(data.offset)).rawValue % UInt64(format.addressSize)
      if misalignment != 0 { try data.skip(UInt64(format.addressSize) - misalignment) }
    }
    _ = try data.readEncodedValue(encoding)
  }

  private mutating func addFDE(_ kind: Kind, _ entry: FrameReader, of cie: CIE) throws(JITDebugError) {
    var reader = entry
    let pc = try reader.readPointer(cie.encoding)
    let range = try reader.readEncodedValue(cie.encoding)
    if cie.hasAugmentationData { try reader.skip(try reader.readULEB128()) }
    // A range of zero bytes describes no pc, and GDB and LLDB drop it as well.
    guard code.contains(TargetAddress(pc)), range > 0 else { return }
    guard range <= (code.end.rawValue &- pc) else {
      throw reader.failure(
        "the FDE for \(TargetAddress(pc)) covers 0x\(String(range, radix: 16)) bytes, beyond the code's end \(code.end)"
      )
    }
    switch kind {
    case .debugFrame: described.insert(pc)
    case .ehFrame: if described.contains(pc) { return }
    }
    let start = output.startEntry()
    output.appendWord(UInt32(truncatingIfNeeded: cie.offset))  // CIE_pointer
    output.appendAddress(pc)  // initial_location
    output.appendAddress(range)  // address_range
    if cie.keepsAugmentation { output.appendByte(0) }  // no augmentation data
    try FrameInstructions.append(from: &reader, encoding: cie.encoding, to: &output)
    output.finishEntry(start)
  }
}
