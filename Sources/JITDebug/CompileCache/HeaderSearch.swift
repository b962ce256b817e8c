// Where the compiler looks for headers, and so which files that are not there would be read instead of those that are.

import Glibc
import Wire

struct HeaderSearch: Equatable {
  /// In the order in which they are searched.
  var folders: [String] = []
  /// Folders that would be searched if they were there.
  var missing: [String] = []

  /// In seconds.
  private static let answerLimit = 10.0

  /// What the compiler says; nil if it says nothing of the kind.
  static func ask(_ compiler: String, _ arguments: [String]) -> HeaderSearch? {
    guard let answer = ToolOutput.of(compiler, arguments, withErrors: true, limit: answerLimit), answer.status == 0
    else { return nil }
    return HeaderSearch(clang: answer.text)
  }

  /// - Parameter text: what clang -v prints.
  init?(clang text: String) {
    var isList = false
    var isComplete = false
    for line in text.split(separator: "\n") {
      if line.hasPrefix("#include ") {
        isList = true
      } else if line == "End of search list." {
        isComplete = true
        break
      } else if isList, line.hasPrefix(" ") {
        folders.append(Self.recorded(String(line.dropFirst())))
      } else if line.hasPrefix("ignoring nonexistent directory \""), line.hasSuffix("\"") {
        missing.append(String(line.dropFirst(32).dropLast()))
      }
    }
    guard isComplete else { return nil }
  }

  /// A path as clang writes it into lists of dependencies, without `./` before it; empty for the working directory.
  static func recorded(_ path: String) -> String {
    var rest = path[...]
    while rest.hasPrefix("./") { rest = rest.dropFirst(2).drop { $0 == "/" } }
    return rest == "." ? "" : String(rest)
  }

  init?(_ bytes: [UInt8]) {
    var reader = SPSReader(bytes)
    folders = reader.nextStrings()
    missing = reader.nextStrings()
    reader.nextEnd()
    guard reader.failure == nil else { return nil }
  }

  var bytes: [UInt8] {
    var writer = SPSWriter()
    for list in [folders, missing] { writer.append(sequence: list) { $0.append(string: $1) } }
    return writer.bytes
  }

  /// What would have changed the outcome of a compilation if it had been there, or been missing.
  ///
  /// - Parameters:
  ///   - files: those that were read, the source first.
  ///   - names: what they asked for without reading it.
  func conditions(files: [String], asked names: Set<String>) -> (absent: [String], present: [String]) {
    let read = Set(files)
    // Headers of the system include their neighbours by their full names.
    let neighbours = Set(files.filter { !$0.hasPrefix("/usr/") }.map(Self.folder))
    var absent = Set(missing)
    var present: Set<String> = []
    for file in files.dropFirst() {
      for (index, folder) in folders.enumerated() {
        guard let name = Self.name(of: file, in: folder) else { continue }
        for earlier in folders[..<index] + neighbours {
          let candidate = Self.join(earlier, name)
          // What is there and was not read was not looked for.
          if !read.contains(candidate), access(candidate, F_OK) != 0 { absent.insert(candidate) }
        }
      }
    }
    for name in names {
      for folder in name.hasPrefix("/") ? [""] : folders + neighbours {
        let candidate = Self.join(folder, name)
        if access(candidate, F_OK) == 0 { present.insert(candidate) } else { absent.insert(candidate) }
      }
    }
    return (absent.sorted(), present.sorted())
  }

  private static func name(of file: String, in folder: String) -> String? {
    if folder.isEmpty { return file.hasPrefix("/") ? nil : file }
    return file.hasPrefix("\(folder)/") ? String(file.dropFirst(folder.count + 1)) : nil
  }

  private static func folder(of file: String) -> String {
    file.lastIndex(of: "/").map { String(file[..<$0]) } ?? ""
  }

  private static func join(_ folder: String, _ name: String) -> String { folder.isEmpty ? name : "\(folder)/\(name)" }
}
