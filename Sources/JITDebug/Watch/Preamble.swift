// The part of a C source that comes before its first declaration: comments and directives, the headers that it asks for among them.

import Glibc

/// What can be compiled once for all versions of a source that begin with it.
struct Preamble: Equatable, Sendable {
  let text: [UInt8]

  /// The text up to the last #include before which there are only comments and complete directives; nil if there is none.
  init?(of source: UnsafeRawBufferPointer) {
    var lines = Lines(source[...])
    var end: Int?
    // Of #if and its kind, those that are open.
    var depth = 0
    directives: while let directive = lines.nextDirective() {
      switch directive {
      case "if", "ifdef", "ifndef": depth += 1
      case "endif": depth -= 1
      case "else", "elif", "elifdef", "elifndef", "define", "undef": break
      case "include" where depth == 0: end = lines.place
      case "include": break
      // What pragmas and #line mean for the rest is not known here.
      default: break directives
      }
    }
    guard let end else { return nil }
    text = Array(source[..<end])
  }

  func begins(_ source: UnsafeRawBufferPointer) -> Bool {
    source.count >= text.count && memcmp(source.baseAddress!, text, text.count) == 0
  }

  /// Goes through a text line by line.
  private struct Lines {
    private var rest: Slice<UnsafeRawBufferPointer>
    var place: Int { rest.startIndex }

    init(_ text: Slice<UnsafeRawBufferPointer>) { rest = text }

    /// The name of the directive that comes next, which is passed with its line's end; nil if something else comes.
    mutating func nextDirective() -> String? {
      guard skipSpace(), rest.first == UInt8(ascii: "#") else { return nil }
      rest.removeFirst()
      rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      let name = String(decoding: rest.prefix { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") }, as: UTF8.self)
      return skipLine() ? name : nil
    }

    /// Passes white space and comments; false at the end, and for a comment without one.
    private mutating func skipSpace() -> Bool {
      while let byte = rest.first {
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): rest.removeFirst()
        case UInt8(ascii: "/"):
          switch rest.dropFirst().first {
          case UInt8(ascii: "/"): guard skipLine() else { return false }
          case UInt8(ascii: "*"): guard skipComment() else { return false }
          default: return true
          }
        default: return true
        }
      }
      return false
    }

    private mutating func skipComment() -> Bool {
      rest = rest.dropFirst(2)
      while let star = rest.firstIndex(of: UInt8(ascii: "*")) {
        rest = rest[(star + 1)...]
        if rest.popFirst(UInt8(ascii: "/")) { return true }
      }
      return false
    }

    /// Passes the rest of a line, those that it goes on in, and comments in it; false at the end of the text.
    private mutating func skipLine() -> Bool {
      while let byte = rest.popFirst() {
        switch byte {
        case UInt8(ascii: "\n"): return true
        case UInt8(ascii: "\\"):
          rest.popFirst(UInt8(ascii: "\r"))
          _ = rest.popFirst()
        case UInt8(ascii: "/") where rest.first == UInt8(ascii: "*"):
          rest = rest.base[(rest.startIndex - 1)...]
          guard skipComment() else { return false }
        default: break
        }
      }
      return false
    }
  }
}

extension Slice<UnsafeRawBufferPointer> {
  /// Passes one byte if it is that.
  @discardableResult
  fileprivate mutating func popFirst(_ byte: UInt8) -> Bool {
    guard first == byte else { return false }
    removeFirst()
    return true
  }
}
