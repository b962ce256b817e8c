// Bytes that are read piece by piece: a file of this machine or of a target, a part of a process's memory, or an array.

import Glibc
import OrcBridge

/// Random access to bytes of which nothing is taken on trust. Reading beyond the end, or where there is nothing, gives fewer
/// bytes than were asked for.
package protocol ByteSource: Sendable {
  /// In bytes; an upper bound where it is not known.
  var size: UInt64 { get }
  /// At most `count` bytes from `offset` on.
  func read(_ offset: UInt64, _ count: Int) -> [UInt8]
}

extension ByteSource {
  /// Exactly these bytes; nil if they are not all there, or more than `limit`.
  package func all(_ offset: UInt64, _ count: UInt64, limit: Int = 1 << 26) -> [UInt8]? {
    guard count <= UInt64(limit), offset <= size, count <= size - offset else { return nil }
    let bytes = read(offset, Int(count))
    return bytes.count == Int(count) ? bytes : nil
  }
}

/// Bytes in an array.
package struct BytesInMemory: ByteSource {
  package let bytes: [UInt8]
  package init(_ bytes: [UInt8]) { self.bytes = bytes }
  package var size: UInt64 { UInt64(bytes.count) }
  package func read(_ offset: UInt64, _ count: Int) -> [UInt8] {
    guard offset < size, count > 0 else { return [] }
    return Array(bytes[Int(offset)...].prefix(count))
  }
}

/// A regular file of this machine, whatever becomes of its name.
package struct LocalFile: ByteSource {
  private let descriptor: Descriptor
  package let size: UInt64
  /// Which file it is.
  package let device: UInt64
  package let inode: UInt64

  /// Nil if there is no regular file that can be read.
  package init?(_ path: String) {
    // Who named it may not be trusted: it may be a pipe that nobody writes to, or a device for which being opened is a command.
    var info = stat()
    guard stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return nil }
    let raw = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard raw >= 0 else { return nil }
    descriptor = Descriptor(raw)
    guard fstat(raw, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return nil }
    size = UInt64(max(0, info.st_size))
    device = UInt64(info.st_dev)
    inode = UInt64(info.st_ino)
  }

  package func read(_ offset: UInt64, _ count: Int) -> [UInt8] { readAt(descriptor.raw, offset, count) }

  /// The MD5 sum of its content; nil if it cannot be read, or has become larger. Once only.
  var md5: [UInt8]? {
    var sum = [UInt8](repeating: 0, count: 16)
    return orc_md5(descriptor.raw, size, &sum) ? sum : nil
  }
}

/// A part of a process's memory.
package struct MemoryPart: ByteSource {
  let memory: any ProcessMemory
  let start: TargetAddress
  package let size: UInt64

  package init(_ memory: any ProcessMemory, at start: TargetAddress, size: UInt64) {
    self.memory = memory
    self.start = start
    self.size = min(size, .max - start.rawValue)
  }

  package func read(_ offset: UInt64, _ count: Int) -> [UInt8] {
    guard offset < size, count > 0 else { return [] }
    return memory.read(start + offset, Int(min(UInt64(count), size - offset)))
  }
}

/// Reads a file from where it is, such as one of /proc that is written when it is read, up to its end or a limit.
func readAll(_ descriptor: Int32, limit: Int) -> [UInt8] {
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while bytes.count < limit {
    let got = read(descriptor, &buffer, min(buffer.count, limit - bytes.count))
    if got > 0 { bytes += buffer.prefix(got) } else if got == 0 || errno != EINTR { break }
  }
  return bytes
}

/// Reads a file, or a process's memory by its file in /proc, as far as it goes.
func readAt(_ descriptor: Int32, _ offset: UInt64, _ count: Int) -> [UInt8] {
  guard count > 0, offset <= UInt64(Int64.max) - UInt64(count) else { return [] }
  return [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
    while done < count {
      let got = pread(descriptor, buffer.baseAddress! + done, count - done, off_t(offset) + off_t(done))
      if got > 0 {
        done += got
      } else if got == 0 || errno != EINTR {
        return
      }
    }
  }
}
