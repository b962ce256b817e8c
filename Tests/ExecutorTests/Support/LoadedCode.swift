// C code in a session: compiled and linked by the ordinary tools to the address that the executor has reserved.
import TestSupport
import Foundation
import Wire

/// A program in a session's memory.
struct LoadedCode {
  let base: UInt64
  private let symbols: [String: UInt64]

  func address(_ symbol: String) throws -> UInt64 {
    guard let address = symbols[symbol] else { throw TestFailure("fixture has no symbol \(symbol)") }
    return address
  }

  /// The range between the symbols `NAME_start` and `NAME_end`.
  func range(_ name: String) throws -> Range<UInt64> { try address(name + "_start")..<address(name + "_end") }

  /// One segment for everything, with the actions that belong to it.
  static func request(_ linked: Linked, actions: [AllocationAction] = []) -> FinalizeRequest {
    var request = FinalizeRequest()
    request.append(
      access: [.read, .write, .execute], address: linked.base, size: Linked.size, content: linked.bytes)
    request.actions = actions
    return request
  }

  init(_ linked: Linked) {
    base = linked.base
    symbols = linked.symbols
  }
}

struct Linked {
  /// Room for a fixture, in bytes.
  static let size: UInt64 = 1 << 20

  let base: UInt64
  let bytes: [UInt8]
  /// The linked ELF file with its debug info.
  let image: [UInt8]
  let symbols: [String: UInt64]

  /// Compiles C, and links it against the functions that the session's process has.
  init(_ source: String, options: [String] = [], in controller: TestController) throws {
    let folder = try TemporaryFolder()
    try source.write(toFile: folder.file("code.c"), atomically: true, encoding: .utf8)
    let object = folder.file("code.o")
    try TestProcess.run(
      "clang-22",
      [
        "--target=\(controller.setup.triple)", "-w", "-O1", "-g", "-fno-pic", "-mcmodel=large", "-fno-stack-protector",
        "-c", folder.file("code.c"), "-o",
        object,
      ]
        + options)
    let undefined = try TestProcess.run("llvm-nm-22", ["--undefined-only", "--format=just-symbols", object])
      .split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    let process = try controller.openLibrary("").get()
    let found = try controller.resolve(undefined, in: process)
    let definitions = zip(undefined, found).map { "--defsym=\($0)=\($1?.address ?? 0)" }
    base = try controller.reserve(Self.size)
    try """
    SECTIONS {
      . = \(base);
      .text : { *(.text*) }
      .rodata : { *(.rodata*) }
      .eh_frame : { eh_frame_start = .; *(.eh_frame) LONG(0) eh_frame_end = .; }
      .init_array : { init_array_start = .; KEEP(*(.init_array*)) init_array_end = .; }
      .fini_array : { fini_array_start = .; KEEP(*(.fini_array*)) fini_array_end = .; }
      .data : { *(.data*) *(.bss*) BYTE(0) }
    }
    """.write(toFile: folder.file("script"), atomically: true, encoding: .utf8)
    let image = folder.file("image")
    try TestProcess.run("ld.lld-22", ["-T", folder.file("script"), "-e", "0", "-o", image, object] + definitions)
    try TestProcess.run("llvm-objcopy-22", ["-O", "binary", image, folder.file("bytes")])
    self.image = Array(try Data(contentsOf: URL(filePath: image)))
    bytes = Array(try Data(contentsOf: URL(filePath: folder.file("bytes"))))
    var symbols: [String: UInt64] = [:]
    for line in try TestProcess.run("llvm-nm-22", ["--defined-only", image]).split(separator: "\n") {
      let fields = line.split(separator: " ")
      if fields.count == 3 { symbols[String(fields[2])] = UInt64(fields[0], radix: 16) }
    }
    self.symbols = symbols
  }
}

extension TestController {
  /// Compiles, links and initializes a fixture.
  func load(_ source: String, options: [String] = []) throws -> LoadedCode {
    let linked = try Linked(source, options: options, in: self)
    _ = try initialize(LoadedCode.request(linked)).get()
    return LoadedCode(linked)
  }
}
