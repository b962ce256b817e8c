// -l and -L: archives of this machine whose members become part of the program, in every form they come in.

import Foundation
import TestSupport
import Testing

@Suite("Libraries as JIT modules")
struct ArchiveTests {
  let folder: RunFolder
  init() throws { folder = try RunFolder() }

  /// Makes an archive of members, each with its text, by the named tool.
  private func archive(
    _ name: String, _ members: KeyValuePairs<String, String>, flags: String = "rcs", compiler: String = "clang-22",
    _ options: String...
  ) throws {
    var objects: [String] = []
    for (member, text) in members {
      let path = "\(name).d/\(objects.count)"
      try FileManager.default.createDirectory(
        atPath: folder.folder.file(path), withIntermediateDirectories: true)
      try folder.write("\(path)/\(member).c", text)
      objects.append("\(path)/\(member).o")
      let command = [compiler, "-c", "-g", "\(path)/\(member).c", "-o", objects.last!] + options
      let result = try TestSupport.run(command, environment: folder.environment, directory: folder.path)
      try #require(result.status == 0, "\(result.errors)")
    }
    // One by one, so that members of one name stay apart.
    let result = try TestSupport.run(
      ["ar", flags.replacing("r", with: "q"), name] + objects, environment: folder.environment, directory: folder.path)
    try #require(result.status == 0, "\(result.errors)")
  }

  private func folders(_ names: String...) throws {
    for name in names {
      try FileManager.default.createDirectory(atPath: folder.folder.file(name), withIntermediateDirectories: true)
    }
  }

  @Test("folders in order, both spellings, a file by name, twice, and what needs each other")
  func order() throws {
    try folders("first", "second")
    try archive("second/liba.a", ["a": "int b(int); int a(int n) { return n ? b(n - 1) + 1 : 0; }\n"])
    try archive("second/libb.a", ["b": "int a(int); int b(int n) { return n ? a(n - 1) + 1 : 0; }\n"])
    try archive("first/libb.a", ["b": "int a(int); int b(int n) { return n ? a(n - 1) + 2 : 0; }\n"])
    try folder.write("main.c", "int a(int); int main(void) { return a(9); }\n")
    #expect(try folder.run("main.c", "-Lsecond", "-la", "-lb").status == 9)
    #expect(try folder.run("-lb", "-la", "-L", "second", "main.c").status == 9)
    #expect(try folder.run("main.c", "-L", "second", "-l", "b", "-la", "-lb", "-lm", "-lc", "-lpthread").status == 9)
    #expect(try folder.run("main.c", "-Lfirst", "-Lsecond", "-la", "-lb").status == 13)
    #expect(try folder.run("main.c", "-Lsecond", "-Lfirst", "-la", "-lb").status == 9)
    #expect(try folder.run("main.c", "-Lfirst", "-Lsecond", "-l:liba.a", "-l", ":libb.a").status == 13)
    #expect(try folder.run("main.c", "-Lsecond", "-la", "first/libb.a").status == 13)
  }

  @Test("only what is needed, with its debug info")
  func needed() throws {
    try archive(
      "libtwo.a",
      ["one": "int one(void) { return 1; }\n", "two": "int gone(void); int two(void) { return gone(); }\n"])
    try folder.write("main.c", "int one(void); int main(void) { return one(); }\n")
    let result = try folder.run("main.c", "-L.", "-ltwo", "--stats")
    #expect(result.status == 1)
    #expect(result.errors.contains("\"objects\":2,"))
    let generation = try #require((try folder.sessions().last?["generations"] as? [[String: Any]])?.first)
    let dump = try folder.tool("llvm-dwarfdump-22", "--debug-line", try #require(generation["debugFile"] as? String))
    #expect(dump.contains("one.c") && !dump.contains("two.c"))
  }

  @Test("thin archives, members of one name, no index")
  func forms() throws {
    let members: KeyValuePairs = ["part": "int left(void) { return 3; }\n", "part ": "int right(void) { return 4; }\n"]
    try folder.write("main.c", "int left(void), right(void); int main(void) { return left() * 10 + right(); }\n")
    try archive("libthin.a", members, flags: "rcsT")
    #expect(try folder.run("main.c", "-L.", "-lthin").status == 34)
    try archive("libnone.a", members, flags: "rcS")
    #expect(try folder.run("main.c", "-L.", "-lnone").status == 34)
    try archive("libsame.a", ["part": "int left(void) { return 5; }\n", "part": "int right(void) { return 6; }\n"])
    #expect(try folder.tool("ar", "t", "libsame.a") == "part.o\npart.o\n")
    #expect(try folder.run("main.c", "-L.", "-lsame").status == 56)
  }

  @Test("members built by GCC: common symbols, constructors", arguments: ["-O0", "-O2"])
  func gcc(optimisation: String) throws {
    try archive(
      "libgcc_made.a",
      [
        "common": "int shared; int *address(void) { return &shared; }\n",
        "common2": "int shared; __attribute__((constructor)) static void set(void) { shared += 5; }\n"
          + "int anchor(void) { return 0; }\n",
      ], compiler: "gcc", optimisation, "-fcommon")
    try folder.write("main.c", "int *address(void), anchor(void); int main(void) { return *address() + anchor(); }\n")
    let result = try folder.run("main.c", "-L.", "-lgcc_made")
    #expect(result.status == 5, "\(result.errors)")
  }

  @Test("what is not there, what is only a shared library, and what a folder would have had")
  func errors() throws {
    try folder.write("main.c", "int help(void); int main(void) { return help(); }\n")
    try folder.run("main.c", "-lnothing").expectError(
      "-lnothing: there is no libnothing.a in the folders for x86_64-unknown-linux-gnu", note: "-L")
    try folder.run("main.c", "-L.", "-l:gone.a").expectError("-l:gone.a: there is no gone.a in . or", note: "-L")
    try folder.write("help.c", "int help(void) { return 42; }\n")
    try folder.tool("clang-22", "-shared", "-fPIC", "help.c", "-o", "libhelp.so")
    try folder.run("main.c", "-L.", "-lhelp").expectError(
      "-lhelp: ./libhelp.so is a shared library", "no libhelp.a", note: "--dlopen help")
    try folder.run("main.c", "-L.", "-l:libhelp.so").expectError("libhelp.so: is no archive", note: "without -l")
    try archive("libhelp2.a", ["help": "int help(void) { return 42; }\n"])
    try folder.run("main.c", "-L.").expectError(
      "undefined symbol 'help'", note: "add -lhelp2, for ./libhelp2.a defines it")
    try folder.run("main.c", "-l", "").expectError("-l", "no library is named", status: 64)
    try folder.write("libtext.a", "GROUP ( libhelp2.a )\n")
    try folder.run("main.c", "-L.", "-ltext").expectError("libtext.a: ", "neither")
  }
}
