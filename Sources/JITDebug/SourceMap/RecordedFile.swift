// A source file as debug info names it, and how debuggers join the parts of that name.

import OrcBridge

/// One source file named by debug info.
package struct RecordedFile: Hashable, Sendable {
  /// The path a debugger looks for: absolute, or relative if the compilation directory is not recorded.
  package var path: String
  /// The MD5 sum of its text when it was compiled; DWARF 5 and LLVM IR may have it.
  package var md5: [UInt8]?
  /// How many functions with code are declared in it.
  package var functions: Int

  package init(path: String, md5: [UInt8]? = nil, functions: Int = 0) {
    self.path = path
    self.md5 = md5
    self.functions = functions
  }

  /// Joins the parts like LLDB and GDB do: an absolute part replaces what stands before it (DWARF 5, 6.2.4).
  package static func join(_ compilationDirectory: String, _ directory: String, _ name: String) -> String {
    var path = ""
    for part in [compilationDirectory, directory, name] where !part.isEmpty {
      path = part.hasPrefix("/") || path.isEmpty ? part : (path.hasSuffix("/") ? path + part : "\(path)/\(part)")
    }
    return path
  }

  /// Reads every file that the debug info of an object, debug file, bitcode or IR names, each path once.
  package static func read(_ path: String) throws(JITDebugError) -> [RecordedFile] {
    let bytes = try readFile(path)
    var list: OpaquePointer?
    try callBridge(.input, path) { orc_source_files_read(bytes.buffer.baseAddress!, bytes.buffer.count, path, &list) }
    guard let list else { return [] }
    defer { orc_source_files_free(list) }
    return merged(
      (0..<orc_source_files_count(list)).map { index in
        let file = orc_source_files_get(list, index)
        return RecordedFile(
          path: SourcePath.normalized(
            join(
              String(cString: file.compilation_directory), String(cString: file.directory), String(cString: file.name))),
          md5: file.has_md5 ? withUnsafeBytes(of: file.md5) { Array($0) } : nil, functions: file.functions)
      })
  }

  /// One entry for each path and MD5 sum, in the order of first use.
  package static func merged(_ files: [RecordedFile]) -> [RecordedFile] {
    var result: [RecordedFile] = []
    var places: [String: Int] = [:]
    for file in files where !file.path.isEmpty && !file.path.hasSuffix(">") {
      let key = file.path + "\u{0}" + (file.md5.map { "\($0)" } ?? "")
      if let place = places[key] {
        result[place].functions += file.functions
      } else {
        places[key] = result.count
        result.append(file)
      }
    }
    return result
  }
}

/// Paths as text, without asking the file system.
package enum SourcePath {
  /// Without `.`, doubled slashes and, where that is certain, `..`: the form in which LLDB compares paths.
  package static func normalized(_ path: String) -> String {
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

  package static func components(_ path: String) -> [String] { path.split(separator: "/").map(String.init) }
}
