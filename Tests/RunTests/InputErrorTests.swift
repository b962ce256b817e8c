// Inputs that cannot be run: each is refused with one line that names symbol and file, and nothing stays behind.

import Foundation
import TestSupport
import Testing

private let program = "int main(void) { return 0; }\n"
private let callsHelp = "int help(void); int main(void) { return help() - 42; }\n"
private let helps = "int help(void) { return 42; }\n"

@Suite("Errors of inputs")
struct InputErrorTests {
  let folder: RunFolder
  init() throws { folder = try RunFolder() }

  // MARK: Files

  @Test("no input, a missing file, a directory, an unknown ending, an empty file")
  func files() throws {
    try folder.run().expectError("no input files", note: "--help", status: 64)
    try folder.run("--", "main.c").expectError("no input files", note: "--help", status: 64)
    try folder.run("absent.c").expectError("absent.c: ", "no such file")
    try folder.run(".").expectError(".: ", "is a directory", note: "files in it")
    try folder.write("text.txt", "hello")
    try folder.run("text.txt").expectError("text.txt: ", "neither", note: ".cpp")
    try folder.write("empty.o", "")
    try folder.run("empty.o").expectError("empty.o: ", "is empty", note: "build it again")
    try folder.write("text.o", "no object at all")
    try folder.run("text.o").expectError("text.o: ", "neither", note: "content")
  }

  @Test("a source that does not compile, alone and among others")
  func compileErrors() throws {
    try folder.write("bad.c", "int main(void) { return undeclared; }\n")
    let alone = try folder.run("bad.c")
    alone.expectError("bad.c: ", "does not compile", note: "above")
    #expect(alone.errors.contains("bad.c:1:25: error: use of undeclared identifier 'undeclared'"))
    try folder.write("good.c", helps)
    try folder.write("worse.cpp", "template <class T> struct S { typename T::Missing m; }; S<int> s;\n")
    let several = try folder.run("good.c", "bad.c", "worse.cpp")
    several.expectError("bad.c: ", "does not compile", note: "above")
    // What was compiled is not kept.
    let state = folder.folder.file("state/jitdebug/sessions")
    let files = try FileManager.default.subpathsOfDirectory(atPath: state)
    #expect(!files.contains { $0.hasSuffix(".o") }, "\(files)")
  }

  // MARK: Symbols

  @Test("an undefined symbol, in C and C++")
  func undefined() throws {
    try folder.write("one.c", "int missing(int); int main(void) { return missing(1); }\n")
    try folder.run("one.c").expectError("one.c: ", "undefined symbol 'missing'", note: "--dlopen")
    try folder.write(
      "one.cpp",
      """
      namespace shop { struct Cart { int total(const char *, int) const; }; }
      int main() { return shop::Cart().total("", 3); }
      """)
    let cxx = try folder.run("one.cpp")
    cxx.expectError("one.cpp: ", "undefined symbol 'shop::Cart::total(char const*, int) const'")
    #expect(!cxx.errors.contains("_ZN"))
  }

  @Test("many undefined symbols are still one line")
  func manyUndefined() throws {
    let names = (1...9).map { "missing_\($0)" }
    let declarations = names.map { "int \($0)(void);\n" }.joined()
    let sum = names.map { "\($0)()" }.joined(separator: " + ")
    try folder.write("many.c", declarations + "int main(void) { return \(sum); }\n")
    try folder.run("many.c").expectError(
      "many.c: ", "undefined symbol 'missing_1'", "'missing_2'", "'missing_6'", "and 3 more")
    // The object that refers to it is named, not the first one.
    try folder.object("main.o", program)
    try folder.object("other.o", "extern int gone; int *use(void) { return &gone; }\n")
    try folder.run("main.o", "other.o").expectError("other.o: ", "undefined symbol 'gone'")
  }

  @Test("duplicate definitions: two sources, a source and an object, C++, data")
  func duplicates() throws {
    try folder.write("a.c", helps + "int main(void) { return help(); }\n")
    try folder.write("b.c", helps)
    try folder.run("a.c", "b.c").expectError("b.c: ", "duplicate definition of 'help'", "a.c", note: "rename")
    try folder.object("b.o", helps)
    try folder.run("a.c", "b.o").expectError("b.o: ", "duplicate definition of 'help'", "a.c")
    try folder.run("b.o", "a.c").expectError("a.c: ", "duplicate definition of 'help'", "b.o")
    try folder.object("x.o", "namespace n { int count(long) { return 1; } }\nint main() {}\n", cxx: true)
    try folder.object("y.o", "namespace n { int count(long) { return 2; } }\n", cxx: true)
    let cxx = try folder.run("x.o", "y.o")
    cxx.expectError("y.o: ", "duplicate definition of 'n::count(long)'", "x.o")
    #expect(!cxx.errors.contains("_ZN"))
    try folder.object("d.o", "int shared = 1;\n" + program)
    try folder.object("e.o", "int shared = 2;\n")
    try folder.run("d.o", "e.o").expectError("e.o: ", "'shared'", "d.o")
  }

  @Test("an entry that nobody defines")
  func entries() throws {
    try folder.write("lib.c", helps)
    try folder.run("lib.c").expectError("lib.c: ", "no input defines the entry 'main'", note: "--entry")
    try folder.run("--entry", "start", "lib.c").expectError("lib.c: ", "the entry 'start'", note: "--entry")
  }

  // MARK: Objects

  @Test("an object of another architecture, a shared library, an executable")
  func foreignObjects() throws {
    try folder.object("arm.o", program, cxx: false, "--target=aarch64-linux-gnu")
    try folder.run("arm.o").expectError("arm.o: ", "is an object for aarch64", "x86_64", note: "--target")
    try folder.write("main.c", callsHelp)
    try folder.write("help.c", helps)
    try folder.tool("clang-22", "-shared", "-fPIC", "help.c", "-o", "libhelp.so")
    try folder.run("main.c", "libhelp.so").expectError("libhelp.so: ", "shared library", note: "--dlopen")
    try folder.tool("clang-22", "-no-pie", "main.c", "help.c", "-o", "program")
    try folder.run("program").expectError("program: ", "is an executable")
    // The compiler can be made to write one too.
    try folder.run("-Xcc", "--target=aarch64-linux-gnu", "help.c").expectError("help.c: ", "aarch64")
  }

  @Test("truncated and damaged objects")
  func damagedObjects() throws {
    try folder.object("whole.o", "#include <stdio.h>\nint main(void) { puts(\"x\"); return 0; }\n")
    let whole = try folder.read("whole.o")
    for length in [20, 63, 64, whole.count / 3, whole.count / 2, whole.count - 1] {
      try folder.write("cut.o", whole.prefix(length))
      try folder.run("cut.o").expectError("cut.o: ", "cannot be read as an object", note: "build it again")
    }
    var numbers = SeededGenerator(22)
    let garbage = whole.prefix(64) + Data((0..<4000).map { _ in UInt8.random(in: 0...255, using: &numbers) })
    try folder.write("garbage.o", garbage)
    let result = try folder.run("garbage.o")
    result.expectError("garbage.o: ", "cannot be read as an object")
    #expect(result.standardError.allSatisfy { $0 == 0x0a || $0 >= 0x20 && $0 != 0x7f })
  }

  @Test("objects that are larger than memory can be, by themselves and together")
  func enormousObjects() throws {
    try folder.write("main.c", program)
    for name in ["one", "two", "three"] {
      try folder.write("\(name).s", ".bss\n.globl \(name)\n\(name): .zero 0x7fffffffffff0000\n")
      try folder.tool("clang-22", "-c", "\(name).s")
    }
    try folder.run("main.c", "one.o").expectError("one.o: ", "more memory than", note: "damaged")
    try folder.run("main.c", "one.o", "two.o", "three.o").expectError("one.o: ", "more memory than", note: "damaged")
  }

  @Test("thread-local variables in the native layout")
  func nativeThreadLocals() throws {
    try folder.object("tls.o", "__thread int counter = 3; int main(void) { return counter; }\n")
    try folder.run("tls.o").expectError("tls.o: ", "thread-local variable 'counter'", note: "-femulated-tls")
    try folder.object("use.o", "extern __thread int far; int main(void) { return far; }\n", cxx: false, "-fPIC")
    try folder.run("use.o").expectError("use.o: ", "thread-local variable 'far'", note: "-femulated-tls")
    try folder.object(
      "cxx.o", "namespace n { thread_local int depth; }\nint main() { return n::depth; }\n", cxx: true)
    try folder.run("cxx.o").expectError("cxx.o: ", "'n::depth'")
    // Refused as a member too, when it is needed.
    try folder.object("counter.o", "__thread int counter; int help(void) { return counter; }\n")
    try folder.tool("llvm-ar-22", "rcs", "libtls.a", "counter.o")
    try folder.write("main.c", callsHelp)
    try folder.run("main.c", "libtls.a").expectError("libtls.a(counter.o): ", "'counter'")
  }

  // MARK: Archives

  @Test("truncated, damaged and foreign archives")
  func badArchives() throws {
    try folder.write("main.c", callsHelp)
    try folder.object("help.o", helps)
    try folder.tool("llvm-ar-22", "rcs", "whole.a", "help.o")
    let whole = try folder.read("whole.a")
    for length in [100, 150, whole.count / 2, whole.count - 10] {
      try folder.write("cut.a", whole.prefix(length))
      try folder.run("main.c", "cut.a").expectError("cut.a: ", "cannot be read as an archive", note: "build it again")
    }
    try folder.write("junk.a", "!<arch>\n" + String(repeating: "\u{7}garbage\u{1b}[31m", count: 40))
    try folder.run("main.c", "junk.a").expectError("junk.a: ", "cannot be read as an archive")
    // The member is damaged, the archive around it is not.
    try folder.write("broken.o", try folder.read("help.o").prefix(64) + Data(repeating: 0xff, count: 500))
    try folder.tool("ar", "rcS", "broken.a", "broken.o")
    try folder.run("main.c", "broken.a").expectError("broken.a: ", "broken.o")
    try folder.object("arm.o", helps, cxx: false, "--target=aarch64-linux-gnu")
    try folder.tool("llvm-ar-22", "rcs", "arm.a", "arm.o")
    try folder.run("main.c", "arm.a").expectError("arm.a(arm.o): ", "is an object for aarch64")
    try folder.object("lto.o", helps, cxx: false, "-flto")
    try folder.tool("llvm-ar-22", "rcs", "lto.a", "lto.o")
    try folder.run("main.c", "lto.a").expectError("lto.a(lto.o): ", "bitcode", note: "-flto")
    try folder.write("empty.a", "!<arch>\n")
    try folder.run("main.c", "empty.a").expectError("main.c: ", "undefined symbol 'help'")
    try folder.run("empty.a").expectError("empty.a: ", "the entry 'main'")
  }

  @Test("an archive's index may be missing or wrong, and a thin archive's members elsewhere")
  func unusualArchives() throws {
    try folder.write("main.c", callsHelp)
    try folder.object("help.o", helps)
    try folder.tool("llvm-ar-22", "rcS", "noindex.a", "help.o")
    #expect(try folder.run("main.c", "noindex.a").status == 0)
    try folder.tool("llvm-ar-22", "rcsT", "thin.a", "help.o")
    #expect(try folder.run("main.c", "thin.a").status == 0)
    try FileManager.default.removeItem(atPath: folder.folder.file("help.o"))
    try folder.run("main.c", "thin.a").expectError("thin.a: ", "help.o")
    try folder.object("help.o", helps)
    try folder.tool("llvm-ar-22", "rcs", "index.a", "help.o")
    var bytes = try folder.read("index.a")
    // The index: a header of 60 bytes behind the 8 of the magic, a number of symbols, then offsets of members.
    bytes.replaceSubrange(68..<80, with: Data(repeating: 0x7f, count: 12))
    try folder.write("index.a", bytes)
    #expect(try folder.run("main.c", "index.a").status == 0)
  }
}
