// Frame tables of real compilers, converted and compared entry by entry with what they came from.

import Foundation
import Testing

@testable import JITDebug

@Suite struct ImageDebugFrameTests {
  private static let c = """
    int counter = 3;
    __attribute__((noinline)) int leaf(int a) { return a * counter; }
    __attribute__((noinline)) int big(int n) {
      volatile char room[5000];
      for (int i = 0; i < n; i++) room[i] = (char)leaf(i);
      return room[n / 2];
    }
    __attribute__((noinline)) int dynamic(int n) {
      volatile char room[n];
      room[0] = (char)n;
      return room[n - 1] + big(n);
    }
    int start(int n) { return n > 3 ? dynamic(n) + start(n - 1) : leaf(n); }
    """

  private static let cxx = """
    struct Guard { int &n; ~Guard(); };
    Guard::~Guard() { n++; }
    template <int N> __attribute__((noinline)) int thrower(int n) {
      if (n > N) throw n;
      return n;
    }
    __attribute__((noinline)) int catcher(int n) {
      Guard guard{n};
      try { return thrower<3>(n) + thrower<4>(n); } catch (...) { return -1; }
    }
    extern "C" int start(int n) { return catcher(n) + thrower<5>(n); }
    """

  // What exceptions need of their library: their tables must lead somewhere, nothing more.
  private static let runtime = """
    int __gxx_personality_v0(void) { return 0; }
    void *__cxa_allocate_exception(unsigned long size) { return 0; }
    void __cxa_throw(void *a, void *b, void *c) {}
    void *__cxa_begin_catch(void *e) { return e; }
    void __cxa_end_catch(void) {}
    void __clang_call_terminate(void *e) {}
    void _Unwind_Resume(void *e) {}
    void *_ZTIi = 0;
    """

  private func convert(_ image: LinkedImage, in scratch: ScratchDirectory) throws -> [FrameDump] {
    let debug = try image.makeDebugImage()
    #expect(debug.warnings.map(\.description) == [])
    return try FrameDump.read(".debug_frame", of: try scratch.write(debug.debugFile, to: "debug"))
  }

  @Test(arguments: [
    ("clang-22", ["-O0"]), ("clang-22", ["-O2", "-fomit-frame-pointer"]), ("clang-22", ["-Os"]), ("gcc", ["-O0"]),
    ("gcc", ["-O2"]), ("gcc", ["-O2", "-mcmodel=large"]), ("clang-22", ["-m32", "-O1"]),
    ("clang-22", ["--target=aarch64-linux-gnu", "-O2"]),
    ("clang-22", ["--target=aarch64-linux-gnu", "-O2", "-mbranch-protection=pac-ret+leaf+b-key"]),
    ("clang-22", ["--target=riscv64-linux-gnu", "-O2"]),
    ("clang-22", ["--target=riscv64-linux-gnu", "-O0", "-mno-relax"]),
    ("aarch64-linux-gnu-gcc", ["-O0"]),
    ("aarch64-linux-gnu-gcc", ["-O2", "-mbranch-protection=pac-ret+leaf"]),
    ("riscv64-linux-gnu-gcc", ["-O0"]), ("riscv64-linux-gnu-gcc", ["-O2", "-mno-relax"]),
    ("clang-22", ["--target=powerpc64-linux-gnu", "-O1"]), ("clang-22", ["--target=mips-linux-gnu", "-O1"]),
  ])
  func realTablesKeepTheirMeaning(_ compiler: String, _ flags: [String]) throws {
    let scratch = try ScratchDirectory()
    let narrow = flags.contains { $0 == "-m32" || $0.contains("mips-") }
    let program = try LinkedProgram(
      ["a.c": Self.c, "b.c": "int other(int a) { return a + 1; }"], compiler: compiler,
      flags: flags + ["-fasynchronous-unwind-tables", "-fno-stack-protector"],
      base: narrow ? 0x7654_0000 : 0x12_3450_0000,
      in: scratch)
    let original = try FrameDump.original(program)
    #expect(original.count == 5)
    #expect(original.allSatisfy { $0.rows.count > 0 })
    let converted = try convert(program.image, in: scratch)
    #expect(converted == original)
    #expect(converted.contains { $0.common.contains("B") } == flags.contains { $0.contains("b-key") })
  }

  @Test(arguments: [("clang-22", "-O0"), ("clang-22", "-O2"), ("gcc", "-O0"), ("gcc", "-O2")])
  func tablesWithExceptionsLoseOnlyThose(_ compiler: String, _ level: String) throws {
    let scratch = try ScratchDirectory()
    let program = try LinkedProgram(
      ["a.cc": Self.cxx, "b.c": Self.runtime], compiler: compiler, flags: [level, "-fexceptions"], in: scratch)
    let augmentations = try runTool("llvm-dwarfdump-22", ["--eh-frame", program.path])
    #expect(augmentations.contains("\"zPLR\"") && augmentations.contains("\"zR\""))
    let original = try FrameDump.original(program)
    #expect(original.count >= 10)
    #expect(try convert(program.image, in: scratch) == original)
  }

  /// Thousands of entries of every kind a C library has: hand-written ones, signal frames, expressions.
  @Test func aWholeStaticProgram() throws {
    let scratch = try ScratchDirectory()
    let source = try scratch.write(
      "#include <iostream>\nint main(int c, char **v) { try { throw c; } catch (int n) { std::cout << n << v[0]; } }",
      to: "a.cc")
    let path = scratch.path("program")
    // A linker of GNU's keeps the terminators of the inputs' tables where they are.
    try runTool("g++", ["-static", "-g", "-no-pie", "-fno-pie", source, "-o", path])
    let program = try LinkedProgram(linked: path)
    let original = try FrameDump.original(program)
    #expect(original.count > 3000)
    #expect(original.contains { $0.common.contains("S") })
    let converted = try convert(program.image, in: scratch)
    #expect(converted.count == original.count)
    let difference = zip(original, converted).first { $0 != $1 }
    #expect(difference == nil)
  }

  @Test func identicalCIEsAreWrittenOnce() throws {
    let scratch = try ScratchDirectory()
    let sources = (0..<20).map { ("f\($0).c", "int f\($0)(int a) { return a; }") }
    let program = try LinkedProgram(
      Dictionary(uniqueKeysWithValues: sources + [("start.c", "void start(void) {}")]), flags: [], in: scratch)
    // lld merges them as well; put the table there a second time as another generation's object would have it.
    var image = program.image
    let table = try #require(image.ehFrame)
    image.ehFrame = (table.address, table.bytes)
    let path = try scratch.write(image.makeDebugImage().debugFile, to: "debug")
    let dump = try runTool("llvm-dwarfdump-22", ["--debug-frame", path])
    #expect(dump.split(separator: "\n").filter { $0.hasSuffix(" CIE") }.count == 1)
    #expect(dump.split(separator: "\n").filter { $0.contains(" FDE ") }.count == 21)
  }

  /// One object has `.debug_frame` (no `.eh_frame` was wanted), another `.eh_frame`, a third one both.
  @Test(arguments: [["-gdwarf-5"], ["-gdwarf-4"], ["-gdwarf-3"], ["-gdwarf64", "-gdwarf-5"]])
  func bothKindsOfTableBecomeOne(_ flags: [String]) throws {
    let scratch = try ScratchDirectory()
    func object(_ name: String, _ text: String, _ flags: [String]) throws -> String {
      let source = try scratch.write(text, to: name)
      try runTool("clang-22", ["-c", source, "-o", source + ".o", "-O1"] + flags)
      return source + ".o"
    }
    let path = scratch.path("program")
    let none = ["-fno-asynchronous-unwind-tables", "-fno-unwind-tables"]
    let objects = [
      try object("a.c", "int a(int n) { volatile int x[50]; x[0] = n; return x[0]; }", flags + none + ["-g"]),
      try object(
        "b.c", "int b(int n) { volatile int x[60]; x[0] = n; return x[0]; }", ["-fasynchronous-unwind-tables"]),
      try object(
        "c.s",
        """
        .text
        .globl start
        .type start, @function
        start:
          .cfi_sections .eh_frame, .debug_frame
          .cfi_startproc
          subq $24, %rsp
          .cfi_adjust_cfa_offset 24
          addq $24, %rsp
          .cfi_adjust_cfa_offset -24
          ret
          .cfi_endproc
        .size start, .-start
        """, []),
    ]
    try runTool("ld.lld-22", ["-static", "-e", "start", "-o", path] + objects)
    let program = try LinkedProgram(linked: path)
    let inputs = try FrameDump.read(".debug_frame", of: path) + FrameDump.original(program)
    #expect(inputs.count == 4)
    let converted = try convert(program.image, in: scratch)
    // `start` is described by both, and once is enough.
    #expect(converted == Array(inputs[..<2] + inputs[2...].filter { $0.range != inputs[1].range }))
    #expect(Set(converted.map(\.range)).count == 3)
  }

  @Test func functionsOutsideTheCodeAreLeftOut() throws {
    let scratch = try ScratchDirectory()
    let program = try LinkedProgram(["a.c": Self.c], flags: ["-O1"], in: scratch)
    let original = try FrameDump.original(program)
    var image = program.image
    // As if the first and the last function had been discarded.
    let first = original[1].start
    image.code = TargetRange(start: TargetAddress(first), size: original[3].start - first)
    #expect(try convert(image, in: scratch) == Array(original[1..<3]))
    image.code = TargetRange(start: TargetAddress(0x1000), size: 0x1000)
    #expect(try convert(image, in: scratch) == [])
  }

  @Test func noTableIsNoSection() throws {
    let scratch = try ScratchDirectory()
    var image = try LinkedProgram(["a.c": Self.c], flags: [], in: scratch).image
    for table: [UInt8]? in [nil, [], [0, 0, 0, 0]] {
      image.ehFrame = table.map { (TargetAddress(0x1000), $0) }
      let path = try scratch.write(image.makeDebugImage().debugFile, to: "debug")
      #expect(try ELFListing(path)[".debug_frame"] == nil)
    }
  }
}
