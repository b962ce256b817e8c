// The debug file and the stub of real programs, compared with the statically linked file they were taken from.

import Foundation
import Testing

@testable import JITDebug

@Suite struct ImageDebugFileTests {
  @Test func smoke() throws {
    let scratch = try ScratchDirectory()
    let program = try LinkedProgram(
      ["a.c": "int counter = 3; static int add(int a) { return a + counter; } int start(int n) { return add(n); }"],
      flags: ["-O0"], in: scratch)
    print(program.image.code, program.image.data, program.image.symbols.count, program.image.debugSections.map(\.name))
    let image = try program.image.makeDebugImage()
    #expect(image.warnings.isEmpty)
    let path = try scratch.write(image.debugFile, to: "debug")
    print(try requireTool("readelf", "-aW", path))
    print(try requireTool("llvm-dwarfdump-22", "--verify", path))
    print(try requireTool("llvm-dwarfdump-22", "--debug-frame", path))
    let stub = try scratch.write(image.stub, to: "stub")
    print(try requireTool("llvm-readelf-22", "-aW", stub))
  }
}
