// Where the sources of a foreign process's code are, from the debug info that it has registered.

extension DebugTarget {
  /// Fills in the rules that lead to the sources; the result is what the user is to be told about them.
  package mutating func findForeignSources(_ lookup: SourceLookup) -> [JITDebugError] {
    []
  }
}

/// Core files.
enum CoreFile {
  static func target(_ path: String, program: String?) throws(JITDebugError) -> DebugTarget {
    guard let program else {
      throw JITDebugError(.usage, path, "which program it is of is not known", remedy: "name it with --program")
    }
    return DebugTarget(core: path, program: program)
  }
}
