// `-l` and `-L`: finding the archives on this machine whose members become part of the program.

import Glibc

/// Libraries to link as JIT modules, as a linker's command line names them.
package struct HostArchives: Sendable, Equatable {
  /// What `-l` said: `NAME` for libNAME.a, `:FILE` for a file of just that name.
  package var names: [String]
  /// Looked through in this order, before the target's own library folders.
  package var folders: [String]

  package init(names: [String] = [], folders: [String] = []) {
    self.names = names
    self.folders = folders
  }

  /// What every target's C library, compiler and C++ library bring along as libraries of the target. Copies of their
  /// archives inside of a program would be second ones, each with a heap or a `stdout` of its own.
  private static let runtimes: Set<String> = [
    "c", "m", "pthread", "dl", "rt", "util", "gcc", "gcc_s", "stdc++", "c++", "c++abi",
  ]

  /// Opens the archives, in order; none for the runtimes.
  package func open(_ compiler: Compiler) throws(JITDebugError) -> [ArchiveFile] {
    var archives: [ArchiveFile] = []
    for name in names where !Self.runtimes.contains(name) {
      let path = try path(of: name, compiler)
      // Some are named twice on a linker's command line for the sake of the order, which does not matter here.
      if archives.contains(where: { $0.name == path }) { continue }
      guard try Input(path: path).kind == .archive else {
        throw JITDebugError(.input, path, "is no archive", remedy: "give objects and sources as inputs, without -l")
      }
      archives.append(try ArchiveFile(name: path, bytes: try readFile(path)))
    }
    return archives
  }

  private func path(of name: String, _ compiler: Compiler) throws(JITDebugError) -> String {
    let isFile = name.hasPrefix(":")
    let file = isFile ? String(name.dropFirst()) : "lib\(name).a"
    guard !file.isEmpty, name != "" else {
      throw JITDebugError(.usage, "-l", "no library is named", remedy: "write -lNAME or -l:FILE")
    }
    if let found = find(file, compiler) { return found }
    let places =
      "in \(folders.isEmpty ? "" : "\(folders.joined(separator: ", ")) or ")the folders for \(compiler.target)"
    if !isFile, let shared = find("lib\(name).so", compiler) {
      throw JITDebugError(
        .input, "-l\(name)", "\(shared) is a shared library, and there is no \(file) \(places)",
        remedy: "if the target has it, load it there with --dlopen \(name)")
    }
    throw JITDebugError(
      .input, "-l\(name)", "there is no \(file) \(places)",
      remedy: "name its folder with -L, or load the target's library with --dlopen \(isFile ? file : name)")
  }

  private func find(_ file: String, _ compiler: Compiler) -> String? {
    for folder in folders {
      let path = "\(folder)/\(file)"
      if isRegularFile(path) { return path }
    }
    return compiler.libraryFile(file)
  }

  /// How many archives are opened for the sake of a hint, and how large they may be, in bytes.
  private static let hintLimit = (count: 200, size: 1 << 24)

  /// Which library in the `-L` folders defines a symbol, as what to add to the command line; nil if none does.
  package func hint(for symbol: String) -> String? {
    var opened = 0
    for folder in folders {
      for name in (try? StoreFiles.names(in: .init(folder))) ?? [] where name.hasPrefix("lib") && name.hasSuffix(".a") {
        let path = "\(folder)/\(name)"
        var info = stat()
        guard opened < Self.hintLimit.count, stat(path, &info) == 0, info.st_size <= Self.hintLimit.size else {
          continue
        }
        opened += 1
        guard let bytes = try? readFile(path), let archive = try? ArchiveFile(name: path, bytes: bytes),
          archive.index[symbol] != nil
        else { continue }
        return "-l\(name.dropFirst(3).dropLast(2)), for \(path) defines it"
      }
    }
    return nil
  }
}

/// Whether a path leads to a file rather than to a folder, or to nothing.
func isRegularFile(_ path: String) -> Bool {
  var info = stat()
  return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFREG
}
