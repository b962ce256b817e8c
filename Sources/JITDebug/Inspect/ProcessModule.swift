// The program and the libraries that are mapped in a process, in the order in which debuggers go through them.

/// A program or library as it is mapped.
package struct ProcessModule: Sendable {
  package var path: String
  package var isDeleted: Bool
  /// Sorted by address.
  package var mappings: [MemoryMapping]
  /// What is added to an address in the file to give one in the process.
  package var bias: UInt64
  package var buildID: [UInt8]?
  /// Whether it is the program itself.
  package var isProgram = false
  /// The file's headers, or if the file cannot be had, those in memory.
  package var object: ELFObject
  /// Whether `object` reads from the file, and not from memory, where only segments are.
  package var hasFile: Bool

  /// For people: the last part of the path.
  package var name: String { SourcePath.name(path) }

  package func contains(_ address: TargetAddress) -> Bool { mappings.contains { $0.range.contains(address) } }

  /// Where the dynamic section is in the process; nil for a static program.
  var dynamicSection: TargetRange? {
    object.segments.first { $0.p_type == ELF.PT_DYNAMIC }.map {
      TargetRange(start: TargetAddress($0.p_vaddr &+ bias), size: $0.p_memsz)
    }
  }
}

/// All modules of a process.
package struct ProcessModules: Sendable {
  /// The program first, then in the order of the dynamic linker's list, then those that are not on it.
  package private(set) var modules: [ProcessModule] = []
  /// Class and byte order of the program, and with that of all that is in its memory.
  package let format: ELFFormat

  /// Far above what any process has; a damaged list ends here.
  private static let limit = 4096
  /// How many modules' files are read and kept open; of others, what is in memory has to do.
  static let fileLimit = 512
  /// How many sections are kept of a module, and of all together.
  private static let sectionLimit = (one: 4096, all: 100_000)

  package init(of memory: any ProcessMemory) throws(JITDebugError) {
    var groups: [String: [MemoryMapping]] = [:]
    var order: [String] = []
    for mapping in memory.mappings where mapping.isFile {
      let key = "\(mapping.inode) \(mapping.isDeleted) \(mapping.path)"
      if groups[key] == nil {
        guard order.count < Self.limit else { continue }
        order.append(key)
      }
      groups[key, default: []].append(mapping)
    }
    var (files, sections) = (0, 0)
    for key in order {
      let left = min(Self.sectionLimit.one, Self.sectionLimit.all - sections)
      let limits = ELFObject.Limits(sections: max(left, 0))
      guard let module = Self.module(groups[key]!, memory, limits, opensFile: files < Self.fileLimit) else { continue }
      modules.append(module)
      if module.hasFile { files += 1 }
      sections += module.object.sections.count
    }
    guard let anyFormat = modules.first?.object.format else {
      throw JITDebugError(
        .input, memory.subject, "no program is mapped in it",
        remedy: "name a process that runs; of a core file, the program's own pages may be missing")
    }
    let headers = memory.auxiliaryValue(ELF.AT_PHDR, anyFormat).map { TargetAddress($0) }
    let program = modules.firstIndex { module in headers.map(module.contains) ?? false } ?? 0
    format = modules[program].object.format
    modules[program].isProgram = true
    modules.swapAt(0, program)
    let places = Self.linkedModules(memory, modules, format)
    modules = modules.enumerated().sorted { a, b in
      let (x, y) = (places[a.offset] ?? .max, places[b.offset] ?? .max)
      return x == y ? a.offset < b.offset : x < y
    }.map(\.element)
  }

  /// Nil for a file that is mapped as data.
  private static func module(
    _ mappings: [MemoryMapping], _ memory: any ProcessMemory, _ limits: ELFObject.Limits, opensFile: Bool
  ) -> ProcessModule? {
    guard mappings.contains(where: \.isExecutable) else { return nil }
    let first = mappings[0]
    let file = opensFile ? memory.file(of: first) : nil
    let inMemory = MemoryPart(
      memory, at: first.range.start, size: mappings.last!.range.end.rawValue - first.range.start.rawValue)
    guard
      let object = file.flatMap({ ELFObject($0, limits) }) ?? (first.offset == 0 ? ELFObject(inMemory, limits) : nil),
      let loaded = object.segments.first(where: {
        // Mappings begin at whole pages, whose size differs between machines; segments do not.
        $0.p_type == ELF.PT_LOAD && $0.p_offset >= first.offset && $0.p_offset - first.offset < 1 << 16
      })
    else { return nil }
    return ProcessModule(
      path: first.path, isDeleted: first.isDeleted, mappings: mappings,
      bias: first.range.start.rawValue &+ (loaded.p_offset - first.offset) &- loaded.p_vaddr,
      buildID: object.buildID, object: object, hasFile: file != nil)
  }

  /// The place of modules in the dynamic linker's list.
  private static func linkedModules(_ memory: any ProcessMemory, _ modules: [ProcessModule], _ format: ELFFormat)
    -> [Int: Int]
  {
    guard let section = modules[0].dynamicSection else { return [0: 0] }
    let size = UInt64(format.addressSize)
    func word(_ address: UInt64) -> UInt64? {
      ByteView(memory.read(TargetAddress(address), Int(size)), format).word(0)
    }
    // <link.h>: r_debug has r_map behind an int; link_map has l_addr, l_name, l_ld and l_next.
    guard
      let debug = DynamicSymbols(memory, section, bias: modules[0].bias, format)[ELF.DT_DEBUG], debug != 0,
      var map = word(debug &+ size)
    else { return [0: 0] }
    var places = [0: 0]
    for place in 1...limit where map != 0 {
      guard let dynamic = word(map &+ 2 * size), let next = word(map &+ 3 * size) else { break }
      if let index = modules.firstIndex(where: { $0.contains(TargetAddress(dynamic)) }), places[index] == nil {
        places[index] = place
      }
      map = next
    }
    return places
  }

  /// The module that an address lies in.
  package func module(at address: TargetAddress) -> ProcessModule? { modules.first { $0.contains(address) } }
}
