// A small target as a user has it: Mongoose's file server, linked into an executor in a chroot with busybox and musl and in a network
// of its own, serves a page across the networks and is debugged from outside; on AArch64 and RISC-V in an emulator there.

import Foundation
import TestSupport
import Testing

@Suite("small target", .serialized)
struct SmallTargetTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var architecture: String
    var debugger: DebuggerName
    var testDescription: String { "\(architecture), \(debugger.rawValue)" }
  }
  static let cases = ["x86_64", "aarch64", "riscv64"].flatMap { architecture in
    [DebuggerName.lldb, .gdb].map { Case(architecture: architecture, debugger: $0) }
  }

  /// Where every request comes by, once it is read.
  private func stop(in mongoose: String) throws -> Int {
    let lines = try String(contentsOfFile: mongoose, encoding: .utf8).components(separatedBy: "\n")
    let start = try #require(
      lines.firstIndex { $0.hasPrefix("static void http_cb(struct mg_connection *c, int ev, void *evd") })
    let line = try #require(lines[start...].firstIndex { $0.contains("if (hlen < 0) {") })
    return line + 1
  }

  /// Looks around at the first request, changes what its answer says, and stops again at the second one.
  private func commands(_ debugger: DebuggerName, _ line: Int) -> [String] {
    switch debugger {
    case .lldb:
      [
        "breakpoint set -f mongoose.c -l \(line)", "continue", "bt", "frame variable hlen",
        "expression server.greeting[0] = 'J'", "continue", "print server.responses",
      ]
    case .gdb:
      [
        "break mongoose.c:\(line)", "continue", "bt", "print hlen", "print server.greeting[0] = 'J'", "continue",
        "print server.responses",
      ]
    }
  }

  @Test("serves a page, and is debugged from outside", arguments: cases)
  func debug(_ place: Case) throws {
    let folder = try TemporaryFolder()
    let mongoose = try Mongoose.folder.get()
    let line = try stop(in: "\(mongoose)/mongoose.c")
    let isEmulated = place.architecture != "x86_64"
    let words = commands(place.debugger, line).map { "-o \"\($0)\"" }.joined(separator: " ")
    let program = """
      set -u
      for ((i = 0; i < 1200; i++)); do
        curl -s -i --max-time 90 http://10.77.0.2:8000/page.txt > page && break
        sleep 0.1
      done && curl -s --max-time 90 http://10.77.0.2:8000/ > second &
      "$J" debug --connect 10.77.0.2:4711 --debugger \(place.debugger.rawValue) --batch \(words) \
        --cwd /www --sysroot "$R" -I "$M" "$P" "$M/mongoose.c" -- -l http://10.77.0.2:8000
      echo "debug: $?"
      cat page
      """
    var environment = baseEnvironment
    environment["XDG_STATE_HOME"] = folder.file("state")
    environment["J"] = Workspace.jitdebug
    environment["M"] = mongoose
    environment["P"] = "\(Workspace.root)/Scripts/fileserver/server.c"
    environment["R"] = "\(Workspace.root)/.build/musl/\(place.architecture)"
    environment["PATH", default: ""] += ":/usr/sbin:/sbin"
    let result = try run(
      [
        Workspace.root + "/Tests/Fixtures/two_machines.sh",
        try Workspace.executor(for: "\(place.architecture)-unknown-linux-musl"),
        isEmulated ? "none" : "gdbserver", folder.path, "bash", "-c", program,
      ], environment: environment, directory: folder.path, mergingErrors: true, timeout: 150)
    let text = result.output
    let own =
      switch place.debugger {
      case .lldb: ["stop reason = breakpoint 1.1", "(int) hlen = ", "(char) $0 = 'J'", "(unsigned long) 1"]
      case .gdb: ["hit Breakpoint 1, http_cb", "$1 = ", "$2 = 74 'J'", "$3 = 1"]
      }
    let common = [
      "mongoose.c:\(line)", "http_cb", "mg_call", "mg_mgr_poll", "main", "X-Greeting: Jello from Mongoose",
      "X-Responses: 1", "a page from the target",
    ]
    for piece in common + own { #expect(text.contains(piece), "no \(piece) in:\n\(text)") }
  }

  @Test(
    "a program in an emulator waits for its debugger, and lets one after the other in", arguments: EmulatedMachine.all)
  func attach(_ machine: EmulatedMachine) throws {
    let folder = try TemporaryFolder()
    let (executor, endpoint) = try machine.startExecutor(in: folder)
    var environment = baseEnvironment
    environment["XDG_STATE_HOME"] = folder.file("state")
    let program = try BackgroundProcess(
      [
        Workspace.jitdebug, "run", "--connect", endpoint, "--debug-server", machine.emulator.joined(separator: " "),
        DebuggerProgram.source, "--", "loop",
      ], environment: environment, directory: folder.path)
    try program.wait(for: "the loop") { $0.output.contains("counter 9") }
    func attach(_ words: [String]) throws -> String {
      try run(
        [Workspace.jitdebug, "attach", "--batch"] + words, environment: environment, directory: folder.path,
        mergingErrors: true, timeout: 60
      ).output
    }
    let line = try DebuggerProgram.line("work")
    let first = try attach([
      "-o", "breakpoint set -f session.c -l \(line)", "-o", "continue", "-o", "bt", "-o", "expression counter = 1000",
    ])
    for piece in ["stop reason = breakpoint 1.1", "`work(n=", "(int) $0 = 1000"] {
      #expect(first.contains(piece), "no \(piece) in:\n\(first)")
    }
    // The first one's breakpoint is gone with it.
    let second = try attach(["--debugger", "gdb", "-o", "print counter", "-o", "print go_on = 1", "-o", "detach"])
    #expect(second.contains("$1 = 1000"), "\(second)")
    try program.wait(for: "the end") { $0.output.contains("bye") }
    executor.signal(SIGTERM)
  }
}
