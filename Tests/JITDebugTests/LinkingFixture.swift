// Objects and archives made by clang for the tests of linking.

import Foundation
import JITDebug
import TestSupport
import Testing

struct LinkingFixture {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  /// Compiles C text, or C++ for names ending in `++`.
  func object(_ name: String, _ text: String, _ flags: String...) throws -> ObjectFile {
    try ObjectFile(name: name, bytes: readFile(try file(name, text, flags)))
  }

  /// An archive of members, each a name and a C text.
  func archive(_ name: String, _ members: KeyValuePairs<String, String>) throws -> ArchiveFile {
    let paths = try members.map { try file($0.key, $0.value, []) }
    let result = try run(["llvm-ar-22", "rcs", folder.file(name)] + paths)
    try #require(result.status == 0, "\(result.errors)")
    return try ArchiveFile(name: name, bytes: readFile(folder.file(name)))
  }

  private func file(_ name: String, _ text: String, _ flags: [String]) throws -> String {
    let isCXX = name.hasSuffix("++")
    let source = folder.file(name + (isCXX ? ".cpp" : ".c"))
    try Data(text.utf8).write(to: URL(filePath: source))
    let output = folder.file("\(name).o")
    let result = try run([isCXX ? "clang++-22" : "clang-22", "-c", source, "-o", output] + flags)
    try #require(result.status == 0, "\(result.errors)")
    return output
  }

  /// Resolves, with nothing to refuse.
  func resolve(_ objects: [ObjectFile], _ archives: [ArchiveFile] = [], entry: String = "main")
    throws -> SymbolResolution
  {
    try SymbolResolution(objects: objects, archives: archives, entry: entry, check: { _, _ in })
  }

  /// Links at made-up addresses, as far as function arrays are concerned.
  func link(_ objects: [ObjectFile]) throws -> LinkGeneration {
    let generation = LinkGeneration(objects: objects)
    try generation.prepare()
    let layout = try generation.layout(extra: 0, pageSize: 4096)
    try generation.place(layout, at: TargetAddress(0x10_0000))
    try generation.resolve([])
    return generation
  }
}
