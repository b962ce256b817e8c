// A process as a core file kept it, from the kernel, gcore or jitdebug; what a core leaves out is read from the mapped files.

import Glibc

package final class CoreFile: ProcessMemory {
  package let path: String
  package let mappings: [MemoryMapping]
  package let auxiliaryVector: [UInt8]
  package let omissions: [String]
  private let file: LocalFile
  /// What of each mapping is in the core: where it starts there, and how many bytes.
  private let kept: [(offset: UInt64, size: UInt64)]
  /// Files that were looked at already, by path; nil for those that are not what was mapped.
  private nonisolated(unsafe) var files: [String: LocalFile?] = [:]

  package var subject: String { "core file \(path)" }

  /// What is read of a core file: mappings, as many as Linux can be told to allow, and bytes of all notes that are looked at.
  private static let segmentLimit = 1 << 18
  private static let noteLimit = 1 << 25
  /// Mapped files; Linux allows 65,530 mappings unless told otherwise.
  private static let fileNameLimit = 1 << 16
  /// How many mapped files are opened.
  private static let fileLimit = ProcessModules.fileLimit

  package init(_ path: String) throws(JITDebugError) {
    self.path = path
    guard let file = LocalFile(path) else {
      throw JITDebugError(
        .input, path, errno == 0 ? "is no file" : systemMessage(errno).lowercasedFirst,
        remedy: "name a core file: `gcore PID` writes one, and so does the kernel as `ulimit -c` allows")
    }
    guard let core = ELFObject(file, ELFObject.Limits(sections: 1, segments: Self.segmentLimit)),
      core.e_type == ELF.ET_CORE, !core.segments.isEmpty
    else {
      throw JITDebugError(.input, path, "is no core file", remedy: "name an ELF core file")
    }
    self.file = file
    var omissions: [String] = []
    let notes = Self.notes(core, file, &omissions)
    auxiliaryVector = notes.vector
    let names = Self.fileNames(notes.names, core.format)
    var parts: [(mapping: MemoryMapping, offset: UInt64, size: UInt64)] = []
    let loaded = core.segments.filter { $0.p_type == ELF.PT_LOAD && $0.p_memsz > 0 }.sorted { $0.p_vaddr < $1.p_vaddr }
    for segment in loaded where segment.p_vaddr >= parts.last?.mapping.range.end.rawValue ?? 0 {
      // Neither can a mapping wrap around, nor more of it be in the core than it has.
      let size = min(segment.p_memsz, .max - segment.p_vaddr)
      let next = names.partitionPoint { $0.start > segment.p_vaddr }
      let known = next > 0 && segment.p_vaddr < names[next - 1].end ? names[next - 1] : nil
      let mapping = MemoryMapping(
        range: TargetRange(start: TargetAddress(segment.p_vaddr), size: size),
        isReadable: segment.p_flags & ELF.PF_R != 0, isWritable: segment.p_flags & ELF.PF_W != 0,
        isExecutable: segment.p_flags & ELF.PF_X != 0,
        offset: known.map { $0.offset &+ (segment.p_vaddr - $0.start) } ?? 0, path: known?.path ?? "",
        isDeleted: known?.isDeleted ?? false)
      parts.append((mapping, segment.p_offset, min(segment.p_filesz, size)))
    }
    // gcore leaves out what nobody can have written to, but names it: code, most of all.
    let written = parts.map(\.mapping.range)
    var permissions = FilePermissions()
    for name in names {
      let range = TargetRange(start: TargetAddress(name.start), size: name.end - name.start)
      let place = written.partitionPoint { $0.end > range.start }
      if place < written.count, written[place].start < range.end { continue }
      parts.append(
        (
          MemoryMapping(
            range: range, isReadable: true, isWritable: false,
            isExecutable: permissions.isExecutable(name.path, at: name.offset), offset: name.offset, path: name.path,
            isDeleted: name.isDeleted), 0, 0
        ))
    }
    parts.sort { $0.mapping.range.start < $1.mapping.range.start }
    var mappings: [MemoryMapping] = []
    var kept: [(UInt64, UInt64)] = []
    for part in parts where part.mapping.range.start >= mappings.last?.range.end ?? TargetAddress(0) {
      mappings.append(part.mapping)
      kept.append((part.offset, part.size))
    }
    let left = loaded.count - written.count + parts.count - mappings.count
    if left > 0 { omissions.append("\(left) of its mappings lie within others, and were left out") }
    self.mappings = mappings
    self.kept = kept
    self.omissions = omissions
  }

  /// The auxiliary vector, and the names of mapped files.
  private static func notes(_ core: ELFObject, _ file: LocalFile, _ omissions: inout [String]) -> (
    vector: [UInt8], names: [UInt8]
  ) {
    var found: (vector: [UInt8], names: [UInt8]) = ([], [])
    var left = noteLimit
    for segment in core.segments where segment.p_type == ELF.PT_NOTE {
      guard segment.p_filesz <= left else {
        omissions.append("its notes have more than \(noteLimit) bytes; the rest was not read")
        break
      }
      // So that empty ones end, too.
      left -= max(Int(segment.p_filesz), 1 << 10)
      guard let bytes = file.all(segment.p_offset, segment.p_filesz) else { continue }
      if found.vector.isEmpty {
        found.vector = ELFNote.first(in: bytes, core.format, name: "CORE", type: ELF.NT_AUXV)?.content ?? []
      }
      if found.names.isEmpty {
        found.names = ELFNote.first(in: bytes, core.format, name: "CORE", type: ELF.NT_FILE)?.content ?? []
      }
    }
    return found
  }

  private struct FileName {
    var start: UInt64
    var end: UInt64
    var offset: UInt64
    var path: String
    var isDeleted: Bool
  }

  /// Linux, fs/binfmt_elf.c: count, page size, triples of start, end and offset in pages; then the names. Sorted and disjoint
  /// afterwards.
  private static func fileNames(_ note: [UInt8], _ format: ELFFormat) -> [FileName] {
    let view = ByteView(note, format)
    let size = format.addressSize
    guard let count = view.word(0), let page = view.word(size), count <= UInt64(note.count / (3 * size)),
      count <= UInt64(fileNameLimit)
    else { return [] }
    var names: [FileName] = []
    var position = (2 + 3 * Int(count)) * size
    for index in 0..<Int(count) {
      let entry = (2 + 3 * index) * size
      guard let start = view.word(entry), let end = view.word(entry + size), let offset = view.word(entry + 2 * size),
        var path = view.string(position, limit: Int(PATH_MAX) + 16)
      else { break }
      // Not by the text, in which what is no UTF-8 has become something longer.
      while note[position] != 0 { position += 1 }
      position += 1
      let isDeleted = path.hasSuffix(" (deleted)")
      if isDeleted { path.removeLast(" (deleted)".count) }
      names.append(FileName(start: start, end: end, offset: offset &* page, path: path, isDeleted: isDeleted))
    }
    names.sort { $0.start < $1.start }
    var end: UInt64 = 0
    return names.filter { name in
      guard name.start < name.end, name.start >= end else { return false }
      end = name.end
      return true
    }
  }

  package func read(_ address: TargetAddress, _ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var place = address
    while bytes.count < count, let index = index(of: place) {
      let mapping = mappings[index]
      let offset = place.rawValue - mapping.range.start.rawValue
      let rest = Int(min(UInt64(count - bytes.count), mapping.range.size - offset))
      let part: [UInt8]
      if offset < kept[index].size {
        part = file.read(kept[index].offset &+ offset, min(rest, Int(clamping: kept[index].size - offset)))
      } else {
        part = self.file(of: mapping)?.read(mapping.offset &+ offset, rest) ?? []
      }
      if part.isEmpty { break }
      bytes += part
      place = place + UInt64(part.count)
    }
    return bytes
  }

  private func index(of address: TargetAddress) -> Int? {
    let next = mappings.partitionPoint { $0.range.start > address }
    return next > 0 && mappings[next - 1].range.contains(address) ? next - 1 : nil
  }

  /// The ELF file here of that name, if its first page is the one in the core. (The kernel keeps the first page of each ELF file;
  /// gcore all that cannot be executed.) No others: a core that names /etc/shadow must not get it into a report.
  package func file(of mapping: MemoryMapping) -> (any ByteSource)? {
    guard mapping.isFile, !mapping.isDeleted else { return nil }
    if let known = files[mapping.path] { return known }
    guard files.count < Self.fileLimit else { return nil }
    var found = LocalFile(mapping.path)
    if found?.read(0, 4) != ELF.ELFMAG { found = nil }
    let first = mappings.indices.first { mappings[$0].path == mapping.path && mappings[$0].offset == 0 }
    if let first, let file = found, kept[first].size > 0 {
      let page = Int(min(kept[first].size, 4096))
      if self.file.read(kept[first].offset, page) != file.read(0, page) { found = nil }
    }
    files[mapping.path] = .some(found)
    return found
  }
}

/// Which parts of program files are code, by their own headers: a core does not say so of what it leaves out.
private struct FilePermissions {
  private var segments: [String: [ELFObject.Segment]?] = [:]
  /// How many files are looked at.
  private static let limit = 4096

  /// What cannot be found out may be.
  mutating func isExecutable(_ path: String, at offset: UInt64) -> Bool {
    let known: [ELFObject.Segment]?
    if let remembered = segments[path] {
      known = remembered
    } else {
      guard segments.count < Self.limit else { return true }
      known = LocalFile(path).flatMap { ELFObject($0, ELFObject.Limits(sections: 0)) }?.segments
        .filter { $0.p_type == ELF.PT_LOAD && $0.p_flags & ELF.PF_X != 0 }
      segments[path] = .some(known)
    }
    guard let known else { return true }
    return known.contains { $0.p_offset & ~0xfff <= offset && offset < $0.p_offset &+ $0.p_filesz }
  }
}
