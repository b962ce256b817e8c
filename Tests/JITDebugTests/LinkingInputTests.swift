// Inputs told apart by name and content, and the addresses of executors.

import Foundation
import JITDebug
import TestSupport
import Testing

@Suite("Inputs and locations")
struct LinkingInputTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func kind(_ name: String, _ start: [UInt8] = []) throws -> Input.Kind {
    try Data(start).write(to: URL(filePath: folder.file(name)))
    return try Input(path: folder.file(name)).kind
  }

  /// It comes from the other end of a connection, and goes into scripts.
  @Test(arguments: ["x86_64-a\nscript import os", "x86_64-\"", "x86_64-a b", "x86_64-é"])
  func aTripleIsOneWord(triple: String) {
    #expect(throws: JITDebugError.self) { try Architecture(triple: triple) }
    #expect(throws: Never.self) { try Architecture(triple: "x86_64-unknown-linux-gnu") }
  }

  @Test("sources by name, everything else by content")
  func kinds() throws {
    for ending in ["c", "cc", "cpp", "cxx", "c++", "C", "i", "ii", "s", "S", "ll"] {
      #expect(try kind("x.\(ending)") == .source)
    }
    let elf: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]
    #expect(try kind("x.o", elf) == .object)
    #expect(try kind("no-ending", elf) == .object)
    #expect(try kind("x.a", Array("!<arch>\n".utf8)) == .archive)
    #expect(try kind("thin", Array("!<thin>\n".utf8)) == .archive)
    #expect(try kind("x.bc", [0x42, 0x43, 0xc0, 0xde, 0]) == .bitcode)
    #expect(try kind("lto.o", [0x42, 0x43, 0xc0, 0xde, 0]) == .bitcode)
    for name in ["x.o", "x.bc", "x.txt", "x.a"] {
      #expect(throws: JITDebugError.self) { try kind(name) }
      #expect(throws: JITDebugError.self) { try kind(name, Array("something".utf8)) }
    }
    #expect(throws: JITDebugError.self) { try Input(path: folder.file("absent.c")) }
    #expect(throws: JITDebugError.self) { try Input(path: folder.path) }
  }

  @Test("HOST:PORT in all its forms")
  func endpoints() throws {
    for (text, host, port) in [
      ("127.0.0.1:4711", "127.0.0.1", "4711"), ("board.local:1", "board.local", "1"), ("[::1]:65535", "::1", "65535"),
      (":80", "127.0.0.1", "80"),
    ] {
      #expect(try ExecutorLocation(endpoint: text).way == .tcp(host: host, port: port), "\(text)")
    }
    #expect(try ExecutorLocation(endpoint: "[::1]:7").description == "[::1]:7")
    for text in ["", "host", "host:", ":0", "host:65536", "host:-1", "host:http", "host:1x"] {
      #expect(throws: JITDebugError.self, "\(text)") { try ExecutorLocation(endpoint: text) }
    }
  }
}
