// File descriptors: complete reads and writes, and waiting with a limit.

import Glibc

/// A file descriptor that closes itself.
package final class Descriptor: @unchecked Sendable {
  package let raw: Int32
  package init(_ raw: Int32) { self.raw = raw }
  deinit { close(raw) }
}

/// The text of an errno value.
package func systemMessage(_ number: Int32) -> String { String(cString: strerror(number)) }

/// A point in time to wait until; nil stands for no limit.
package struct Deadline: Sendable {
  private let nanoseconds: UInt64

  package init(secondsFromNow seconds: Double) {
    nanoseconds = Self.now + UInt64(seconds * 1e9)
  }

  package static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// What is left, for poll: 0 when it has passed.
  package var milliseconds: Int32 {
    let now = Self.now
    return now >= nanoseconds ? 0 : Int32(min((nanoseconds - now + 999_999) / 1_000_000, UInt64(Int32.max)))
  }
}

/// Waits until the descriptor is ready for the events; false when the deadline passed.
package func waitFor(_ events: Int32, on descriptor: Int32, until deadline: Deadline?) -> Bool {
  var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
  while true {
    let ready = poll(&entry, 1, deadline?.milliseconds ?? -1)
    if ready > 0 { return true }
    if ready == 0 { return false }
    if errno != EINTR { return true }
  }
}

/// Writes everything, however often the system takes only a part; false with errno set when it can not.
package func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
  var done = 0
  while done < bytes.count {
    let count = write(descriptor, bytes.baseAddress! + done, bytes.count - done)
    if count >= 0 {
      done += count
    } else if errno == EAGAIN {
      _ = waitFor(POLLOUT, on: descriptor, until: nil)
    } else if errno != EINTR {
      return false
    }
  }
  return true
}

/// Reads a whole file.
package func readFile(_ path: String) throws(JITDebugError) -> FileBytes {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw JITDebugError(.input, path, systemMessage(errno).lowercasedFirst) }
  defer { close(descriptor) }
  var info = stat()
  guard fstat(descriptor, &info) == 0 else { throw JITDebugError(.input, path, systemMessage(errno).lowercasedFirst) }
  guard info.st_mode & S_IFMT != S_IFDIR else { throw JITDebugError(.input, path, "is a directory") }
  var capacity = max(Int(info.st_size), 4096)
  var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
  var count = 0
  while true {
    if count == capacity {
      let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity * 2, alignment: 16)
      larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
      buffer.deallocate()
      buffer = larger
      capacity *= 2
    }
    let got = read(descriptor, buffer.baseAddress! + count, capacity - count)
    if got == 0 { return FileBytes(taking: buffer, count: count) }
    if got > 0 {
      count += got
    } else if errno != EINTR {
      let number = errno
      buffer.deallocate()
      throw JITDebugError(.input, path, systemMessage(number).lowercasedFirst)
    }
  }
}

extension String {
  /// The C library starts its messages with a capital; ours are in lower case.
  var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}

/// A pipe whose ends are this process's alone.
func makePipe() throws(JITDebugError) -> (reader: Descriptor, writer: Descriptor) {
  var ends: [Int32] = [-1, -1]
  guard pipe(&ends) == 0 else { throw JITDebugError(.system, "pipe", systemMessage(errno).lowercasedFirst) }
  for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  return (Descriptor(ends[0]), Descriptor(ends[1]))
}
