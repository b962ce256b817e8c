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

/// The architecture part of a target, as ELF and triples spell it.
package struct Architecture: Sendable, Equatable {
  /// As in a triple, such as `x86_64`.
  package var name: String
  /// ELF's e_machine.
  package var machine: UInt16

  /// All architectures JITLink has an ELF back end for that jitdebug is meant for.
  private static let known = [
    Architecture(name: "x86_64", machine: 62), Architecture(name: "aarch64", machine: 183),
    Architecture(name: "riscv64", machine: 243), Architecture(name: "i386", machine: 3),
    Architecture(name: "arm", machine: 40), Architecture(name: "riscv32", machine: 243),
    Architecture(name: "loongarch64", machine: 258), Architecture(name: "powerpc64le", machine: 21),
    Architecture(name: "s390x", machine: 22),
  ]

  /// The name that goes with an ELF header.
  static func name(machine: UInt16, is64Bit: Bool) -> String {
    known.first { $0.machine == machine && $0.is32Bit != is64Bit }?.name ?? "machine \(machine)"
  }

  /// Whether its files are of ELF's smaller class.
  var is32Bit: Bool { ["i386", "arm", "riscv32"].contains(name) }

  private static let tripleCharacters = Set(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-".utf8)

  package init(name: String, machine: UInt16) {
    self.name = name
    self.machine = machine
  }

  /// The architecture of a triple such as `x86_64-unknown-linux-gnu`.
  package init(triple: String) throws(JITDebugError) {
    let name = triple.split(separator: "-").first.map(String.init) ?? ""
    // It comes from the other end of a connection, and goes into command lines and scripts.
    guard triple.utf8.allSatisfy({ Self.tripleCharacters.contains($0) }) else {
      throw JITDebugError(
        .connection, "the executor", "its triple is none",
        remedy: "check that jitdebug-executor listens there, and nothing else")
    }
    guard let known = Self.known.first(where: { $0.name == name || ($0.name == "aarch64" && name == "arm64") }) else {
      throw JITDebugError(.connection, triple, "the executor runs on an architecture that jitdebug does not know")
    }
    self = known
  }

  /// Refuses bytes that are no relocatable ELF object for this architecture (gABI, "ELF Header").
  package func check(_ bytes: FileBytes, _ name: String) throws(JITDebugError) {
    let b = bytes.buffer
    guard b.count >= 20, b[0] == 0x7f, b[1] == 0x45, b[2] == 0x4c, b[3] == 0x46 else {
      if Bitcode.isMagic(b.prefix(4)) {
        throw JITDebugError(.input, name, "is LLVM bitcode, not an object", remedy: "compile it without -flto")
      }
      throw JITDebugError(.input, name, "is not an ELF object")
    }
    let isBigEndian = b[5] == 2
    func half(_ offset: Int) -> UInt16 {
      let (x, y) = (UInt16(b[offset]), UInt16(b[offset + 1]))
      return isBigEndian ? x << 8 | y : y << 8 | x
    }
    let (type, machine) = (half(16), half(18))
    guard type == 1 else {
      let what =
        [2: "an executable", 3: "a shared library or executable", 4: "a core file"][type] ?? "no relocatable object"
      throw JITDebugError(
        .input, name, "is \(what), not a relocatable object",
        remedy: type == 3 ? "load libraries with --dlopen; give objects (.o) or archives (.a) as inputs" : nil)
    }
    guard machine == self.machine else {
      let other = Self.known.first { $0.machine == machine }?.name ?? "machine \(machine)"
      throw JITDebugError(
        .input, name, "is an object for \(other), but the executor runs on \(self.name)",
        remedy: "compile it with --target=\(self.name)-…, or connect to an executor on \(other)")
    }
  }
}
