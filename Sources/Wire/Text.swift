// Strings as the wire has them. The executor, compiled as Embedded Swift, would be twice its size with Swift's own.

#if hasFeature(Embedded)
  package typealias WireString = Text
#else
  package typealias WireString = String
#endif

/// UTF-8 that is only stored, joined and passed on. Looks enough like String for code that is written for either.
package struct Text: Equatable, Sendable {
  package private(set) var utf8: [UInt8]

  package init(utf8: [UInt8]) { self.utf8 = utf8 }

  package init(decoding bytes: ArraySlice<UInt8>, as encoding: UTF8.Type) { utf8 = Array(bytes) }

  package init(cString: UnsafePointer<CChar>) {
    utf8 = []
    append(cString)
  }

  /// A constant. Other strings may come out empty: asking for less than fast access to UTF-8 needs Unicode tables.
  @inline(never) package init(_ constant: String) {
    utf8 = constant.utf8.withContiguousStorageIfAvailable { Array($0) } ?? []
  }

  @inline(never) fileprivate mutating func append(_ cString: UnsafePointer<CChar>) {
    var next = cString
    while next.pointee != 0 {
      utf8.append(UInt8(bitPattern: next.pointee))
      next += 1
    }
  }
  @inline(never) fileprivate mutating func append(_ constant: StaticString) {
    utf8.append(contentsOf: UnsafeBufferPointer(start: constant.utf8Start, count: constant.utf8CodeUnitCount))
  }
  @inline(never) fileprivate mutating func append(_ other: Text) { utf8.append(contentsOf: other.utf8) }

  @inline(never) fileprivate mutating func append(_ value: UInt64, radix: UInt64) {
    if value >= radix { append(value / radix, radix: radix) }
    let digit = UInt8(truncatingIfNeeded: value % radix)
    utf8.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
  }
}

extension Text: ExpressibleByStringInterpolation {
  @inline(never) package init(stringLiteral value: StaticString) {
    utf8 = []
    append(value)
  }

  package init(stringInterpolation: Interpolation) { utf8 = stringInterpolation.text.utf8 }

  package struct Interpolation: StringInterpolationProtocol {
    package typealias StringLiteralType = StaticString
    fileprivate var text: Text

    @inline(never) package init(literalCapacity: Int, interpolationCount: Int) { text = Text(utf8: []) }
    // The compiler puts an empty literal between any two interpolations; inlined, they cost nothing.
    @inline(__always) package mutating func appendLiteral(_ literal: StaticString) {
      if literal.utf8CodeUnitCount > 0 { text.append(literal) }
    }
    package mutating func appendInterpolation(_ other: Text) { text.append(other) }
    package mutating func appendInterpolation(_ constant: StaticString) { text.append(constant) }
    package mutating func appendInterpolation(_ value: UInt64) { text.append(value, radix: 10) }
    package mutating func appendInterpolation(_ value: UInt32) { appendInterpolation(UInt64(value)) }
    package mutating func appendInterpolation(_ value: UInt16) { appendInterpolation(UInt64(value)) }
    package mutating func appendInterpolation(_ value: UInt8) { appendInterpolation(UInt64(value)) }
    package mutating func appendInterpolation(_ value: Int) {
      if value < 0 { text.append("-") }
      appendInterpolation(UInt64(value.magnitude))
    }
    package mutating func appendInterpolation(_ value: Int32) { appendInterpolation(Int(value)) }
  }

  /// A number in hexadecimal, without a prefix.
  package init(_ value: UInt64, radix: UInt64) {
    utf8 = []
    append(value, radix: radix)
  }
}
