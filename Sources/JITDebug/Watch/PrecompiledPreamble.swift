// A source's headers, parsed beforehand, and whether parsing them again would come to the same.

import Glibc

/// A preamble that clang has written down: a precompiled header.
final class PrecompiledPreamble {
  private let preamble: Preamble
  private let file: String
  private let stamps: [String: FileStamp]
  private let absent: [String]
  private let present: [String]
  /// For names in debug info.
  private let prefixes: [String]

  /// - Parameters:
  ///   - outcome: of compiling the preamble to `file`, which from then on belongs to this object.
  ///   - began: when that was.
  init?(_ preamble: Preamble, _ outcome: PreparedCompiler.Outcome, file: String, began: timespec) {
    var stamps: [String: FileStamp] = [:]
    var names: Set<String> = []
    for header in outcome.files.dropFirst() {
      let stamp = FileStamp(header)
      guard stamp.exists, !stamp.isAfter(began), let text = try? readFile(header), !TextScan.isUncacheable(text.buffer),
        let asked = TextScan.askedNames(text.buffer)
      else { return nil }
      stamps[header] = stamp
      names.formUnion(asked)
    }
    (absent, present) = outcome.search.conditions(files: outcome.files, asked: names)
    prefixes = Self.prefixes(of: outcome.search.folders, source: outcome.files.first ?? "")
    (self.preamble, self.file, self.stamps) = (preamble, file, stamps)
  }

  /// Clang writes all names of files down as absolute ones. These make those relative again that were: in the folder of the source,
  /// and in folders of the search path.
  private static func prefixes(of folders: [String], source: String) -> [String] {
    let here = CompileRequest.directory
    guard !here.contains("=") else { return [] }
    let own = source.lastIndex(of: "/").map { String(source[..<$0]) } ?? ""
    // The last that fits counts.
    return ([own] + folders).filter { !$0.hasPrefix("/") && !$0.contains("=") }.sorted { $0.count < $1.count }.map {
      $0.isEmpty ? "-fdebug-prefix-map=\(here)/=./" : "-fdebug-prefix-map=\(here)/\($0)/=\($0)/"
    }
  }

  /// Whether it is as good as the headers that this source includes at first.
  func isCurrent(for source: FileBytes) -> Bool {
    preamble.begins(source.buffer) && stamps.allSatisfy { FileStamp($0) == $1 }
      && absent.allSatisfy { access($0, F_OK) != 0 } && present.allSatisfy { access($0, F_OK) == 0 }
  }

  /// For compiling the preamble; the output is the file.
  static let arguments = ["-Xclang", "-emit-pch"]

  /// For compiling a source that begins with it.
  var arguments: [String] {
    // Whether it is still good is seen to here: clang would look at the time of a source that is no file.
    let taking = ["-include-pch", file, "-fno-validate-pch", "-preamble-bytes=\(preamble.text.count),1"]
    return prefixes + taking.flatMap { ["-Xclang", $0] }
  }

  deinit { unlink(file) }
}
