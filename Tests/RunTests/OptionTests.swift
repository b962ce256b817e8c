// What the options of `run` do: compiler options in all their forms, libraries, archives, debug info, statistics.

import Foundation
import TestSupport
import Testing

@Suite("Options")
struct OptionTests {
  let folder: RunFolder
  init() throws { folder = try RunFolder() }

  @Test("compiler options, joined and separate")
  func compilerOptions() throws {
    try FileManager.default.createDirectory(atPath: folder.folder.file("headers"), withIntermediateDirectories: true)
    try folder.write("headers/answer.h", "#define ANSWER 42\n")
    try folder.write("main.c", "#include <answer.h>\nint main(void) { return ANSWER + MORE; }\n")
    for include in [["-Iheaders"], ["-I", "headers"], ["-Xcc", "-Iheaders"]] {
      for define in [["-DMORE=1"], ["-D", "MORE=1"], ["-Xcc", "-DMORE=1"]] {
        let result = try folder.run(include + define + ["main.c"])
        #expect(result.status == 43, "\(include + define): \(result.errors)")
      }
    }
    try folder.write("flag.c", "int main(void) {\n#ifdef __OPTIMIZE__\n  return 1;\n#endif\n  return 0;\n}\n")
    for options in [[], ["-O0"]] { #expect(try folder.run(options + ["flag.c"]).status == 0, "\(options)") }
    for options in [["-O2"], ["-O", "-DX"], ["-Os"]] {
      #expect(try folder.run(options + ["flag.c"]).status == 1, "\(options)")
    }
    try folder.write("version.c", "int main(void) { return __STDC_VERSION__ / 100 % 100; }\n")
    #expect(try folder.run("-std=c99", "version.c").status == 99)
    #expect(try folder.run("--std", "c11", "version.c").status == 11)
    try folder.run("--sysroot", "/nonexistent", "main.c").expectError(
      "--sysroot /nonexistent: there is no such folder", note: "usr/include", status: 64)
  }

  @Test("several files compile together, and run in the order given")
  func severalFiles() throws {
    var calls = ""
    for i in 0..<8 {
      try folder.write("f\(i).c", "int f\(i)(void) { return \(1 << i); }\n")
      calls += "int f\(i)(void);\n"
    }
    let sum = (0..<8).map { "f\($0)()" }.joined(separator: " | ")
    try folder.write("main.c", calls + "int main(void) { return \(sum); }\n")
    #expect(try folder.run((0..<8).map { "f\($0).c" } + ["main.c"]).status == 255)
  }

  @Test("archives give the members that are needed, in circles too")
  func archives() throws {
    try folder.object("a.o", "int b(int); int a(int n) { return n ? b(n - 1) + 1 : 0; }\n")
    try folder.object("b.o", "int a(int); int b(int n) { return n ? a(n - 1) + 1 : 0; }\n")
    try folder.object("unused.o", "int nowhere(void); int unused(void) { return nowhere(); }\n")
    try folder.tool("llvm-ar-22", "rcs", "liba.a", "a.o", "unused.o")
    try folder.tool("llvm-ar-22", "rcs", "libb.a", "b.o")
    try folder.write("main.c", "int a(int); int main(void) { return a(9); }\n")
    #expect(try folder.run("main.c", "liba.a", "libb.a").status == 9)
    #expect(try folder.run("libb.a", "liba.a", "main.c").status == 9)
  }

  @Test("a library of the target")
  func library() throws {
    try folder.write("lib.c", "int from_library(void) { return 23; }\n")
    try folder.tool("clang-22", "-shared", "-fPIC", "lib.c", "-o", "libmine.so")
    try folder.write("main.c", "int from_library(void); int main(void) { return from_library(); }\n")
    try folder.run("main.c").expectError("main.c: ", "undefined symbol 'from_library'", note: "--dlopen")
    #expect(try folder.run("--dlopen", folder.folder.file("libmine.so"), "main.c").status == 23)
  }

  @Test("entry, directory and environment", arguments: Place.allCases)
  func surroundings(place: Place) throws {
    let (options, listener) = try place.open(folder)
    try folder.object(
      "where.o",
      """
      #include <stdio.h>
      #include <stdlib.h>
      #include <unistd.h>
      int start(int argc, char **argv) {
        char buffer[4096];
        printf("%s\\n%s\\n%s\\n", getcwd(buffer, sizeof buffer), getenv("SHAPE"), getenv("EMPTY"));
        return 0;
      }
      """)
    let result = try folder.run(
      options + ["--entry", "start", "--cwd", "/usr/lib", "--env", "SHAPE=a=b c", "--env", "EMPTY=", "where.o"])
    #expect(result.output == "/usr/lib\na=b c\n\n", "\(result.errors)")
    listener?.expectIdle()
  }

  @Test("debug info by reference, inline, none", arguments: ["reference", "inline", "none"])
  func debugInfo(mode: String) throws {
    try folder.write("main.c", "int main(void) { return 0; }\n")
    let result = try folder.run("--stats", "--debug-info", mode, "main.c")
    #expect(result.status == 0, "\(result.errors)")
    let json = try JSONSerialization.jsonObject(with: result.standardError)
    let statistics = try #require(json as? [String: Any])
    let sent = try #require(statistics["debugBytesSent"] as? Int)
    let stub = try #require(statistics["stubSize"] as? Int)
    let file = try #require(statistics["debugFileSize"] as? Int)
    let generations = try #require(try folder.sessions().last?["generations"] as? [[String: Any]])
    let generation = try #require(generations.first)
    #expect(generation["mode"] as? String == mode)
    switch mode {
    case "reference": #expect(sent == stub && stub > 0 && stub < file)
    case "inline": #expect(sent == file && file > 0)
    default: #expect(sent == 0 && generation["registered"] == nil && generation["debugFile"] == nil)
    }
    if mode != "none" {
      let path = try #require(generation["debugFile"] as? String)
      #expect(try Data(contentsOf: URL(filePath: path)).count == file)
    }
  }
}
