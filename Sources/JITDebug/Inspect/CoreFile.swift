// A process as a core file kept it, from the kernel, gcore or jitdebug; what a core leaves out is read from the mapped files.

import Glibc

package final class CoreFile: ProcessMemory {
  package let path: String
  package let mappings: [MemoryMapping]
  package let auxiliaryVector: [UInt8]
  private let file: LocalFile
  /// What of each mapping is in the core: where it starts there, and how many bytes.
  private let kept: [(offset: UInt64, size: UInt64)]
  /// Files that were looked at already, by path; nil for those that are not what was mapped.
  private nonisolated(unsafe) var files: [String: LocalFile?] = [:]

  package var subject: String { "core file \(path)" }

  package init(_ path: String) throws(JITDebugError) {
    self.path = path
    guard let file = LocalFile(path) else {
      throw JITDebugError(
        .input, path, errno == 0 ? "is no file" : systemMessage(errno).lowercasedFirst,
        remedy: "name a core file: `gcore PID` writes one, and so does the kernel as `ulimit -c` allows")
    }
    guard let core = ELFObject(file), core.e_type == ELF.ET_CORE, !core.segments.isEmpty else {
      throw JITDebugError(.input, path, "is no core file", remedy: "name an ELF core file")
    }
    self.file = file
    var notes: [ELFNote] = []
    for segment in core.segments where segment.p_type == ELF.PT_NOTE {
      if let bytes = file.all(segment.p_offset, segment.p_filesz) { notes += ELFNote.read(bytes, core.format) }
    }
    auxiliaryVector = notes.first { $0.type == ELF.NT_AUXV && $0.name == "CORE" }?.content ?? []
    let names = notes.first { $0.type == ELF.NT_FILE }.map { Self.fileNames($0.content, core.format) } ?? []
    var parts: [(mapping: MemoryMapping, offset: UInt64, size: UInt64)] = []
    let loaded = core.segments.filter { $0.p_type == ELF.PT_LOAD && $0.p_memsz > 0 }.sorted { $0.p_vaddr < $1.p_vaddr }
    for segment in loaded where segment.p_vaddr >= parts.last?.mapping.range.end.rawValue ?? 0 {
      // Neither can a mapping wrap around, nor more of it be in the core than it has.
      let size = min(segment.p_memsz, .max - segment.p_vaddr)
      let known = names.last { $0.start <= segment.p_vaddr && segment.p_vaddr < $0.end }
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
    for name in names where name.start < name.end {
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
    self.mappings = mappings
    self.kept = kept
  }

  private struct FileName {
    var start: UInt64
    var end: UInt64
    var offset: UInt64
    var path: String
    var isDeleted: Bool
  }

  /// Linux, fs/binfmt_elf.c: count, page size, triples of start, end and offset in pages; then the names.
  private static func fileNames(_ note: [UInt8], _ format: ELFFormat) -> [FileName] {
    let view = ByteView(note, format)
    let size = format.addressSize
    guard let count = view.word(0), let page = view.word(size), count <= UInt64(note.count / (3 * size)) else {
      return []
    }
    var names: [FileName] = []
    var position = (2 + 3 * Int(count)) * size
    for index in 0..<Int(count) {
      let entry = (2 + 3 * index) * size
      guard let start = view.word(entry), let end = view.word(entry + size), let offset = view.word(entry + 2 * size),
        var path = view.string(position)
      else { break }
      // Not by the text, in which what is no UTF-8 has become something longer.
      while note[position] != 0 { position += 1 }
      position += 1
      let isDeleted = path.hasSuffix(" (deleted)")
      if isDeleted { path.removeLast(" (deleted)".count) }
      names.append(FileName(start: start, end: end, offset: offset &* page, path: path, isDeleted: isDeleted))
    }
    return names
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
    var (low, high) = (0, mappings.count)
    while low < high {
      let middle = (low + high) / 2
      if mappings[middle].range.start <= address { low = middle + 1 } else { high = middle }
    }
    return low > 0 && mappings[low - 1].range.contains(address) ? low - 1 : nil
  }

  /// The file here of that name, if its first page is the one in the core. (The kernel keeps the first page of each ELF file;
  /// gcore all that cannot be executed.)
  package func file(of mapping: MemoryMapping) -> (any ByteSource)? {
    guard mapping.isFile, !mapping.isDeleted else { return nil }
    if let known = files[mapping.path] { return known }
    var found = LocalFile(mapping.path)
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

  /// What cannot be found out may be.
  mutating func isExecutable(_ path: String, at offset: UInt64) -> Bool {
    let known: [ELFObject.Segment]?
    if let remembered = segments[path] {
      known = remembered
    } else {
      known = LocalFile(path).flatMap { ELFObject($0) }?.segments
      segments[path] = .some(known)
    }
    guard let known else { return true }
    return known.contains { segment in
      segment.p_type == ELF.PT_LOAD && segment.p_flags & ELF.PF_X != 0 && segment.p_offset & ~0xfff <= offset
        && offset < segment.p_offset &+ segment.p_filesz
    }
  }
}

extension Array {
  /// The first place from which on the condition holds.
  fileprivate func partitionPoint(_ holds: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
