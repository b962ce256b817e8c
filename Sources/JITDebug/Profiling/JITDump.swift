// perf's format for code that was made at run time.

import Glibc

/// The content of a jit-PID.dump: a header, then for each function its lines and its code.
///
/// Source: tools/perf/Documentation/jitdump-specification.txt of Linux. All values are little-endian; perf is to record with
/// CLOCK_MONOTONIC (`perf record -k mono`).
struct JITDump {
  private static let magic: UInt32 = 0x4a69_5444
  private static let version: UInt32 = 1
  private static let headerSize: UInt32 = 40
  private enum Record: UInt32 {
    case codeLoad = 0
    case debugInfo = 2
  }

  private(set) var bytes: [UInt8] = []

  init(_ code: ProfiledCode, pid: Int32) {
    put(Self.magic)
    put(Self.version)
    put(Self.headerSize)
    put(UInt32(code.machine))
    put(UInt32(0))
    put(UInt32(bitPattern: pid))
    put(Deadline.now)
    put(UInt64(0))
    for (index, function) in code.functions.enumerated() {
      // Lines come before the code that they belong to.
      let lines = code.lines(of: function).filter { $0.file != nil }
      if !lines.isEmpty {
        record(.debugInfo) { dump in
          dump.put(function.range.start.rawValue)
          dump.put(UInt64(lines.count))
          for line in lines {
            dump.put(line.address)
            dump.put(line.number)
            dump.put(line.discriminator)
            dump.put(line.file!)
          }
        }
      }
      record(.codeLoad) { dump in
        dump.put(UInt32(bitPattern: pid))
        dump.put(UInt32(bitPattern: pid))
        dump.put(function.range.start.rawValue)
        dump.put(function.range.start.rawValue)
        dump.put(function.range.size)
        dump.put(UInt64(index))
        dump.put(function.name)
        dump.bytes += code.code(of: function)
      }
    }
  }

  /// A record's header holds its size, which is known at its end.
  private mutating func record(_ kind: Record, _ write: (inout JITDump) -> Void) {
    let start = bytes.count
    put(kind.rawValue)
    put(UInt32(0))
    put(Deadline.now)
    write(&self)
    let size = UInt32(bytes.count - start)
    for i in 0..<4 { bytes[start + 4 + i] = UInt8(truncatingIfNeeded: size >> UInt32(8 * i)) }
  }

  private mutating func put(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }

  private mutating func put(_ text: String) { bytes += Array(text.utf8) + [0] }
}

extension JITDump {
  /// perf finds the pid in the name.
  static func path(pid: Int32) -> String { absolutePath("jit-\(pid).dump") }

  /// LLVM IR of an initialiser that maps the file as code for a moment: that is how perf learns of it, and of when.
  static func marker(pid: Int32) -> String {
    let path = path(pid: pid).utf8.map { byte in
      let digits = String(byte, radix: 16)
      return "\\" + (digits.count < 2 ? "0" : "") + digits
    }
    return """
      @path = private unnamed_addr constant [\(path.count + 1) x i8] c"\(path.joined())\\00"
      @llvm.global_ctors = appending global [1 x { i32, ptr, ptr }] [{ i32, ptr, ptr } { i32 1, ptr @show, ptr null }]
      declare i32 @open(ptr, i32, ...)
      declare ptr @mmap(ptr, i64, i32, i32, i32, i64)
      declare i32 @close(i32)
      define internal void @show() {
        %file = call i32 (ptr, i32, ...) @open(ptr @path, i32 \(O_RDONLY | O_CLOEXEC))
        %page = call ptr @mmap(ptr null, i64 1, i32 \(PROT_READ | PROT_EXEC), i32 \(MAP_PRIVATE), i32 %file, i64 0)
        %closed = call i32 @close(i32 %file)
        ret void
      }

      """
  }
}
