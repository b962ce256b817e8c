// Debugging a program on another machine: two network namespaces, the target with process numbers of its own and in a chroot that
// holds only the executor, its C library and a debug server. Nothing is typed there.

import Foundation
import TestSupport
import Testing

@Suite("remote attach")
struct RemoteAttachTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var server: String
    var debugger: DebuggerName
    var testDescription: String { "\(server), \(debugger.rawValue)" }
  }
  static let cases = [
    Case(server: "gdbserver", debugger: .lldb), Case(server: "gdbserver", debugger: .gdb),
    Case(server: "lldb-server-22", debugger: .lldb),
  ]

  let folder: TemporaryFolder
  let executor: String

  init() throws {
    folder = try TemporaryFolder()
    executor = try Workspace.executor.get()
  }

  func desk(server: String, _ program: String) throws -> CommandResult {
    try DeskProgram.run(on: executor, server: server, in: folder, program)
  }

  /// Stops in the program, looks around, changes it so that it ends, and lets it go.
  func commands(_ debugger: DebuggerName) throws -> [String] {
    let line = try DebuggerProgram.line("work")
    return switch debugger {
    case .lldb:
      [
        "breakpoint set -f session.c -l \(line)", "continue", "bt", "frame variable", "next",
        "expression counter = 1000",
        "expression work(4)", "image list", "breakpoint delete -f", "expression go_on = 1", "process detach",
      ]
    case .gdb:
      [
        "break session.c:\(line)", "continue", "bt", "info locals", "next", "delete", "print counter = 1000",
        "print work(4)", "info sharedlibrary", "print go_on = 1", "detach",
      ]
    }
  }

  func expectSession(_ debugger: DebuggerName, _ text: String) throws {
    let line = try DebuggerProgram.line("work")
    let common = ["session.c:\(line)", "counter += twice;", "main", "/target/opt/lib/libc.so.6", "run: 7", "bye"]
    let own =
      switch debugger {
      case .lldb:
        [
          "stop reason = breakpoint 1.1", "`work(n=0) at session.c", "(int) twice = 0", "stop reason = step over",
          "(int) $0 = 1000", "(int) $1 = 1008", "jitdebug_call_main",
        ]
      case .gdb: ["hit Breakpoint 1, work (n=0)", "twice = 0", "return counter;", "$1 = 1000", "$2 = 1008"]
      }
    for piece in common + own { #expect(text.contains(piece), "no \(piece) in:\n\(text)") }
  }

  @Test("attach stops, looks, calls, changes and lets go", arguments: cases)
  func attach(_ place: Case) throws {
    let words = try commands(place.debugger).map { "-o '\($0)'" }.joined(separator: " ")
    let result = try desk(
      server: place.server,
      """
      start $T
      "$J" attach --connect $T --debugger \(place.debugger.rawValue) --batch \(words)
      echo "attach: $?"
      finish
      """)
    try expectSession(place.debugger, result.output)
    #expect(result.output.contains("attach: 0"), "\(result.output)")
  }

  @Test("a generated script does the same by hand", arguments: cases)
  func script(_ place: Case) throws {
    let words = try commands(place.debugger).map { "-\(place.debugger == .lldb ? "o" : "ex") '\($0)'" }
      .joined(separator: " ")
    let launch = place.debugger == .lldb ? "lldb-22 --batch -s attach.lldb" : "gdb -q -batch -x attach.gdb"
    let result = try desk(
      server: place.server,
      """
      start $T
      "$J" script --connect $T --format \(place.debugger.rawValue) -o attach.\(place.debugger.rawValue)
      \(launch) \(words) < /dev/null
      finish
      """)
    try expectSession(place.debugger, result.output)
  }

  @Test("debug stops before main, and has the program's exit code", arguments: cases)
  func debug(_ place: Case) throws {
    let stop = place.debugger == .lldb ? "breakpoint set -n work" : "break work"
    let clear = place.debugger == .lldb ? "breakpoint delete -f" : "delete"
    let result = try desk(
      server: place.server,
      """
      "$J" debug --connect $T --debugger \(place.debugger.rawValue) --batch -o '\(stop)' -o continue -o bt -o '\(clear)' \
        -o continue "$S"
      echo "debug: $?"
      """)
    let text = result.output
    for piece in [place.debugger.stopInWork, "session.c", "early", "bye", "debug: 7"] {
      #expect(text.contains(piece), "no \(piece) in:\n\(text)")
    }
  }

  @Test("without debug server there is one clear line, and the program runs on")
  func noDebugServer() throws {
    let result = try desk(
      server: "none",
      """
      start $T
      "$J" debug-server --connect $T --pid 1 < /dev/null
      echo "debug-server: $?"
      "$J" attach --connect $T --debug-server /opt/no-server --batch -o 'bt'
      echo "attach: $?"
      kill -0 $run && echo "still there"
      kill $run
      """)
    let text = result.output
    for piece in [
      "error: 10.77.0.2:4711: the target has no debug server: no gdbserver along its PATH\nnote: install gdbserver there",
      "debug-server: 125", "error: 10.77.0.2:4711: the target has no debug server /opt/no-server\n", "attach: 125",
      "still there",
    ] { #expect(text.contains(piece), "no \(piece) in:\n\(text)") }
  }

  @Test("a debugger that is killed leaves no breakpoint, and the next one attaches", arguments: cases)
  func vanishingDebugger(_ place: Case) throws {
    let isLLDB = place.debugger == .lldb
    // One that is reached only later: a debugger killed while it calls a function cannot be made good.
    let line = try DebuggerProgram.line("bye")
    let stop = isLLDB ? "breakpoint set -f session.c -l \(line)" : "break session.c:\(line)"
    let result = try desk(
      server: place.server,
      """
      start $T
      mkfifo typed
      exec 7<> typed
      "$J" attach --connect $T --debugger \(place.debugger.rawValue) -o '\(stop)' -o continue < typed \
        > first.out 2>&1 &
      attach=$!
      for ((i = 0; i < 3000; i++)); do
        grep -qE '[(]lldb[)] continue|Continuing' first.out && break
        sleep 0.01
      done
      sleep 0.3
      kill -KILL $attach \(isLLDB ? "" : "$(pgrep -P $attach)")
      for ((i = 0; i < 3000; i++)); do
        pgrep -f '[d]ebug-server --connect' > /dev/null || break
        sleep 0.01
      done
      "$J" attach --connect $T --debugger \(place.debugger.rawValue) --batch -o 'print go_on = 1' -o 'detach'
      echo "attach: $?"
      finish
      """)
    let text = result.output
    for piece in ["attach: 0", "run: 7", "bye"] { #expect(text.contains(piece), "no \(piece) in:\n\(text)") }
  }
}
