// Which target LLVM IR was made for: code for another one would compile, and go wrong when it runs.

import OrcBridge

extension Input {
  /// Refuses IR for another target: its types have the sizes, and its calls the names, of the target it was made for.
  func checkTriple(_ target: Triple) throws(JITDebugError) {
    if let text = try moduleTriple() { try Self.check(text, of: path, for: target) }
  }

  /// - Parameter triple: the one that the IR in the file was made for.
  static func check(_ triple: String, of path: String, for target: Triple) throws(JITDebugError) {
    let module = Triple(triple)
    guard module.fits(target) else {
      throw JITDebugError(
        .input, path, "is LLVM IR for \(module), but the executor runs on \(target)",
        remedy: "make it with --target=\(target), or connect to an executor on \(module.architecture)")
    }
  }

  /// Nil if the file is no IR, does not say, or cannot be read; then clang has the word.
  private func moduleTriple() throws(JITDebugError) -> String? {
    switch kind {
    case .bitcode:
      let bytes = try readFile(path)
      let triple = withExtendedLifetime(bytes) {
        bridgeText(orc_bitcode_triple(bytes.buffer.baseAddress!, bytes.buffer.count))
      }
      return triple.flatMap { $0.isEmpty ? nil : $0.oneLine }
    case .source where path.hasSuffix(".ll"):
      let bytes = try readFile(path)
      return Self.triple(inText: withExtendedLifetime(bytes) { String(decoding: bytes.buffer, as: UTF8.self) })
    default: return nil
    }
  }

  /// - Parameter text: textual IR, or its beginning.
  static func triple(inText text: String) -> String? {
    for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix("target triple") {
      let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
      return parts.count == 3 && !parts[1].isEmpty ? String(parts[1]).oneLine : nil
    }
    return nil
  }
}
