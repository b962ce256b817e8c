// Mongoose with TLS: mbedtls once as the target's libraries, once as archives whose members are linked as JIT modules.

import Foundation
import TestSupport
import Testing

@Suite("HTTPS by Mongoose and mbedtls")
struct TLSTests {
  let folder: SessionFolder
  init() throws {
    folder = try SessionFolder()
    let made = try run(
      ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        + ["-addext", "subjectAltName=DNS:localhost", "-keyout", file("key.pem"), "-out", file("cert.pem")])
    try #require(made.status == 0, "\(made.errors)")
  }

  private func file(_ name: String) -> String { folder.folder.file(name) }

  /// The server, once it listens, and its URL.
  private func serve(_ libraries: [String]) throws -> (server: BackgroundProcess, url: String) {
    let mongoose = try Mongoose.folder.get()
    let options = ["--executor", try Workspace.executor.get(), "-DMG_ENABLE_MBEDTLS=1", "-I", mongoose]
    let inputs = ["\(mongoose)/mongoose.c", "\(Workspace.programs)/tls/main.c"]
    let server = try BackgroundProcess(
      [Workspace.jitdebug, "run"] + options + libraries + inputs + ["--", file("cert.pem"), file("key.pem")],
      environment: folder.environment)
    try server.wait(for: "URL", within: 120) { $0.output.hasSuffix("/\n") }
    return (server, server.output.trimmingCharacters(in: .newlines))
  }

  /// Asks with the certificate as the only one that is trusted.
  private func request(_ url: String) -> [String] {
    ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "60", "--cacert", file("cert.pem"), url]
  }

  private func end(_ server: BackgroundProcess) throws {
    server.signal(SIGTERM)
    #expect(try server.finish(closingInput: false).status == 128 + SIGTERM)
  }

  @Test("the target's libraries, by --dlopen")
  func libraries() throws {
    let (server, url) = try serve(["--dlopen", "mbedtls", "--dlopen", "mbedx509", "--dlopen", "mbedcrypto"])
    let answer = try run(request(url))
    #expect(answer.output == "hello over TLS\n", "\(answer.errors)")
    let path = try #require(folder.sessions.last) + "/session.json"
    let session = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path))) as? [String: Any]
    let taken = (session?["libraries"] as? [[String: String]])?.compactMap { $0["path"]?.split(separator: "/").last }
    #expect(taken?.map { $0.prefix { $0 != "." } } == ["libmbedtls", "libmbedx509", "libmbedcrypto"])
    try end(server)
  }

  /// In an order that a linker would not take; and stopped inside of the archives' code.
  @Test("its archives as JIT modules, with a breakpoint in them", arguments: DebuggerName.allCases)
  func archives(debugger: DebuggerName) throws {
    let (server, url) = try serve(["-lmbedcrypto", "-lmbedtls", "-lmbedx509"])
    // On a terminal, where debuggers say at once what they do. The server is stopped until `continue`, so no request can come
    // before the breakpoint.
    let stop = try PseudoTerminal(
      [Workspace.jitdebug, "attach", "--debugger", debugger.rawValue, "--batch"]
        + ["-o", debugger == .lldb ? "breakpoint set --name mbedtls_ssl_handshake" : "break mbedtls_ssl_handshake"]
        + ["-o", debugger == .lldb ? "breakpoint list" : "info breakpoints"]
        + ["-o", "continue", "-o", "bt 3", "-o", debugger == .lldb ? "breakpoint delete --force" : "delete"],
      environment: folder.environment)
    try stop.expect("Breakpoint 1")
    let answer = try run(request(url), timeout: 90)
    #expect(try stop.wait() == 0)
    let transcript = stop.transcript
    #expect(transcript.contains("mbedtls_ssl_handshake"), "\(transcript)")
    #expect(transcript.contains(debugger == .lldb ? "stop reason = breakpoint" : "Breakpoint 1,"), "\(transcript)")
    #expect(transcript.contains("mg_tls_handshake"), "\(transcript)")
    #expect(answer.output == "hello over TLS\n", "\(answer.errors)")
    try end(server)
  }
}
