// The debug files of a session, where debuggers look them up by build-id.

import SystemPackage

/// A directory for LLDB's `target.debug-file-search-paths` and GDB's `debug-file-directory`.
package struct DebugStore: Sendable {
  package let root: FilePath

  package init(root: FilePath) { self.root = root }

  /// Both debuggers' convention: .build-id/, the first byte, the others, .debug.
  package func path(buildID: [UInt8]) -> FilePath {
    let hex = BuildID.hex(buildID)
    return root.appending(".build-id").appending(String(hex.prefix(2))).appending("\(hex.dropFirst(2)).debug")
  }

  /// Stores an image's debug file and returns its path. A debugger that looks meanwhile finds all of it or nothing.
  @discardableResult
  package func add(_ image: DebugImage) throws(JITDebugError) -> FilePath {
    let path = path(buildID: image.buildID)
    try StoreFiles.createDirectories(path.removingLastComponent())
    try image.debugFile.withUnsafeBufferPointer { (buffer) throws(JITDebugError) in
      try StoreFiles.write(UnsafeRawBufferPointer(buffer), to: path)
    }
    return path
  }
}
