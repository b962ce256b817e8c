// LLVM bitcode: how it is recognised, and why clang refused it.

import OrcBridge

enum Bitcode {
  /// 'BC' 0xC0DE, or the wrapper that Apple's tools put around it.
  static func isMagic(_ start: some Sequence<UInt8>) -> Bool {
    start.starts(with: [0x42, 0x43, 0xc0, 0xde]) || start.starts(with: [0xde, 0xc0, 0x17, 0x0b])
  }

  /// One line for a file that clang could not read, with what it said and, if that is the cause, which LLVM wrote the file.
  static func refusal(of path: String, message: String) -> JITDebugError {
    let version = String(cString: orc_llvm_version())
    let cause = firstError(in: message)
    if let writer = writer(of: path, cause), writer.isNewer(than: version) {
      return JITDebugError(
        .input, path,
        "is bitcode of \(writer.name), which LLVM \(version) cannot read\(cause.isEmpty ? "" : ": \(cause)")",
        remedy: "write it with LLVM \(major(version)) or older, or give the source")
    }
    return JITDebugError(
      .input, path, "cannot be read as bitcode\(cause.isEmpty ? "" : ": \(cause)")",
      remedy: "it is damaged, or made for something else: build it again")
  }

  private struct Writer {
    var name: String
    /// nil if only known to be newer than any we know.
    var major: Int?
    func isNewer(than version: String) -> Bool { major.map { $0 > Bitcode.major(version) } ?? true }
  }

  private static func writer(of path: String, _ cause: String) -> Writer? {
    if let bytes = try? readFile(path),
      let producer = withExtendedLifetime(
        bytes, { bridgeText(orc_bitcode_producer($0.buffer.baseAddress!, $0.buffer.count)) }),
      producer.hasPrefix("LLVM")
    {
      return Writer(name: "LLVM \(producer.dropFirst(4))", major: major(String(producer.dropFirst(4))))
    }
    // Raised whenever older readers cannot know what they see; then not even the producer is readable.
    return cause.contains("ncompatible epoch") ? Writer(name: "a newer LLVM", major: nil) : nil
  }

  private static func major(_ version: String) -> Int { Int(version.prefix { $0.isNumber }) ?? 0 }

  /// Clang's `error: …`, without what it says about producer and reader.
  private static func firstError(in message: String) -> String {
    for line in message.split(whereSeparator: \.isNewline) {
      guard let prefix = line.firstRange(of: "error: ") else { continue }
      let text = line[prefix.upperBound...]
      return String(text[..<(text.firstRange(of: " (Producer: ")?.lowerBound ?? text.endIndex)]).oneLine
    }
    return ""
  }
}
