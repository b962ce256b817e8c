// What `--connect` accepts, and what it is called afterwards.

import Glibc
import Testing

@testable import JITDebug

@Suite("executor locations")
struct ExecutorLocationTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var text: String
    var way: ExecutorLocation.Way
    /// If it is not the text itself.
    var description: String?
    var testDescription: String { text }
  }

  static let cases = [
    Case(text: "board:4711", way: .tcp(host: "board", port: "4711")),
    Case(text: "tcp:board:4711", way: .tcp(host: "board", port: "4711"), description: "board:4711"),
    Case(text: "tcp:[::1]:1", way: .tcp(host: "::1", port: "1"), description: "[::1]:1"),
    Case(text: "unix:/run/executor", way: .unix(path: "/run/executor")),
    Case(text: "listen:[::]:65535", way: .listen(host: "::", port: "65535")),
    Case(text: "listen::1", way: .listen(host: "127.0.0.1", port: "1"), description: "listen:127.0.0.1:1"),
    Case(text: "exec:docker exec -i box x --stdio", way: .command("docker exec -i box x --stdio")),
    Case(text: "ssh:board", way: .ssh(destination: "board", port: nil)),
    Case(text: "ssh:me@board:22", way: .ssh(destination: "me@board", port: "22")),
    Case(text: "ssh:[::1]:22", way: .ssh(destination: "::1", port: "22"), description: "ssh:[::1]:22"),
    Case(text: "ssh:me@[fe80::1]", way: .ssh(destination: "me@fe80::1", port: nil), description: "ssh:me@[fe80::1]"),
  ]

  @Test("each kind of address is read, and its description is read alike", arguments: cases)
  func kinds(_ one: Case) throws {
    let location = try ExecutorLocation(endpoint: one.text)
    #expect(location.way == one.way)
    #expect(location.description == one.description ?? one.text)
    #expect(try ExecutorLocation(endpoint: location.description) == location)
  }

  @Test("a relative path of a socket means the same elsewhere")
  func relativePath() throws {
    #expect(try ExecutorLocation(endpoint: "unix:sock").description.hasPrefix("unix:/"))
  }

  @Test(
    "what is no address is refused",
    arguments: [
      "", "board", "board:", "board:0", "board:65536", "tcp:", "tcp:board", "unix:",
      "unix:/" + String(repeating: "x", count: 200),
      "exec:", "exec: ", "listen:", "listen:board", "ssh:", "ssh:me@", "ssh:-oProxyCommand=x", "ssh:me@-x",
      "ssh:board:x",
      "ssh:a b",
    ])
  func malformed(_ text: String) {
    #expect(throws: JITDebugError.self) { try ExecutorLocation(endpoint: text) }
  }

  @Test("options that do not fit are refused")
  func access() {
    #expect(throws: JITDebugError.self) {
      try ExecutorLocation(endpoint: "ssh:board", ExecutorAccess(tokenFile: "token"))
    }
    #expect(throws: JITDebugError.self) {
      try ExecutorLocation(endpoint: "board:1", ExecutorAccess(remoteExecutor: "x"))
    }
  }
}
