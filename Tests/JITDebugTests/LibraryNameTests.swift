// Names and versions of libraries, and what --dlopen asks for.

import Testing

@testable import JITDebug

@Suite("Library names")
struct LibraryNameTests {
  @Test("versions count as people do")
  func order() throws {
    let sorted = ["", "0", "1", "1.2", "1.2.3", "1.10", "2.28.3", "14", "100", "100.0"]
    let versions = try sorted.map { try #require(LibraryVersion($0)) }
    #expect(versions.shuffled().sorted().map(\.text) == sorted)
    for text in ["a", "1.", ".1", "1..2", "6.0.30-gdb", "-1", "99999999999999999999999"] {
      #expect(LibraryVersion(text) == nil, "\(text)")
    }
    let wanted = try #require(LibraryVersion("1.2"))
    #expect(sorted.filter { LibraryVersion($0)!.matches(wanted) } == ["1.2", "1.2.3"])
  }

  @Test(
    "file names",
    arguments: [
      ("libmbedtls.so.14", "mbedtls", "14"), ("libz.so", "z", ""), ("libpng16.so.16.39.0", "png16", "16.39.0"),
      ("libfoo-1.2.so.0", "foo-1.2", "0"), ("libstdc++.so.6", "stdc++", "6"), ("lib.so.so.1", ".so", "1"),
      ("libx.so.d.so.2", "x.so.d", "2"),
    ])
  func fileName(file: String, name: String, version: String) throws {
    let library = try #require(LibraryFile(file, in: "/lib"))
    #expect(library.name == name && library.version.text == version && library.path == "/lib/\(file)")
  }

  @Test(
    "what is none",
    arguments: ["libz.a", "libz.sox", "libz.so.1-gdb.py", "lib.so", "libz", "ld-linux.so.2", "z.so", "libz.so.1.bak"])
  func noLibrary(file: String) {
    #expect(LibraryFile(file, in: "/lib") == nil)
  }

  @Test("requests")
  func requests() throws {
    for file in ["libm.so.6", "/x/y", "./z", "libz.so", "a/b@1"] { #expect(try TargetLibrary(file).kind == .file) }
    #expect(try TargetLibrary("mbedtls").kind == .name("mbedtls", version: nil))
    #expect(try TargetLibrary("mbedtls@14").kind == .name("mbedtls", version: "14"))
    #expect(try TargetLibrary("stdc++@6.0.30").kind == .name("stdc++", version: "6.0.30"))
    for text in ["", "@1", "z@", "z@x", "z@1@2"] { #expect(throws: JITDebugError.self) { try TargetLibrary(text) } }
  }
}
