// Where the files are that come with jitdebug but are no programs: debugger commands and source-map profiles.

import Glibc

package enum SharedFiles {
  /// The folder of this name: `SourceMaps`, or one below `Scripts`, as in the repository.
  ///
  /// As installed it lies in `share/jitdebug` beside the program's own folder, else in one of the folders around the program:
  /// the repository it was built in.
  package static func folder(_ name: String) throws(JITDebugError) -> String {
    let own = ExecutorBinary.ownFolder()
    var candidates = ["\(own)/../share/jitdebug"]
    var parent = own[...]
    while let slash = parent.lastIndex(of: "/") {
      parent = parent[..<slash]
      candidates.append(String(parent))
    }
    for candidate in candidates {
      guard let resolved = realpath("\(candidate)/\(name)", nil) else { continue }
      defer { free(resolved) }
      return String(cString: resolved)
    }
    throw JITDebugError(
      .system, name, "this part of jitdebug was not found around \(own)",
      remedy: "keep the program where Scripts/build put it, or put the folder into \(own)/../share/jitdebug")
  }
}
