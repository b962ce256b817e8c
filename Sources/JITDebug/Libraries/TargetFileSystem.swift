// The target's files as far as finding libraries needs them: lists of folders, and the beginnings of files.

import Glibc

/// Reads the target's file system through its executor; of a foreign executor on this machine, directly.
package struct TargetFileSystem {
  private let target: Target
  /// Whether the target is this machine, and its executor one that reads no files.
  private let isHere: Bool

  package init(_ target: Target, _ location: ExecutorLocation) {
    self.target = target
    isHere = location.isSpawned && !target.readsFiles
  }

  /// The executor's LLVM triple.
  var triple: String { target.connection.setup.triple }
  /// Whether anything can be read at all.
  var isReadable: Bool { isHere || target.readsFiles }

  /// The names in a folder; none if there is no such folder, or it cannot be read.
  func names(in folder: String) -> [String] {
    if isHere { return (try? StoreFiles.names(in: .init(folder))) ?? [] }
    guard let bytes = try? target.readFolder(folder) else { return [] }
    return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }.filter { $0 != "." && $0 != ".." }
      .sorted()
  }

  /// A whole file as text; nil if it cannot be read.
  func text(_ path: String) -> String? {
    if isHere {
      guard let bytes = try? JITDebug.readFile(path) else { return nil }
      return withExtendedLifetime(bytes) { String(decoding: bytes.buffer, as: UTF8.self) }
    }
    return (try? target.readFile(path)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// How many files are asked for at a time, which is as much as a connection's buffers certainly hold.
  private static let batch = 64

  /// The first `size` bytes of each file; nil where one cannot be read.
  func heads(of paths: [String], size: UInt64) throws(JITDebugError) -> [[UInt8]?] {
    var heads: [[UInt8]?] = []
    if isHere {
      for path in paths { heads.append(Self.head(path, Int(size))) }
      return heads
    }
    for start in stride(from: 0, to: paths.count, by: Self.batch) {
      heads += try target.readHeads(of: paths[start..<min(start + Self.batch, paths.count)], size: size)
    }
    return heads
  }

  private static func head(_ path: String, _ size: Int) -> [UInt8]? {
    let descriptor = Descriptor(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK))
    var count = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
      count = read(descriptor.raw, buffer.baseAddress!, size)
      filled = max(0, count)
    }
    return count < 0 ? nil : bytes
  }
}
