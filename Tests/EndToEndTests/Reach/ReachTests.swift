// Every way to an executor, from `run` to a debugger that has stopped the program: the target sees process numbers of its own, so
// that there is no other way to it, and no port is open besides sshd's.

import Foundation
import TestSupport
import Testing

@Suite("ways to a target")
struct ReachTests {
  /// A way: how the executor is started there, if it is not by the command itself, and how it is reached.
  struct Way: CustomTestStringConvertible, Sendable {
    var name: String
    /// Shell text; `$X` is the executor.
    var server = "true"
    var address: String
    /// Options besides, for `run` and `debug`; the session remembers what is needed later.
    var options = ""
    /// Lines of `ss` for ports that are open while a debugger has stopped the program.
    var openPorts = ["127.0.0.1:22"]
    var testDescription: String { name }
  }

  static let ways = [
    Way(name: "ssh", address: "ssh:localhost", options: "--install"),
    Way(name: "exec", address: "exec:cat | $ON_TARGET $X --stdio | cat"),
    Way(name: "unix", server: "$ON_TARGET $X --listen unix:$PWD/sock > address &", address: "unix:sock"),
    Way(name: "listen", server: "$ON_TARGET $X --dial 127.0.0.1:4700 &", address: "listen:127.0.0.1:4700"),
    Way(
      name: "listen with a token", server: "$ON_TARGET $X --dial 127.0.0.1:4700 --token-file $PWD/token &",
      address: "listen:127.0.0.1:4700", options: "--token-file token"),
    Way(
      name: "tcp with a token", server: "$ON_TARGET $X --listen 0.0.0.0:4711 --token-file $PWD/token > address &",
      address: "tcp:localhost:4711", options: "--token-file token", openPorts: ["0.0.0.0:4711", "127.0.0.1:22"]),
  ]

  let folder: TemporaryFolder
  let executor: String

  init() throws {
    folder = try TemporaryFolder()
    executor = try Workspace.executor.get()
  }

  /// Runs a shell program on the desk: `$J` is jitdebug, `$A` the address.
  func desk(_ way: Way, _ program: String) throws -> String {
    let start = """
      \(DeskProgram.helpers)
      (umask 077; head -c 32 /dev/urandom | base64 > token)
      \(way.server)
      A="\(way.address)"

      """
    var environment = DeskProgram.environment(in: folder)
    environment["X"] = executor
    let result = try run(
      [Workspace.root + "/Tests/Fixtures/other_machine.sh", folder.path, "bash", "-c", start + program],
      environment: environment, directory: folder.path, mergingErrors: true, timeout: 120)
    #expect(result.end != .timedOut, "\(result.output)")
    return result.output
  }

  func expect(_ pieces: [String], in text: String, sourceLocation: SourceLocation = #_sourceLocation) {
    for piece in pieces { #expect(text.contains(piece), "no \(piece) in:\n\(text)", sourceLocation: sourceLocation) }
  }

  static let cases = ways.flatMap { way in DebuggerName.allCases.map { (way, $0) } }

  @Test("run, and attach from elsewhere, with nothing said twice", arguments: cases)
  func attach(_ way: Way, _ debugger: DebuggerName) throws {
    let line = try DebuggerProgram.line("work")
    let isLLDB = debugger == .lldb
    let commands =
      isLLDB
      ? [
        "breakpoint set -f session.c -l \(line)", "continue", "bt", "platform shell -h -- ss -ltnH",
        "breakpoint delete -f",
        "expression go_on = 1", "process detach",
      ]
      : ["break session.c:\(line)", "continue", "bt", "shell ss -ltnH", "delete", "print go_on = 1", "detach"]
    let text = try desk(
      way,
      """
      start "$A" \(way.options)
      "$J" attach --debugger \(debugger.rawValue) --batch \(commands.map { "-o '\($0)'" }.joined(separator: " "))
      echo "attach: $?"
      finish
      """)
    expect([debugger.stopInWork, "session.c:\(line)", "main", "attach: 0", "run: 7", "bye"], in: text)
    let ports = text.split(separator: "\n").filter { $0.hasPrefix("LISTEN") }
      .compactMap { $0.split(separator: " ").dropFirst(3).first.map(String.init) }
    #expect(Set(ports) == Set(way.openPorts), "\(text)")
  }

  @Test("debug stops before main, and has the program's exit code", arguments: cases)
  func debug(_ way: Way, _ debugger: DebuggerName) throws {
    let stop = debugger == .lldb ? "breakpoint set -n work" : "break work"
    let clear = debugger == .lldb ? "breakpoint delete -f" : "delete"
    let text = try desk(
      way,
      """
      echo 'some input' | "$J" debug --connect "$A" \(way.options) --debugger \(debugger.rawValue) --batch \
        -o '\(stop)' -o continue -o bt -o '\(clear)' -o continue "$S" -- echo
      echo "debug: $?"
      """)
    expect([debugger.stopInWork, "session.c", "early", "some input", "bye", "debug: 7"], in: text)
  }

  @Test("a generated script goes the same way by hand", arguments: DebuggerName.allCases)
  func script(_ debugger: DebuggerName) throws {
    let launch = debugger == .lldb ? "lldb-22 --batch -s attach.lldb" : "gdb -q -batch -x attach.gdb"
    let option = debugger == .lldb ? "o" : "ex"
    let commands =
      debugger == .lldb
      ? ["breakpoint set -n work", "continue", "bt", "breakpoint delete -f", "expression go_on = 1", "process detach"]
      : ["break work", "continue", "bt", "delete", "print go_on = 1", "detach"]
    let text = try desk(
      Self.ways[0],
      """
      start "$A" --install
      "$J" script --connect "$A" --format \(debugger.rawValue) -o attach.\(debugger.rawValue)
      \(launch) \(commands.map { "-\(option) '\($0)'" }.joined(separator: " ")) < /dev/null
      finish
      """)
    expect([debugger.stopInWork, "run: 7", "bye"], in: text)
  }
}
