// One run of the compiler, as far as it decides what comes out; from that the name under which the cache knows it.

import Glibc
import Wire

struct CompileRequest: Sendable {
  /// As it is started: a path, or a name to look up in PATH.
  var compiler: String
  /// All arguments, those for what is written where aside.
  var arguments: [String]
  /// What the user has added to them.
  var userArguments: [String]
  /// How to ask the compiler for the folders that it looks for headers in; nil where it reads none.
  var searchArguments: [String]?
  var source: String

  /// Changes whenever keys or entries mean something else than before.
  private static let version = "jitdebug compile cache 2"

  /// What distinguishes this compilation from others of the same source; nil if it cannot be told.
  ///
  /// - Parameter arguments: those that count.
  private func circumstances(_ arguments: [String]) -> SPSWriter? {
    guard let environment = Self.environment(), let compiler = CompilerIdentity(compiler) else { return nil }
    var key = SPSWriter()
    key.append(string: Self.version)
    compiler.append(to: &key)
    key.append(sequence: arguments) { $0.append(string: $1) }
    key.append(sequence: environment) { $0.append(string: $1) }
    // Debug info records it.
    key.append(string: Self.directory)
    // Clang takes headers and objects of the newest GCC that is installed there.
    for name in ["gcc/x86_64", "gcc-cross/aarch64", "gcc-cross/riscv64"] {
      FileIdentity("/usr/lib/\(name)-linux-gnu").append(to: &key)
    }
    return key
  }

  /// The name of the entry, and the hash of the source's content that is part of it; nil if the object is not to be kept.
  func entry() -> (name: String, sourceHash: [UInt8])? {
    guard userArguments.allSatisfy({ !TextScan.mentionsTime(Array($0.utf8)) }),
      CacheableArguments.areAll(userArguments),
      isRegularFile(source), let content = try? readFile(source), var key = circumstances(arguments)
    else { return nil }
    let hash = BuildID.hash(content.buffer)
    key.append(string: source)
    key.append(bytes: hash)
    return (BuildID.hex(BuildID.hash(key.bytes)), hash)
  }

  /// The name of the entry with the folders that the compiler looks for headers in.
  func searchEntry() -> String? {
    // Macros change with every other run, folders do not.
    let arguments = (searchArguments ?? []).filter { argument in
      !["-D", "-U", "-O", "-W", "-w"].contains { argument.hasPrefix($0) }
    }
    return circumstances(["search"] + arguments).map { BuildID.hex(BuildID.hash($0.bytes)) }
  }

  /// The working directory as clang calls it: by the shell's name for it, if that is one.
  static var directory: String {
    var (here, named) = (stat(), stat())
    if let name = getenv("PWD"), UInt8(bitPattern: name.pointee) == UInt8(ascii: "/"), stat(name, &named) == 0,
      stat(".", &here) == 0,
      (here.st_dev, here.st_ino) == (named.st_dev, named.st_ino)
    {
      return String(cString: name)
    }
    return SourceLookup.currentDirectory
  }

  private static let environmentNames: Set<Substring> = [
    "CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "OBJC_INCLUDE_PATH", "OBJCPLUS_INCLUDE_PATH", "SOURCE_DATE_EPOCH",
    "COMPILER_PATH", "GCC_EXEC_PREFIX", "SDKROOT", "LD_LIBRARY_PATH", "LD_PRELOAD",
  ]

  /// The variables that change what clang does; nil if it is to write other files as well, or do anything else.
  private static func environment() -> [String]? {
    var found: [String] = []
    var place = environ
    while let entry = place.pointee {
      place += 1
      // Most differ in the first letter from all that count.
      guard "CDGLOS".utf8.contains(UInt8(bitPattern: entry[0])) else { continue }
      let text = String(cString: entry)
      let name = text.prefix { $0 != "=" }
      if environmentNames.contains(name) { found.append(text) }
      let changesMore = ["DEPENDENCIES_OUTPUT", "SUNPRO_DEPENDENCIES", "CCC_OVERRIDE_OPTIONS"].contains(name)
      if changesMore || name.hasPrefix("CC_PRINT_") || name.hasPrefix("CC_LOG_") { return nil }
    }
    return found.sorted()
  }
}

/// Which program compiles: told by its file rather than by asking, which would take as long as a small compilation.
private struct CompilerIdentity {
  private let path: String
  private var files: [FileIdentity]
  /// Of a script: its content.
  private var hash: [UInt8] = []

  private static let scriptLimit = 1 << 16

  init?(_ program: String) {
    guard let path = Self.find(program), let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    self.path = path
    let file = String(cString: resolved)
    let folder = String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)])
    files = [FileIdentity(file)]
    if let size = files[0].size, size < Self.scriptLimit, let content = try? readFile(file) {
      hash = BuildID.hash(content.buffer)
    } else {
      // Its configuration files lie beside it, and what compiles are its libraries.
      let libraries = ["libclang-cpp.so.22.1", "libLLVM.so.22.1"].map { "\(folder)/../lib/\($0)" }
      files += ([folder] + libraries).map(FileIdentity.init)
    }
  }

  func append(to key: inout SPSWriter) {
    key.append(string: path)
    for file in files { file.append(to: &key) }
    key.append(bytes: hash)
  }

  /// As posix_spawnp looks it up.
  private static func find(_ program: String) -> String? {
    if program.contains("/") { return program }
    guard let path = getenv("PATH") else { return nil }
    for folder in String(cString: path).split(separator: ":", omittingEmptySubsequences: false) {
      let candidate = folder.isEmpty ? program : "\(folder)/\(program)"
      if access(candidate, X_OK) == 0, isRegularFile(candidate) { return candidate }
    }
    return nil
  }
}

/// Which file it is, and whether it was written since, without reading it; all zeros for none.
private struct FileIdentity {
  private var info: stat?

  init(_ path: String) {
    var info = stat()
    if stat(path, &info) == 0 { self.info = info }
  }

  /// In bytes; nil if there is no such file.
  var size: Int? { info.map { Int($0.st_size) } }

  func append(to key: inout SPSWriter) {
    let info = info ?? stat()
    key.append(u64: UInt64(info.st_dev))
    key.append(u64: UInt64(info.st_ino))
    key.append(i64: Int64(info.st_size))
    key.append(i64: Int64(info.st_mtim.tv_sec))
    key.append(i64: Int64(info.st_mtim.tv_nsec))
  }
}
