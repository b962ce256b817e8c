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

/// What a tool printed, standard error included, and how it ended.
struct ToolResult {
  var output: String
  var status: Int32
  var lines: [Substring] { output.split(whereSeparator: \.isNewline) }
}

/// Runs a tool to its end; `timeout` ends it after a minute.
func runTool(_ name: String, _ arguments: String..., in directory: URL? = nil) throws -> ToolResult {
  try runTool(name, arguments, in: directory)
}

func runTool(_ name: String, _ arguments: [String], in directory: URL? = nil) throws -> ToolResult {
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/timeout")
  process.arguments = ["60", name] + arguments
  process.currentDirectoryURL = directory
  process.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent", "DEBUGINFOD_URLS": ""]
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = pipe
  process.standardInput = FileHandle.nullDevice
  try process.run()
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return ToolResult(output: String(decoding: data, as: UTF8.self), status: process.terminationStatus)
}

/// The same, where anything but success fails the test.
@discardableResult
func requireTool(_ name: String, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) throws
  -> String
{
  let result = try runTool(name, arguments)
  try #require(
    result.status == 0, "\(name) \(arguments.joined(separator: " ")): \(result.output)", sourceLocation: sourceLocation)
  return result.output
}

/// A program linked by a static linker at a fixed address, as the reference for what the debug image says of the same code.
struct LinkedProgram {
  var path: String
  var image: LinkedImage
  /// Of `.text` alone, where the program's own functions are.
  var text: TargetRange

  /// Compiles and links sources without any library: everything in the file comes from them.
  init(
    _ sources: [String: String], compiler: String = "clang-22", flags: [String], base: UInt64 = 0x12_3450_0000,
    in scratch: ScratchDirectory
  ) throws {
    var objects: [String] = []
    for (name, text) in sources.sorted(by: { $0.key < $1.key }) {
      let source = try scratch.write(text, to: name)
      let object = source + ".o"
      let result = try runTool(compiler, ["-g", "-c", source, "-o", object] + flags)
      try #require(result.status == 0, "\(result.output)")
      objects.append(object)
    }
    path = scratch.path("program")
    // Relocations between code and data fit: a small program anywhere in the address space is still near itself.
    let link = try runTool(
      "ld.lld-22", ["-static", "--image-base=0x\(String(base, radix: 16))", "-e", "start", "--build-id=none", "-o", path] + objects)
    try #require(link.status == 0, "\(link.output)")
    (image, text) = try Self.image(of: path, in: scratch)
  }

  private struct Section {
    var name: String
    var address: UInt64
    var size: UInt64
    var flags: String
  }

  private static func image(of path: String, in scratch: ScratchDirectory) throws -> (LinkedImage, TargetRange) {
    let sections = try readSections(path)
    func bytes(_ name: String) throws -> [UInt8] {
      let file = scratch.path("section")
      try requireTool("llvm-objcopy-22", "--dump-section=\(name)=\(file)", path, "/dev/null")
      return try Array(Data(contentsOf: URL(filePath: file)))
    }
    func range(_ matches: (Section) -> Bool) throws -> TargetRange {
      let chosen = sections.filter { $0.flags.contains("A") && $0.size > 0 && matches($0) }
      guard let start = chosen.map(\.address).min(), let end = chosen.map({ $0.address + $0.size }).max() else {
        return TargetRange(start: TargetAddress(0), size: 0)
      }
      return TargetRange(start: TargetAddress(start), size: end - start)
    }
    let code = try range { $0.flags.contains("X") }
    let data = try range { $0.flags.contains("W") }
    var debug: [LinkedImage.DebugSection] = []
    for section in sections where section.name.hasPrefix(".debug_") {
      debug.append(.init(name: section.name, bytes: try bytes(section.name)))
    }
    var ehFrame: (address: TargetAddress, bytes: [UInt8])?
    if let section = sections.first(where: { $0.name == ".eh_frame" }) {
      ehFrame = (TargetAddress(section.address), try bytes(".eh_frame"))
    }
    let image = LinkedImage(
      machine: ELF.EM_X86_64, code: code, data: data, symbols: try readSymbols(path), debugSections: debug,
      ehFrame: ehFrame)
    return (image, code)
  }

  /// From lines such as `  [ 1] .text PROGBITS 0000000000201120 000120 00001a 00  AX  0   0 16`.
  private static func readSections(_ path: String) throws -> [Section] {
    try requireTool("llvm-readelf-22", "-SW", path).split(separator: "\n").compactMap { line in
      guard let match = line.wholeMatch(of: /\s*\[ *[1-9]\d*\] (\S+)\s+\S+\s+(\w+) \w+ (\w+) \w+ (.*)/) else { return nil }
      return Section(
        name: String(match.1), address: UInt64(match.2, radix: 16)!, size: UInt64(match.3, radix: 16)!,
        flags: match.4.first?.isLetter == true || match.4.hasPrefix(" ") ? String(match.4.prefix(3)) : "")
    }
  }

  /// From lines such as `     3: 0000000000201120     6 FUNC    GLOBAL DEFAULT     1 start`.
  private static func readSymbols(_ path: String) throws -> [LinkedImage.Symbol] {
    try requireTool("llvm-readelf-22", "-sW", path).split(separator: "\n").compactMap { line in
      guard let match = line.wholeMatch(of: /\s*\d+: (\w+)\s+(\d+) (\w+)\s+(\w+)\s+\w+\s+(\d+) (\S+)/) else { return nil }
      let kind: LinkedImage.Symbol.Kind = match.3 == "FUNC" ? .function : match.3 == "OBJECT" ? .object : .other
      return LinkedImage.Symbol(
        name: String(match.6), address: TargetAddress(UInt64(match.1, radix: 16)!), size: UInt64(match.2)!, kind: kind,
        isLocal: match.4 == "LOCAL")
    }
  }
}
