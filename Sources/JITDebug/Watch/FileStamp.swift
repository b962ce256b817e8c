// Telling whether a file is still the one that was read.

import Glibc

/// What changes whenever a file is written, or replaced by another one; equal for files that are not there.
struct FileStamp: Equatable, Sendable {
  private var device: UInt64 = 0
  private var number: UInt64 = 0
  private var size: Int64 = 0
  private var seconds = 0
  private var nanoseconds = 0

  /// That of no file.
  init() {}

  init(_ path: String) {
    var info = stat()
    guard stat(path, &info) == 0 else { return }
    device = UInt64(info.st_dev)
    number = UInt64(info.st_ino)
    size = Int64(info.st_size)
    seconds = info.st_mtim.tv_sec
    nanoseconds = info.st_mtim.tv_nsec
  }

  var exists: Bool { self != FileStamp() }

  /// Whether it was written after that moment, in seconds since 1970.
  func isAfter(_ moment: timespec) -> Bool {
    (seconds, nanoseconds) > (moment.tv_sec, moment.tv_nsec)
  }

  /// The system's clock, as file systems use it.
  static var now: timespec {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME_COARSE, &time)
    return time
  }
}
