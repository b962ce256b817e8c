// From a link generation to what debuggers see of it: the debug file for the host, the stub for the target.

/// The debug info of one link generation.
package struct DebugImage: Sendable {
  /// 20 bytes, the same in both files.
  package var buildID: [UInt8]
  /// The complete ELF file: alone it can be registered in the target, next to a stub it stays on the host.
  package var debugFile: [UInt8]
  /// What had to be left out of the debug file, and why. It is usable without.
  package var warnings: [JITDebugError]
  /// The ELF file under 1 KB (plus names) to register in the target when debuggers can find the debug file on the host.
  package var stub: [UInt8]
}

extension LinkedImage {
  package func makeDebugImage() throws(JITDebugError) -> DebugImage {
    var warnings: [JITDebugError] = []
    let sections = ImageSections(format: format, code: code, data: data, stubs: stubs)
    var (file, note) = sections.file(buildID: [UInt8](repeating: 0, count: BuildID.size))
    for section in debugSections where DebugSectionPolicy.keeps(section) {
      file.add(DebugSectionPolicy.section(section))
    }
    let frames = debugFrame(&warnings)
    if !frames.isEmpty {
      file.add(ELFSection(name: ".debug_frame", sh_type: ELF.SHT_PROGBITS, contents: .bytes(frames)))
    }
    file.setSymbols(symbols.compactMap(sections.symbol))

    let writer = try ELFWriter(file)
    var debugFile = writer.write()
    // The hash covers everything else in the file, addresses included: an image linked elsewhere is another image.
    let buildID = BuildID.hash(debugFile)
    let place = writer.fileOffset(of: note) + BuildID.offsetInNote
    debugFile.replaceSubrange(place..<place + BuildID.size, with: buildID)
    let stub = StubFile(sections: sections, buildID: buildID, symbols: symbols.filter(\.isInStub))
    return DebugImage(buildID: buildID, debugFile: debugFile, warnings: warnings, stub: try stub.write())
  }

  /// The image's frame tables as one `.debug_frame`. A table that cannot be read becomes a warning.
  private func debugFrame(_ warnings: inout [JITDebugError]) -> [UInt8] {
    var frames = DebugFrame(format: format, code: code)
    for section in debugSections where section.name == DebugSectionPolicy.frameSection {
      do {
        try frames.add(.debugFrame, section.bytes, at: TargetAddress(0))
      } catch {
        warnings.append(error)
      }
    }
    if let ehFrame {
      do {
        try frames.add(.ehFrame, ehFrame.bytes, at: ehFrame.address)
      } catch {
        warnings.append(error)
      }
    }
    return frames.bytes
  }
}

/// Which debug sections go into the debug file, and with which header.
enum DebugSectionPolicy {
  static let frameSection = ".debug_frame"

  static func keeps(_ section: LinkedImage.DebugSection) -> Bool {
    switch section.name {
    // Written anew, together with `.eh_frame`.
    case frameSection: false
    // Indexes of single objects: GDB 13 misreads merged `.debug_names`, and both debuggers build their own.
    case ".debug_names", ".debug_gnu_pubnames", ".debug_gnu_pubtypes", ".debug_pubnames", ".debug_pubtypes": false
    default: !section.bytes.isEmpty
    }
  }

  static func section(_ section: LinkedImage.DebugSection) -> ELFSection {
    // DWARF's string sections, as compilers mark them.
    let isStrings = section.name == ".debug_str" || section.name == ".debug_line_str"
    return ELFSection(
      name: section.name, sh_type: ELF.SHT_PROGBITS, sh_flags: isStrings ? ELF.SHF_MERGE | ELF.SHF_STRINGS : 0,
      sh_entsize: isStrings ? 1 : 0, contents: .bytes(section.bytes))
  }
}
