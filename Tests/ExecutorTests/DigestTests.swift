// The executor's own SHA-256 and HMAC: against the published vectors, and against swift-crypto on random inputs.
import Crypto
import ExecutorSystem
import Testing

/// Adds the bytes in pieces of so many.
private func digest(_ bytes: [UInt8], pieces: Int = .max) -> [UInt8] {
  var hash = sha256()
  sha256_begin(&hash)
  var rest = bytes[...]
  while !rest.isEmpty {
    let piece = Array(rest.prefix(pieces))
    piece.withUnsafeBytes { sha256_add(&hash, $0.baseAddress!, $0.count) }
    rest = rest.dropFirst(piece.count)
  }
  var result = [UInt8](repeating: 0, count: 32)
  sha256_end(&hash, &result)
  return result
}

private func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
  var result = [UInt8](repeating: 0, count: 32)
  hmac_sha256(key, key.count, message, message.count, &result)
  return result
}

private func bytes(_ hex: String) -> [UInt8] {
  let digits = hex.filter { !$0.isWhitespace }
  return stride(from: 0, to: digits.count, by: 2).map { offset in
    let start = digits.index(digits.startIndex, offsetBy: offset)
    return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)!
  }
}

@Suite struct DigestTests {
  /// FIPS 180-4's examples, and messages of NIST's CAVP (SHA256ShortMsg.rsp).
  static let messages: [(message: [UInt8], digest: String)] = [
    (Array("abc".utf8), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ([], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (
      Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8),
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      Array(
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"
          .utf8), "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
    (
      [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
    (bytes("d3"), "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"),
    (bytes("11af"), "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98"),
    (bytes("b4190e"), "dff2e73091f6c05e528896c4c831b9448653dc2ff043528f6769437bc7b975c2"),
    (bytes("74ba2521"), "b16aa56be3880d18cd41e68384cf1ec8c17680c45a02b1575dc1518923ae8b0e"),
  ]

  @Test(arguments: messages.indices) func publishedDigests(index: Int) {
    let (message, expected) = Self.messages[index]
    for pieces in [Int.max, 1 + message.count / 3, 64, 63] {
      #expect(digest(message, pieces: pieces) == bytes(expected))
    }
  }

  /// RFC 4231, 4.2 to 4.8; the fifth tells only the first half.
  static let proofs: [(key: [UInt8], message: [UInt8], proof: String)] = [
    (
      [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
      Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
      [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
    ),
    (
      Array(1...25), [UInt8](repeating: 0xcd, count: 50),
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
    ),
    (
      [UInt8](repeating: 0x0c, count: 20), Array("Test With Truncation".utf8), "a3b6167473100ee06e0c796c2955552b"
    ),
    (
      [UInt8](repeating: 0xaa, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
    (
      [UInt8](repeating: 0xaa, count: 131),
      Array(
        ("This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed "
          + "before being used by the HMAC algorithm.").utf8),
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
    ),
  ]

  @Test(arguments: proofs.indices) func publishedProofs(index: Int) {
    let (key, message, expected) = Self.proofs[index]
    let known = bytes(expected)
    #expect(Array(authenticate(message, key: key).prefix(known.count)) == known)
  }

  @Test func everyLengthAroundABlockAgreesWithAnotherImplementation() {
    var generator = SystemRandomNumberGenerator()
    for length in Array(0...260) + [511, 512, 513, 4096, 10_000] {
      let message = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let key = (0..<(length * 7 % 200)).map { _ in UInt8.random(in: 0...255, using: &generator) }
      #expect(digest(message) == Array(SHA256.hash(data: message)))
      #expect(
        authenticate(message, key: key)
          == Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key))))
    }
  }
}
