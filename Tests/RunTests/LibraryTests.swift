// Libraries of the target: which file --dlopen takes, where it looks, and what `jitdebug libraries` shows of it.

import Foundation
import TestSupport
import Testing

@Suite("Libraries on the target")
struct LibraryTests {
  let folder: RunFolder
  init() throws {
    folder = try RunFolder()
    // Each version of the library answers with another number.
    for (file, answer) in [("libdemo.so.9", 9), ("libdemo.so.14", 14), ("libdemo.so.100", 100)] {
      try library("libs/\(file)", "int answer(void) { return \(answer); }\n", soname: file)
    }
    try folder.write("main.c", "int answer(void); int main(void) { return answer(); }\n")
  }

  /// Links a shared library.
  private func library(_ file: String, _ text: String, soname: String, _ flags: String...) throws {
    let path = folder.folder.file(file)
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try folder.write("\(soname).c", text)
    let command = ["clang-22", "-shared", "-fPIC", "-Wl,-soname,\(soname)", "\(soname).c", "-o", path] + flags
    let result = try TestSupport.run(command, environment: folder.environment, directory: folder.path)
    try #require(result.status == 0, "\(result.errors)")
  }

  /// The executor's own folders for libraries.
  private func path(_ folders: String...) -> [String: String] {
    ["LD_LIBRARY_PATH": folders.map { folder.folder.file($0) }.joined(separator: ":")]
  }

  @Test("the highest version, the one asked for, a file by name", arguments: Place.allCases)
  func versions(place: Place) throws {
    let listener = place == .remote ? try Listener(folder, environment: path("libs")) : nil
    let options = listener.map { ["--connect", $0.address] } ?? []
    let cases = [("demo", 100), ("demo@14", 14), ("demo@9", 9), ("libdemo.so.14", 14)]
    for (library, status) in cases {
      let result = try folder.run(options + ["--stats", "--dlopen", library, "main.c"], environment: path("libs"))
      #expect(result.status == Int32(status), "\(result.errors)")
      let statistics = try #require(try JSONSerialization.jsonObject(with: result.standardError) as? [String: Any])
      let taken = library.hasSuffix(".14") ? library : folder.folder.file("libs/libdemo.so.\(status)")
      #expect(statistics["libraries"] as? [String] == [taken])
      let described = try folder.sessions().last?["libraries"] as? [[String: String]]
      #expect(described == [["request": library, "path": taken]])
    }
    listener?.expectIdle()
  }

  @Test("a terminal is told what was taken")
  func note() throws {
    let terminal = try PseudoTerminal(
      ["env", "-C", folder.path] + folder.command(["--dlopen", "demo@9", "main.c"]),
      environment: folder.environment.merging(path("libs")) { $1 })
    #expect(try terminal.wait() == 9)
    #expect(terminal.transcript.contains("note: --dlopen demo@9: loaded \(folder.folder.file("libs/libdemo.so.9"))"))
  }

  @Test("none, another version, another architecture, a broken link, a text, what fails to load")
  func errors() throws {
    let here = path("libs")
    func run(_ libraries: String...) throws -> CommandResult {
      try folder.run(libraries.flatMap { ["--dlopen", $0] } + ["main.c"], environment: here)
    }
    try run("demu").expectError("--dlopen demu: ", "no libdemu.so, but", "demo", note: "jitdebug libraries")
    try run("libdemo").expectError("--dlopen libdemo: ", "no liblibdemo.so, but", "demo", note: "jitdebug libraries")
    try run("demo@15").expectError("--dlopen demo@15: ", "no version 15", "100, 14, 9", note: "highest")
    try run("demo@").expectError("--dlopen demo@: ", "not a library", note: "NAME@VERSION", status: 64)
    // ELF headers of a 32-bit library for ARM (e_machine 40).
    var header = Data([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1] + [UInt8](repeating: 0, count: 9) + [3, 0, 40, 0])
    header.append(Data(count: 2000))
    try folder.write("libs/libother.so.3", header)
    try run("other").expectError("libother.so.3", "is for arm", "x86_64", note: "architecture")
    try folder.tool("ln", "-s", "nowhere", "libs/libgone.so.1")
    try run("gone").expectError("libgone.so.1", "cannot be read", note: "links to")
    try folder.write("libs/libscript.so", "GROUP ( libdemo.so.9 )\n")
    try run("script").expectError("libscript.so", "no shared library", note: "install")
    try library(
      "libs/libneedy.so.1", "int absent(void); int needy(void) { return absent(); }\n", soname: "libneedy.so.1")
    try run("needy", "demo", "libabsent.so.7").expectError(
      "libneedy.so.1: cannot be loaded", "undefined symbol: absent", "libabsent.so.7: cannot be loaded",
      note: "everything it needs")
    // What does not fit is passed over if another one does.
    try folder.write("libs/libdemo.so.200", header)
    #expect(try run("demo").status == 100)
  }

  @Test("a short name stands for the file it links to")
  func links() throws {
    try folder.tool("mv", "libs/libdemo.so.9", "libs/libdemo.so.100.2.3")
    try folder.tool("ln", "-sf", "libdemo.so.100.2.3", "libs/libdemo.so.100")
    let list = try document("demo", environment: path("libs"))
    let files = try #require((list["libraries"] as? [[String: Any]])?.first?["files"] as? [[String: Any]])
    #expect(files.map { $0["version"] as? String } == ["100", "100.2.3", "14"])
    #expect(files.map { $0["isTaken"] as? Bool } == [true, false, false])
    #expect(try folder.run(["--dlopen", "demo", "main.c"], environment: path("libs")).status == 9)
  }

  @Test("LLVM's executor, started here")
  func stock() throws {
    let stock = ["--executor", "/usr/lib/llvm-22/bin/llvm-jitlink-executor"]
    #expect(try folder.run(stock + ["--dlopen", "demo", "main.c"], environment: path("libs")).status == 100)
    let result = try folder.run(stock + ["--dlopen", "demo@15", "main.c"], environment: path("libs"))
    result.expectError("--dlopen demo@15: ", "no version 15", note: "highest")
  }

  // MARK: jitdebug libraries

  private func libraries(_ arguments: [String], environment: [String: String] = [:], executor: String? = nil) throws
    -> CommandResult
  {
    let result = try TestSupport.run(
      [Workspace.jitdebug, "libraries", "--executor", executor ?? folder.executor] + arguments,
      environment: folder.environment.merging(environment) { $1 }, directory: folder.path)
    try folder.expectNothingLeft()
    return result
  }

  private func document(_ arguments: String..., environment: [String: String] = [:], executor: String? = nil) throws
    -> [String: Any]
  {
    let result = try libraries(["--json"] + arguments, environment: environment, executor: executor)
    try #require(result.status == 0, "\(result.errors)")
    return try #require(try JSONSerialization.jsonObject(with: result.standardOutput) as? [String: Any])
  }

  @Test("the list, as a table and as a document")
  func list() throws {
    try folder.write("libs/libdemo.so", "INPUT ( libdemo.so.9 )\n")
    let table = try libraries(["demo"], environment: path("libs")).output.split(separator: "\n").map(String.init)
    #expect(table.first == "NAME  VERSION  TAKEN  PATH")
    #expect(table.contains("demo  100      yes    \(folder.folder.file("libs/libdemo.so.100"))"))
    #expect(table.contains("demo  14       -      \(folder.folder.file("libs/libdemo.so.14"))"))
    #expect(table.contains("demo  -        -      \(folder.folder.file("libs/libdemo.so")) (no shared library)"))
    #expect(try libraries(["no such name"]).output == "no libraries\n")

    let list = try document(environment: path("libs"))
    #expect(list["schemaVersion"] as? Int == 1)
    #expect(list["triple"] as? String == "x86_64-unknown-linux-gnu")
    #expect((list["folders"] as? [String])?.first == folder.folder.file("libs"))
    let names = try #require(list["libraries"] as? [[String: Any]]).compactMap { $0["name"] as? String }
    #expect(names == names.sorted() && Set(names).isSuperset(of: ["demo", "c", "stdc++"]))
  }

  /// A target with an ld.so.conf of its own: the same machine, seen from another mount namespace.
  @Test("ld.so.conf with includes, in the loader's order")
  func configuration() throws {
    let root = folder.folder.path
    for (name, text) in [
      ("ld.so.conf", "# first\n\(root)/one\ninclude conf.d/*.conf\n\(root)/four, \(root)/five\n"),
      ("conf.d/b.conf", "\(root)/three # behind\ninclude ../ld.so.conf\n"),
      ("conf.d/a.conf", "hwcap 0 nosegneg\n\(root)/two\n"),
      ("conf.d/.hidden.conf", "\(root)/hidden\n"), ("conf.d/c.text", "\(root)/hidden\n"),
    ] {
      try FileManager.default.createDirectory(atPath: "\(root)/conf.d", withIntermediateDirectories: true)
      try folder.write(name, text)
    }
    for place in ["hidden", "five", "four", "three", "two", "one"] {
      try FileManager.default.createDirectory(atPath: "\(root)/\(place)", withIntermediateDirectories: true)
      try folder.tool("cp", "libs/libdemo.so.14", "\(place)/libdemo.so.14")
      try folder.write("\(place)/mark-\(place)", "")
    }
    let executor = try folder.folder.script(
      "there",
      """
      exec unshare --map-root-user --mount sh -c '
        mount --bind "$0/ld.so.conf" /etc/ld.so.conf && mkdir -p "$0/etc" && mount --bind "$0/conf.d" /etc/ld.so.conf.d &&
        exec "$@"' '\(root)' '\(folder.executor)' "$@"

      """)
    try folder.write(
      "ld.so.conf",
      try String(decoding: folder.read("ld.so.conf"), as: UTF8.self)
        .replacing("include conf.d/", with: "include ld.so.conf.d/"))
    let list = try document("demo", executor: executor)
    let folders = try #require(list["folders"] as? [String])
    #expect(folders.starts(with: ["one", "two", "three", "four", "five"].map { "\(root)/\($0)" }), "\(folders)")
    #expect(folders.contains("/lib/x86_64-linux-gnu") && folders.contains("/lib64"))
    let files = try #require((list["libraries"] as? [[String: Any]])?.first?["files"] as? [[String: Any]])
    #expect(files.first?["path"] as? String == "\(root)/one/libdemo.so.14")
    #expect(files.count == 5)
  }
}
