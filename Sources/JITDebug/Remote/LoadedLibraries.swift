// The libraries of a process on the target, by the names under which its dynamic linker has them: debuggers look for these.

/// Reads a process of the target through the executor, without stopping it. All supported targets are little-endian, 64-bit.
struct LoadedLibraries {
  private let target: Target
  /// As /proc calls it.
  private let process: String

  /// Far above what any process has; a damaged list ends here.
  private static let limit = 1000

  init(target: Target, process: String) {
    self.target = target
    self.process = process
  }

  /// The names, in the order of loading, without the executable and the vdso. Empty where the list cannot be found.
  ///
  /// - Parameter executable: the content of the process's program file.
  func names(executable: [UInt8]) throws(JITDebugError) -> [String] {
    guard let program = ProgramHeaders(executable), let dynamic = program.dynamic,
      let base = try baseAddress(of: program)
    else { return [] }
    // System V ABI, "Dynamic Section": pairs of tag and value; DT_DEBUG leads to the linker's struct r_debug.
    let section = Bytes(try memory(base &+ dynamic.address, dynamic.size))
    var debug: UInt64 = 0
    for offset in stride(from: 0, to: section.count, by: 16) where section.u64(offset) == 21 {
      debug = section.u64(offset + 8) ?? 0
    }
    guard debug != 0 else { return [] }
    // <link.h>: r_debug has r_map at 8; link_map has l_name at 8 and l_next at 24.
    var names: [String] = []
    var map = Bytes(try memory(debug, 16)).u64(8) ?? 0
    for _ in 0..<Self.limit where map != 0 {
      let entry = Bytes(try memory(map, 32))
      let name = try entry.u64(8).map { (address) throws(JITDebugError) in try string(address) } ?? ""
      if name.hasPrefix("/") { names.append(name) }
      map = entry.u64(24) ?? 0
    }
    return names
  }

  /// What the program was moved by from the addresses in its file.
  private func baseAddress(of program: ProgramHeaders) throws(JITDebugError) -> UInt64? {
    // AT_PHDR (3) of the auxiliary vector is where the program headers are in memory.
    let vector = Bytes(try target.readFile("/proc/\(process)/auxv"))
    for offset in stride(from: 0, to: vector.count, by: 16) where vector.u64(offset) == 3 {
      return vector.u64(offset + 8).map { $0 &- program.headersAddress }
    }
    return nil
  }

  private func memory(_ address: UInt64, _ size: UInt64) throws(JITDebugError) -> [UInt8] {
    try target.readFile("/proc/\(process)/mem", offset: address, size: size)
  }

  private func string(_ address: UInt64) throws(JITDebugError) -> String {
    // As far as memory reaches, which ends behind the string at the earliest.
    String(decoding: try memory(address, 4096).prefix { $0 != 0 }, as: UTF8.self)
  }
}

/// The program headers of an ELF file.
struct ProgramHeaders {
  /// Where the dynamic section is in memory, before the program was moved.
  private(set) var dynamic: (address: UInt64, size: UInt64)?
  /// Where the headers themselves are in memory, before the program was moved.
  private(set) var headersAddress: UInt64 = 0
  /// The build-id note's content.
  private(set) var buildID: [UInt8]?

  /// - Parameter file: the file's beginning, at least 4 KiB of it: notes and headers are there.
  init?(_ file: [UInt8]) {
    let bytes = Bytes(file)
    // gABI, "ELF Header" and "Program Header", for ELFCLASS64 and ELFDATA2LSB.
    guard file.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]), let e_phoff = bytes.u64(32), let e_phnum = bytes.u16(56),
      e_phoff < 1 << 20
    else { return nil }
    for index in 0..<Int(e_phnum) {
      let header = Int(e_phoff) + 56 * index
      guard let p_type = bytes.u32(header), let p_offset = bytes.u64(header + 8), let p_vaddr = bytes.u64(header + 16),
        let p_filesz = bytes.u64(header + 32)
      else { return nil }
      switch p_type {
      // PT_LOAD: the one that holds the headers tells where they are.
      case 1 where p_offset <= e_phoff && e_phoff - p_offset < p_filesz:
        headersAddress = p_vaddr &+ (e_phoff - p_offset)
      case 2: dynamic = (p_vaddr, min(p_filesz, 1 << 16))
      case 4: buildID = buildID ?? Self.buildID(in: bytes, p_offset, p_filesz)
      default: break
      }
    }
  }

  /// Notes: sizes of name and content, type, name, content, the latter two padded to 4 bytes.
  private static func buildID(in bytes: Bytes, _ offset: UInt64, _ size: UInt64) -> [UInt8]? {
    guard offset < UInt64(bytes.count), size <= UInt64(bytes.count) - offset else { return nil }
    var position = Int(offset)
    let end = position + Int(size)
    while position + 12 <= end, let n_namesz = bytes.u32(position), let n_descsz = bytes.u32(position + 4) {
      let content = position + 12 + (Int(n_namesz) + 3) & ~3
      let next = content + (Int(n_descsz) + 3) & ~3
      guard next <= end else { return nil }
      // NT_GNU_BUILD_ID of "GNU".
      if bytes.u32(position + 8) == 3, bytes.u32(position + 12) == 0x0055_4e47, n_namesz == 4 {
        return Array(bytes[content..<(content + Int(n_descsz))])
      }
      position = next
    }
    return nil
  }
}

/// Little-endian numbers in bytes; nil beyond their end.
private struct Bytes {
  private let content: [UInt8]
  init(_ content: [UInt8]) { self.content = content }

  var count: Int { content.count }
  subscript(range: Range<Int>) -> ArraySlice<UInt8> { content[range] }

  private func number(_ offset: Int, _ size: Int) -> UInt64? {
    guard offset >= 0, offset <= content.count - size else { return nil }
    return content[offset..<(offset + size)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
  func u16(_ offset: Int) -> UInt16? { number(offset, 2).map(UInt16.init) }
  func u32(_ offset: Int) -> UInt32? { number(offset, 4).map(UInt32.init) }
  func u64(_ offset: Int) -> UInt64? { number(offset, 8) }
}
