// The small ELF file that is registered in the target; its build-id leads the debugger to the debug file.

/// Everything a debugger must find in the target: address ranges, build-id, and with their sizes the variables, and the functions
/// of which LLDB would otherwise lose the name, the unwinding and the stepping, or values of their callers.
package struct StubFile: Sendable {
  var sections: ImageSections
  var buildID: [UInt8]
  var symbols: [LinkedImage.Symbol]

  func write() throws(JITDebugError) -> [UInt8] { try writer().write() }

  private func writer() throws(JITDebugError) -> ELFWriter {
    var file = sections.file(buildID: buildID).file
    file.setSymbols(symbols.compactMap(sections.symbol))
    return try ELFWriter(file)
  }
}

extension LinkedImage.Symbol {
  /// Functions and variables; vtables are among them, by which LLDB finds an object's dynamic type. LLDB takes no symbol from
  /// the debug file, which has them all. PLT entries stay there, for GDB: LLDB drops what follows an @ and would take them
  /// for the function itself. What DWARF describes as well it takes from there: nearly all functions of a C program under development.
  var isInStub: Bool { kind != .other && !isDescribed && !name.hasSuffix("@plt") }
}

extension StubFile {
  /// The size of the stub with these symbols, in bytes, known before any address is.
  ///
  /// It is exact if the image has data and every symbol lies in it; otherwise the stub is smaller.
  package static func size(
    symbolNames: some Sequence<String>, is64Bit: Bool = true, hasStubs: Bool = false
  ) throws(JITDebugError) -> Int {
    let anywhere = TargetRange(start: TargetAddress(0), size: 1)
    let sections = ImageSections(
      format: ELFFormat(e_machine: 0, is64Bit: is64Bit), code: anywhere, data: anywhere,
      stubs: hasStubs ? anywhere : nil)
    let stub = StubFile(
      sections: sections, buildID: [UInt8](repeating: 0, count: BuildID.size),
      symbols: symbolNames.map {
        LinkedImage.Symbol(name: $0, address: anywhere.start, size: 0, kind: .function, isLocal: false)
      })
    return try stub.writer().fileSize
  }

  /// What a stub with so many symbols takes at most, in bytes.
  ///
  /// - Parameter nameBytes: the size of their names, each with the zero that ends it.
  package static func bound(
    symbolCount: Int, nameBytes: Int, is64Bit: Bool = true, hasStubs: Bool = false
  ) throws(JITDebugError) -> Int {
    let format = ELFFormat(e_machine: 0, is64Bit: is64Bit)
    // Behind names of another size, the section headers may need more padding.
    let padding = format.addressSize - 1
    return try size(symbolNames: [], is64Bit: is64Bit, hasStubs: hasStubs) + symbolCount * format.symbolSize + nameBytes
      + padding
  }
}
