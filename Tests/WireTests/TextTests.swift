// The executor's own string type says what Swift's would.
import Testing
import Wire

@Suite struct TextTests {
  private func string(_ text: Text) -> String { String(decoding: text.utf8, as: UTF8.self) }

  @Test func interpolationsReadLikeSwifts() {
    let name: Text = "näme"
    #expect(string("plain") == "plain")
    #expect(string("") == "")
    #expect(
      string("\(name): \(Int32(-3)) \(UInt64.max) \(UInt8(7)) \(Int.min)!")
        == "näme: -3 18446744073709551615 7 -9223372036854775808!")
    #expect(string(Text(0, radix: 16)) == "0")
    #expect(string(Text(0xfedc_ba98_7654_3210, radix: 16)) == "fedcba9876543210")
  }

  @Test func bytesAreKeptAsTheyAre() {
    #expect(Text(decoding: [0xff, 0x41][...], as: UTF8.self).utf8 == [0xff, 0x41])
    #expect("abc".withCString { Text(cString: $0) } == "abc")
    #expect(string(Text("constant")) == "constant")
  }
}
