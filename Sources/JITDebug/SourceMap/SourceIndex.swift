// The files below the folders that a user names as source roots, by their last component.

import Glibc
import Synchronization

/// An index of source trees, read once.
package struct SourceIndex {
  private var byName: [String: [String]] = [:]
  /// What could not be read, or was left out.
  package private(set) var problems: [JITDebugError] = []

  /// So that a root such as `/` ends too.
  private static let limit = 1_000_000

  /// - Parameters:
  ///   - optional: more roots, of which nothing is said if they are not there.
  ///   - names: the only names worth keeping.
  package init(roots: [String], optional: [String] = [], names: Set<String>) {
    var count = 0
    for root in roots + optional {
      guard let resolved = realpath(root, nil) else {
        if !roots.contains(root) { continue }
        problems.append(
          JITDebugError(
            .input, root, systemMessage(errno).lowercasedFirst, remedy: "name an existing folder"))
        continue
      }
      defer { free(resolved) }
      var info = stat()
      guard stat(resolved, &info) == 0, info.st_mode & S_IFMT == S_IFDIR else {
        problems.append(JITDebugError(.input, root, "is not a folder", remedy: "name an existing folder"))
        continue
      }
      walk(String(cString: resolved), names, &count)
      if count > Self.limit {
        problems.append(
          JITDebugError(
            .input, root, "holds more than \(Self.limit) files; the rest was not looked at",
            remedy: "name a smaller folder"))
        break
      }
    }
  }

  /// Every file of this name, in the order of the roots.
  package func files(named name: String) -> [String] { byName[name] ?? [] }

  /// Set when this process has no more use for what is looked for.
  static let isCancelled = Atomic(false)

  private mutating func walk(_ root: String, _ names: Set<String>, _ count: inout Int) {
    var folders = [root]
    while let folder = folders.popLast(), count <= Self.limit, !Self.isCancelled.load(ordering: .relaxed) {
      guard let handle = opendir(folder) else { continue }
      defer { closedir(handle) }
      while let entry = readdir(handle) {
        count += 1
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          String(cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
        }
        // Version control and build folders hold copies that are nobody's source.
        if name.hasPrefix(".") { continue }
        let path = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
        switch Int32(entry.pointee.d_type) {
        case Int32(DT_DIR): folders.append(path)
        case Int32(DT_REG), Int32(DT_LNK), Int32(DT_UNKNOWN):
          if names.contains(name) { byName[name, default: []].append(path) }
        default: break
        }
      }
    }
  }
}
