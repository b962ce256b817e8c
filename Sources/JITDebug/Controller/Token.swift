// The secret that controllers and an executor share, and proving to each other that they have it; see Wire's Handshake.

import Crypto
import Glibc
import Wire

/// A token read from its file. Not for printing.
package struct Token: Sendable {
  private let bytes: [UInt8]

  /// The shortest one accepted, in bytes.
  package static let minimumSize = 16
  private static let maximumSize = 1022

  /// Reads a file that nobody else can read or change; a line break at its end does not count.
  package init(file path: String) throws(JITDebugError) {
    let remedy = "make one with `(umask 077; head -c 32 /dev/urandom | base64 > \(path))`, the same on both sides"
    func unfit(_ reason: String) -> JITDebugError { JITDebugError(.input, path, reason, remedy: remedy) }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw JITDebugError(
        .input, path, "the token cannot be read: \(systemMessage(errno).lowercasedFirst)", remedy: remedy)
    }
    defer { close(descriptor) }
    var info = stat()
    guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { throw unfit("is no file") }
    guard info.st_uid == geteuid() else { throw unfit("belongs to somebody else") }
    guard info.st_mode & 0o077 == 0 else {
      throw JITDebugError(.input, path, "can be read by others; its mode must be 0600", remedy: "chmod 600 \(path)")
    }
    var content = [UInt8](repeating: 0, count: Self.maximumSize + 2)
    let count = read(descriptor, &content, content.count)
    guard count >= 0 else { throw unfit(systemMessage(errno).lowercasedFirst) }
    content.removeLast(content.count - count)
    if content.last == UInt8(ascii: "\n") { content.removeLast() }
    guard content.count >= Self.minimumSize else { throw unfit("has a token of less than \(Self.minimumSize) bytes") }
    guard content.count <= Self.maximumSize else { throw unfit("has a token of more than \(Self.maximumSize) bytes") }
    bytes = content
  }

  package init(bytes: [UInt8]) { self.bytes = bytes }

  package func proof(_ role: Handshake.Role, executorNonce: [UInt8], controllerNonce: [UInt8]) -> [UInt8] {
    let statement = Handshake.statement(role, executorNonce: executorNonce, controllerNonce: controllerNonce)
    return Array(HMAC<SHA256>.authenticationCode(for: statement, using: SymmetricKey(data: bytes)))
  }

  /// Compares in a time that does not depend on the bytes.
  package func isProof(_ proof: [UInt8], executorNonce: [UInt8], controllerNonce: [UInt8]) -> Bool {
    let statement = Handshake.statement(.executor, executorNonce: executorNonce, controllerNonce: controllerNonce)
    return HMAC<SHA256>.isValidAuthenticationCode(proof, authenticating: statement, using: SymmetricKey(data: bytes))
  }

  package static func nonce() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<Handshake.nonceSize).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }
}

/// The SHA-256 sum of bytes, as sha256sum prints it.
package func sha256(_ bytes: UnsafeRawBufferPointer) -> String { BuildID.hex(Array(SHA256.hash(data: bytes))) }
