// From the stub to the debug file: both debuggers find it by build-id in a store and answer from it.

import Foundation
import SystemPackage
import Testing

@testable import JITDebug

@Suite struct ImageLookupTests {
  private static let source = """
    struct point { int x, y; };
    struct point origin = {3, 4};
    int add(int first, int second) {  // line 3
      return first + second + origin.x;
    }
    int start(int n) { return add(n, 1); }
    """

  private struct Files {
    var stub: String
    var store: String
    var start: String
  }

  private func files(in scratch: ScratchDirectory) throws -> Files {
    let program = try LinkedProgram(["code.c": Self.source], flags: ["-O0"], in: scratch)
    let image = try program.image.makeDebugImage()
    let store = DebugStore(root: FilePath(scratch.path("store")))
    let file = try store.add(image)
    let hex = BuildID.hex(image.buildID)
    #expect(file.string == scratch.path("store/.build-id/\(hex.prefix(2))/\(hex.dropFirst(2)).debug"))
    let start = try #require(program.image.symbols.first { $0.name == "add" })
    return Files(
      stub: try scratch.write(image.stub, to: "stub"), store: store.root.string, start: start.address.description)
  }

  @Test func gdbFindsTheDebugFile() throws {
    let scratch = try ScratchDirectory()
    let files = try files(in: scratch)
    let output = try runTool(
      "gdb",
      [
        "-nx", "-batch", "-ex", "set debug-file-directory \(files.store)", "-ex", "file \(files.stub)", "-ex",
        "info line add", "-ex", "info scope add", "-ex", "ptype origin", "-ex", "info symbol \(files.start)", "-ex",
        "maint print msymbols",
      ])
    #expect(output.contains("Line 3 of "), "\(output)")
    #expect(output.contains("Symbol first is "), "\(output)")
    #expect(output.contains("type = struct point {"), "\(output)")
    #expect(output.contains("add in section .text"), "\(output)")
    #expect(!output.lowercased().contains("warning"), "\(output)")
  }

  @Test func lldbFindsTheDebugFile() throws {
    let scratch = try ScratchDirectory()
    let files = try files(in: scratch)
    let output = try runTool(
      "lldb-22",
      [
        "--no-lldbinit", "--batch", "-o", "settings set symbols.enable-external-lookup false", "-o",
        "settings set -g target.debug-file-search-paths \(files.store)", "-o", "target create \(files.stub)", "-o",
        "image lookup -v --address \(files.start)", "-o", "breakpoint set --file code.c --line 4", "-o",
        "image dump symtab stub",
      ])
    #expect(output.contains("code.c:3"), "\(output)")
    #expect(output.contains("name = \"first\""), "\(output)")
    #expect(output.contains("where = stub`add + "), "\(output)")
    #expect(!output.lowercased().contains("warning:"), "\(output)")
  }
}
