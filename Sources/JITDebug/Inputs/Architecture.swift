// What the executor runs on: its triple, its architecture, and which objects fit it.

/// The parts of a triple that decide whether code fits a target.
package struct Triple: Sendable, Equatable, CustomStringConvertible {
  /// As written, such as `x86_64-unknown-linux-gnu`.
  package var description: String
  package var architecture: String
  /// Such as `linux`; empty if the triple does not say.
  package var system: String
  /// Such as `gnu` or `musl`; empty if the triple does not say.
  package var environment: String

  package init(_ text: String) {
    description = text
    var parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    architecture = parts.isEmpty ? "" : parts.removeFirst()
    if architecture == "arm64" { architecture = "aarch64" }
    let systems = ["linux", "freebsd", "netbsd", "openbsd", "darwin", "macosx", "windows", "none", "elf", "ios"]
    let place = parts.lastIndex { part in systems.contains { part.hasPrefix($0) } }
    system = place.map { parts[$0] } ?? ""
    environment = place.map { $0 + 1 < parts.count ? parts[$0 + 1] : "" } ?? ""
  }

  /// Whether code compiled for this triple runs on a target with the other one. What one of them does not say fits.
  package func fits(_ other: Triple) -> Bool {
    func same(_ a: String, _ b: String) -> Bool { a.isEmpty || b.isEmpty || a == b }
    return same(architecture, other.architecture) && same(system, other.system)
      && same(environment, other.environment)
  }

  var isMusl: Bool { environment.hasPrefix("musl") }

  /// What Debian and GNU tools call it, such as `aarch64-linux-gnu`: without the vendor.
  var multiarch: String { "\(architecture)-\(system)-\(environment)" }

  /// The same target with the GNU C library.
  var withGNU: Triple { Triple("\(architecture)-unknown-\(system)-gnu") }
}

/// The architecture part of a target, as ELF and triples spell it.
package struct Architecture: Sendable, Equatable {
  /// As in a triple, such as `x86_64`.
  package var name: String
  /// ELF's e_machine.
  package var machine: UInt16
  package var is64Bit = true
  package var isLittleEndian = true

  /// All architectures JITLink has an ELF back end for that jitdebug is meant for, and others that objects may come from.
  private static let known = [
    Architecture(name: "x86_64", machine: 62), Architecture(name: "aarch64", machine: 183),
    Architecture(name: "riscv64", machine: 243), Architecture(name: "i386", machine: 3, is64Bit: false),
    Architecture(name: "x32", machine: 62, is64Bit: false), Architecture(name: "arm", machine: 40, is64Bit: false),
    Architecture(name: "riscv32", machine: 243, is64Bit: false), Architecture(name: "loongarch64", machine: 258),
    Architecture(name: "powerpc64le", machine: 21),
    Architecture(name: "powerpc64", machine: 21, isLittleEndian: false),
    Architecture(name: "s390x", machine: 22, isLittleEndian: false),
    Architecture(name: "aarch64_be", machine: 183, isLittleEndian: false),
  ]

  /// The name that goes with an ELF header.
  static func name(machine: UInt16, is64Bit: Bool, isLittleEndian: Bool = true) -> String {
    let fitting = known.filter { $0.machine == machine && $0.is64Bit == is64Bit }
    return (fitting.first { $0.isLittleEndian == isLittleEndian } ?? fitting.first)?.name ?? "machine \(machine)"
  }

  private static let tripleCharacters = Set(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-".utf8)

  package init(name: String, machine: UInt16, is64Bit: Bool = true, isLittleEndian: Bool = true) {
    self.name = name
    self.machine = machine
    self.is64Bit = is64Bit
    self.isLittleEndian = isLittleEndian
  }

  /// The architecture of a triple such as `x86_64-unknown-linux-gnu`.
  package init(triple: String) throws(JITDebugError) {
    // It comes from the other end of a connection, and goes into command lines and scripts.
    guard triple.utf8.allSatisfy({ Self.tripleCharacters.contains($0) }) else {
      throw JITDebugError(
        .connection, "the executor", "its triple is none",
        remedy: "check that jitdebug-executor listens there, and nothing else")
    }
    let name = Triple(triple).architecture
    guard let known = Self.known.first(where: { $0.name == name }) else {
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
    let header = ObjectHeader(b)
    guard header.type == 1 else {
      let what =
        [2: "an executable", 3: "a shared library or executable", 4: "a core file"][header.type]
        ?? "no relocatable object"
      throw JITDebugError(
        .input, name, "is \(what), not a relocatable object",
        remedy: header.type == 3 ? "load libraries with --dlopen; give objects (.o) or archives (.a) as inputs" : nil)
    }
    guard header.machine == machine, header.is64Bit == is64Bit, header.isLittleEndian == isLittleEndian else {
      let other = header.architecture
      throw JITDebugError(
        .input, name, "is an object for \(other), but the executor runs on \(self.name)",
        remedy: "compile it with --target=\(self.name)-…, or connect to an executor on \(other)")
    }
    // Linux uses one calling convention per architecture, with two exceptions: e_flags tells them apart.
    if machine == ELF.EM_RISCV, header.flags & 0x6 != 0x4 {
      let convention = ["soft", "single-precision", "double-precision", "quad-precision"][Int(header.flags & 0x6) / 2]
      throw JITDebugError(
        .input, name,
        "is an object for \(convention) floating point, but the executor runs on \(self.name) with double precision",
        remedy: "compile it with -mabi=lp64d")
    }
  }

  /// What the start of an ELF file says of it.
  struct ObjectHeader {
    let is64Bit: Bool
    let isLittleEndian: Bool
    let type: UInt16
    let machine: UInt16
    /// 0 in a file that is cut short.
    let flags: UInt32

    init(_ bytes: UnsafeRawBufferPointer) {
      is64Bit = bytes[4] == ELF.ELFCLASS64
      let isLittle = bytes[5] != ELF.ELFDATA2MSB
      isLittleEndian = isLittle
      func number<T: FixedWidthInteger>(_ offset: Int, _: T.Type) -> T {
        guard bytes.count >= offset + MemoryLayout<T>.size else { return 0 }
        let value = bytes.loadUnaligned(fromByteOffset: offset, as: T.self)
        return isLittle ? T(littleEndian: value) : T(bigEndian: value)
      }
      type = number(16, UInt16.self)
      machine = number(18, UInt16.self)
      flags = number(is64Bit ? 48 : 36, UInt32.self)
    }

    /// As in a triple.
    var architecture: String {
      Architecture.name(machine: machine, is64Bit: is64Bit, isLittleEndian: isLittleEndian)
    }
  }
}
