// Where a target's loader looks for libraries, in its order: ld.so(8) of glibc, and musl's path file.

enum LibraryFolders {
  /// The folders, each once. Those that a library names itself (DT_RUNPATH) are its own business.
  static func all(_ files: TargetFileSystem) -> [String] {
    let parts = files.triple.split(separator: "-").map(String.init)
    let architecture = parts.first ?? ""
    var folders = environment(files)
    if parts.last?.hasPrefix("musl") == true {
      // musl: lines or colons; the file replaces the default.
      let path = files.text("/etc/ld-musl-\(architecture).path") ?? "/lib:/usr/local/lib:/usr/lib"
      folders += path.split { $0 == ":" || $0.isNewline }.map(String.init)
    } else {
      var reader = ConfigurationReader(files: files)
      reader.read("/etc/ld.so.conf")
      folders += reader.folders
      for folder in ["/lib", "/usr/lib"] { folders.append("\(folder)/\(architecture)-linux-gnu") }
      for folder in ["/lib64", "/usr/lib64"] where architecture == "riscv64" { folders.append("\(folder)/lp64d") }
      folders += ["/lib64", "/usr/lib64", "/lib", "/usr/lib"]
    }
    var seen: Set<String> = []
    return folders.filter { $0.hasPrefix("/") }.map(SourcePath.normalized).filter { seen.insert($0).inserted }
  }

  /// LD_LIBRARY_PATH as the executor was started with it.
  private static func environment(_ files: TargetFileSystem) -> [String] {
    let variables = files.text("/proc/self/environ")?.split(separator: "\0") ?? []
    let value = variables.first { $0.hasPrefix("LD_LIBRARY_PATH=") }?.dropFirst(16) ?? ""
    return value.split { $0 == ":" || $0 == ";" }.map(String.init)
  }
}

/// Reads `ld.so.conf`: a folder per line, and `include` with a pattern.
private struct ConfigurationReader {
  let files: TargetFileSystem
  private(set) var folders: [String] = []
  /// Files that include each other end here.
  private var left = 100

  init(files: TargetFileSystem) { self.files = files }

  mutating func read(_ path: String) {
    guard left > 0, let text = files.text(path) else { return }
    left -= 1
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.prefix { $0 != "#" }.split { " \t,:".contains($0) }.map(String.init)
      switch words.first {
      case "include": for pattern in words.dropFirst() { include(pattern, from: path) }
      // Kinds of hardware had lines of their own once.
      case "hwcap", nil: break
      default: folders += words.map { String($0.prefix { $0 != "=" }) }
      }
    }
  }

  private mutating func include(_ pattern: String, from path: String) {
    let full = pattern.hasPrefix("/") ? pattern : "\(path[..<path.lastIndex(of: "/")!])/\(pattern)"
    guard let slash = full.lastIndex(of: "/") else { return }
    let (folder, name) = (String(full[..<slash]), full[full.index(after: slash)...])
    // As glob does: names that begin with a dot are not meant.
    for found in files.names(in: folder) where !found.hasPrefix(".") && Self.matches(found[...], name) {
      read("\(folder)/\(found)")
    }
  }

  /// Whether a name fits a pattern of `*` and `?`.
  private static func matches(_ name: Substring, _ pattern: Substring) -> Bool {
    guard let first = pattern.first else { return name.isEmpty }
    if first == "*" {
      return matches(name, pattern.dropFirst()) || (!name.isEmpty && matches(name.dropFirst(), pattern))
    }
    guard let character = name.first, first == "?" || first == character else { return false }
    return matches(name.dropFirst(), pattern.dropFirst())
  }
}
