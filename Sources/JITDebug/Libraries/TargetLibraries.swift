// The libraries of a target: which files there are of a name, which one `--dlopen` takes, and loading it.

/// What the target's loader could find, read once.
package struct TargetLibraries {
  private let files: TargetFileSystem
  package let folders: [String]
  /// In the order in which a loader meets them.
  package let all: [LibraryFile]

  package init(_ files: TargetFileSystem) {
    self.files = files
    var folders: [String] = []
    var all: [LibraryFile] = []
    var lists: Set<[String]> = []
    for folder in files.isReadable ? LibraryFolders.all(files) : [] {
      let names = files.names(in: folder)
      // /lib and /usr/lib are one on most systems.
      guard !names.isEmpty, lists.insert(names).inserted else { continue }
      folders.append(folder)
      all += names.compactMap { LibraryFile($0, in: folder) }
    }
    self.folders = folders
    self.all = all
  }

  /// What the beginning of a file tells.
  package enum Fitness: Equatable, Sendable {
    case fits
    /// Made for something else, as its ELF header has it.
    case architecture(String)
    /// Not an ELF file: a linker script, for example.
    case noLibrary
    case unreadable
  }

  /// Holds an ELF file's headers and, with every linker known, its build-id.
  private static let headSize: UInt64 = 1024

  /// The files of a name with what their beginnings tell, and which of them `--dlopen` takes.
  package struct Choice {
    package var files: [LibraryFile]
    package var fitness: [Fitness]
    package var taken: Int?
  }

  /// The choice for each list of candidates: the first that fits, by the shortest of its names. (libx.so.2 is a link to
  /// libx.so.2.3.4 on most systems, and what other libraries call it.)
  package func choices(_ lists: [[LibraryFile]]) throws(JITDebugError) -> [Choice] {
    let architecture = try Architecture(triple: files.triple)
    var heads = try files.heads(of: lists.flatMap { $0.map(\.path) }, size: Self.headSize)[...]
    var choices: [Choice] = []
    for list in lists {
      let own = Array(heads.prefix(list.count))
      heads = heads.dropFirst(list.count)
      var choice = Choice(files: list, fitness: own.map { Self.fitness($0, architecture) })
      if let first = choice.fitness.firstIndex(of: .fits) {
        let names = list.indices.filter { own[$0] == own[first] && !list[$0].version.isEmpty }
        choice.taken = names.min { list[$0].path.count < list[$1].path.count } ?? first
      }
      choices.append(choice)
    }
    return choices
  }

  private static func fitness(_ head: [UInt8]?, _ architecture: Architecture) -> Fitness {
    // gABI, "ELF Header": e_ident with class and byte order, e_type, e_machine. All that is known here is little-endian.
    guard let head else { return .unreadable }
    guard head.count > 20, head.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else { return .noLibrary }
    let machine = UInt16(head[18]) | UInt16(head[19]) << 8
    let is64 = head[4] == 2
    if machine == architecture.machine && is64 == architecture.is64Bit { return .fits }
    return .architecture(Architecture.name(machine: machine, is64Bit: is64))
  }

  /// The files of a name, the one to take first: the highest version, of that the first on the loader's way.
  package func candidates(_ name: String, version: LibraryVersion?) -> [LibraryFile] {
    var found = all.filter { $0.name == name && (version.map($0.version.matches) ?? true) }
    // Stable: equal versions stay in the loader's order. The very version asked for goes before its releases.
    func isBefore(_ a: LibraryFile, _ b: LibraryFile) -> Bool {
      if let version, (a.version == version) != (b.version == version) { return a.version == version }
      return a.version > b.version
    }
    for i in found.indices.dropFirst() {
      var position = i
      while position > 0 && isBefore(found[position], found[position - 1]) {
        found.swapAt(position, position - 1)
        position -= 1
      }
    }
    return found
  }

  /// The file to load for a name, or why there is none.
  package func find(_ name: String, version: String?) throws(JITDebugError) -> LibraryFile {
    let subject = "--dlopen \(name)\(version.map { "@\($0)" } ?? "")"
    let wanted = version.flatMap { LibraryVersion($0) }
    let choice = try choices([candidates(name, version: wanted)])[0]
    let found = choice.files
    if let taken = choice.taken { return found[taken] }
    func failure(_ reason: String, _ remedy: String) -> JITDebugError {
      JITDebugError(.input, subject, reason, remedy: remedy)
    }
    for (file, fitness) in zip(found, choice.fitness) {
      switch fitness {
      case .architecture(let other):
        throw failure(
          "\(file.path) on the target is for \(other), but the executor runs on \(files.triple)",
          "install the library for the executor's architecture there")
      case .unreadable:
        throw failure("\(file.path) on the target cannot be read", "see its permissions, and where it links to")
      case .noLibrary, .fits: continue
      }
    }
    if let file = found.first {
      throw failure("\(file.path) on the target is no shared library", "install the library itself there")
    }
    let others = candidates(name, version: nil).map(\.version.text).filter { !$0.isEmpty }
    if let version, !others.isEmpty {
      throw failure(
        "the target has no version \(version) of lib\(name).so, only \(others.joined(separator: ", "))",
        "leave the version out for the highest one")
    }
    let near = near(name)
    throw failure(
      "the target has no lib\(name).so" + (near.isEmpty ? "" : ", but \(near.joined(separator: ", "))"),
      "see `jitdebug libraries` for what it has, or name a file by its path there")
  }

  /// Names that may have been meant, the likeliest first.
  private func near(_ name: String) -> [String] {
    let wanted = name.lowercased().hasPrefix("lib") ? String(name.lowercased().dropFirst(3)) : name.lowercased()
    var scored: [(score: Int, name: String)] = []
    for other in Set(all.map(\.name)) {
      let text = other.lowercased()
      let limit = wanted.count < 6 ? 1 : 2
      let distance = editDistance(text, wanted, limit: limit)
      if distance <= limit {
        scored.append((distance, other))
      } else if wanted.count >= 3 && (text.hasPrefix(wanted) || (text.count >= 3 && wanted.hasPrefix(text))) {
        scored.append((limit + 1, other))
      }
    }
    return scored.sorted { ($0.score, $0.name) < ($1.score, $1.name) }.prefix(5).map(\.name)
  }
}

// MARK: Loading

extension TargetLibraries {
  /// Loads libraries in order and returns the file of each. All are tried, so that the error names all that fail.
  ///
  /// - Parameter note: told which file was taken for a name.
  static func load(_ libraries: [TargetLibrary], into target: Target, _ files: TargetFileSystem, note: (String) -> Void)
    throws(JITDebugError) -> [String]
  {
    // Paths need no search.
    let all = libraries.contains { $0.kind != .file } ? TargetLibraries(files) : nil
    var paths: [String] = []
    var failures: [JITDebugError] = []
    for library in libraries {
      do {
        let path = try all?.path(of: library, target) ?? library.text
        _ = try target.openLibrary(path)
        paths.append(path)
        if library.kind != .file { note("--dlopen \(library.text): loaded \(path)") }
      } catch {
        guard error.code == .input else { throw error }
        failures.append(error)
      }
    }
    guard var failure = failures.first else { return paths }
    for other in failures.dropFirst() { failure.reason += "; \(other.subject): \(other.reason)" }
    throw failure
  }

  private func path(of library: TargetLibrary, _ target: Target) throws(JITDebugError) -> String {
    guard case .name(let name, let version) = library.kind else { return library.text }
    return files.isReadable ? try find(name, version: version).path : try probe(name, version, target)
  }

  /// The highest version that is tried on an executor that lists no files.
  private static let highestProbed = 64

  /// Of an executor that lists no files, all that can be asked is whether a file can be loaded.
  private func probe(_ name: String, _ version: String?, _ target: Target) throws(JITDebugError) -> String {
    let versions = version.map { ["." + $0] } ?? (0...Self.highestProbed).reversed().map { ".\($0)" } + [""]
    for version in versions {
      let file = "lib\(name).so\(version)"
      do {
        _ = try target.openLibrary(file)
        return file
      } catch {
        // The loader begins with the file that it did not find; another one is what this one needs.
        guard error.code == .input, error.reason.contains(": \(file): cannot open") else { throw error }
      }
    }
    let tried = version.map { "lib\(name).so.\($0)" } ?? "lib\(name).so.0 to .\(Self.highestProbed) and lib\(name).so"
    throw JITDebugError(
      .input, "--dlopen \(name)", "this executor cannot list the target's libraries, and could not load \(tried)",
      remedy: "name the library's file, or use jitdebug-executor there")
  }
}

/// How many letters have to be added, removed or changed; more than `limit` counts as `limit + 1`.
private func editDistance(_ a: String, _ b: String, limit: Int) -> Int {
  let (a, b) = (Array(a.utf8), Array(b.utf8))
  guard abs(a.count - b.count) <= limit else { return limit + 1 }
  var row = Array(0...b.count)
  for i in a.indices {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let next = a[i] == b[j] ? diagonal : 1 + min(diagonal, row[j], row[j + 1])
      diagonal = row[j + 1]
      row[j + 1] = next
    }
  }
  return min(row[b.count], limit + 1)
}
