// What `jitdebug libraries` shows: the target's libraries, and which file `--dlopen` would take of each.

/// The document that `libraries --json` prints.
package struct LibraryList: Encodable, Sendable {
  /// Raised whenever a reader of the old form would go wrong.
  package static let schemaVersion = 1

  package var schemaVersion = Self.schemaVersion
  /// The executor's target triple.
  package var triple: String
  /// Where the target's loader looks, in order, as far as there is anything.
  package var folders: [String]
  /// By name.
  package var libraries: [Library]

  package struct Library: Encodable, Sendable {
    package var name: String
    /// The one that `--dlopen NAME` takes first, if there is one, then by version from the highest.
    package var files: [File]
  }

  package struct File: Encodable, Sendable {
    /// What follows `.so.`; empty if nothing does.
    package var version: String
    package var path: String
    /// Whether `--dlopen NAME` takes it.
    package var isTaken: Bool
    /// Whether it is a library for the executor's architecture.
    package var fits: Bool
    /// Why it does not fit; absent if it does.
    package var problem: String?
  }

  /// - Parameter part: only names with these letters in them.
  package init(at location: ExecutorLocation, part: String?) throws(JITDebugError) {
    let handle = try ExecutorHandle(location)
    defer {
      handle.connection.disconnect()
      if let process = handle.process { _ = process.wait(killAfter: 2) }
    }
    let files = TargetFileSystem(Target(handle.connection), location)
    guard files.isReadable else {
      throw JITDebugError(
        .connection, location.description, "this executor cannot list the target's libraries",
        remedy: "use a jitdebug-executor of this version there")
    }
    let target = TargetLibraries(files)
    triple = files.triple
    folders = target.folders
    let names = Set(target.all.map(\.name)).filter { part == nil || $0.contains(part!) }.sorted()
    let choices = try target.choices(names.map { target.candidates($0, version: nil) })
    libraries = zip(names, choices).map { name, choice in
      var list = zip(choice.files, choice.fitness).enumerated().map { index, pair in
        File(
          version: pair.0.version.text, path: pair.0.path, isTaken: index == choice.taken, fits: pair.1 == .fits,
          problem: pair.1.problem)
      }
      if let taken = choice.taken { list.insert(list.remove(at: taken), at: 0) }
      return Library(name: name, files: list)
    }
  }

  package func json() throws(JITDebugError) -> String { try JSONText.encode(self) }

  private static let titles = ["NAME", "VERSION", "TAKEN", "PATH"]

  /// A table for people.
  package var table: String {
    guard !libraries.isEmpty else { return "no libraries\n" }
    let rows =
      [Self.titles]
      + libraries.flatMap { library in
        library.files.map { file in
          [
            library.name, file.version.isEmpty ? "-" : file.version, file.isTaken ? "yes" : "-",
            file.path + (file.problem.map { " (\($0))" } ?? ""),
          ]
        }
      }
    let widths = Self.titles.indices.dropLast().map { column in rows.map { $0[column].count }.max()! }
    return rows.map { row in
      zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count + 2) }.joined() + row[3] + "\n"
    }.joined()
  }
}

extension TargetLibraries.Fitness {
  /// Nil for what fits.
  fileprivate var problem: String? {
    switch self {
    case .fits: nil
    case .architecture(let other): "for \(other)"
    case .noLibrary: "no shared library"
    case .unreadable: "cannot be read"
    }
  }
}
