// Executors that are not there, are something else, or cannot do what is asked: one line, and the right exit code.

import Foundation
import TestSupport
import Testing

private let program = "int main(void) { return 0; }\n"

@Suite("Errors of executors and surroundings")
struct ConnectionErrorTests {
  let folder: RunFolder
  init() throws {
    folder = try RunFolder()
    try folder.object("main.o", program)
  }

  // MARK: Reaching an executor

  @Test("a dead port, an unknown host, malformed addresses")
  func addresses() throws {
    let dead = try FakeServer(listens: false)
    let result = try folder.run("--connect", dead.address, "main.o")
    result.expectError("\(dead.address): ", "cannot connect: connection refused", note: "jitdebug-executor --listen")
    #expect(result.seconds < 5)
    try folder.run("--connect", "no-such-host.invalid:4711", "main.o").expectError(
      "no-such-host.invalid:4711: ", "unknown host", note: "name")
    for address in ["localhost", "localhost:", ":", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:http", ""] {
      try folder.run("--connect", address, "main.o").expectError("not an address", note: "HOST:PORT", status: 64)
    }
    try folder.run("--connect", "127.0.0.1:1", "--executor", "x", "main.o").expectError(
      "--executor", "--connect", note: "leave one", status: 64)
  }

  @Test("a port of something else: it greets, hangs up, sends garbage, sends a bit")
  func strangers() throws {
    let greetings: [(Data, words: String)] = [
      (Data("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\nand more than a header\r\n".utf8), "does not speak"),
      (Data(), "without a greeting"),
      (Data(repeating: 0xff, count: 4096), "does not speak"),
      (Data([40, 0, 0, 0]), "middle of a message"),
    ]
    for (bytes, words) in greetings {
      let server = try FakeServer(greeting: bytes, hangsUp: true)
      let result = try folder.run("--connect", server.address, "main.o")
      result.expectError("\(server.address): ", words, note: "jitdebug-executor")
      #expect(result.seconds < 8)
    }
  }

  @Test("a port of something that says nothing is given up")
  func silence() throws {
    let server = try FakeServer(greeting: Data(), hangsUp: false)
    let result = try folder.run("--connect", server.address, "main.o", timeout: 40)
    result.expectError("\(server.address): ", "says nothing", "10 seconds", note: "jitdebug-executor")
    #expect(result.seconds < 20)
  }

  @Test("an executor that is missing, no program, or another one")
  func executors() throws {
    try folder.run("--executor", "./absent", "main.o").expectError(
      "./absent: ", "cannot be started: no such file", note: "Scripts/build")
    try folder.write("data", "no program")
    try folder.run("--executor", "data", "main.o").expectError("data: ", "permission denied")
    try folder.run("--executor", path("."), "main.o").expectError("permission denied")
    for other in ["/bin/true", "/bin/false", "/bin/cat"] {
      let result = try folder.run("--executor", other, "main.o")
      result.expectError("\(other): ", "is no executor: exited with status", note: "--executor")
      #expect(result.seconds < 8)
    }
  }

  private func path(_ name: String) -> String { folder.folder.file(name) }

  // MARK: What the target lacks

  @Test("a library, a directory, a variable", arguments: Place.allCases)
  func target(place: Place) throws {
    let (options, listener) = try place.open(folder)
    try folder.run(options + ["--dlopen", "libabsent.so.9", "main.o"]).expectError(
      "libabsent.so.9: ", "cannot be loaded", note: "on the target")
    try folder.write("text.so", "no library")
    try folder.run(options + ["--dlopen", path("text.so"), "main.o"]).expectError("text.so: ", "cannot be loaded")
    try folder.run(options + ["--cwd", "/absent/directory", "main.o"]).expectError(
      "/absent/directory: ", "no such file", note: "--cwd")
    try folder.run(options + ["--cwd", path("main.o"), "main.o"]).expectError("main.o: ", "not a directory")
    for variable in ["NAME", "=value", ""] {
      try folder.run(options + ["--env", variable, "main.o"]).expectError("--env", "NAME=VALUE", status: 64)
    }
    listener?.expectIdle()
  }

  // MARK: What this machine lacks

  @Test("nowhere to keep sessions")
  func unwritableStore() throws {
    let file = path("main.o")
    try folder.run("main.o", environment: ["XDG_STATE_HOME": file]).expectError(
      file, "cannot be created: not a directory", note: "XDG_STATE_HOME")
    try folder.run("main.o", environment: ["XDG_STATE_HOME": "/proc/none"]).expectError(
      "/proc/none", "cannot be created", note: "XDG_STATE_HOME")
    try folder.run("main.o", environment: ["XDG_STATE_HOME": "relative", "HOME": ""]).expectError(
      "no place for sessions", note: "XDG_STATE_HOME")
  }

  @Test("no room for the session, for compiled objects, for the debug file")
  func fullStore() throws {
    let functions = (0..<600).map { "int function_number_\($0)(int a) { return a + \($0); }\n" }.joined()
    try folder.write("large.c", functions + program)
    try folder.object("large.o", functions + program)
    let command = folder.command(["large.o"])
    func limited(_ blocks: Int, _ command: [String]) throws -> CommandResult {
      try folder.run(command: ["bash", "-c", "ulimit -f \(blocks); exec \"$@\"", "bash"] + command)
    }
    try limited(0, command).expectError("session.json", "file too large", note: "XDG_STATE_HOME")
    try limited(16, command).expectError(".debug", "file too large", note: "XDG_STATE_HOME")
    try limited(16, folder.command(["large.c"])).expectError("large.c: ", "File size limit exceeded")
    #expect(try limited(1000, command).status == 0)
  }

  @Test("no compiler")
  func noCompiler() throws {
    try folder.write("main.c", program)
    let nothing = ["PATH": "/nonexistent"]
    try folder.run("main.c", environment: nothing).expectError("clang-22: ", "no such file", note: "Scripts/setup")
    // Objects need none, even where symbols are missing.
    #expect(try folder.run("main.o", environment: nothing).status == 0)
    try folder.object("use.o", "int gone(void); int main(void) { return gone(); }\n")
    try folder.run("use.o", environment: nothing).expectError("use.o: ", "undefined symbol 'gone'")
  }

  // MARK: The command line

  @Test("options that the parser refuses")
  func refusals() throws {
    try folder.run("--no-such-option", "main.o").expectError("unknown option", note: "jitdebug run --help", status: 64)
    try folder.run("main.o", "--dlopen").expectError("--dlopen", note: "jitdebug run --help", status: 64)
    try folder.run("main.o", "-Xcc").expectError("-Xcc", note: "jitdebug run --help", status: 64)
    try folder.run("--debug-info", "some", "main.o").expectError(
      "'some'", "'reference', 'inline' or 'none'", note: "jitdebug run --help", status: 64)
    try folder.run(command: [Workspace.jitdebug, "walk"]).expectError("'walk'", note: "jitdebug --help", status: 64)
  }
}
