// What a source's text says about whether an object made of it can be kept.

import Glibc

enum TextScan {
  /// Whether the time or date of compiling may be in the object, or a file that no dependency file names.
  static func isUncacheable(_ text: UnsafeRawBufferPointer) -> Bool {
    contains(text, ["__TIME__", "__DATE__", "__TIMESTAMP__"], from: "_")
      || contains(text, [".incbin", ".include"], from: ".")
  }

  static func mentionsTime(_ text: [UInt8]) -> Bool {
    text.withUnsafeBytes { isUncacheable($0) }
  }

  /// The names of files that it looks for without reading them: each one's coming or going makes a difference. Nil if it does not
  /// say them itself, as in `__has_include(MACRO)`.
  static func askedNames(_ text: UnsafeRawBufferPointer) -> Set<String>? {
    let words = ["__has_include", "__has_embed"].map { Array($0.utf8) }
    var names: Set<String> = []
    var areAllKnown = true
    places(text, startingWith: "_") { place in
      guard let word = words.first(where: { starts(text, with: $0, at: place) }) else { return true }
      var rest = text[(place + word.count)...].prefix(1000)
      if rest.starts(with: "_next".utf8) { rest = rest.dropFirst(5) }
      rest = rest.drop(while: isBlank)
      // Compilers that do not know it are given a definition of it.
      guard rest.popFirst() == UInt8(ascii: "("), !isDefinition(text[..<place]) else { return true }
      rest = rest.drop(while: isBlank)
      let ends = [UInt8(ascii: "<"): UInt8(ascii: ">"), UInt8(ascii: "\""): UInt8(ascii: "\"")]
      guard let end = rest.popFirst().flatMap({ ends[$0] }), let length = rest.firstIndex(of: end) else {
        areAllKnown = false
        return false
      }
      names.insert(String(decoding: rest[..<length], as: UTF8.self))
      return true
    }
    return areAllKnown ? names : nil
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  private static func isDefinition(_ before: Slice<UnsafeRawBufferPointer>) -> Bool {
    let word = before.suffix(100).reversed().drop(while: isBlank)
    return word.starts(with: "define".utf8.reversed())
  }

  private static func contains(_ text: UnsafeRawBufferPointer, _ words: [String], from first: Character) -> Bool {
    let words = words.map { Array($0.utf8) }
    var isFound = false
    places(text, startingWith: first) { place in
      isFound = words.contains { starts(text, with: $0, at: place) }
      return !isFound
    }
    return isFound
  }

  private static func starts(_ text: UnsafeRawBufferPointer, with word: [UInt8], at place: Int) -> Bool {
    place + word.count <= text.count && memcmp(text.baseAddress! + place, word, word.count) == 0
  }

  /// Calls `body` for each place of a character, while it says to go on.
  private static func places(
    _ text: UnsafeRawBufferPointer, startingWith first: Character, _ body: (Int) -> Bool
  ) {
    guard let base = text.baseAddress else { return }
    var place = 0
    while place < text.count, let found = memchr(base + place, Int32(first.asciiValue!), text.count - place) {
      place = UnsafeRawPointer(found) - base
      guard body(place) else { return }
      place += 1
    }
  }
}
