// What `--dlopen` asks for, and how the files of libraries are named on a target.

/// A library to load on the target: a file of it, or a name to look for there.
package struct TargetLibrary: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    /// A path, or the name of a file that the target's loader looks for.
    case file
    /// libNAME.so.VERSION; nil stands for the highest version.
    case name(String, version: String?)
  }

  /// As it was given.
  package let text: String
  package let kind: Kind

  /// Reads `NAME`, `NAME@VERSION`, or a path or file name with `.so` in it.
  package init(_ text: String) throws(JITDebugError) {
    self.text = text
    if text.contains("/") || text.hasSuffix(".so") || text.contains(".so.") {
      kind = .file
      return
    }
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard !parts[0].isEmpty, parts.count == 1 || LibraryVersion(parts[1])?.isEmpty == false else {
      throw JITDebugError(
        .usage, "--dlopen \(text)", "not a library", remedy: "write NAME, NAME@VERSION, or the path of a file")
    }
    kind = .name(parts[0], version: parts.count == 2 ? parts[1] : nil)
  }
}

/// What follows `.so.` in a library's name, ordered as people count: 14 before 100, 1.2 before 1.10.
package struct LibraryVersion: Sendable, Comparable {
  package let text: String
  private let numbers: [UInt64]

  /// Nil for what is not made of numbers and dots; the empty text is the version of a plain `.so`, and the lowest.
  package init?(_ text: some StringProtocol) {
    self.text = String(text)
    var numbers: [UInt64] = []
    if !text.isEmpty {
      for part in text.split(separator: ".", omittingEmptySubsequences: false) {
        guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt64(part) else { return nil }
        numbers.append(number)
      }
    }
    self.numbers = numbers
  }

  package var isEmpty: Bool { numbers.isEmpty }

  /// Whether this is the version asked for, or one of its releases: 1.2.3 is a 1.2.
  package func matches(_ wanted: LibraryVersion) -> Bool { numbers.starts(with: wanted.numbers) }

  package static func < (a: Self, b: Self) -> Bool { a.numbers.lexicographicallyPrecedes(b.numbers) }
  package static func == (a: Self, b: Self) -> Bool { a.numbers == b.numbers }
}

/// A file in one of the folders where the target's loader looks.
package struct LibraryFile: Sendable {
  package let name: String
  package let version: LibraryVersion
  package let path: String

  /// Nil for what is no library by its name, `libNAME.so` or `libNAME.so.VERSION`.
  init?(_ fileName: String, in folder: String) {
    guard fileName.hasPrefix("lib") else { return nil }
    // The last one: a name may have the same letters in it.
    var start = fileName.startIndex
    var end: String.Index?
    while let found = fileName[start...].firstRange(of: ".so") {
      if found.upperBound == fileName.endIndex || fileName[found.upperBound] == "." { end = found.lowerBound }
      start = found.upperBound
    }
    guard let end else { return nil }
    guard let version = LibraryVersion(fileName[end...].dropFirst(3).drop { $0 == "." }) else { return nil }
    name = String(fileName[..<end].dropFirst(3))
    guard !name.isEmpty else { return nil }
    self.version = version
    path = "\(folder)/\(fileName)"
  }
}
