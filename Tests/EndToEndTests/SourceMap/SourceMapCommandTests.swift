// `jitdebug sourcemap`: what it reads, finds, prints and writes.

import Foundation
import TestSupport
import Testing

@Suite("sourcemap")
struct SourceMapCommandTests {
  let session: SessionFolder
  var folder: TemporaryFolder { session.folder }

  init() throws { session = try SessionFolder() }

  func write(_ text: String, _ name: String) throws {
    let url = URL(filePath: folder.file(name))
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: url, atomically: true, encoding: .utf8)
  }

  /// Compiles in a subfolder, whose prefix is recorded as another if that is given.
  @discardableResult
  func compile(_ words: [String], in name: String, as prefix: String? = nil) throws -> String {
    let directory = folder.file(name)
    let map = prefix.map { ["-fdebug-prefix-map=\(directory)=\($0)"] } ?? []
    let result = try run(words + map, directory: directory)
    try #require(result.status == 0, "\(result.errors)")
    return result.output
  }

  func sourcemap(_ words: [String], environment: [String: String] = [:]) throws -> CommandResult {
    try run(
      [Workspace.jitdebug, "sourcemap"] + words, environment: session.environment.merging(environment) { $1 },
      directory: folder.path)
  }

  struct Document: Decodable {
    struct File: Decodable {
      var recorded: String
      var status: String
      var path: String?
      var candidates: [String]?
    }
    struct Rule: Decodable, Equatable {
      var from: String
      var to: String
    }
    var schemaVersion: Int
    var files: [File]
    var rules: [Rule]
    var problems: [String]
  }

  func map(_ words: [String], environment: [String: String] = [:]) throws -> Document {
    let result = try sourcemap(words + ["--json"], environment: environment)
    let document = try JSONDecoder().decode(Document.self, from: result.standardOutput)
    #expect(document.schemaVersion == 1)
    return document
  }

  /// A file that moved, one that changed, one that is gone, and one of a relative name.
  private func makeProject() throws {
    for name in ["moved", "changed", "gone"] {
      try write("int \(name)(void) { return 1; }\n", "build/src/\(name).c")
      try compile(
        ["clang-22", "-g", "-gdwarf-5", "-c", "src/\(name).c", "-o", "\(name).o"], in: "build", as: "/build/app")
    }
    try write("int relative(void) { return 1; }\n", "build/src/relative.c")
    try compile(["gcc", "-g", "-c", "src/relative.c", "-o", "relative.o"], in: "build", as: ".")
    try FileManager.default.moveItem(atPath: folder.file("build/src"), toPath: folder.file("desk/src"), creating: true)
    try write("int changed(void) { return 2; }\n", "desk/src/changed.c")
    try FileManager.default.removeItem(atPath: folder.file("desk/src/gone.c"))
  }

  /// To renew a file: run with JITDEBUG_WRITE_GOLDEN=1.
  @Test("formats", arguments: ["table", "lldb", "gdb", "vscode", "json"])
  func formats(format: String) throws {
    try makeProject()
    let objects = ["moved", "changed", "gone", "relative"].map { "build/\($0).o" }
    let result = try sourcemap(objects + ["--source-root", "desk", "--format", format])
    #expect(result.status == 0)
    #expect(
      result.errors == "warning: \(folder.file("desk/src/changed.c")): its text has changed since it was compiled, "
        + "so lines may be shifted\n")
    let golden = "\(Workspace.root)/Tests/EndToEndTests/SourceMap/Golden/\(format).txt"
    let output = result.output.replacing(folder.path, with: "FOLDER")
    if ProcessInfo.processInfo.environment["JITDEBUG_WRITE_GOLDEN"] != nil {
      try output.write(toFile: golden, atomically: true, encoding: .utf8)
    }
    #expect(output == (try String(contentsOfFile: golden, encoding: .utf8)))
  }

  @Test("--check tells by its exit code whether everything is here and unchanged")
  func check() throws {
    try makeProject()
    let words = ["--source-root", "desk", "--check"]
    #expect(try sourcemap(["build/moved.o", "build/relative.o"] + words).status == 0)
    #expect(try sourcemap(["build/changed.o"] + words).status == 1)
    #expect(try sourcemap(["build/moved.o", "build/none.o"] + words).status == 1)
    let missing = try sourcemap(["build/gone.o"] + words)
    #expect(missing.status == 1)
    #expect(missing.output.contains("1 source file is missing, so 1 function will have no source"), "\(missing.output)")
  }

  @Test("archives, bitcode and IR")
  func inputs() throws {
    try makeProject()
    try write("int bits(void) { return 1; }\n", "build/src/bits.c")
    try compile(["clang-22", "-g", "-c", "-emit-llvm", "src/bits.c", "-o", "bits.bc"], in: "build", as: "/build/app")
    try compile(["clang-22", "-g", "-S", "-emit-llvm", "src/bits.c", "-o", "bits.ll"], in: "build", as: "/build/app")
    try compile(["ar", "rcs", "all.a", "moved.o", "relative.o", "bits.bc"], in: "build")
    let archive = try map(["build/all.a"])
    #expect(
      Set(archive.files.map(\.recorded)) == ["/build/app/src/moved.c", "src/relative.c", "/build/app/src/bits.c"])
    for name in ["bits.bc", "bits.ll"] {
      #expect(try map(["build/\(name)"]).files.map(\.recorded) == ["/build/app/src/bits.c"])
    }
    let source = try sourcemap(["desk/src/moved.c"])
    #expect(source.status == 125)
    #expect(source.errors.hasPrefix("error: desk/src/moved.c: is a source, which has no debug info\nnote: "))
    let some = try sourcemap(["build/moved.o", "nothing.o"])
    #expect(some.status == 0)
    #expect(some.errors == "warning: nothing.o: no such file or directory\n")
  }

  @Test("a saved profile leads to the same files without the roots")
  func saved() throws {
    try makeProject()
    let objects = ["build/moved.o", "build/relative.o"]
    let first = try map(objects + ["--source-root", "desk", "--save", "app.json"])
    let second = try map(objects + ["--profile", "app.json"])
    #expect(first.rules == second.rules && first.rules.count == 2)
    #expect(second.files.map(\.status) == ["found", "found"])
    #expect(try String(contentsOfFile: folder.file("app.json"), encoding: .utf8).contains("\"name\" : \"app\""))
  }

  @Test(
    "the profiles that come with jitdebug",
    arguments: [
      ("debian-x86_64", "x86_64-linux-gnu"), ("debian-aarch64", "aarch64-linux-gnu"),
      ("debian-riscv64", "riscv64-linux-gnu"), ("alpine-x86_64", "x86_64-alpine-linux-musl"),
    ])
  func profiles(name: String, triple: String) throws {
    try write("struct only_here { int x; };\n", "root/usr/include/only_here.h")
    // Two files that only the profile can tell apart: without sums, and equally alike by name.
    try write("int work(void) { return 1; }\n", "sources/app-1.0/src/work.c")
    try write("int work(void) { return 2; }\n", "sources/copy/app-1.0/src/work.c")
    let program = "#include <only_here.h>\nint use(struct only_here *here) { return here->x; }\n"
    try write(program, "package/src/main.c")
    try write("int work(void) { return 1; }\n", "package/src/work.c")
    let clang = ["clang-22", "--target=\(triple)", "-g", "-gdwarf-4", "-c"]
    let debian = name.hasPrefix("debian")
    // As the distribution's packages are built.
    try compile(
      clang + ["-fdebug-prefix-map=\(folder.file("root"))=", "-isystem", folder.file("root/usr/include")]
        + ["src/main.c", "-o", "main.o"], in: "package",
      as: debian ? "." : "/home/buildozer/aports/main/musl/src/v1.2.5")
    try compile(
      clang + ["src/work.c", "-o", "work.o"], in: "package",
      as: debian ? "/build/reproducible-path/app-1.0" : "/home/buildozer/aports/community/app/src/app-1.0")
    try FileManager.default.moveItem(
      atPath: folder.file("package/src/main.c"), toPath: folder.file("sources/src/main.c"), creating: true)
    let found = try map(
      ["package/main.o", "package/work.o", "--profile", name, "--source-root", "sources"],
      environment: ["SYSROOT": folder.file("root")])
    #expect(found.problems == [])
    let places = Dictionary(
      uniqueKeysWithValues: found.files.map { ($0.recorded.split(separator: "/").last!, $0.path) })
    #expect(places["only_here.h"] == folder.file("root/usr/include/only_here.h"))
    #expect(places["main.c"] == folder.file("sources/src/main.c"))
    #expect(places["work.c"] == folder.file("sources/app-1.0/src/work.c"))
    let without = try map(["package/work.o", "--source-root", "sources"])
    #expect(without.files.map(\.status) == ["missing"])
    let candidates = ["app-1.0", "copy/app-1.0"].map { folder.file("sources/\($0)/src/work.c") }
    #expect(without.files.map(\.candidates) == [candidates])
  }

  @Test("what is wrong with a profile, in one line each; the rest works")
  func damagedProfiles() throws {
    try makeProject()
    try write(
      #"""
      {"schemaVersion": 1, "color": 1, "rules": [
        {"from": "/build/app", "to": "${profile}/desk"}, {"from": 3, "to": "/x"}, {"from": "/a", "to": "${what}/a"},
        {"from": "/gone", "to": "/nonexistent"}], "sources": "x"}
      """#, "partly.json")
    try write("{", "broken.json")
    try write(#"{"schemaVersion": 7}"#, "newer.json")
    let words = ["partly.json", "broken.json", "newer.json", "unheard-of"].flatMap { ["--profile", $0] }
    let result = try sourcemap(["build/moved.o", "--source-root", "nowhere", "--format", "lldb"] + words)
    #expect(result.status == 0)
    #expect(
      result.errors.replacing(folder.path + "/", with: "") == """
        warning: partly.json: color is not a field of profiles
        warning: partly.json: rules[1].from is not a string
        warning: partly.json: rules[2].to uses the unknown variable ${what}
        warning: partly.json: sources is not a list
        warning: broken.json: is not valid JSON
        warning: newer.json: schemaVersion 7 is not known; this program reads 1
        warning: profile unheard-of: there is none of this name; known are alpine-x86_64, debian-aarch64, \
        debian-riscv64, debian-x86_64
        warning: partly.json: /nonexistent does not exist, so sources of /gone are not looked for there
        warning: nowhere: no such file or directory

        """)
    #expect(result.output == "settings append target.source-map \"/build/app\" \"\(folder.file("desk"))\"\n")
  }
}

extension FileManager {
  fileprivate func moveItem(atPath path: String, toPath target: String, creating: Bool) throws {
    try createDirectory(
      at: URL(filePath: target).deletingLastPathComponent(), withIntermediateDirectories: creating)
    try moveItem(atPath: path, toPath: target)
  }
}
