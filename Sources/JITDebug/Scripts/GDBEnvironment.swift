// Variables for a program that GDB starts. `set environment` takes `=` and blanks away at the ends of a value, and GDB itself must
// not have them: LD_PRELOAD would be its own.

enum GDBEnvironment {
  /// The value for `set exec-wrapper`: a shell that exports the variables and executes the program; nil if there are none. It is
  /// one program that executes the next, which GDB counts on.
  static func wrapper(_ variables: [(name: String, value: String)]) throws(JITDebugError) -> String? {
    guard !variables.isEmpty else { return nil }
    var script = ""
    for (name, value) in variables {
      guard isIdentifier(name) else {
        throw JITDebugError(
          .debugger, "--env \(name)", "shells, by which GDB starts programs, know no variable of such a name",
          remedy: "use letters, digits and _, or LLDB")
      }
      // The shell takes line breaks away at the end of what is printed, so a full stop is put there.
      script += "\(name)=$(printf %b \"\(escaped(value)).\"); \(name)=${\(name)%.}; export \(name); "
    }
    return "sh -c '\(script)exec \"$@\"' sh"
  }

  private static func isIdentifier(_ name: String) -> Bool {
    name.utf8.allSatisfy { isPlain($0) || $0 == UInt8(ascii: "_") } && name.first?.isNumber == false
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }

  /// As `printf %b` reads it, in letters and digits that neither the shell nor GDB takes for anything else; GDB would replace
  /// ` ~`.
  private static func escaped(_ value: String) -> String {
    value.utf8.map { byte in
      if isPlain(byte) || "/._-:,+".utf8.contains(byte) { return String(UnicodeScalar(byte)) }
      let digits = String(byte, radix: 8)
      return "\\0" + String(repeating: "0", count: 3 - digits.count) + digits
    }.joined()
  }
}
