// The controller's side of the token: which executors it talks to, and which files it takes a token from.

import Foundation
import TestSupport
import Testing

@Suite("Tokens")
struct TokenTests {
  let folder: RunFolder

  init() throws {
    folder = try RunFolder()
    try folder.write("main.c", "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 3; }\n")
    try token("token", "correct horse battery staple\n")
    try token("wrong", "incorrect horse battery staple\n")
  }

  private func token(_ name: String, _ text: String, mode: mode_t = 0o600) throws {
    try folder.write(name, text)
    chmod(folder.folder.file(name), mode)
  }

  private func executor(_ arguments: String...) throws -> BackgroundProcess {
    try BackgroundProcess([folder.executor] + arguments, directory: folder.path)
  }

  private func listening(_ arguments: String...) throws -> (BackgroundProcess, String) {
    let process = try BackgroundProcess(
      [folder.executor, "--listen", "127.0.0.1:0"] + arguments, directory: folder.path)
    try process.wait(for: "address") { $0.output.hasSuffix("\n") }
    return (process, process.output.trimmingCharacters(in: .newlines))
  }

  @Test("the same token on both sides, by option and by variable")
  func same() throws {
    let (executor, address) = try listening("--token-file", "token")
    let given = try folder.run("--connect", address, "--token-file", "token", "main.c")
    #expect(given.output == "hello\n" && given.status == 3, "\(given.errors)")
    let variable = try folder.run("--connect", address, "main.c", environment: ["JITDEBUG_TOKEN_FILE": "token"])
    #expect(variable.output == "hello\n" && variable.status == 3, "\(variable.errors)")
    executor.signal(SIGTERM)
  }

  @Test("none, a wrong one, and one that nobody asks for")
  func different() throws {
    let (executor, address) = try listening("--token-file", "token")
    try folder.run("--connect", address, "main.c").expectError(address, "asks for a token", note: "--token-file")
    try folder.run("--connect", address, "--token-file", "wrong", "main.c").expectError(
      address, "refuses this token", note: "the same token")
    let (open, openAddress) = try listening()
    try folder.run("--connect", openAddress, "--token-file", "token", "main.c").expectError(
      openAddress, "asks for no token", note: "--token-file")
    executor.signal(SIGTERM)
    open.signal(SIGTERM)
  }

  @Test("who asks for the token without knowing it is told nothing")
  func impostor() throws {
    var challenge = Data()
    func append(_ value: UInt64) { withUnsafeBytes(of: value.littleEndian) { challenge.append(contentsOf: $0) } }
    // A Hangup frame: an SPSError without text, and the nonce.
    for word: UInt64 in [32 + 9 + 32, 1, 0, 0x314e_454b_4f54_444a] { append(word) }
    challenge.append(1)
    append(0)
    challenge.append(Data(repeating: 7, count: 32))
    let server = try FakeServer(greeting: challenge + Data(repeating: 0, count: 32))
    try folder.run("--connect", server.address, "--token-file", "token", "main.c").expectError(
      server.address, "does not know the token", note: "check the address")
  }

  @Test("files that are not fit to hold a token")
  func files() throws {
    try token("open", "correct horse battery staple\n", mode: 0o640)
    try token("short", "short\n")
    for (name, reason) in [
      ("open", "its mode must be 0600"), ("short", "less than 16 bytes"), ("none", "no such file"), (".", "is no file"),
    ] {
      let result = try folder.run("--connect", "127.0.0.1:1", "--token-file", name, "main.c")
      result.expectError(folder.folder.file(name), reason)
    }
    try folder.run("--token-file", "token", "main.c").expectError("--token-file", note: "--connect", status: 64)
    try folder.run("--connect", "ssh:board", "--token-file", "token", "main.c").expectError("--token-file", status: 64)
    try folder.run("--connect", "board:1", "--install", "main.c").expectError("--install", note: "ssh", status: 64)
  }

  @Test("of those who dial in, only one that knows the token is taken")
  func dialIn() throws {
    let port = try FakeServer(listens: false).address
    try folder.run("--connect", "listen:0.0.0.0:1", "main.c").expectError("open to other machines", status: 64)
    let stranger = try executor("--dial", port)
    let wrong = try executor("--dial", port, "--token-file", "wrong")
    let right = try executor("--dial", port, "--token-file", "token")
    for _ in 0..<2 {
      let result = try folder.run("--connect", "listen:\(port)", "--token-file", "token", "main.c")
      #expect(result.output == "hello\n" && result.status == 3, "\(result.errors)")
    }
    for process in [stranger, wrong, right] { process.signal(SIGTERM) }
  }

  @Test("standard input and output are guarded as well")
  func standardStreams() throws {
    let command = "exec:\(folder.executor) --stdio --token-file token"
    let result = try folder.run("--connect", command, "--token-file", "token", "main.c")
    #expect(result.output == "hello\n" && result.status == 3, "\(result.errors)")
    try folder.run("--connect", command, "main.c").expectError("asks for a token", note: "--token-file")
  }
}
