// The code of a program as profilers want to know it: functions, their bytes, and their source lines.

import OrcBridge
import SystemPackage

/// What profilers are told of linked code, and how: `run --perf-map` and `--jitdump`.
package struct ProfilerFiles: OptionSet, Sendable {
  package let rawValue: Int
  package init(rawValue: Int) { self.rawValue = rawValue }

  /// /tmp/perf-PID.map: names and addresses only, read by many profilers.
  package static let perfMap = Self(rawValue: 1)
  /// jit-PID.dump: code and source lines too, for `perf inject --jit`.
  package static let jitDump = Self(rawValue: 2)
}

struct ProfiledCode: Sendable {
  struct Function: Sendable {
    /// As the linker has it.
    var name: String
    var range: TargetRange
  }

  /// One line's first address; without a file where no line follows.
  struct Line: Sendable {
    var address: UInt64
    var file: String?
    var number: UInt32
    var discriminator: UInt32
  }

  var machine: UInt16
  /// Sorted by address, one at each.
  private(set) var functions: [Function] = []
  private let start: TargetAddress
  private let bytes: [UInt8]
  /// Sorted by address.
  private(set) var lines: [Line] = []

  /// - Parameters:
  ///   - bytes: what the image's code memory holds.
  ///   - debugFile: the image's debug file, if it has one.
  init(_ image: LinkedImage, bytes: [UInt8], debugFile: [UInt8]?) {
    machine = image.machine
    start = image.code.start
    self.bytes = bytes
    let candidates = image.symbols.filter { $0.kind == .function && $0.size > 0 && image.code.contains($0.address) }
    // Of two names for one address, the one that others can see.
    for symbol in candidates.sorted(by: { ($0.address, $0.isLocal ? 1 : 0) < ($1.address, $1.isLocal ? 1 : 0) })
    where functions.last?.range.start != symbol.address {
      functions.append(
        Function(name: symbol.name, range: TargetRange(start: symbol.address, size: symbol.size)))
    }
    if let debugFile { lines = Self.lines(debugFile) }
  }

  private static func lines(_ debugFile: [UInt8]) -> [Line] {
    var list: OpaquePointer?
    // The file is our own; without its lines, names are left.
    try? debugFile.withUnsafeBufferPointer { (buffer) throws(JITDebugError) in
      try callBridge(.system, "debug info") { orc_source_lines_read(buffer.baseAddress!, buffer.count, &list) }
    }
    guard let list else { return [] }
    defer { orc_source_lines_free(list) }
    return (0..<orc_source_lines_count(list)).map { index in
      let line = orc_source_lines_get(list, index)
      return Line(
        address: line.address, file: line.file.map { String(cString: $0) }, number: line.line,
        discriminator: line.discriminator)
    }
  }

  func code(of function: Function) -> ArraySlice<UInt8> {
    let offset = Int(function.range.start.rawValue - start.rawValue)
    return bytes[offset..<min(bytes.count, offset + Int(function.range.size))]
  }

  /// The lines of a function's own addresses.
  func lines(of function: Function) -> ArraySlice<Line> {
    func first(at address: UInt64) -> Int {
      var (low, high) = (0, lines.count)
      while low < high {
        let middle = (low + high) / 2
        if lines[middle].address < address { low = middle + 1 } else { high = middle }
      }
      return low
    }
    return lines[first(at: function.range.start.rawValue)..<first(at: function.range.end.rawValue)]
  }

  /// Writes the files that were asked for.
  ///
  /// - Parameter pid: the process whose code this is, one of this machine.
  func write(_ files: ProfilerFiles, pid: Int32) throws(JITDebugError) {
    if files.contains(.perfMap) { try writeFile(perfMap, to: "/tmp/perf-\(pid).map") }
    if files.contains(.jitDump) {
      let dump = JITDump(self, pid: pid).bytes
      try dump.withUnsafeBufferPointer { (buffer) throws(JITDebugError) in
        try StoreFiles.write(UnsafeRawBufferPointer(buffer), to: FilePath(JITDump.path(pid: pid)))
      }
    }
  }

  /// Lines of start, size and name, in hexadecimal.
  ///
  /// Source: tools/perf/Documentation/jit-interface.txt of Linux.
  private var perfMap: String {
    functions.map { function in
      let start = String(function.range.start.rawValue, radix: 16)
      return "\(start) \(String(function.range.size, radix: 16)) \(demangled(function.name))\n"
    }.joined()
  }
}
