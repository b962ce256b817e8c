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

  /// The names of headers that it looks for without reading them: each one's coming or going makes a difference.
  static func askedNames(_ text: UnsafeRawBufferPointer) -> Set<String> {
    let word = Array("__has_include".utf8)
    var names: Set<String> = []
    places(text, startingWith: "_") { place in
      guard starts(text, with: word, at: place) else { return true }
      var rest = text[(place + word.count)...].prefix(1000)
      if rest.starts(with: "_next".utf8) { rest = rest.dropFirst(5) }
      rest = rest.drop { $0 == UInt8(ascii: " ") }
      guard rest.popFirst() == UInt8(ascii: "(") else { return true }
      rest = rest.drop { $0 == UInt8(ascii: " ") }
      let end = rest.popFirst() == UInt8(ascii: "<") ? UInt8(ascii: ">") : UInt8(ascii: "\"")
      let name = rest.prefix { $0 != end && $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: ")") }
      if name.endIndex < rest.endIndex, rest[name.endIndex] == end, !name.isEmpty {
        names.insert(String(decoding: name, as: UTF8.self))
      }
      return true
    }
    return names
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
