// What passes before the Setup message where the executor has a token: a challenge and response in both directions.
//
// 1. The executor sends a Hangup frame (so that a controller that knows nothing of this ends with its text) of the tag below,
//    whose payload is an SPSError and 32 random bytes: the executor's nonce.
// 2. The controller sends the tag, 32 random bytes, its nonce, and its proof.
// 3. The executor sends its proof, then the Setup message, and everything else as usual.
//
// A proof is the HMAC-SHA-256, with the token as key, of protocol and role and both nonces. So neither a recorded proof nor one
// that is sent back to its author is worth anything. A wrong one, or none in time, ends the connection without an answer.
// What follows is neither encrypted nor protected against changes: that is SSH's job.

package enum Handshake {
  /// "JDTOKEN1"
  package static let tag: UInt64 = 0x314e_454b_4f54_444a
  package static let nonceSize = 32
  package static let proofSize = 32

  package enum Role: String, Sendable {
    case controller = "jitdebug 1 contr"
    case executor = "jitdebug 1 execu"
  }

  /// What the prover in this role signs.
  package static func statement(_ role: Role, executorNonce: [UInt8], controllerNonce: [UInt8]) -> [UInt8] {
    Array(role.rawValue.utf8) + executorNonce + controllerNonce
  }

  /// The executor's nonce; nil if the frame is no challenge.
  package static func nonce(in frame: Frame) -> [UInt8]? {
    guard frame.opcode == .hangup, frame.tag == tag, frame.payload.count > nonceSize else { return nil }
    return Array(frame.payload.suffix(nonceSize))
  }

  package static func answer(nonce: [UInt8], proof: [UInt8]) -> [UInt8] {
    var writer = SPSWriter()
    writer.append(u64: tag)
    return writer.bytes + nonce + proof
  }
}
