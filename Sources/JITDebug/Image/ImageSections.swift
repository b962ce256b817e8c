// What the stub and the debug file must have in common: the sections for code and data, the build-id, how symbols refer to them.

extension LinkedImage {
  var format: ELFFormat {
    ELFFormat(e_machine: machine, e_flags: machineFlags, is64Bit: is64Bit, isLittleEndian: isLittleEndian)
  }
}

/// The head of both files. GDB slides a debug file whose `.text` has another address than the stub's.
struct ImageSections: Sendable {
  var format: ELFFormat
  var code: TargetRange
  var data: TargetRange
  var stubs: TargetRange?

  private static let text = ELFSectionIndex(value: 1)
  private static let data = ELFSectionIndex(value: 2)

  /// Whether there is a `.data`. An empty one would hide what lies at its address.
  private var hasData: Bool { data.size > 0 }

  /// A file with nothing but `.text`, `.data` and the note, and the note's number in it.
  func file(buildID: [UInt8]) -> (file: ELFFile, note: ELFSectionIndex) {
    var file = ELFFile(format: format)
    file.add(
      ELFSection(
        name: ".text", sh_type: ELF.SHT_NOBITS, sh_flags: ELF.SHF_ALLOC | ELF.SHF_EXECINSTR,
        sh_addr: code.start.rawValue, contents: .memory(size: code.size - (stubs?.size ?? 0))))
    // A section of its own: GDB warns about data addresses inside a section of code.
    if hasData {
      file.add(
        ELFSection(
          name: ".data", sh_type: ELF.SHT_NOBITS, sh_flags: ELF.SHF_ALLOC | ELF.SHF_WRITE,
          sh_addr: data.start.rawValue, contents: .memory(size: data.size)))
    }
    // GDB steps through what lies in a section of this name.
    if let stubs {
      file.add(
        ELFSection(
          name: ".plt", sh_type: ELF.SHT_NOBITS, sh_flags: ELF.SHF_ALLOC | ELF.SHF_EXECINSTR,
          sh_addr: stubs.start.rawValue, contents: .memory(size: stubs.size)))
    }
    let note = file.add(BuildID.note(buildID, format: format))
    return (file, note)
  }

  /// Nil for a symbol that lies in neither section or has no name.
  func symbol(_ symbol: LinkedImage.Symbol) -> ELFSymbol? {
    guard !symbol.name.isEmpty, let section = section(of: symbol.address) else { return nil }
    let type =
      switch symbol.kind {
      case .function: ELF.STT_FUNC
      case .object: ELF.STT_OBJECT
      case .other: ELF.STT_NOTYPE
      }
    return ELFSymbol(
      name: symbol.name, binding: symbol.isLocal ? ELF.STB_LOCAL : ELF.STB_GLOBAL, type: type, section: section,
      st_value: symbol.address.rawValue, st_size: symbol.size)
  }

  /// A label at the very end of a section, such as `__stop_x`, belongs to it unless the other one starts there.
  private func section(of address: TargetAddress) -> ELFSectionIndex? {
    if code.contains(address) { return Self.text }
    if hasData, data.contains(address) { return Self.data }
    if address == code.end { return Self.text }
    if hasData, address == data.end { return Self.data }
    return nil
  }
}
