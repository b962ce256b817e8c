// How the bridge's results become Swift's: errors, texts, and names as the source has them.

import OrcBridge

/// Calls a bridge function that returns an error message, and throws the message as an error about `subject`.
func callBridge(_ code: JITDebugError.Code, _ subject: String, _ call: () -> UnsafeMutablePointer<CChar>?)
  throws(JITDebugError)
{
  guard let message = bridgeText(call()) else { return }
  throw JITDebugError(code, subject, message.oneLine)
}

/// A text that the bridge allocated.
func bridgeText(_ text: UnsafeMutablePointer<CChar>?) -> String? {
  guard let text else { return nil }
  defer { orc_string_free(text) }
  return String(cString: text)
}

/// The name of a symbol as its source has it: messages are for people.
package func demangled(_ symbol: String) -> String { bridgeText(orc_demangle(symbol)) ?? symbol }

extension String {
  /// LLVM joins several errors by line ends, and quotes damaged files as they are; ours are one line.
  var oneLine: String {
    split(whereSeparator: \.isNewline).joined(separator: "; ").unicodeScalars.reduce(into: "") { text, scalar in
      text += scalar.properties.generalCategory == .control ? "\\x\(String(scalar.value, radix: 16))" : String(scalar)
    }
  }
}

extension JITDebugError {
  /// For what LLVM could not read at all.
  func asDamage(_ kind: String) -> JITDebugError {
    JITDebugError(
      code, subject, "cannot be read as an \(kind): \(reason)",
      remedy: "it is damaged, or made for something else: build it again")
  }
}
