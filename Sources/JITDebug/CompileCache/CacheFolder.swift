// A folder of files that may go at any time: whole or not there, bounded, and used by several processes at once.

import Glibc
import SystemPackage

struct CacheFolder: Sendable {
  let path: FilePath
  /// In bytes of disk, for all files together.
  let limit: Int

  /// A file that grows by a byte for so many stored ones: nobody has to look at all files to know that it is time to.
  private static let countName = "added"
  private static let countUnit = 4096
  private static let digestSize = BuildID.size

  /// XDG Base Directory Specification: a relative or empty $XDG_CACHE_HOME counts as not set; its default is $HOME/.cache.
  /// Nil if neither is of use.
  static func path(cacheHome: String?, home: String?) -> FilePath? {
    let cache: FilePath
    if let cacheHome, cacheHome.hasPrefix("/") {
      cache = FilePath(cacheHome)
    } else if let home, home.hasPrefix("/") {
      cache = FilePath(home).appending(".cache")
    } else {
      return nil
    }
    return cache.appending("jitdebug").appending("objects")
  }

  /// Somebody else's folder is neither trusted nor filled with files that its owner could not remove.
  private var isOurs: Bool {
    var info = stat()
    return stat(path.string, &info) == 0 && info.st_uid == geteuid()
  }

  /// What was written under a name; nil if it is not there or damaged.
  func read(_ name: String) -> [UInt8]? {
    guard isOurs, let file = try? readFile(path.appending(name).string) else { return nil }
    let size = file.buffer.count - Self.digestSize
    guard size >= 0 else { return nil }
    let content = UnsafeRawBufferPointer(rebasing: file.buffer[..<size])
    guard BuildID.hash(content).elementsEqual(file.buffer[size...]) else { return nil }
    return Array(content)
  }

  /// It was of use, so others are to go before it.
  func touch(_ name: String) {
    utimes(path.appending(name).string, nil)
  }

  /// Nothing happens where it cannot be written: a cache is no reason to fail.
  func write(_ content: [UInt8], to name: String) {
    // What would push out much of the rest is not worth its place.
    guard content.count < limit / 8, (try? StoreFiles.createDirectories(path)) != nil, isOurs else { return }
    let bytes = content + BuildID.hash(content)
    guard (try? bytes.withUnsafeBytes({ try StoreFiles.write($0, to: path.appending(name)) })) != nil else { return }
    if added(bytes.count) > limit / 8 { trim() }
  }

  /// Counts what was stored; returns how many bytes came since the last clearing out, other processes' included.
  private func added(_ size: Int) -> Int {
    let descriptor = open(path.appending(Self.countName).string, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return 0 }
    defer { close(descriptor) }
    let marks = [UInt8](repeating: 0, count: size / Self.countUnit + 1)
    _ = marks.withUnsafeBytes { writeAll($0, to: descriptor) }
    var info = stat()
    return fstat(descriptor, &info) == 0 ? Int(info.st_size) * Self.countUnit : 0
  }

  /// Removes what was of no use for longest, until there is room for some time.
  private func trim() {
    unlink(path.appending(Self.countName).string)
    var files: [(path: String, used: timespec, size: Int)] = []
    for name in (try? StoreFiles.names(in: path)) ?? [] {
      let file = path.appending(name).string
      var info = stat()
      guard lstat(file, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { continue }
      files.append((file, info.st_mtim, Int(info.st_blocks) * 512))
    }
    files.sort { ($0.used.tv_sec, $0.used.tv_nsec) < ($1.used.tv_sec, $1.used.tv_nsec) }
    var excess = files.reduce(0) { $0 + $1.size } - limit * 3 / 4
    for file in files where excess > 0 {
      unlink(file.path)
      excess -= file.size
    }
  }
}
