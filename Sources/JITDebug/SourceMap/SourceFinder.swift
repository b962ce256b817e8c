// Finding the file on this host that a recorded path means.

import Glibc

/// Looks for single files.
struct SourceFinder {
  let rules: [SourcePattern]
  let index: SourceIndex
  let currentDirectory: String
  let host: HostFiles

  /// A file with the recorded text wins over its place; among equals the recorded place, then the profile's, then the
  /// longest matching suffix below the roots.
  func find(_ file: RecordedFile) -> SourceMap.Entry {
    let named =
      [SourcePath.normalized(SourcePath.join(currentDirectory, file.path))]
      + rules.compactMap { $0.apply(to: file.path) }
    let ranked = ranked(index.files(named: SourcePath.name(file.path)), for: file.path)
    let places = distinct(named) + distinct(ranked.map(\.path))
    if let md5 = file.md5, let exact = places.first(where: { host.sum(of: $0) == md5 }) {
      return SourceMap.Entry(file: file, status: .found, path: exact)
    }
    let status: SourceMap.Status = file.md5 == nil ? .found : .changed
    if let place = distinct(named).first { return SourceMap.Entry(file: file, status: status, path: place) }
    guard let best = ranked.first else { return SourceMap.Entry(file: file, status: .missing) }
    let equals = ranked.prefix { $0.common == best.common }.map(\.path)
    // Nothing but a common name speaks for a header of other text.
    let isNamesake = best.common == 1 && file.md5 != nil && file.functions == 0
    guard !isNamesake, Set(equals.map { host.sum(of: $0) }).count == 1 else {
      return SourceMap.Entry(file: file, status: .missing, alternatives: equals)
    }
    return SourceMap.Entry(file: file, status: status, path: best.path)
  }

  /// Those that have the most components at the end in common come first.
  private func ranked(_ paths: [String], for path: String) -> [(common: Int, path: String)] {
    paths.map { (Self.commonSuffix($0, path), $0) }.sorted { $0.0 != $1.0 ? $0.0 > $1.0 : $0.1 < $1.1 }
  }

  private func distinct(_ paths: [String]) -> [String] {
    var seen: Set<String> = []
    return paths.filter { host.isFile($0) && seen.insert($0).inserted }
  }

  /// How many components at the end are the same.
  static func commonSuffix(_ a: String, _ b: String) -> Int {
    zip(SourcePath.components(a).reversed(), SourcePath.components(b).reversed()).prefix { $0 == $1 }.count
  }
}

/// What the host's file system says, each question asked once.
final class HostFiles {
  /// A file, by whatever path.
  struct Identity: Hashable {
    var device: UInt64
    var inode: UInt64
  }

  private var identities: [String: Identity?] = [:]
  private var sums: [String: [UInt8]?] = [:]

  /// nil if there is no such regular file.
  func identity(_ path: String) -> Identity? {
    if let known = identities[path] { return known }
    var info = stat()
    let isFile = stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFREG
    let result = isFile ? Identity(device: UInt64(info.st_dev), inode: UInt64(info.st_ino)) : nil
    identities[path] = result
    return result
  }

  func isFile(_ path: String) -> Bool { identity(path) != nil }

  /// The largest file of which a sum is made, and how much is read for all sums together, in bytes: a hostile process names any
  /// file as its source.
  private static let sizeLimit: UInt64 = 1 << 26
  private var left: UInt64 = 1 << 31

  /// The MD5 sum of its content; nil if it is no regular file that can be read, or is larger than any source.
  func sum(of path: String) -> [UInt8]? {
    if let known = sums[path] { return known }
    var result: [UInt8]?
    if let file = LocalFile(path), file.size <= min(Self.sizeLimit, left) {
      result = file.md5
      left -= file.size
    }
    sums[path] = .some(result)
    return result
  }
}
