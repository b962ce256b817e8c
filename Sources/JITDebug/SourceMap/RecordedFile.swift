// A source file as debug info names it, and how debuggers join the parts of that name.

import Glibc
import OrcBridge

/// One source file named by debug info.
package struct RecordedFile: Hashable, Codable, Sendable {
  /// The path that LLDB looks for: absolute, or relative if the compilation directory is that or not recorded.
  package var path: String
  /// The MD5 sum of its text when it was compiled; DWARF 5 and LLVM IR may have it.
  package var md5: [UInt8]?
  /// How many functions with code are declared in it.
  package var functions: Int
  /// The ways in which GDB names it.
  package var spellings: [Spelling]

  /// The two parts of a name that GDB applies its rules to one by one, as recorded.
  package struct Spelling: Hashable, Codable, Sendable {
    /// Empty if not recorded.
    package var compilationDirectory: String
    package var name: String
    package init(compilationDirectory: String, name: String) {
      self.compilationDirectory = compilationDirectory
      self.name = name
    }
  }

  /// - Parameter spellings: if left out, GDB sees the path as one.
  package init(path: String, md5: [UInt8]? = nil, functions: Int = 0, spellings: [Spelling]? = nil) {
    self.path = path
    self.md5 = md5
    self.functions = functions
    self.spellings = spellings ?? [Spelling(compilationDirectory: "", name: path)]
  }

  private init(_ file: orc_source_file) {
    let (unit, directory, name) = (
      String(cString: file.compilation_directory), String(cString: file.directory), String(cString: file.name)
    )
    let isWhole = file.directory_is_whole
    path = SourcePath.normalized(SourcePath.join(isWhole ? "" : unit, directory, name))
    md5 = file.has_md5 ? withUnsafeBytes(of: file.md5) { Array($0) } : nil
    functions = file.functions
    // GDB leaves out directory 0 where it is the compilation directory, and puts a relative one in twice.
    let listed = isWhole && directory == unit && directory.hasPrefix("/") ? name : SourcePath.join(directory, name)
    spellings = [Spelling(compilationDirectory: unit, name: listed)]
  }

  /// Reads every file that the debug info of an object, archive, debug file, bitcode or IR names, each path once.
  package static func read(_ path: String) throws(JITDebugError) -> [RecordedFile] {
    let bytes = try readFile(path)
    return try read(UnsafeRawBufferPointer(bytes.buffer), named: path)
  }

  /// The same for an object in memory.
  package static func read(_ object: [UInt8], named name: String) throws(JITDebugError) -> [RecordedFile] {
    try object.withUnsafeBytes { bytes in Result { () throws(JITDebugError) in try read(bytes, named: name) } }.get()
  }

  package static func read(_ bytes: UnsafeRawBufferPointer, named name: String) throws(JITDebugError) -> [RecordedFile]
  {
    guard let start = bytes.baseAddress else { return [] }
    var list: OpaquePointer?
    try callBridge(.input, name) { orc_source_files_read(start, bytes.count, name, &list) }
    guard let list else { return [] }
    defer { orc_source_files_free(list) }
    return merged((0..<orc_source_files_count(list)).map { RecordedFile(orc_source_files_get(list, $0)) })
  }

  /// One entry for each path and MD5 sum, in the order of first use. Where one entry of a path has no sum, it is of the
  /// same text as the first that has.
  package static func merged(_ files: [RecordedFile]) -> [RecordedFile] {
    var result: [RecordedFile] = []
    var places: [String: [Int]] = [:]
    // A path longer than the system's longest is of no file here.
    for file in files where !isPlaceholder(file.path) && file.path.utf8.count < PATH_MAX {
      let known = places[file.path, default: []]
      let same = known.first { file.md5 == nil || result[$0].md5 == nil || result[$0].md5 == file.md5 }
      guard let same else {
        places[file.path, default: []].append(result.count)
        result.append(file)
        continue
      }
      result[same].functions += file.functions
      result[same].md5 = result[same].md5 ?? file.md5
      for spelling in file.spellings where !result[same].spellings.contains(spelling) {
        result[same].spellings.append(spelling)
      }
    }
    return result
  }

  /// Compilers' names for what is no file: `<stdin>`, `<built-in>`, `-`.
  private static func isPlaceholder(_ path: String) -> Bool {
    guard let name = path.utf8.last == UInt8(ascii: "/") ? SourcePath.components(path).last : SourcePath.name(path),
      !name.isEmpty
    else { return true }
    return name == "-" || (name.hasPrefix("<") && name.hasSuffix(">"))
  }
}

/// Paths as text, without asking the file system.
package enum SourcePath {
  /// An absolute part replaces what stands before it (DWARF 5, 6.2.4).
  package static func join(_ parts: String...) -> String {
    var path = ""
    for part in parts where !part.isEmpty {
      path = part.hasPrefix("/") || path.isEmpty ? part : (path.hasSuffix("/") ? path + part : "\(path)/\(part)")
    }
    return path
  }

  /// Without `.`, doubled slashes and, where that is certain, `..`: the form in which LLDB compares paths.
  package static func normalized(_ path: String) -> String {
    if isPlain(path) { return path }
    let isAbsolute = path.hasPrefix("/")
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." && !(parts.last.map { $0 == ".." } ?? !isAbsolute) {
        _ = parts.popLast()
      } else {
        parts.append(part)
      }
    }
    return (isAbsolute ? "/" : "") + parts.joined(separator: "/")
  }

  /// Whether no part of it is empty, `.` or `..`: so are most paths, and splitting them takes time.
  private static func isPlain(_ path: String) -> Bool {
    var (length, dots) = (0, 0)
    var isFirst = true
    for byte in path.utf8 {
      if byte != UInt8(ascii: "/") {
        length += 1
        if byte == UInt8(ascii: ".") { dots += 1 }
        continue
      }
      // Nothing stands before the slash of an absolute path.
      if isFirst ? length == dots && length > 0 : length == 0 || (length == dots && length < 3) { return false }
      (length, dots, isFirst) = (0, 0, false)
    }
    return length > 0 && !(length == dots && length < 3)
  }

  package static func components(_ path: String) -> [String] { path.split(separator: "/").map(String.init) }

  /// The folder part; empty for a name alone.
  package static func folder(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  package static func name(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }
}
