// Points in calendar time as text, and as the session names that sort by them.

import Glibc

package enum Timestamp {
  static var clock: timespec {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return time
  }

  /// UTC, ISO 8601 with milliseconds, such as 2026-03-01T12:30:05.250Z.
  package static var now: String { text(clock) }

  static func text(_ time: timespec) -> String {
    var seconds = time.tv_sec
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func digits(_ value: some BinaryInteger, _ width: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    let date = "\(digits(parts.tm_year + 1900, 4))-\(digits(parts.tm_mon + 1, 2))-\(digits(parts.tm_mday, 2))"
    let hour = "\(digits(parts.tm_hour, 2)):\(digits(parts.tm_min, 2)):\(digits(parts.tm_sec, 2))"
    return "\(date)T\(hour).\(digits(time.tv_nsec / 1_000_000, 3))Z"
  }
}

extension Timestamp {
  /// Seconds since 1970 of such a text; nil for any other.
  static func seconds(_ text: String) -> Int? {
    let numbers = text.split(whereSeparator: { "-T:.Z".contains($0) }).compactMap { Int32($0) }
    guard numbers.count == 7 else { return nil }
    var parts = tm()
    (parts.tm_year, parts.tm_mon, parts.tm_mday) = (numbers[0] - 1900, numbers[1] - 1, numbers[2])
    (parts.tm_hour, parts.tm_min, parts.tm_sec) = (numbers[3], numbers[4], numbers[5])
    return timegm(&parts)
  }
}

/// The name of a session: 7 letters and digits that sort by time.
enum SessionID {
  /// Crockford's base 32: lower case, without i, l, o, u.
  private static let digits = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
  private static let length = 7
  private static let ticksPerSecond = 32
  /// 2025-01-01. 32^7 ticks later, in 2058, names start over.
  private static let epoch = 1_735_689_600

  static func tick(_ time: timespec) -> UInt64 {
    let seconds = UInt64(max(0, time.tv_sec - epoch))
    return seconds * UInt64(ticksPerSecond) + UInt64(time.tv_nsec * ticksPerSecond / 1_000_000_000)
  }

  static func text(_ tick: UInt64) -> String {
    let bytes = (0..<length).reversed().map { digits[Int(tick >> (5 * UInt64($0)) & 31)] }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Whether a folder name can be a session's.
  static func isValid(_ text: String) -> Bool { text.utf8.count == length && text.utf8.allSatisfy(digits.contains) }
}
