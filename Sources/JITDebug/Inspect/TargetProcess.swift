// A process of another machine, read by way of the executor there while it goes on.

package final class TargetProcess: ProcessMemory {
  package let pid: Int32
  package let mappings: [MemoryMapping]
  package let omissions: [String]
  package let auxiliaryVector: [UInt8]
  private let target: Target

  package var subject: String { "process \(pid) at \(target.connection.peer)" }

  /// - Parameter pid: as the target numbers it.
  package init(pid: Int32, on target: Target) throws(JITDebugError) {
    self.pid = pid
    self.target = target
    guard target.readsFiles else {
      throw JITDebugError(
        .connection, target.connection.peer, "this executor cannot read other processes' memory",
        remedy: "use a jitdebug-executor of this version there, or run `jitdebug inspect --pid` on the target itself")
    }
    do throws(JITDebugError) {
      (mappings, omissions) = MappingText.parse(
        try target.readFile("/proc/\(pid)/maps", limit: MappingText.sizeLimit))
    } catch {
      throw JITDebugError(
        .connection, "process \(pid) at \(target.connection.peer)", "cannot be read: \(error.reason)",
        remedy: "it may have ended, or be another user's; see `jitdebug sessions`")
    }
    auxiliaryVector = (try? target.readFile("/proc/\(pid)/auxv", limit: 1 << 16)) ?? []
    guard !mappings.isEmpty else {
      throw JITDebugError(
        .connection, "process \(pid) at \(target.connection.peer)", "has ended", remedy: "see `jitdebug sessions`")
    }
  }

  deinit { target.connection.disconnect() }

  package func read(_ address: TargetAddress, _ count: Int) -> [UInt8] {
    RemoteFile(target: target, path: "/proc/\(pid)/mem").read(address.rawValue, count)
  }

  package func file(of mapping: MemoryMapping) -> (any ByteSource)? {
    guard mapping.isFile, !mapping.isDeleted else { return nil }
    let file = RemoteFile(target: target, path: "/proc/\(pid)/root\(mapping.path)")
    // The kernel asks for more rights there than for the path itself.
    return file.read(0, 1).isEmpty ? RemoteFile(target: target, path: mapping.path) : file
  }
}

/// A file of the target.
struct RemoteFile: ByteSource {
  let target: Target
  let path: String
  /// Not known without reading it all.
  var size: UInt64 { UInt64(Int64.max) }

  private static let part = 1 << 20

  func read(_ offset: UInt64, _ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count, offset <= UInt64(Int64.max) - UInt64(count) {
      let size = UInt64(min(count - bytes.count, Self.part))
      guard let part = try? target.readFile(path, offset: offset + UInt64(bytes.count), size: size), !part.isEmpty
      else { break }
      bytes += part.prefix(Int(size))
    }
    return bytes
  }
}
