// LLVM IR of this version, of older ones and of newer ones.

import Foundation
import TestSupport
import Testing

@Suite("LLVM IR")
struct BitcodeTests {
  let folder: RunFolder
  init() throws { folder = try RunFolder() }

  @Test("text and bitcode of this version, also under an object's name")
  func current() throws {
    try folder.write("main.c", "int main(int argc, char **argv) { return argc + 4; }\n")
    try folder.tool("clang-22", "-g", "-S", "-emit-llvm", "main.c", "-o", "main.ll")
    try folder.tool("clang-22", "-g", "-c", "-emit-llvm", "main.c", "-o", "main.bc")
    try folder.tool("clang-22", "-flto", "-c", "main.c", "-o", "main.o")
    for input in ["main.ll", "main.bc", "main.o"] {
      let result = try folder.run(input, "--", "x")
      #expect(result.status == 6, "\(input): \(result.errors)")
      #expect(result.errors == "")
    }
  }

  /// What LLVM 14's llvm-as makes of: define i32 @main(i32 %argc, i8** %argv) { %p = load i8*, i8** %argv  ret i32 7 }
  /// The last version with typed pointers, as `base64 old.bc` prints it.
  private static let fromLLVM14 = """
    QkPA3jUUAAAFAAAAYgwwJEpZvmaN+7SvC1GATAEAAAAhDAAACQEAAAsCIQACAAAAFgAAAAeBI5FByARJBhAyOZIBhAwlBQgZHgSLYoAQRQJCkgtC
    hBAyFDgIGEsKMkKISHDEISNEEoeMEEGSAmTICLEUIENGiCDJATJChBgqKCqQMXywXJEgxMgAAACJIAAADQAAADIiCAkgYkYAISskmBAhJSSYEBkn
    DIWkkGBCZFwgJGSCAJkjAIM5AoSCxAwAQzQQMAIAAAAaIQxpOMvgL8uQCiAIAAAAAAAAAAAAAAAAApDYIFC0IQAAIBYDAAAAlwAAADMIgBzE4Rxm
    FAE9iEM4hMOMQoAHeXgHc5hxDOYAD+0QDvSADjMMQh7CwR3OoRxmMAU9iEM4hIMbzAM9yEM9jAM9zHiMdHAHewgHeUiHcHAHenADdniHcCCHGcwR
    DuyQDuEwD24wD+PwDvBQDjMQxB3eIRzYIR3CYR5mMIk7vIM70EM5tAM8vIM8hAM7zPAUdmAHe2gHN2iHcmgHN4CHcJCHcGAHdigHdvgFdniHd4CH
    XwiHcRiHcpiHeZiBLO7wDu7gDvXADuwwA2LIoRzkoRzMoRzkoRzcYRzKIRzEgR3KYQbWkEM5yEM5mEM5yEM5uMM4lEM4iAM7lMMvvIM8/II71AM7
    sMMMx2mHcFiHcnCDdGgHeGCHdBiHdKCHGc5TD+4AD/JQDuSQDuNAD+EgDuxQDjMgKB3cwR7CQR7SIRzcgR7c4Bzk4R3qAR5mGFE4sEM6nIM7zFAk
    dmAHe2gHN2CHd3gHeJhRTPSQD/BQDjMeah7KYRzoIR3ewR1+AR7koRzMIR3wYQZUhYM4zMM7sEM90EM5/MI85EM7iMM7sMOMxQqHeZiHdxiHdAgH
    eigHcpiBXOMQDuzADuVQDvMwI8HSQR7k4RfY4R3eAR5mSBk7sIM9tIMbhMM4jEM5zMM8uME5yMM71AM8zEi0cQgHdmAHcQiHcViHGdvGDuxgD+3g
    BvAgD+UwD+UgD/ZQDm4QDuMwDuUwD/PgBungDuRQDvgwI+LsYRzCgR3Y4RfsIR3mIR3EIR3YIR3oIR9mIJ07vEM9uAM5lIM5zFi8cHAHd3gHeggH
    ekiHd3AHAACpGAAAIQAAAAsKciiHd4AHelhwmEM9uMM4sEM50MOC5hzGoQ3oQR7CwR3mIR3oIR3ewR0WNONgDudQD+EgD+RAD+EgD+dQDvSwgIEH
    eSiHcGAHdniHcQgHeigHclhwnMM4tAE7pIM9lMMCaxzYIRzc4RzcIBzkYRzcIBzogR7CYRzQoRzIYRzCgR3YAdEQAAAGAAAAB8w8pIM7nAM7lAM9
    oIM8lEM4kMMBAAAAYSAAAAwAAAATBEEsEAAAAAEAAAAE5QAAJAhZIRwIAAAEAAAAJkAAkVEZQfBYAAFEhgAAAAAAAABxIAAAAwAAADIOECKEAP8B
    AAAAAAAAAABdDAAABgAAABIDlBBtYWluMTQuMC42b2xkLmxsAAAAAA==
    """

  @Test("text and bitcode of an older version")
  func older() throws {
    try folder.write("old.bc", try #require(Data(base64Encoded: Self.fromLLVM14, options: .ignoreUnknownCharacters)))
    #expect(try folder.run("old.bc").status == 7)
    try folder.write(
      "old.ll",
      "define i32 @main(i32 %argc, i8** %argv) {\n  %p = load i8*, i8** %argv\n  ret i32 7\n}\n")
    #expect(try folder.run("old.ll").status == 7)
  }

  @Test("bitcode of a newer version says so")
  func newer() throws {
    try folder.write("main.c", "int main(void) { return 0; }\n")
    try folder.tool("clang-22", "-c", "-emit-llvm", "main.c", "-o", "main.bc")
    var bits = Bits(try folder.read("main.bc"))
    try bits.setProducerMajor("99")
    // Only claims to be newer: readable all the same.
    try folder.write("claims.bc", bits.bytes)
    #expect(try folder.run("claims.bc").status == 0)
    let doctor = try run([Workspace.jitdebug, "doctor", "--", "cat", "claims.bc"], directory: folder.path)
    #expect(doctor.output.contains("[input-version]"), "\(doctor.output)\(doctor.errors)")
    // A part of it is not readable.
    try folder.write("newer.bc", bits.bytes.prefix(bits.bytes.count / 8 * 4))
    let partly = try folder.run("newer.bc")
    partly.expectError("newer.bc: ", "is bitcode of LLVM 99.", "LLVM 22.", "cannot read", note: "LLVM 22 or older")
    // The format as a whole is another.
    try bits.setEpoch(1)
    try folder.write("epoch.bc", bits.bytes)
    try folder.run("epoch.bc").expectError("epoch.bc: ", "is bitcode of a newer LLVM", note: "LLVM 22 or older")
  }

  @Test("damaged bitcode and text")
  func damaged() throws {
    try folder.write("main.c", "int main(void) { return 0; }\n")
    try folder.tool("clang-22", "-c", "-emit-llvm", "main.c", "-o", "main.bc")
    let whole = try folder.read("main.bc")
    for length in [4, 40, whole.count / 2] {
      try folder.write("cut.bc", whole.prefix(length))
      let result = try folder.run("cut.bc")
      result.expectError("cut.bc: ", "cannot be read as bitcode", note: "build it again")
      #expect(result.errors.split(separator: "\n").count == 2, "\(result.errors)")
    }
    try folder.write("text.bc", "not bitcode")
    try folder.run("text.bc").expectError("text.bc: ", "neither")
    try folder.write("wrong.ll", "define i32 @main() { ret i64 true }\n")
    try folder.run("wrong.ll").expectError("wrong.ll: ", "does not compile", note: "llvm-as")
  }
}

/// A bit stream, least significant bit first (LLVM Bitcode File Format, "Bitstream Format").
private struct Bits {
  var bytes: Data
  init(_ bytes: Data) { self.bytes = bytes }

  subscript(position: Int, width: Int) -> Int {
    get { (0..<width).reduce(0) { $0 | Int(bytes[($1 + position) / 8] >> UInt8(($1 + position) % 8) & 1) << $1 } }
    set {
      for i in 0..<width {
        let (byte, bit) = ((position + i) / 8, UInt8((position + i) % 8))
        bytes[byte] = bytes[byte] & ~(1 << bit) | UInt8(newValue >> i & 1) << bit
      }
    }
  }

  /// Letters as "Char6" encodes them.
  private static let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._")
  private static func codes(_ text: String) -> [Int] { text.map { letters.firstIndex(of: $0)! } }

  /// Where the producer's name starts: a string of the identification block.
  private func producer(_ start: String) throws -> Int {
    let wanted = Self.codes(start)
    let found = (0..<min(bytes.count * 8, 2000)).first { start in
      wanted.indices.allSatisfy { self[start + 6 * $0, 6] == wanted[$0] }
    }
    return try #require(found)
  }

  mutating func setProducerMajor(_ digits: String) throws {
    let start = try producer("LLVM22.")
    for (i, code) in Self.codes(digits).enumerated() { self[start + 6 * (4 + i), 6] = code }
  }

  /// The record behind the producer: its abbreviation (28 bits), that one's number (5), then the value.
  mutating func setEpoch(_ value: Int) throws {
    let start = try producer("LLVM99.")
    let length = self[start - 6, 6]
    self[start + 6 * length + 33, 6] = value
  }
}
