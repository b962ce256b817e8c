// Runs the readers that judge the files written here, and turns statically linked programs into linked images.

import Foundation
import Testing

@testable import JITDebug

/// A directory of one test's own, removed with it.
final class ScratchDirectory {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "jitdebug-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appending(path: name).path(percentEncoded: false) }

  @discardableResult
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    try Data(bytes).write(to: URL(filePath: path(name)))
    return path(name)
  }

  @discardableResult
  func write(_ text: String, to name: String) throws -> String { try write(Array(text.utf8), to: name) }
}

/// Runs a tool to its end, five minutes at most, and returns all it printed; anything but success fails the test.
@discardableResult
func runTool(
  _ name: String, _ arguments: [String], input: String = "", sourceLocation: SourceLocation = #_sourceLocation
) throws -> String {
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/timeout")
  process.arguments = ["-s", "KILL", "300", name] + arguments
  process.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent", "DEBUGINFOD_URLS": ""]
  let output = Pipe()
  process.standardOutput = output
  process.standardError = output
  let file = FileManager.default.temporaryDirectory.appending(path: "jitdebug-input-\(UUID().uuidString)")
  try Data(input.utf8).write(to: file)
  defer { try? FileManager.default.removeItem(at: file) }
  process.standardInput = try FileHandle(forReadingFrom: file)
  try process.run()
  let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  try #require(
    process.terminationStatus == 0, "\(name) \(arguments.joined(separator: " ")): \(text)",
    sourceLocation: sourceLocation)
  return text
}

/// The first line in which two long texts differ, with its number; Swift Testing would print both.
func firstDifference(_ a: String, _ b: String) -> String? {
  if a.utf8.elementsEqual(b.utf8) { return nil }
  let (left, right) = (a.split(separator: "\n"), b.split(separator: "\n"))
  let index = zip(left, right).enumerated().first { $1.0 != $1.1 }?.offset ?? min(left.count, right.count)
  func line(_ lines: [Substring]) -> Substring { index < lines.count ? lines[index] : "(nothing)" }
  return "line \(index + 1): \(line(left)) | \(line(right))"
}

/// An ELF file as llvm-readelf sees it.
struct ELFListing: Decodable {
  struct Number: Decodable { var Value: UInt64 }
  struct Name: Decodable { var Name: String }
  struct Header: Decodable {
    var Machine: Number
    var Flags: Number
    var SectionHeaderOffset: UInt64
    /// Such as "0 (65281)" when the real number is in section header 0.
    var SectionHeaderCount: String
    var StringTableSectionIndex: String
  }
  struct Section: Decodable {
    var Index: Int
    var Name: Name
    var `Type`: Number
    var Flags: Number
    var Address: UInt64
    var Offset: UInt64
    var Size: UInt64
    var Link: UInt64
    var Info: UInt64
    var AddressAlignment: UInt64
    var EntrySize: UInt64
    var name: String { Name.Name }
  }
  struct Symbol: Decodable {
    struct Place: Decodable {
      var Name: String
      var Value: UInt64
    }
    var Name: Name
    var Value: UInt64
    var Size: UInt64
    var Binding: Number
    var `Type`: Number
    var Section: Place
    var name: String { Name.Name }
  }
  private struct SectionEntry: Decodable { var Section: ELFListing.Section }
  private struct SymbolEntry: Decodable { var Symbol: ELFListing.Symbol }
  private struct Document: Decodable {
    var ElfHeader: Header
    var Sections: [SectionEntry]
    var Symbols: [SymbolEntry]?
  }

  var header: Header
  var sections: [Section]
  var symbols: [Symbol]

  init(_ path: String) throws {
    let text = try runTool("llvm-readelf-22", ["--elf-output-style=JSON", "-h", "-S", "-s", path])
    let documents = try JSONDecoder().decode([Document].self, from: Data(text.utf8))
    let document = try #require(documents.first)
    header = document.ElfHeader
    sections = document.Sections.map(\.Section)
    symbols = document.Symbols?.map(\.Symbol) ?? []
  }

  init(from decoder: any Decoder) throws { fatalError("read with init(_ path:)") }

  subscript(name: String) -> Section? { sections.first { $0.name == name } }
}

/// A program linked by a static linker, as the reference for what the debug image says of the same code.
struct LinkedProgram {
  var path: String
  var image: LinkedImage

  /// Compiles sources and links them without libraries at a high address.
  init(
    _ sources: [String: String], compiler: String = "clang-22", flags: [String], base: UInt64 = 0x12_3450_0000,
    in scratch: ScratchDirectory
  ) throws {
    let program = scratch.path("program")
    var objects: [String] = []
    for (name, text) in sources.sorted(by: { $0.key < $1.key }) {
      let source = try scratch.write(text, to: name)
      objects.append(source + ".o")
      try runTool(compiler, ["-g", "-c", source, "-o", source + ".o"] + flags)
    }
    // References to discarded definitions become all ones, as in our images, and not lld's 0, which LLVM's verifier takes
    // for an address.
    let tombstones = [
      ".debug_*=0xffffffffffffffff", ".debug_ranges=0xfffffffffffffffe", ".debug_loc=0xfffffffffffffffe",
    ]
    try runTool(
      "ld.lld-22",
      ["-static", "--image-base=0x\(String(base, radix: 16))", "-e", "start", "--build-id=none", "-o", program]
        + tombstones.flatMap { ["-z", "dead-reloc-in-nonalloc=\($0)"] } + objects)
    try self.init(linked: program)
  }

  /// Takes any statically linked program apart.
  init(linked path: String) throws {
    self.path = path
    let listing = try ELFListing(path)
    let file = try Data(contentsOf: URL(filePath: path))
    func bytes(_ section: ELFListing.Section) -> [UInt8] {
      Array(file[Int(section.Offset)..<Int(section.Offset + section.Size)])
    }
    func range(_ flag: UInt64) -> TargetRange {
      let chosen = listing.sections.filter { $0.Flags.Value & flag != 0 && $0.Size > 0 && $0.Address > 0 }
      guard let start = chosen.map(\.Address).min(), let end = chosen.map({ $0.Address + $0.Size }).max() else {
        return TargetRange(start: TargetAddress(0), size: 0)
      }
      return TargetRange(start: TargetAddress(start), size: end - start)
    }
    let symbols = listing.symbols.dropFirst().compactMap { symbol -> LinkedImage.Symbol? in
      let kind: LinkedImage.Symbol.Kind
      switch UInt8(symbol.Type.Value) {
      case ELF.STT_FUNC: kind = .function
      case ELF.STT_OBJECT: kind = .object
      case ELF.STT_NOTYPE: kind = .other
      default: return nil
      }
      return LinkedImage.Symbol(
        name: symbol.name, address: TargetAddress(symbol.Value), size: symbol.Size, kind: kind,
        isLocal: UInt8(symbol.Binding.Value) == ELF.STB_LOCAL)
    }
    let ident = Array(file.prefix(ELF.EI_NIDENT))
    image = LinkedImage(
      machine: UInt16(listing.header.Machine.Value), machineFlags: UInt32(listing.header.Flags.Value),
      is64Bit: ident[4] == ELF.ELFCLASS64, isLittleEndian: ident[5] == ELF.ELFDATA2LSB,
      code: range(ELF.SHF_EXECINSTR), data: range(ELF.SHF_WRITE), symbols: symbols,
      debugSections: listing.sections.filter { $0.name.hasPrefix(".debug_") }.map {
        LinkedImage.DebugSection(name: $0.name, bytes: bytes($0))
      },
      ehFrame: listing[".eh_frame"].map { (TargetAddress($0.Address), bytes($0)) })
  }
}

extension LinkedImage.Symbol {
  static func function(_ name: String, _ address: UInt64, size: UInt64 = 0, isLocal: Bool = false) -> Self {
    Self(name: name, address: TargetAddress(address), size: size, kind: .function, isLocal: isLocal)
  }
}
