// The build-id: the name by which debuggers find the debug file of a stub, and the note that holds it.

import OrcBridge

/// 20 bytes that depend on the debug file's content alone: equal content, equal id.
package enum BuildID {
  package static let size = 20
  static let sectionName = ".note.gnu.build-id"

  /// The start of a BLAKE3 hash, as lld's `--build-id=sha1`.
  package static func hash(_ content: [UInt8]) -> [UInt8] { content.withUnsafeBytes { hash($0) } }

  package static func hash(_ content: UnsafeRawBufferPointer) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: size) { digest, count in
      orc_content_hash(content.baseAddress, content.count, digest.baseAddress!)
      count = size
    }
  }

  package static func hex(_ buildID: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: buildID.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// gABI "Sections", "Note Section": namesz, descsz, type, name, desc; every part is a multiple of 4 bytes.
  static func note(_ buildID: [UInt8], format: ELFFormat) -> ELFSection {
    let name = Array("GNU\0".utf8)
    let words = [UInt32(name.count), UInt32(buildID.count), ELF.NT_GNU_BUILD_ID].flatMap { word in
      withUnsafeBytes(of: format.isLittleEndian ? word.littleEndian : word.bigEndian) { Array($0) }
    }
    return ELFSection(
      name: sectionName, sh_type: ELF.SHT_NOTE, sh_addralign: 4, contents: .bytes(words + name + buildID))
  }

  /// Where the id lies within its section.
  static let offsetInNote = 16
}
