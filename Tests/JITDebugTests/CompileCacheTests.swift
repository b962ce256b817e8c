// The compile cache's parts: where it is, its bound, what names an entry, and what an entry holds.

import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import JITDebug

@Suite struct CompileCachePartTests {
  @Test func theFolderFollowsTheXDGSpecification() {
    let cases: [(String?, String?, String?)] = [
      ("/cache", "/home/me", "/cache/jitdebug/objects"), ("/cache/", nil, "/cache/jitdebug/objects"),
      (nil, "/home/me", "/home/me/.cache/jitdebug/objects"), ("", "/home/me", "/home/me/.cache/jitdebug/objects"),
      ("relative", "/home/me", "/home/me/.cache/jitdebug/objects"), (nil, nil, nil), ("x", "y", nil), (nil, "", nil),
    ]
    for (cacheHome, home, expected) in cases {
      #expect(CacheFolder.path(cacheHome: cacheHome, home: home)?.string == expected)
    }
  }

  /// The least recently used go first, many at a time; there is never more than the limit.
  @Test func theBound() throws {
    let scratch = try TemporaryFolder()
    let limit = 1 << 20
    let cache = CacheFolder(path: FilePath(scratch.file("objects")), limit: limit)
    let content = [UInt8](repeating: 7, count: 40_000)
    var removals = 0
    var before = 0
    for number in 0..<100 {
      let name = "entry\(number)"
      cache.write(content, to: name)
      // As if they had been written a second apart, long ago; the first is of use again and again.
      var times = [timeval(tv_sec: 1_000_000 + number, tv_usec: 0), timeval(tv_sec: 1_000_000 + number, tv_usec: 0)]
      if number > 0 { utimes(scratch.file("objects/\(name)"), &times) }
      cache.touch("entry0")
      let names = try FileManager.default.contentsOfDirectory(atPath: scratch.file("objects"))
      #expect(names.count * 40_020 <= limit)
      removals += names.count < before ? 1 : 0
      before = names.count
    }
    #expect(removals > 5 && removals < 40)
    #expect(cache.read("entry0") == content && cache.read("entry99") == content)
    #expect(cache.read("entry1") == nil && cache.read("entry50") == nil)
    // What would take much of the place is not kept.
    cache.write([UInt8](repeating: 1, count: limit / 8), to: "large")
    #expect(cache.read("large") == nil && cache.read("entry99") == content)
  }

  @Test func whatIsReadIsWhatWasWritten() throws {
    let scratch = try TemporaryFolder()
    let cache = CacheFolder(path: FilePath(scratch.file("a/b/objects")), limit: 1 << 20)
    #expect(cache.read("name") == nil)
    for content in [[], [1], Array("text".utf8)] as [[UInt8]] {
      cache.write(content, to: "name")
      #expect(cache.read("name") == content)
    }
    let path = scratch.file("a/b/objects/name")
    let bytes = try Data(contentsOf: URL(filePath: path))
    for place in bytes.indices {
      var damaged = bytes
      damaged[place] ^= 0x40
      try damaged.write(to: URL(filePath: path))
      #expect(cache.read("name") == nil)
      try bytes.prefix(place).write(to: URL(filePath: path))
      #expect(cache.read("name") == nil)
    }
  }

  @Test func anEntryIsReadBackWholeOrNotAtAll() throws {
    var entry = CachedObject()
    entry.files = [("main.c", [1, 2]), ("a b/header.h", [3])]
    entry.absent = ["first/header.h"]
    entry.present = ["other.h", "more.h"]
    entry.messages = Array("main.c:1: warning".utf8)
    entry.dependencies = Array("x.o: main.c".utf8)
    entry.object = [0x7f, 0x45]
    let bytes = entry.bytes
    let copy = try #require(CachedObject(bytes))
    #expect(copy.bytes == bytes && copy.object == entry.object && copy.files[1].path == "a b/header.h")
    for size in 0..<bytes.count { #expect(CachedObject(Array(bytes[..<size])) == nil) }
    for place in bytes.indices {
      var damaged = bytes
      damaged[place] = 0xff
      _ = CachedObject(damaged)
    }
  }

  @Test func anEntryHoldsWhileItsFilesDo() throws {
    let scratch = try TemporaryFolder()
    let (header, new) = (scratch.file("header.h"), scratch.file("new.h"))
    try Data("one".utf8).write(to: URL(filePath: header))
    var entry = CachedObject()
    entry.files = [("gone.c", []), (header, BuildID.hash(Array("one".utf8)))]
    entry.absent = [new]
    #expect(entry.isCurrent)
    entry.present = [new]
    #expect(!entry.isCurrent)
    entry.present = []
    try Data("two".utf8).write(to: URL(filePath: header))
    #expect(!entry.isCurrent)
    try Data("one".utf8).write(to: URL(filePath: header))
    try Data().write(to: URL(filePath: new))
    #expect(!entry.isCurrent)
  }

  @Test func whatNamesAnEntry() throws {
    let scratch = try TemporaryFolder()
    let source = scratch.file("main.c")
    try Data("int x;".utf8).write(to: URL(filePath: source))
    func request(_ arguments: [String], _ user: [String] = []) -> CompileRequest {
      CompileRequest(
        compiler: "clang-22", arguments: arguments, userArguments: user, searchArguments: [], source: source)
    }
    let plain = try #require(request(["-c"]).entry())
    #expect(request(["-c"]).entry()?.name == plain.name)
    #expect(request(["-c", "-fcolor-diagnostics"]).entry()?.name != plain.name)
    #expect(request(["-c"], ["-fplugin=x.so"]).entry() == nil)
    #expect(request(["-c"], ["-DNOW=__TIME__"]).entry() == nil)
    var other = request(["-c"])
    other.compiler = "no-such-compiler"
    #expect(other.entry() == nil)
    try Data("int y;".utf8).write(to: URL(filePath: source))
    #expect(request(["-c"]).entry()?.name != plain.name)
    #expect(request(["-c"]).searchEntry() != plain.name)
  }

  @Test(arguments: [
    (["-Iinclude", "-DX=1", "-O2", "-std=c11", "-Wall", "-Werror", "-w", "-isystem", "dir", "-g3"], true),
    (["-I", "dir", "-march=haswell", "-fno-exceptions", "-fvisibility=hidden"], true), ([], true),
    (["-march=native"], false), (["-fplugin=x.so"], false), (["-fprofile-use=x"], false), (["-save-temps"], false),
    (["-MD"], false), (["-ftime-trace"], false), (["-Wp,-MD,x"], false), (["-Wa,-I,x"], false), (["-include"], false),
    (["-mllvm", "-debug"], false), (["other.c"], false), (["@file"], false), (["-I"], false), (["-v"], false),
    (["-gsplit-dwarf"], false), (["-fmodules"], false), (["-grecord-command-line"], false), (["--config=x"], false),
  ])
  func arguments(arguments: [String], expected: Bool) {
    #expect(CacheableArguments.areAll(arguments) == expected)
  }

  @Test func whatTextSays() {
    func scan<Result>(_ text: String, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
      Array(text.utf8).withUnsafeBytes(body)
    }
    for text in ["__TIME__", "x __DATE__", "\n__TIMESTAMP__;", "asm(\".incbin \\\"x\\\"\")", ".include"] {
      #expect(scan(text, TextScan.isUncacheable), "\(text)")
    }
    for text in ["", "_", ".", "__TIME", "#include <x.h>", "__DATE_ __TIME_ .incbi"] {
      #expect(!scan(text, TextScan.isUncacheable), "\(text)")
    }
    let text = """
      #if __has_include(<sys/a.h>) || __has_include ( "b c.h" ) || __has_include_next(<d.h>)
      #ifdef __has_include
      #define __has_include(name) 0
      #if defined(__has_include) && __has_embed("data" limit(1))
      """
    #expect(scan(text, TextScan.askedNames) == ["sys/a.h", "b c.h", "d.h", "data"])
    for unknown in ["__has_include(MACRO)", "__has_include(/* */ <x.h>)", "__has_embed(\"", "__has_include_next(<x"] {
      #expect(scan("\(text)\n#if \(unknown)", TextScan.askedNames) == nil, "\(unknown)")
    }
  }

  @Test func whereHeadersAreLookedFor() throws {
    let text = """
      clang version
       "/usr/lib/llvm-22/bin/clang" -cc1
      ignoring nonexistent directory "/none"
      #include "..." search starts here:
       quoted
      #include <...> search starts here:
       one
       /two words
      End of search list.
       more
      """
    let search = try #require(HeaderSearch(clang: text))
    #expect(search.folders == ["quoted", "one", "/two words"] && search.missing == ["/none"])
    #expect(HeaderSearch(search.bytes) == search && HeaderSearch(Array(search.bytes.dropLast())) == nil)
    #expect(HeaderSearch(clang: "error: no input files") == nil)
    #expect(
      ["a", "./a", ".//./a/b", ".", "./", "../a", ".a", "/a"].map(HeaderSearch.recorded)
        == ["a", "a", "a/b", "", "", "../a", ".a", "/a"])
    let found = search.conditions(files: ["src/main.c", "one/a.h", "/two words/b/c.h"], asked: ["d.h"])
    #expect(found.present == [])
    #expect(
      Set(found.absent) == [
        "/none", "quoted/a.h", "src/a.h", "one/b/c.h", "quoted/b/c.h",
        "src/b/c.h", "quoted/d.h", "one/d.h", "/two words/d.h", "src/d.h", "/two words/b/d.h",
        // Beside whatever includes it.
        "/two words/b/a.h", "/two words/b/b/c.h",
      ])
  }
}
