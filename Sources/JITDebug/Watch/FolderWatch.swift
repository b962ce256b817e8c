// Folders in which files may be saved. Editors write in place, or rename a new file to the old one's name: only the folder sees both.

import Glibc

/// Becomes readable when something may have been saved in one of its folders.
final class FolderWatch {
  /// nil if the system has no more of these.
  private let descriptor: Descriptor?
  private var folders: [String: Int32] = [:]

  init() {
    let raw = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
    descriptor = raw < 0 ? nil : Descriptor(raw)
  }

  /// For poll; negative if there is none.
  var polled: Int32 { descriptor?.raw ?? -1 }
  /// Whether all folders are being watched; otherwise somebody has to look now and then.
  private(set) var isComplete = false

  /// Watches the folders of these files, and those of the files that links lead to, and no others. Whether some were not watched
  /// before: nobody knows what has happened there since the files were read.
  func watch(_ files: some Sequence<String>) -> Bool {
    var wanted: Set<String> = []
    for file in files {
      wanted.insert(Self.folder(of: file))
      if let resolved = realpath(file, nil) {
        wanted.insert(Self.folder(of: String(cString: resolved)))
        free(resolved)
      }
    }
    guard let descriptor else { return false }
    let before = folders
    let old = folders.filter { !wanted.contains($0.key) }
    folders = folders.filter { wanted.contains($0.key) }
    // Two names of one folder share a number.
    for number in Set(old.values).subtracting(folders.values) { inotify_rm_watch(descriptor.raw, number) }
    // What was watched before may have been another folder of that name.
    let events = UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO) | UInt32(IN_CREATE) | UInt32(IN_DELETE_SELF)
    for folder in wanted {
      let number = inotify_add_watch(descriptor.raw, folder, events | UInt32(IN_MOVE_SELF) | UInt32(IN_ONLYDIR))
      folders[folder] = number < 0 ? nil : number
    }
    isComplete = folders.count == wanted.count
    return folders.contains { before[$0] != $1 }
  }

  /// Takes what has been reported; the files themselves tell what it was.
  func drain() {
    guard let descriptor else { return }
    var buffer = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      let count = read(descriptor.raw, &buffer, buffer.count)
      guard count > 0 else { return }
      var position = 0
      // struct inotify_event: wd, mask, cookie, len, then the name.
      while position + 16 <= count {
        let (mask, length) = buffer.withUnsafeBytes {
          (
            $0.loadUnaligned(fromByteOffset: position + 4, as: UInt32.self),
            $0.loadUnaligned(fromByteOffset: position + 12, as: UInt32.self)
          )
        }
        if mask & (UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF) | UInt32(IN_IGNORED)) != 0 { isComplete = false }
        position += 16 + Int(length)
      }
    }
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
