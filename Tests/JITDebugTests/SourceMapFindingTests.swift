// Which file a recorded path means, and what the rules come to in each debugger's way of applying them.

import Foundation
import Testing

@testable import JITDebug

@Suite("Finding sources")
struct SourceMapFindingTests {
  let scratch: ScratchDirectory
  let root: String

  init() throws {
    scratch = try ScratchDirectory()
    root = try #require(realpath(scratch.url.path, nil).map { String(cString: $0) })
  }

  private func write(_ text: String, _ name: String) throws {
    let url = URL(filePath: "\(root)/\(name)")
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: url, atomically: true, encoding: .utf8)
  }

  private func sum(_ text: String) throws -> [UInt8] {
    try write(text, ".sum")
    return try #require(HostFiles().sum(of: "\(root)/.sum"))
  }

  private func map(_ files: [RecordedFile]) -> SourceMap {
    SourceMap(files: files, lookup: SourceLookup(roots: [root]), currentDirectory: "/nonexistent")
  }

  /// Places without the root's path.
  private func places(_ map: SourceMap) -> [String?] {
    map.entries.map { $0.path.map { String($0.dropFirst(root.count + 1)) } }
  }

  @Test("two files that fit equally well: the one beside its sibling, or none")
  func ties() throws {
    for folder in ["one/app", "two/app"] { try write("int \(folder.prefix(3));", "\(folder)/same.c") }
    #expect(places(map([RecordedFile(path: "/gone/app/same.c")])) == [nil])
    try write("int other;", "two/app/other.c")
    let both = map([RecordedFile(path: "/gone/app/same.c"), RecordedFile(path: "/gone/app/other.c")])
    #expect(places(both) == ["two/app/same.c", "two/app/other.c"])
    // Copies of one text are as good as each other.
    try write("int one;", "two/app/same.c")
    #expect(places(map([RecordedFile(path: "/gone/app/same.c")])) == ["one/app/same.c"])
  }

  @Test("a namesake of other text is no source; a changed source is")
  func namesakes() throws {
    try write("struct mine {};", "types.h")
    try write("int changed;", "main.c")
    let files = [
      RecordedFile(path: "/usr/include/bits/types.h", md5: try sum("struct theirs {};")),
      RecordedFile(path: "/gone/main.c", md5: try sum("int old;"), functions: 1),
    ]
    let map = map(files)
    #expect(map.entries.map(\.status) == [.missing, .changed])
    #expect(map.changeWarnings.map(\.subject) == ["\(root)/main.c"])
    #expect(map.rules == [SourceRule(from: "/gone", to: root)])
  }

  @Test("one path, recorded for two texts")
  func twoTexts() throws {
    try write("int a;", "a/app/x.c")
    let (a, b) = (
      RecordedFile(path: "/gone/app/x.c", md5: try sum("int a;")),
      RecordedFile(path: "/gone/app/x.c", md5: try sum("int b;"))
    )
    // One is here: for the other it is a changed text.
    #expect(map([a, b]).entries.map(\.status) == [.found, .changed])
    // Both are: no rule is right.
    try write("int b;", "b/app/x.c")
    #expect(map([a, b]).entries.map(\.status) == [.missing, .missing])
    #expect(map([a, b]).rules.isEmpty)
  }

  @Test("no rule covers a missing file whose name exists at the destination")
  func missingIsNotMisled() throws {
    try write("int a;", "app/a.c")
    try write("int b;", "app/sub/b.c")
    try write("#define other", "app/c.h")
    let files = [
      RecordedFile(path: "/gone/app/a.c"), RecordedFile(path: "/gone/app/sub/b.c"),
      RecordedFile(path: "/gone/app/c.h", md5: try sum("#define mine")),
    ]
    // A common folder would be enough for the sum to say "changed"; so it has to be another one.
    try write("#define mine, too", "app/sub/c.h")
    let map = map(files)
    #expect(map.entries[2].status != .found)
    for entry in map.entries where entry.status == .missing {
      #expect(PrefixRules.apply(map.rules, to: entry.file.path) == entry.file.path)
    }
  }

  @Test("compilers' placeholders are no files; names in parts are joined as LLDB does")
  func names() {
    let files = ["/w/<built-in>", "<stdin>", "-", "/w/a.c"].map { RecordedFile(path: $0) }
    #expect(RecordedFile.merged(files).map(\.path) == ["/w/a.c"])
    #expect(SourcePath.normalized("/a/./b//../c/../../d") == "/d")
    #expect(SourcePath.normalized("../a/../../b") == "../../b")
    #expect(SourcePath.join("/w", "src", "a.c") == "/w/src/a.c")
    #expect(SourcePath.join("/w", "/usr/include", "a.h") == "/usr/include/a.h")
  }

  @Test("patterns of profiles")
  func patterns() {
    let pattern = SourcePattern(from: "/build/*/src", to: "/here")
    #expect(pattern.apply(to: "/build/app-1/src/x/../a.c") == "/here/a.c")
    #expect(pattern.apply(to: "/build/app-1/lib/a.c") == nil)
    #expect(pattern.apply(to: "/build/app-1/src") == nil)
    #expect(SourcePattern(from: ".", to: "/here").apply(to: "src/a.c") == "/here/src/a.c")
    #expect(SourcePattern(from: ".", to: "/here").apply(to: "../src/a.c") == nil)
  }
}

@Suite("Rules for each debugger")
struct DebuggerRulesTests {
  let scratch: ScratchDirectory
  let root: String

  init() throws {
    scratch = try ScratchDirectory()
    root = try #require(realpath(scratch.url.path, nil).map { String(cString: $0) })
    for name in ["app/src/a.c", "app/src/b.c", "lib/src/a.c", "out/gen/g.c"] {
      let url = URL(filePath: "\(root)/\(name)")
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try name.write(to: url, atomically: true, encoding: .utf8)
    }
  }

  /// A file recorded in two parts, found here.
  private func entry(_ directory: String, _ name: String, _ place: String) -> SourceMap.Entry {
    let path = SourcePath.normalized(SourcePath.join(directory, name))
    let spelling = RecordedFile.Spelling(compilationDirectory: directory, name: name)
    return .init(file: RecordedFile(path: path, spellings: [spelling]), status: .found, path: "\(root)/\(place)")
  }

  private func rules(_ entries: [SourceMap.Entry], _ rules: (String, String)...) -> SourceRules {
    SourceRules(entries, rules.map { SourceRule(from: $0.0, to: "\(root)/\($0.1)") }, HostFiles())
  }

  private func list(_ pairs: (String, String)...) -> [SourceRule] {
    pairs.map { SourceRule(from: $0.0, to: "\(root)/\($0.1)") }
  }

  @Test("one rule does for both where a whole tree moved")
  func tree() {
    let found = rules([entry("/gone/app", "src/a.c", "app/src/a.c")], ("/gone/app", "app"))
    #expect(found == SourceRules(list(("/gone/app", "app"))))
  }

  @Test("GDB: a rule below the compilation directory becomes one for the name")
  func belowDirectory() {
    let entries = [entry("/gone/app", "src/a.c", "app/src/a.c"), entry("/gone/app", "gen/g.c", "out/gen/g.c")]
    let found = rules(entries, ("/gone/app/gen", "out/gen"), ("/gone/app", "app"))
    #expect(found.lldb == list(("/gone/app/gen", "out/gen"), ("/gone/app", "app")))
    #expect(found.gdb == list(("/gone/app/gen", "out/gen"), ("/gone/app", "app"), ("gen", "out/gen")))
  }

  @Test("GDB: `..` out of a folder that is not here")
  func parent() {
    let found = rules([entry("/gone/app/obj", "../src/a.c", "app/src/a.c")], ("/gone/app", "app"))
    #expect(found.gdb == list(("/gone/app", "app"), ("../src", "app/src")))
    // Where the same name means two files, it is the directories that tell.
    let two = rules(
      [entry("/gone/app/obj", "../src/a.c", "app/src/a.c"), entry("/gone/lib/obj", "../src/a.c", "lib/src/a.c")],
      ("/gone/app", "app"), ("/gone/lib", "lib"))
    #expect(two.gdb.prefix(2) == list(("/gone/app/obj", "app/src"), ("/gone/lib/obj", "lib/src"))[...])
  }

  @Test("GDB: relative names without a compilation directory have no `.` to match")
  func relative() {
    let found = rules([entry("", "src/a.c", "app/src/a.c"), entry("", "src/b.c", "app/src/b.c")], (".", "app"))
    #expect(found.lldb == list((".", "app")))
    #expect(found.gdb == list(("src", "app/src")))
    let dot = rules([entry(".", "src/a.c", "app/src/a.c")], (".", "app"))
    #expect(dot.gdb == list((".", "app")))
  }

  @Test("LLDB: of two trees compiled from one, each has its breakpoints")
  func twoNames() {
    let entries = [entry("/x", "src/a.c", "app/src/a.c"), entry("/y", "src/b.c", "app/src/b.c")]
    let found = rules(entries, ("/x", "app"), ("/y", "app"))
    for entry in entries { #expect(LLDBLookup.reverse(found.lldb, entry.path!) == entry.file.path) }
    #expect(found.gdb == list(("/x", "app"), ("/y", "app")))
  }

  @Test("LLDB: a destination inside another's goes first")
  func nestedDestinations() {
    let entries = [entry("/long/name/of/it", "g.c", "out/gen/g.c"), entry("/b", "app/src/a.c", "app/src/a.c")]
    let found = rules(entries, ("/long/name/of/it", "out/gen"), ("/b", ""))
    for entry in entries { #expect(LLDBLookup.reverse(found.lldb, entry.path!) == entry.file.path, "\(found.lldb)") }
  }

  @Test("LLDB's prefixes are text")
  func textPrefixes() {
    #expect(LLDBLookup.apply(SourceRule(from: "/a", to: "/z"), to: "/ab/x.c") == "/z/b/x.c")
    #expect(LLDBLookup.apply(SourceRule(from: ".", to: "/z"), to: "x/y.c") == "/z/x/y.c")
    #expect(LLDBLookup.apply(SourceRule(from: ".", to: "/z"), to: "/y.c") == nil)
  }
}
