// `jitdebug script`: what it writes used as a user would, and which session it is for.

import Foundation
import TestSupport
import Testing

@Suite("script")
struct ScriptCommandTests {
  let folder: SessionFolder
  let executor: String

  init() throws {
    folder = try SessionFolder()
    executor = try Workspace.executor.get()
  }

  func session() throws -> RunningSession { try RunningSession(in: folder, ["--executor", executor]) }

  func script(_ arguments: String...) throws -> CommandResult { try folder.jitdebug(["script"] + arguments) }

  @Test(arguments: DebuggerName.allCases)
  func aDebuggerAttachesByIt(debugger: DebuggerName) throws {
    let session = try session()
    let file = folder.folder.file("a script.\(debugger)")
    try script("--format", debugger.rawValue, "-o", file).succeeded()
    try expectDebugging(
      debugger, file, ["jit why 1", "jit list"],
      shows: [
        "jitdebug: attached to process \(session.pid)", "  reason: none, it is resolved\n",
        "  sources: \(DebuggerProgram.source)\n",
      ])
  }

  @Test func everyWayToNameTheSessionGivesTheSame() throws {
    let session = try session()
    let plain = try script("--format", "vscode")
    #expect(plain.status == 0 && plain.errors == "", "\(plain.errors)")
    for option in [["--session", session.id], ["--pid", "\(session.pid)"]] {
      let named = try folder.jitdebug(["script", "--format", "vscode"] + option)
      #expect(named.output == plain.output)
    }
    let document = try #require(try JSONSerialization.jsonObject(with: plain.standardOutput) as? [String: Any])
    let entries = try #require(document["configurations"] as? [[String: Any]])
    #expect(
      entries.compactMap { $0["name"] as? String }
        == ["lldb-dap", "codelldb", "cpptools"].map { "jitdebug session \(session.id) (\($0))" })
    for (entry, format) in zip(entries, ["lldb-dap", "codelldb", "cpptools"]) {
      let alone = try script("--format", format)
      let single = try #require(try JSONSerialization.jsonObject(with: alone.standardOutput) as? NSDictionary)
      #expect(single.isEqual(entry))
    }
  }

  @Test func anEditorsOwnEntriesAreKept() throws {
    let session = try session()
    // The folder of an editor's settings is made, others are not.
    let file = folder.folder.file(".vscode/launch.json")
    for format in ["vscode", "vscode", "lldb-dap", "vscode"] { try script("--format", format, "-o", file).succeeded() }
    let own = [
      #"{"configurations": [{"name": "mine", "type": "lldb"}] /* and a comment */}"#,
      #"{"configurations": [{"name": "My app (lldb-dap)", "type": "lldb-dap"}]}"#,
      #"{"configurations": [], "compounds": [{"name": "all"}]}"#,
    ]
    for (text, format) in own.flatMap({ text in ["vscode", "codelldb"].map { (text, $0) } }) {
      try Data(text.utf8).write(to: URL(filePath: file))
      let refused = try script("--format", format, "--session", session.id, "-o", file)
      #expect(refused.status == 64)
      #expect(
        refused.errors.hasPrefix("error: \(file): has entries that are not jitdebug's\nnote: "), "\(refused.errors)")
      #expect(try String(contentsOfFile: file, encoding: .utf8) == text)
    }
    let nowhere = try script("--format", "lldb", "-o", folder.folder.file("missing/attach.lldb"))
    #expect(nowhere.status == 64)
    #expect(nowhere.errors.contains("cannot be written: no such file or directory\nnote: name a file"))
  }

  /// By the endpoint, a debug server that the executor starts is gone through, as if it were another machine's.
  @Test(arguments: DebuggerName.allCases)
  func byEndpoint(debugger: DebuggerName) throws {
    let (listener, endpoint) = try listeningExecutor()
    defer { listener.signal(SIGTERM) }
    let none = try script("--format", debugger.rawValue, "--connect", endpoint)
    #expect(none.status == 64)
    #expect(none.errors.hasPrefix("error: no session is running on \(endpoint)\nnote: "), "\(none.errors)")
    let session = try RunningSession(in: folder, ["--connect", endpoint])
    let file = folder.folder.file("script")
    try script("--format", debugger.rawValue, "--connect", endpoint, "-o", file).succeeded()
    let text = try String(contentsOfFile: file, encoding: .utf8)
    #expect(text.contains(" to jitdebug session \(session.id): "), "\(text)")
    try expectDebugging(debugger, file, ["jit why 1"], shows: ["  reason: none, it is resolved\n"])
  }

  /// What an editor does with the entry of lldb-dap, the process being reached by a debug server.
  @Test func lldbDAPByEndpoint() throws {
    let (listener, endpoint) = try listeningExecutor()
    defer { listener.signal(SIGTERM) }
    let session = try RunningSession(in: folder, ["--connect", endpoint])
    let text = try script("--format", "lldb-dap", "--connect", endpoint)
    let entry = try #require(
      try JSONSerialization.jsonObject(with: text.standardOutput) as? [String: Any], "\(text.errors)")
    let client = try AdapterClient(["lldb-dap-22"], environment: folder.environment)
    _ = try client.request("initialize", ["adapterID": "lldb-dap", "pathFormat": "path"])
    let attach = try client.send("attach", entry)
    _ = try client.event("initialized")
    let line = try DebuggerProgram.line("work")
    let set = try client.request(
      "setBreakpoints", ["source": ["path": DebuggerProgram.source], "breakpoints": [["line": line]]])
    #expect((set["breakpoints"] as? [[String: Any]])?.first?["verified"] as? Bool == true, "\(set)")
    _ = try client.request("configurationDone")
    _ = try client.response(to: attach)
    let thread = try #require(
      try client.event("stopped") { $0["reason"] as? String == "breakpoint" }["threadId"] as? Int)
    let frames = try client.request("stackTrace", ["threadId": thread])["stackFrames"] as? [[String: Any]]
    #expect(frames?.first?["line"] as? Int == line)
    _ = try client.request("disconnect")
    #expect(kill(session.pid, 0) == 0)
  }

  private func listeningExecutor() throws -> (BackgroundProcess, endpoint: String) {
    let listener = try BackgroundProcess([executor, "--listen", "127.0.0.1:0"])
    try listener.wait(for: "its address") { $0.output.contains("\n") || $0.errors.contains("\n") }
    let said = listener.output + listener.errors
    return (listener, String(try #require(said.firstMatch(of: #/127\.0\.0\.1:\d+/#)).output))
  }

  /// Runs the script, stops in `work`, and then the commands.
  private func expectDebugging(
    _ debugger: DebuggerName, _ file: String, _ commands: [String], shows texts: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let command = debugger == .lldb ? ["lldb-22", "-b", "-s", file] : ["gdb", "-q", "-x", file, "-batch"]
    let option = debugger == .lldb ? "-o" : "-ex"
    let result = try run(
      command + (["b work", "continue", "p counter"] + commands).flatMap { [option, $0] },
      environment: folder.environment)
    for text in [debugger.stopInWork, "int twice = n * 2;", debugger.value(9)] + texts {
      #expect(
        result.output.contains(text), "no \(text) in \(result.output)\(result.errors)", sourceLocation: sourceLocation)
    }
    #expect(result.status == 0, "\(result.errors)", sourceLocation: sourceLocation)
  }

  /// Another program that registers its code: without a store of ours, but with all the rest.
  @Test func aProcessThatIsNoSession() throws {
    let process = try BackgroundProcess(["sleep", "60"])
    let result = try script("--format", "lldb", "--pid", "\(process.pid)")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.hasPrefix("# Attaches LLDB to process \(process.pid): lldb-22 -s FILE\n"))
    #expect(result.output.contains("\nprocess attach --pid \(process.pid)\n"), "\(result.output)")
    #expect(result.output.contains("\nsettings set -g target.debug-file-search-paths \"/usr/lib/debug\"\n"))
  }

  @Test func refusals() throws {
    for (arguments, status, error) in [
      (
        ["--format", "emacs"], 64,
        "error: the value 'emacs' is invalid for '--format <format>'. Please provide one of the following: "
          + "lldb, gdb, vscode, lldb-dap, codelldb, cpptools\nnote: "
      ),
      (["--format", "lldb"], 64, "error: no session is running\nnote: "),
      (["--format", "lldb", "--pid", "999999999"], 64, "error: process 999999999: there is no such process"),
      (
        ["--format", "lldb", "--pid", "1", "--session", "x"], 64,
        "error: --pid: is for processes of this machine, whatever their session\nnote: leave the others out"
      ),
    ] as [([String], Int32, String)] {
      let result = try folder.jitdebug(["script"] + arguments)
      #expect(result.status == status && result.output == "")
      #expect(result.errors.hasPrefix(error), "\(result.errors)")
      #expect(result.errors.split(separator: "\n").count == 2, "\(result.errors)")
    }
    let debugger = try folder.jitdebug(["attach", "--debugger", "windbg"])
    #expect(debugger.status == 64)
    #expect(
      debugger.errors.hasPrefix(
        "error: the value 'windbg' is invalid for '--debugger <debugger>'. Please provide one of 'lldb' and 'gdb'\nnote: "
      ),
      "\(debugger.errors)")
  }
}
