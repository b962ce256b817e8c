// Where the sources of a foreign process's code are, from the debug info that it has registered.

import Glibc

extension DebugTarget {
  /// Fills in the rules that lead to the sources; the result is what the user is to be told about them.
  ///
  /// - Parameter memory: the process, or what is left of it.
  package mutating func findForeignSources(_ lookup: SourceLookup, in memory: any ProcessMemory) -> [JITDebugError] {
    do throws(JITDebugError) {
      var options = Inspection.Options()
      options.sources = lookup
      options.time = Self.sourceTime
      return takeSources(of: try Inspection(memory, session: nil, options), lookup)
    } catch {
      return [Self.withoutSources(error)]
    }
  }

  /// The same for a running process.
  package mutating func findForeignSources(_ lookup: SourceLookup) -> [JITDebugError] {
    do throws(JITDebugError) {
      return findForeignSources(lookup, in: try LiveProcess(pid: pid))
    } catch {
      return [Self.withoutSources(error)]
    }
  }

  /// The same, of what was inspected already.
  mutating func takeSources(of inspection: Inspection, _ lookup: SourceLookup) -> [JITDebugError] {
    if let session = inspection.session { debugFolder = session.debugStore.root.string }
    guard let map = inspection.sources else { return [] }
    sourceMap = map.debuggerRules
    var warnings = map.problems + map.changeWarnings.prefix(Self.namedFiles)
    if map.functionsWithoutSource > 0 {
      let hint = lookup.isEmpty ? "; name where they are with --source-root" : ""
      warnings.append(JITDebugError(.input, "", "\(map.missingSummary)\(hint)"))
    }
    return warnings
  }

  private static func withoutSources(_ error: JITDebugError) -> JITDebugError {
    JITDebugError(
      error.code, error.subject, "\(error.reason); sources are looked for where they were compiled",
      remedy: error.remedy)
  }

  private static let namedFiles = 5
  /// Looking for sources must not keep anybody waiting for long, in seconds.
  private static let sourceTime = 5.0
}

extension CoreFile {
  /// The program whose process it was.
  func programPath() throws(JITDebugError) -> String {
    let path = try ProcessModules(of: self).modules[0].path
    guard access(path, R_OK) == 0 else {
      throw JITDebugError(
        .input, self.path, "its program \(path) is not here", remedy: "name the same program with --program")
    }
    return path
  }
}
