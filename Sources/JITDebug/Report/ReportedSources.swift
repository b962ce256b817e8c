// Which source files a bundle may hold. What debug info of a process says is no reason to hand out a file: a hostile process
// names /etc/shadow as its source.

import Glibc

struct ReportedSources {
  /// Files to put into the bundle, sorted.
  private(set) var paths: [String] = []
  /// Those that were found, but stay out of it, sorted.
  private(set) var withheld: [String] = []

  /// What sources of a process that is no session are taken: those with the very text that the debug info has the MD5 sum of, and
  /// those that are named as sources are and lie below a folder that the user gave.
  ///
  /// - Parameters:
  ///   - own: files that a session's own debug files name; these are the user's.
  ///   - folders: what the user gave, and the working directory.
  init(_ entries: [SourceMap.Entry], own: Set<String>, folders: [String]) {
    let roots = folders.compactMap(Self.resolved)
    var seen: Set<String> = []
    for entry in entries {
      guard let path = entry.path, seen.insert(path).inserted else { continue }
      if own.contains(path) || Self.hasText(of: entry.file, path) || Self.isSource(path, below: roots) {
        paths.append(path)
      } else {
        withheld.append(path)
      }
    }
    paths.sort()
    withheld.sort()
  }

  /// What to tell the user of; nil if nothing stays out.
  var problem: JITDebugError? {
    guard !withheld.isEmpty else { return nil }
    let count = withheld.count == 1 ? "1 source file was" : "\(withheld.count) source files were"
    return JITDebugError(
      .input, withheld[0],
      "\(count) left out: the debug info has no MD5 sum that proves the text, and it lies outside of the working directory",
      remedy: "name the folder of the sources with --source-root")
  }

  private static func hasText(of file: RecordedFile, _ path: String) -> Bool {
    guard let md5 = file.md5, let found = LocalFile(path), found.size <= sizeLimit else { return false }
    return found.md5 == md5
  }

  /// The largest source file, in bytes.
  static let sizeLimit: UInt64 = 1 << 26

  /// By what it really is, not by a link's name.
  private static func isSource(_ path: String, below roots: [String]) -> Bool {
    guard let real = resolved(path), let dot = SourcePath.name(real).split(separator: ".").last,
      SourcePath.name(real).contains("."), endings.contains(dot.lowercased())
    else { return false }
    return roots.contains { $0 == "/" || real.hasPrefix("\($0)/") }
  }

  private static func resolved(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  private static let endings: Set<String> = [
    "c", "cc", "cpp", "cxx", "c++", "h", "hh", "hpp", "hxx", "inc", "inl", "ipp", "tcc", "def", "m", "mm", "s", "asm",
    "ll", "swift",
    "rs", "go", "zig", "d", "nim", "f", "f77", "f90", "f95", "f03", "for", "adb", "ads", "pas", "jl", "py", "pyx", "rb",
    "php", "js",
    "ts", "wat", "java", "kt", "scala", "cs", "fs", "vb", "erl", "ex", "hs", "ml", "mli", "lua", "r", "cu", "cl", "hip",
    "metal", "v",
    "sv", "y", "l",
  ]
}
