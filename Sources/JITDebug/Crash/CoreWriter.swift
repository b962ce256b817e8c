// Writes a snapshot as an ELF core file, as Linux writes them: notes about the process and its threads, then its memory.

import Glibc
import SystemPackage

/// See the gABI, "Program Header", and Linux's include/uapi/linux/elfcore.h for the notes.
enum CoreWriter {
  private static let PT_LOAD: UInt32 = 1
  private static let PT_NOTE: UInt32 = 4
  private static let NT_PRSTATUS: UInt32 = 1
  private static let NT_FPREGSET: UInt32 = 2
  private static let NT_PRPSINFO: UInt32 = 3
  private static let NT_AUXV: UInt32 = 6
  private static let NT_SIGINFO: UInt32 = 0x5349_4749
  private static let NT_FILE: UInt32 = 0x4649_4c45

  static func write(_ snapshot: CrashSnapshot, to path: String) throws(JITDebugError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(path, errno) }
    defer { close(descriptor) }
    // More than ELF's plain header can count.
    let parts = Array(segments(snapshot).prefix(0xfffd))
    let notes = notes(snapshot)
    let notesOffset = 64 + 56 * (parts.count + 1)
    let page = 4096
    var header = TargetBytesOutput()
    // e_ident, ET_CORE, the machine; no section headers. Where nothing else names the system, as on musl, LLDB reads no core file.
    header.put(ELF.ELFMAG + [ELF.ELFCLASS64, ELF.ELFDATA2LSB, ELF.EV_CURRENT, ELF.ELFOSABI_GNU])
    header.put(UInt64(0))
    header.put(UInt16(4))
    header.put(snapshot.machine)
    header.put(UInt32(1))
    header.put(UInt64(0))
    header.put(UInt64(64))
    header.put(UInt64(0))
    header.put(snapshot.flags)
    for size in [64, 56, parts.count + 1, 0, 0, 0] { header.put(UInt16(size)) }
    func programHeader(
      _ type: UInt32, _ flags: UInt32, _ offset: Int, _ address: UInt64, _ fileSize: Int, _ size: UInt64
    ) {
      header.put(type)
      header.put(flags)
      header.put(UInt64(offset))
      header.put(address)
      header.put(UInt64(0))
      header.put(UInt64(fileSize))
      header.put(size)
      header.put(UInt64(type == PT_LOAD ? page : 4))
    }
    programHeader(PT_NOTE, 4, notesOffset, 0, notes.count, 0)
    var offset = (notesOffset + notes.count + page - 1) / page * page
    for part in parts {
      programHeader(PT_LOAD, part.flags, offset, part.address, part.bytes.count, part.size)
      offset += (part.bytes.count + page - 1) / page * page
    }
    header.put(notes)
    header.align(page)
    var isWritten = header.bytes.withUnsafeBytes { writeAll($0, to: descriptor) }
    for part in parts where isWritten {
      isWritten = part.bytes.withUnsafeBytes { writeAll(UnsafeRawBufferPointer($0), to: descriptor) }
      let rest = (page - part.bytes.count % page) % page
      if rest > 0 { isWritten = isWritten && lseek(descriptor, off_t(rest), SEEK_CUR) >= 0 }
    }
    // The last page may be a hole.
    guard isWritten, Glibc.ftruncate(descriptor, off_t(offset)) == 0 else { throw failure(path, errno) }
  }

  private static func failure(_ path: String, _ number: Int32) -> JITDebugError {
    JITDebugError(
      .system, path, "the core file cannot be written: \(systemMessage(number).lowercasedFirst)",
      remedy: "make room, or go to a directory of your own")
  }

  private struct Segment {
    var address: UInt64
    /// In memory; what is not in the file is not known.
    var size: UInt64
    var flags: UInt32
    var bytes: ArraySlice<UInt8>
  }

  /// Mappings, cut where what is known of them begins and ends.
  private static func segments(_ snapshot: CrashSnapshot) -> [Segment] {
    var segments: [Segment] = []
    for mapping in snapshot.mappings {
      let flags: UInt32 = (mapping.isExecutable ? 1 : 0) | (mapping.isWritable ? 2 : 0) | (mapping.isReadable ? 4 : 0)
      var position = mapping.range.lowerBound
      for piece in snapshot.memory.pieces(in: mapping.range) {
        if piece.address > position {
          segments.append(
            Segment(address: position, size: piece.address - position, flags: flags, bytes: []))
        }
        segments.append(
          Segment(address: piece.address, size: UInt64(piece.bytes.count), flags: flags, bytes: piece.bytes))
        position = piece.address + UInt64(piece.bytes.count)
      }
      if position < mapping.range.upperBound {
        segments.append(
          Segment(address: position, size: mapping.range.upperBound - position, flags: flags, bytes: []))
      }
    }
    return segments
  }

  // MARK: Notes

  private static func notes(_ snapshot: CrashSnapshot) -> [UInt8] {
    var output = TargetBytesOutput()
    func note(_ type: UInt32, _ content: [UInt8]) {
      output.put(UInt32(5))
      output.put(UInt32(content.count))
      output.put(type)
      output.put(Array("CORE\0\0\0\0".utf8))
      output.put(content)
      output.align(4)
    }
    for (index, thread) in snapshot.threads.enumerated() {
      note(NT_PRSTATUS, status(snapshot, thread))
      if index == 0 {
        note(NT_PRPSINFO, information(snapshot))
        note(NT_SIGINFO, snapshot.information.padded(0, 128))
        note(NT_AUXV, snapshot.auxiliaryVector)
        note(NT_FILE, files(snapshot))
      }
      if !thread.state.floatingPoint.isEmpty { note(NT_FPREGSET, thread.state.floatingPoint) }
    }
    return output.bytes
  }

  /// struct elf_prstatus.
  private static func status(_ snapshot: CrashSnapshot, _ thread: CrashSnapshot.Thread) -> [UInt8] {
    var output = TargetBytesOutput()
    let signal = thread.id == snapshot.threads[0].id ? snapshot.signal : 0
    for value in [signal, snapshot.code, 0] { output.put(value) }
    output.put(UInt16(truncatingIfNeeded: signal))
    output.pad(to: 32)
    output.put(UInt32(truncatingIfNeeded: thread.id))
    output.pad(to: 112)
    for register in thread.state.registers { output.put(register) }
    output.put(UInt32(thread.state.floatingPoint.isEmpty ? 0 : 1))
    output.align(8)
    return output.bytes
  }

  /// struct elf_prpsinfo.
  private static func information(_ snapshot: CrashSnapshot) -> [UInt8] {
    var output = TargetBytesOutput()
    output.put([0, UInt8(ascii: "R"), 0, 0])
    output.pad(to: 24)
    output.put(UInt32(truncatingIfNeeded: snapshot.pid))
    output.pad(to: 40)
    let words = Array(snapshot.commandLine.joined(separator: " ").utf8)
    let name = snapshot.commandLine.first?.split(separator: "/").last.map { Array($0.utf8) } ?? []
    output.put(Array(name.prefix(15)))
    output.pad(to: 56)
    output.put(Array(words.prefix(79)))
    output.pad(to: 136)
    return output.bytes
  }

  /// How many files, the unit of offsets; start, end and offset of each; their names.
  private static func files(_ snapshot: CrashSnapshot) -> [UInt8] {
    let files = snapshot.mappings.filter(\.isFile)
    var output = TargetBytesOutput()
    output.put(UInt64(files.count))
    output.put(UInt64(1))
    for file in files {
      for value in [file.range.lowerBound, file.range.upperBound, file.offset] { output.put(value) }
    }
    for file in files { output.put(Array(file.name.utf8) + [0]) }
    return output.bytes
  }
}
