// Directories and files of the store: private to the user, and never seen half-written.

import Glibc
import SystemPackage

enum StoreFiles {
  private static let remedy = "make that directory writable, or set XDG_STATE_HOME to one that is"

  static func failure(_ path: FilePath, _ what: String, _ number: Int32) -> JITDebugError {
    JITDebugError(.system, path.string, "\(what): \(systemMessage(number).lowercasedFirst)", remedy: remedy)
  }

  /// Creates a directory and those above it, for the user alone.
  static func createDirectories(_ path: FilePath) throws(JITDebugError) {
    if mkdir(path.string, 0o700) == 0 { return }
    switch errno {
    case EEXIST:
      var info = stat()
      guard stat(path.string, &info) == 0, info.st_mode & S_IFMT == S_IFDIR else {
        throw failure(path, "cannot be created", ENOTDIR)
      }
    case ENOENT where !path.removingLastComponent().isEmpty:
      try createDirectories(path.removingLastComponent())
      if mkdir(path.string, 0o700) != 0, errno != EEXIST { throw failure(path, "cannot be created", errno) }
    case let number:
      throw failure(path, "cannot be created", number)
    }
  }

  /// Creates one directory; false if there is something of that name.
  static func createDirectory(_ path: FilePath) throws(JITDebugError) -> Bool {
    if mkdir(path.string, 0o700) == 0 { return true }
    if errno == EEXIST { return false }
    throw failure(path, "cannot be created", errno)
  }

  /// Writes a file under another name first: readers see the old content or the new, whatever happens in between.
  static func write(_ bytes: UnsafeRawBufferPointer, to path: FilePath) throws(JITDebugError) {
    let temporary = "\(path.string).\(UInt64.random(in: 0 ... .max))"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(path, "cannot be written", errno) }
    let written = writeAll(bytes, to: descriptor)
    var number = written ? 0 : errno
    if close(descriptor) != 0, number == 0 { number = errno }
    if number == 0, rename(temporary, path.string) != 0 { number = errno }
    guard number == 0 else {
      unlink(temporary)
      throw failure(path, "cannot be written", number)
    }
  }

  /// The names in a directory, sorted; none if it does not exist.
  static func names(in path: FilePath) throws(JITDebugError) -> [String] {
    guard let directory = opendir(path.string) else {
      if errno == ENOENT { return [] }
      throw failure(path, "cannot be read", errno)
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Removes a directory with everything in it, and returns the size of the files that were in there. Links are removed, not
  /// followed.
  @discardableResult
  static func removeTree(_ path: FilePath) throws(JITDebugError) -> UInt64 {
    var size: UInt64 = 0
    for name in try names(in: path) {
      let inner = path.appending(name)
      var info = stat()
      guard lstat(inner.string, &info) == 0 else { continue }
      if info.st_mode & S_IFMT == S_IFDIR {
        size += try removeTree(inner)
      } else if unlink(inner.string) == 0 {
        size += UInt64(info.st_size)
      } else if errno != ENOENT {
        throw failure(inner, "cannot be removed", errno)
      }
    }
    if rmdir(path.string) != 0, errno != ENOENT { throw failure(path, "cannot be removed", errno) }
    return size
  }
}
