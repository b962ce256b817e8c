// The source map of a session's debug files.

extension SourceMap {
  /// - Parameter lookup: besides what the session itself was given.
  package init(_ session: Session, _ lookup: SourceLookup = SourceLookup()) {
    let description = session.description
    var files: [RecordedFile] = []
    var problems: [JITDebugError] = []
    var known: Set<String> = []
    // Of a source that was compiled again for the running program, its newest text counts.
    for path in description.generations.compactMap(\.debugFile).reversed() {
      do throws(JITDebugError) {
        let new = try RecordedFile.read(path).filter { !known.contains($0.path) }
        known.formUnion(new.map(\.path))
        files += new
      } catch {
        problems.append(error)
      }
    }
    self.init(
      files: RecordedFile.merged(files), lookup: lookup.adding(description.sourceMap?.lookup ?? SourceLookup()),
      currentDirectory: description.workingDirectory)
    self.problems = problems + self.problems
    unreadable = problems.count
  }

  /// What somebody who debugs the session is to be told: each changed file, up to a few, and in one line what is missing.
  package func warnings(sessionID: String) -> [JITDebugError] {
    let hint = "see `jitdebug sourcemap --session \(sessionID)`"
    let changed = count(.changed)
    let shown = changed > Self.namedFiles ? Self.namedFiles - 1 : changed
    var warnings = problems + changeWarnings.prefix(shown)
    if changed > shown {
      warnings.append(
        JITDebugError(
          .input, "", "\(changed - shown) more source files have changed since they were compiled; \(hint)"))
    }
    if functionsWithoutSource > 0 {
      warnings.append(JITDebugError(.input, "", "\(missingSummary); \(hint)"))
    }
    return warnings
  }

  /// One line for each file whose text has changed.
  package var changeWarnings: [JITDebugError] { entries.filter { $0.status == .changed }.map(\.changeWarning) }

  /// Of files in one list.
  private static let namedFiles = 5

  /// How many files are missing, and what that means.
  package var missingSummary: String {
    let count = count(.missing)
    let functions = functionsWithoutSource
    return "\(count) source \(count == 1 ? "file is" : "files are") missing, "
      + "so \(functions) \(functions == 1 ? "function" : "functions") will have no source"
  }
}

extension SourceMap.Entry {
  fileprivate var changeWarning: JITDebugError {
    JITDebugError(
      .input, path ?? file.path, "its text has changed since it was compiled, so lines may be shifted")
  }
}
