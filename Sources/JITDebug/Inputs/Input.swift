// What the user gives to run, told apart by name and content.

import Glibc

/// One input of a run.
package struct Input: Sendable {
  package enum Kind: Sendable, Equatable {
    /// Goes through clang: C, C++, assembler, LLVM IR as text.
    case source
    /// Goes through clang too, whatever its name: clang with -flto calls it an object.
    case bitcode
    case object
    case archive
  }

  package var path: String
  package var kind: Kind

  /// Looks at the file; fails for what can neither be compiled nor linked.
  package init(path: String) throws(JITDebugError) {
    self.path = path
    var info = stat()
    guard stat(path, &info) == 0 else { throw JITDebugError(.input, path, systemMessage(errno).lowercasedFirst) }
    guard info.st_mode & S_IFMT != S_IFDIR else {
      throw JITDebugError(.input, path, "is a directory", remedy: "name the files in it")
    }
    let name = path.split(separator: "/").last ?? ""
    let dot = name.lastIndex(of: ".")
    switch dot.map({ String(name[name.index(after: $0)...]) }) {
    case "c", "cc", "cpp", "cxx", "c++", "C", "i", "ii", "s", "S", "ll": kind = .source
    default: kind = try Self.kind(ofContent: path)
    }
  }

  /// Whether it goes through clang.
  package var isCompiled: Bool { kind == .source || kind == .bitcode }

  /// Whether compiling it may read other files.
  package var isPreprocessed: Bool {
    kind == .source && ![".ll", ".s", ".i", ".ii"].contains { path.hasSuffix($0) }
  }

  private static func kind(ofContent path: String) throws(JITDebugError) -> Kind {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw JITDebugError(.input, path, systemMessage(errno).lowercasedFirst) }
    defer { close(descriptor) }
    var magic = [UInt8](repeating: 0, count: 8)
    let count = read(descriptor, &magic, 8)
    let start = Array(magic.prefix(max(count, 0)))
    if start.starts(with: [0x7f, 0x45, 0x4c, 0x46]) { return .object }
    if start == Array("!<arch>\n".utf8) || start == Array("!<thin>\n".utf8) { return .archive }
    if Bitcode.isMagic(start) { return .bitcode }
    if count == 0 { throw JITDebugError(.input, path, "is empty", remedy: "build it again") }
    throw JITDebugError(
      .input, path, "is neither a source file, LLVM IR, an object nor an archive",
      remedy:
        "known endings are .c .cc .cpp .cxx .s .ll .bc .o .a; of the last three, the content has to be what the name says"
    )
  }
}
