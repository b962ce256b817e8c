// What was compiled before is not compiled again, unless anything that it was made of has changed.

import Foundation
import TestSupport
import Testing

@Suite("Compile cache")
struct CompileCacheTests {
  let folder: RunFolder
  init() throws { folder = try RunFolder() }

  private var cache: String { folder.folder.file("cache/jitdebug/objects") }

  private struct Outcome: Equatable, CustomStringConvertible {
    var compiled: Int
    var cached: Int
    var output: String
    /// All but the statistics.
    var errors: String
    var description: String { "\(compiled) compiled, \(cached) from the cache: \(output)\(errors)" }
  }

  /// Runs with a cache of the test's own.
  private func run(
    _ arguments: String..., in directory: String = ".", environment extra: [String: String] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Outcome {
    var environment = ["XDG_CACHE_HOME": folder.folder.file("cache"), "JITDEBUG_NO_CACHE": ""]
    environment.merge(extra) { $1 }
    let result = try folder.run(
      command: ["sh", "-c", "cd \(directory) && exec \"$@\"", "sh"] + folder.command(["--stats"] + arguments),
      environment: environment, sourceLocation: sourceLocation)
    var lines = result.errors.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let place = try #require(
      lines.firstIndex { $0.hasPrefix("{") }, "\(result.errors)", sourceLocation: sourceLocation)
    let json = try JSONSerialization.jsonObject(with: Data(lines.remove(at: place).utf8))
    let statistics = try #require(json as? [String: Any])
    return Outcome(
      compiled: try #require(statistics["compiled"] as? Int), cached: try #require(statistics["cached"] as? Int),
      output: result.output, errors: lines.joined(separator: "\n"))
  }

  private func expect(
    _ outcome: Outcome, compiled: Int = 0, cached: Int = 0, _ output: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      outcome == Outcome(compiled: compiled, cached: cached, output: output, errors: ""),
      sourceLocation: sourceLocation)
  }

  private let shape = """
    #include <stdio.h>
    #include "shape.h"
    #ifndef FLAG
    #define FLAG 0
    #endif
    #if __has_include("more.h")
    #include "more.h"
    #endif
    int main(void) { return printf("%d %d\\n", SHAPE, FLAG) < 0; }

    """

  private func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: folder.folder.file(name), withIntermediateDirectories: true)
  }

  // MARK: What counts

  @Test("a source, a header, a flag and a directory each make a difference")
  func inputs() throws {
    try folder.write("main.c", shape)
    try makeFolder("include")
    try folder.write("include/shape.h", "#define SHAPE 1\n")
    expect(try run("-Iinclude", "main.c"), compiled: 1, "1 0\n")
    expect(try run("-Iinclude", "main.c"), cached: 1, "1 0\n")

    try folder.write("include/shape.h", "#define SHAPE 2\n")
    expect(try run("-Iinclude", "main.c"), compiled: 1, "2 0\n")
    expect(try run("-Iinclude", "main.c"), cached: 1, "2 0\n")

    expect(try run("-Iinclude", "-DFLAG=5", "main.c"), compiled: 1, "2 5\n")
    expect(try run("-Iinclude", "-DFLAG=5", "main.c"), cached: 1, "2 5\n")
    expect(try run("-Iinclude", "main.c"), cached: 1, "2 0\n")

    try folder.write("main.c", shape.replacing("%d %d", with: "%d, %d"))
    expect(try run("-Iinclude", "main.c"), compiled: 1, "2, 0\n")
    try folder.write("main.c", shape)
    expect(try run("-Iinclude", "main.c"), cached: 1, "2 0\n")

    // Debug info names the directory.
    try folder.tool("sh", "-c", "mkdir other && cp -r main.c include other")
    expect(try run("-Iinclude", "main.c", in: "other"), compiled: 1, "2 0\n")
    expect(try run("-Iinclude", "main.c", in: "other"), cached: 1, "2 0\n")
  }

  @Test("a header that comes where it is looked for first")
  func newHeaders() throws {
    try folder.write("main.c", shape)
    for name in ["include", "first"] { try makeFolder(name) }
    try folder.write("include/shape.h", "#define SHAPE 1\n")
    let arguments = ["-Inone", "-Ifirst", "-Iinclude", "main.c"]
    func run() throws -> Outcome { try self.run(arguments[0], arguments[1], arguments[2], arguments[3]) }
    expect(try run(), compiled: 1, "1 0\n")
    expect(try run(), cached: 1, "1 0\n")
    try folder.write("first/shape.h", "#define SHAPE 2\n")
    expect(try run(), compiled: 1, "2 0\n")
    expect(try run(), cached: 1, "2 0\n")
    try makeFolder("none")
    try folder.write("none/shape.h", "#define SHAPE 3\n")
    expect(try run(), compiled: 1, "3 0\n")
    try folder.write("shape.h", "#define SHAPE 4\n")
    expect(try run(), compiled: 1, "4 0\n")
    expect(try run(), cached: 1, "4 0\n")
    try folder.write("include/more.h", "#undef FLAG\n#define FLAG 9\n")
    expect(try run(), compiled: 1, "4 9\n")
    expect(try run(), cached: 1, "4 9\n")
    try FileManager.default.removeItem(atPath: folder.folder.file("include/more.h"))
    expect(try run(), compiled: 1, "4 0\n")
  }

  @Test("folders that are named by their way from here, as the source is")
  func foldersFromHere() throws {
    try folder.write("main.c", shape)
    for name in ["first", "second"] { try makeFolder(name) }
    try folder.write("second/shape.h", "#define SHAPE 1\n")
    func run() throws -> Outcome { try self.run("-I./first", "-I.", "-I./second/.", "./main.c") }
    expect(try run(), compiled: 1, "1 0\n")
    expect(try run(), cached: 1, "1 0\n")
    try folder.write("shape.h", "#define SHAPE 2\n")
    expect(try run(), compiled: 1, "2 0\n")
    try FileManager.default.removeItem(atPath: folder.folder.file("shape.h"))
    expect(try run(), compiled: 1, "1 0\n")
    try folder.write("first/shape.h", "#define SHAPE 3\n")
    expect(try run(), compiled: 1, "3 0\n")
  }

  @Test("another compiler; and no compiler runs for what is there")
  func compiler() throws {
    try folder.write("main.c", "int main(void) { return 0; }\n")
    let log = folder.folder.file("log")
    func install(_ text: String) throws {
      try folder.folder.script(
        "bin/clang-22", "# \(text)\necho \"$@\" >> '\(log)'\nexec /usr/lib/llvm-22/bin/clang \"$@\"\n")
    }
    let environment = ["PATH": "\(folder.folder.file("bin")):\(baseEnvironment["PATH"]!)"]
    try install("one")
    expect(try run("main.c", environment: environment), compiled: 1)
    let first = try folder.read("log")
    #expect(!first.isEmpty)
    expect(try run("main.c", environment: environment), cached: 1)
    #expect(try folder.read("log") == first)
    try install("two")
    expect(try run("main.c", environment: environment), compiled: 1)
    #expect(try folder.read("log").count > first.count)
    expect(try run("main.c"), compiled: 1)
  }

  @Test("IR and assembler are known by their content")
  func otherInputs() throws {
    try folder.write("part.c", "int part(void) { return 3; }\n")
    try folder.tool("clang-22", "-c", "-emit-llvm", "part.c", "-o", "part.bc")
    try folder.write(
      "main.ll",
      "declare i32 @part()\ndeclare i32 @other()\n"
        + "define i32 @main() {\n  %a = call i32 @part()\n  %b = call i32 @other()\n  %c = sub i32 %a, %b\n  ret i32 %c\n}\n"
    )
    try folder.write("other.s", ".globl other\nother:\n  movl $3, %eax\n  ret\n.section .note.GNU-stack\n")
    // About the assembler's own options the compiler has something to say.
    func counts() throws -> [Int] {
      let outcome = try run("main.ll", "part.bc", "other.s")
      return [outcome.compiled, outcome.cached]
    }
    #expect(try counts() == [3, 0])
    #expect(try counts() == [0, 3])
    try folder.write("part.c", "int part(void) { return 4 - 1; }\nint more;\n")
    try folder.tool("clang-22", "-c", "-emit-llvm", "part.c", "-o", "part.bc")
    #expect(try counts() == [1, 2])
  }

  // MARK: What is the same

  @Test("the compiler's messages are shown again, in order")
  func messages() throws {
    try folder.write("main.c", "int second(void);\nint main(void) { int forgotten; return second(); }\n")
    try folder.write("middle.c", "int middle;\n")
    try folder.write("second.c", "int second(void) { int ignored; return 0; }\n")
    let compiled = try run("-Xcc", "-Wall", "main.c", "middle.c", "second.c")
    let cached = try run("-Xcc", "-Wall", "main.c", "middle.c", "second.c")
    #expect((compiled.compiled, cached.cached) == (3, 3))
    #expect(compiled.errors.contains("unused variable 'forgotten'"))
    #expect(compiled.errors == cached.errors)
    try folder.write("main.c", "int second(void);\nint main(void) { int forgotten; return second() - 0; }\n")
    let mixed = try run("-Xcc", "-Wall", "main.c", "middle.c", "second.c")
    #expect((mixed.compiled, mixed.cached) == (1, 2))
    let places = try ["forgotten", "ignored"].map { try #require(mixed.errors.firstRange(of: "'\($0)'")).lowerBound }
    #expect(places[0] < places[1])
  }

  @Test("debug info is that of a compilation")
  func debugInfo() throws {
    try folder.write("main.c", shape)
    try folder.write(
      "shape.h", "struct shape { int sides; };\nstatic struct shape shape = {4};\n#define SHAPE (shape.sides - 3)\n")
    expect(try run("main.c"), compiled: 1, "1 0\n")
    expect(try run("main.c"), cached: 1, "1 0\n")
    let dumps = try folder.sessions().map { session in
      let generations = try #require(session["generations"] as? [[String: Any]])
      let file = try #require(generations.first?["debugFile"] as? String)
      let dump = try folder.tool("llvm-dwarfdump-22", "--debug-info", "--debug-line", "--debug-str", file)
      // Where the program lay differs from run to run.
      return dump.replacing(file, with: "").replacing(#/0x[0-9a-f]+/#, with: "0x")
    }
    #expect(dumps.count == 2 && dumps[0] == dumps[1])
    #expect(dumps[1].contains("DW_AT_comp_dir\t(\"\(folder.path)\")") && dumps[1].contains("sides"))
  }

  // MARK: What is not kept

  @Test("compilations that fail, and those that depend on more than files that are known")
  func uncacheable() throws {
    try folder.write("bad.c", "int main(void) { return undeclared; }\n")
    let environment = ["XDG_CACHE_HOME": folder.folder.file("cache"), "JITDEBUG_NO_CACHE": ""]
    for _ in 0..<2 {
      let result = try folder.run("bad.c", environment: environment)
      result.expectError("bad.c: ", "does not compile", note: "above")
      #expect(result.errors.contains("undeclared identifier"))
    }
    try folder.write("time.c", "const char *now(void) { return __TIME__; }\nint main(void) { return 0; }\n")
    try folder.write("date.h", "static const char *today = __DATE__;\n")
    try folder.write("date.c", "#include \"date.h\"\nint main(void) { return today == 0; }\n")
    try folder.write(
      "data.c",
      """
      #include <stdio.h>
      __asm__(".data\\n.globl data\\ndata: .incbin \\"data.txt\\"\\n.byte 0\\n.text");
      extern char data[];
      int main(void) { return puts(data) < 0; }
      """)
    try folder.write("data.txt", "one")
    for _ in 0..<2 {
      expect(try run("time.c"), compiled: 1)
      expect(try run("date.c"), compiled: 1)
    }
    expect(try run("data.c"), compiled: 1, "one\n")
    try folder.write("data.txt", "two")
    expect(try run("data.c"), compiled: 1, "two\n")
    try folder.write("main.c", "int main(void) { return 0; }\n")
    for _ in 0..<2 { expect(try run("-Xcc", "-ftime-trace", "main.c"), compiled: 1) }
    #expect(!FileManager.default.fileExists(atPath: cache), "something was kept")
  }

  @Test("nothing is kept or used where that is not wanted")
  func off() throws {
    try folder.write("main.c", "int main(void) { return 0; }\n")
    expect(try run("--no-cache", "main.c"), compiled: 1)
    expect(try run("main.c", environment: ["JITDEBUG_NO_CACHE": "1"]), compiled: 1)
    #expect(!FileManager.default.fileExists(atPath: folder.folder.file("cache")))
    expect(try run("main.c"), compiled: 1)
    expect(try run("--no-cache", "main.c"), compiled: 1)
    expect(try run("main.c"), cached: 1)
  }

  @Test("folders: the default one, and those that cannot be written")
  func folders() throws {
    try folder.write("main.c", "int main(void) { return 0; }\n")
    try makeFolder("home")
    let home = folder.folder.file("home")
    for variable in ["", "relative"] {
      let environment = ["XDG_CACHE_HOME": variable, "HOME": home]
      expect(
        try run("main.c", environment: environment), compiled: variable == "" ? 1 : 0, cached: variable == "" ? 0 : 1)
    }
    #expect(FileManager.default.fileExists(atPath: "\(home)/.cache/jitdebug/objects"))
    #expect(!FileManager.default.fileExists(atPath: folder.folder.file("relative")))
    for place in ["/proc/none", folder.folder.file("main.c")] {
      for _ in 0..<2 { expect(try run("main.c", environment: ["XDG_CACHE_HOME": place]), compiled: 1) }
    }
  }

  // MARK: Harm

  @Test("a damaged entry is compiled anew")
  func damage() throws {
    try folder.write("main.c", "#include <stdio.h>\nint main(void) { return puts(\"whole\") < 0; }\n")
    expect(try run("main.c"), compiled: 1, "whole\n")
    let damages: [(String, (Data) -> Data)] = [
      ("empty", { _ in Data() }), ("half", { $0.prefix($0.count / 2) }), ("longer", { $0 + Data([0]) }),
      ("zeros", { Data(count: $0.count) }),
      ("first byte", { Data([$0[0] ^ 1]) + $0.dropFirst() }), ("last byte", { $0.dropLast() + Data([$0.last! ^ 1]) }),
      ("a byte of the object", { $0.prefix($0.count - 500) + Data([$0[$0.count - 500] ^ 0x10]) + $0.suffix(499) }),
    ]
    for (name, damage) in damages {
      expect(try run("main.c"), cached: 1, "whole\n")
      for file in try FileManager.default.contentsOfDirectory(atPath: cache) {
        let url = URL(filePath: "\(cache)/\(file)")
        // The object; what else there is, is not read where that is.
        guard try Data(contentsOf: url).count > 1000 else { continue }
        try damage(try Data(contentsOf: url)).write(to: url)
      }
      #expect(try run("main.c") == Outcome(compiled: 1, cached: 0, output: "whole\n", errors: ""), "\(name)")
    }
  }

  @Test("several runs at once")
  func concurrency() throws {
    try folder.write("main.c", "#include <stdio.h>\nint main(void) { return puts(\"whole\") < 0; }\n")
    let environment = folder.environment.merging([
      "XDG_CACHE_HOME": folder.folder.file("cache"), "JITDEBUG_NO_CACHE": "",
    ]) { $1 }
    let runs = try (0..<4).map { _ in
      try BackgroundProcess(folder.command(["main.c"]), environment: environment, directory: folder.path)
    }
    for run in runs {
      let result = try run.finish(within: 120)
      #expect(result.output == "whole\n" && result.status == 0, "\(result.errors)")
    }
    expect(try run("main.c"), cached: 1, "whole\n")
    let names = try FileManager.default.contentsOfDirectory(atPath: cache)
    #expect(names.allSatisfy { $0 == "added" || $0.wholeMatch(of: #/[0-9a-f]{40}/#) != nil }, "\(names)")
  }
}
