// Which files an object was compiled from, as the compiler says it.

import Glibc

/// The list of files that clang writes with -MD, in the form of a makefile's rule: `object: source header …`.
enum Dependencies {
  static func path(forObject object: String) -> String { "\(object).d" }

  /// The files that an object was made of, in the order in which they were read; nil if there is no list.
  static func read(forObject object: String) -> [String]? {
    guard let bytes = try? readFile(path(forObject: object)) else { return nil }
    return parse(String(decoding: bytes.buffer, as: UTF8.self))
  }

  /// Spaces, `#` and backslashes before them are escaped by a backslash, `$` by another one, the end of a line by a backslash.
  static func parse(_ rule: String) -> [String] {
    var words: [String] = []
    var word = ""
    func end() {
      if !word.isEmpty { words.append(word) }
      word = ""
    }
    var characters = Array(rule.unicodeScalars)[...]
    while let character = characters.popFirst() {
      switch (character, characters.first) {
      case ("\\", "\n"?): characters.removeFirst()
      case ("\\", " "?), ("\\", "#"?), ("\\", "\\"?), ("$", "$"?): word.unicodeScalars.append(characters.removeFirst())
      case (" ", _), ("\n", _), ("\t", _): end()
      default: word.unicodeScalars.append(character)
      }
    }
    end()
    // The first is the rule's target, with its colon.
    return Array(words.dropFirst())
  }
}
