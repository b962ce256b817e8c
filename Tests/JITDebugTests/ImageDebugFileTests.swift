// The debug file and the stub of real programs, compared with the statically linked file they were taken from.

import Foundation
import Testing

@testable import JITDebug

@Suite struct ImageDebugFileTests {
  private static let c = [
    "main.c": """
    struct point { int x, y; };
    static int counter = 3;
    static int empty[100];
    const char *const names[] = {"a", "b"};
    int scale(struct point p, int by);
    static inline int twice(int n) { return scale((struct point){n, n}, 2) + counter; }
    int start(int n) {
      int sum = 0;
      for (int i = 0; i < n; i++) sum += twice(i);
      empty[n % 100] = sum;
      return sum + names[n & 1][0];
    }
    """,
    "scale.c": """
    struct point { int x, y; };
    static int helper(int a, int b) { return a * b; }
    int scale(struct point p, int by) { return helper(p.x, by) + helper(p.y, by); }
    """,
  ]

  private static let cxx = [
    "main.cc": """
    #include "shape.h"
    int start(int n) {
      Square square(n);
      Vector<int> v;
      for (int i = 0; i < n; i++) v.push(square.area() + i);
      return v.sum([&](int x) { return x * n; });
    }
    """,
    "shape.cc": """
    #include "shape.h"
    int Square::area() const { return side * side; }
    Vector<int> global;
    int other() { global.push(3); return global.sum([](int x) { return x; }); }
    """,
  ]

  private static let header = """
    extern "C" int start(int);
    struct Shape { virtual int area() const { return 0; } };
    struct Square : Shape { int side; Square(int s) : side(s) {} int area() const override; };
    template <class T> struct Vector {
      T items[64]; int count = 0;
      __attribute__((noinline)) void push(T item) { items[count++ & 63] = item; }
      template <class F> int sum(F f) { int s = 0; for (int i = 0; i < count; i++) s += f(items[i]); return s; }
    };
    """

  /// Producers and forms of debug info that find their way into linked images.
  static let variants: [(compiler: String, flags: [String])] = [
    ("clang-22", ["-O0"]), ("clang-22", ["-O2"]), ("clang-22", ["-O2", "-gdwarf-4"]),
    ("clang-22", ["-O1", "-gdwarf64"]),
    ("clang-22", ["-O0", "-gpubnames", "-gdwarf-5"]), ("clang-22", ["-O0", "-ggnu-pubnames", "-gdwarf-4"]),
    ("gcc", ["-O0"]), ("gcc", ["-O2"]), ("gcc", ["-O2", "-gdwarf-4", "-ggnu-pubnames"]), ("gcc", ["-O1", "-g3"]),
  ]

  private func program(_ isCxx: Bool, _ compiler: String, _ flags: [String], in scratch: ScratchDirectory) throws
    -> LinkedProgram
  {
    try scratch.write(Self.header, to: "shape.h")
    return try LinkedProgram(
      isCxx ? Self.cxx : Self.c, compiler: compiler,
      flags: flags + ["-ffreestanding", "-fno-stack-protector", "-fno-exceptions"] + (isCxx ? ["-fno-rtti"] : []),
      in: scratch)
  }

  @Test(arguments: variants, [false, true])
  func readersAnswerAsForTheStaticProgram(_ variant: (compiler: String, flags: [String]), _ isCxx: Bool) throws {
    let scratch = try ScratchDirectory()
    let program = try program(isCxx, variant.compiler, variant.flags, in: scratch)
    let image = try program.image.makeDebugImage()
    #expect(image.warnings.map(\.description) == [])
    let path = try scratch.write(image.debugFile, to: "debug")

    // LLVM's verifier objects to GCC's nested call sites and never ends with its location views, here as in the static
    // program.
    if variant.compiler != "gcc" {
      let verdict = try runTool("llvm-dwarfdump-22", ["--verify", path])
      #expect(verdict.contains("No errors."), "\(verdict)")
    }

    // Every byte of every function. (Between them, addr2line guesses from symbols for source files, which images lack.)
    let addresses = program.image.symbols.filter { $0.kind == .function }
      .flatMap { $0.address.rawValue..<$0.address.rawValue + $0.size }.map { "0x" + String($0, radix: 16) }
      .joined(separator: "\n")
    func answers(_ file: String) throws -> [String] {
      [
        try runTool("addr2line", ["-e", file, "-f", "-i", "-C", "-a"], input: addresses),
        try runTool("llvm-symbolizer-22", ["--obj=\(file)", "--inlining", "--verbose"], input: addresses),
      ]
    }
    for (ours, theirs) in zip(try answers(path), try answers(program.path)) {
      #expect(firstDifference(ours, theirs) == nil)
    }
    let data = program.image.data
    let globals = stride(from: data.start.rawValue, to: data.end.rawValue, by: 4).map {
      "DATA 0x" + String($0, radix: 16)
    }.joined(separator: "\n")
    func dataAnswers(_ file: String) throws -> String {
      try runTool("llvm-symbolizer-22", ["--obj=\(file)"], input: globals)
    }
    #expect(firstDifference(try dataAnswers(path), try dataAnswers(program.path)) == nil)

    // The DWARF itself, down to every entry; the name of the file is the first line.
    func entries(_ file: String) throws -> String {
      try runTool("llvm-dwarfdump-22", ["--debug-info", "--debug-line", "--debug-aranges", file])
        .replacing("\(file):", with: "")
    }
    #expect(firstDifference(try entries(path), try entries(program.path)) == nil)
  }

  @Test(arguments: [false, true])
  func sectionsAndSymbols(_ isCxx: Bool) throws {
    let scratch = try ScratchDirectory()
    let program = try program(isCxx, "clang-22", ["-O1", "-gpubnames", "-gdwarf-5"], in: scratch)
    let image = try program.image.makeDebugImage()
    let path = try scratch.write(image.debugFile, to: "debug")
    let original = try ELFListing(program.path)
    let listing = try ELFListing(path)

    #expect(listing.sections[1...3].map(\.name) == [".text", ".data", ".note.gnu.build-id"])
    let (text, data) = (listing.sections[1], listing.sections[2])
    #expect((text.Type.Value, text.Flags.Value) == (8, 6))
    #expect((data.Type.Value, data.Flags.Value) == (8, 3))
    #expect((text.Address, text.Size) == (program.image.code.start.rawValue, program.image.code.size))
    #expect((data.Address, data.Size) == (program.image.data.start.rawValue, program.image.data.size))

    let expected = original.sections.map(\.name).filter {
      $0.hasPrefix(".debug_") && $0 != ".debug_frame" && $0 != ".debug_names" && !$0.hasPrefix(".debug_gnu_pub")
    }
    #expect(original[".debug_names"] != nil)
    #expect(listing.sections.dropFirst(4).map(\.name) == expected + [".debug_frame", ".symtab", ".strtab"])
    for name in expected {
      #expect(listing[name]?.Size == original[name]?.Size)
      #expect(listing[name]?.Flags.Value == original[name]?.Flags.Value)
      #expect(listing[name]?.EntrySize == original[name]?.EntrySize)
    }

    // A symbol that lies in neither .text nor .data is not the image's.
    let ours = Dictionary(uniqueKeysWithValues: listing.symbols.dropFirst().map { ($0.name, $0) })
    var missing: [String] = []
    for symbol in original.symbols.dropFirst() where symbol.Type.Value <= 2 {
      guard let found = ours[symbol.name] else {
        missing.append(symbol.name)
        continue
      }
      #expect((found.Value, found.Size, found.Type.Value) == (symbol.Value, symbol.Size, symbol.Type.Value))
      #expect(found.Binding.Value == (symbol.Binding.Value == 0 ? 0 : 1))
      #expect(found.Section.Name == (program.image.code.contains(TargetAddress(symbol.Value)) ? ".text" : ".data"))
    }
    #expect(
      missing.allSatisfy { name in original.symbols.contains { $0.name == name && $0.Section.Name == ".rodata" } })
    let disassembly = try runTool("llvm-objdump-22", ["-t", path])
    #expect(disassembly.contains("F .text") && disassembly.contains("O .data"))
  }

  @Test(arguments: [true, false])
  func theStubAgreesWithTheDebugFile(_ hasData: Bool) throws {
    let scratch = try ScratchDirectory()
    var linked = try program(true, "clang-22", ["-O1"], in: scratch).image
    // Read-only data is data here; lld keeps it before the code.
    let vtable = try #require(linked.symbols.first { $0.name == "_ZTV6Square" })
    linked.data = TargetRange(start: vtable.address, size: hasData ? vtable.size : 0)
    let image = try linked.makeDebugImage()
    let debug = try ELFListing(try scratch.write(image.debugFile, to: "debug"))
    let stubPath = try scratch.write(image.stub, to: "stub")
    let stub = try ELFListing(stubPath)

    #expect(
      stub.sections.map(\.name)
        == [""] + (hasData ? [".text", ".data"] : [".text"]) + [".note.gnu.build-id", ".symtab", ".strtab"])
    for section in stub.sections.dropFirst().dropLast(2) {
      let same = try #require(debug[section.name])
      #expect((section.Address, section.Size, section.Flags.Value) == (same.Address, same.Size, same.Flags.Value))
    }
    for file in ["debug", "stub"] {
      for reader in ["readelf", "llvm-readelf-22"] {
        let notes = try runTool(reader, ["-nW", scratch.path(file)])
        #expect(notes.contains("Build ID: \(BuildID.hex(image.buildID))"), "\(reader): \(notes)")
      }
    }
    // Functions and variables, as far as they lie in the image's sections.
    let names = linked.symbols.filter {
      $0.kind == .function || $0.kind == .object && linked.data.contains($0.address)
    }.map(\.name)
    #expect(Set(stub.symbols.dropFirst().map(\.name)) == Set(names))
    #expect(stub.symbols.filter { $0.Type.Value == 2 && $0.Size > 0 && $0.Section.Name == ".text" }.count > 3)
    #expect(!hasData || names.contains("_ZTV6Square"))
    #expect(image.stub.count < 1024)
    let size = try StubFile.size(symbolNames: names)
    #expect(hasData ? image.stub.count == size : image.stub.count < size)
    let readers = try runTool("readelf", ["-aW", stubPath]) + runTool("llvm-readelf-22", ["-aW", stubPath])
    #expect(!readers.lowercased().contains("warning"))
  }

  /// 64 + 6·64 + 40 + 24·(functions + 1) bytes and the names, as designed.
  @Test func theStubIsAsSmallAsDesigned() throws {
    for count in [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 1000] {
      let names = (0..<count).map { "function\($0)" }
      let characters = names.reduce(0) { $0 + $1.utf8.count + 1 }
      let sectionNames = 1 + ".text.data.note.gnu.build-id.symtab.strtab".utf8.count + 5
      let size = try StubFile.size(symbolNames: names)
      let designed = 64 + 6 * 64 + 40 + 24 * (count + 1) + characters + sectionNames
      #expect(designed <= size && size < designed + 8)
      let bound = try StubFile.bound(symbolCount: count, nameBytes: characters)
      #expect(size <= bound && bound < size + 8)

      for format in [true, false] {
        let image = LinkedImage(
          machine: ELF.EM_X86_64, is64Bit: format, code: TargetRange(start: TargetAddress(0x1000), size: 0x10000),
          data: TargetRange(start: TargetAddress(0x20000), size: 1),
          symbols: names.enumerated().map { .function($1, UInt64(0x1000 + $0), size: 1, isLocal: $0 % 3 == 0) },
          debugSections: [], ehFrame: nil)
        #expect(try image.makeDebugImage().stub.count == StubFile.size(symbolNames: names, is64Bit: format))
      }
    }
  }

  @Test func buildIDsDependOnEverythingAndNothingElse() throws {
    let scratch = try ScratchDirectory()
    let image = try program(false, "clang-22", [], in: scratch).image
    let id = try image.makeDebugImage().buildID
    #expect(id.count == 20)
    #expect(try image.makeDebugImage().buildID == id)
    var others = [image, image, image, image]
    others[0].code = TargetRange(start: image.code.start, size: image.code.size - 1)
    others[1].symbols[0].name += "x"
    others[2].debugSections[0].bytes[0] ^= 1
    others[3].machineFlags = 1
    let ids = try others.map { try $0.makeDebugImage().buildID }
    #expect(Set(ids + [id]).count == 5)
  }

  /// The published test vectors of BLAKE3.
  @Test func buildIDsAreBLAKE3() {
    #expect(BuildID.hex(BuildID.hash([])) == "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9")
    #expect(BuildID.hex(BuildID.hash([0])) == "2d3adedff11b61f14c886e35afa036736dcd87a7")
    #expect(BuildID.hex(BuildID.hash(Array("abc".utf8))) == "6437b3ac38465133ffb63b75273a8db548c55846")
  }

  @Test func anImageWithNothingIsAFile() throws {
    let scratch = try ScratchDirectory()
    let nothing = TargetRange(start: TargetAddress(0x7f00_0000_0000), size: 0)
    let image = LinkedImage(
      machine: ELF.EM_X86_64, code: nothing, data: nothing, symbols: [], debugSections: [], ehFrame: nil)
    let debug = try image.makeDebugImage()
    for (name, bytes) in [("debug", debug.debugFile), ("stub", debug.stub)] {
      let output = try runTool("readelf", ["-aW", try scratch.write(bytes, to: name)])
      #expect(!output.lowercased().contains("warning"), "\(output)")
    }
  }

  @Test func symbolsOutsideTheImageAreLeftOut() throws {
    let scratch = try ScratchDirectory()
    let image = LinkedImage(
      machine: ELF.EM_X86_64, code: TargetRange(start: TargetAddress(0x2000), size: 0x1000),
      data: TargetRange(start: TargetAddress(0x3000), size: 0x1000),
      symbols: [
        .function("before", 0x1fff), .function("first", 0x2000), .function("last", 0x2fff), .function("", 0x2100),
        .function("in_data", 0x3000), .function("end_of_data", 0x4000), .function("behind", 0x4001),
      ], debugSections: [], ehFrame: nil)
    let listing = try ELFListing(try scratch.write(image.makeDebugImage().debugFile, to: "debug"))
    #expect(listing.symbols.map(\.name) == ["", "first", "last", "in_data", "end_of_data"])
    #expect(listing.symbols.dropFirst().map(\.Section.Name) == [".text", ".text", ".data", ".data"])
  }
}
