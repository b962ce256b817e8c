// Entries of launch.json: their keys against those the adapters publish, and lldb-dap driven by its entry.

import Foundation
import TestSupport
import Testing

@testable import JITDebug

@Suite struct EditorTests {
  /// What an adapter publishes about its entries; Fixtures/launch_keys.json says where.
  struct Published: Decodable {
    var type: String
    var required: [String]
    /// Of attaching.
    var keys: [String]
    /// Of launching, where we use that.
    var launchKeys: [String]?
  }

  static func entries(_ target: DebugTarget) throws -> [[String: Any]] {
    let text = try EditorConfiguration.document(target)
    let document = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(document["version"] as? String == "0.2.0")
    return try #require(document["configurations"] as? [[String: Any]])
  }

  static func entry(_ adapter: DebugAdapter, _ target: DebugTarget) throws -> [String: Any] {
    let text = try EditorConfiguration.text(adapter, target)
    return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  static let remote: DebugTarget = {
    var target = ScriptsTests.target
    target.server = DebugServerAccess(
      endpoint: "192.168.0.7:4711", triple: "aarch64-unknown-linux-gnu", root: "/home/me/sessions/k3f9/target")
    return target
  }()

  @Test(arguments: DebugAdapter.allCases, [ScriptsTests.target, remote])
  func keysArePublishedOnes(adapter: DebugAdapter, target: DebugTarget) throws {
    let file = try Data(contentsOf: URL(filePath: "\(Workspace.root)/Tests/Fixtures/launch_keys.json"))
    let published = try #require(try JSONDecoder().decode([String: Published].self, from: file)[adapter.rawValue])
    let entry = try Self.entry(adapter, target)
    #expect(entry["type"] as? String == published.type)
    let isLaunch = adapter == .cpptools && target.server != nil
    #expect(entry["request"] as? String == (isLaunch ? "launch" : "attach"))
    let keys = try #require(isLaunch ? published.launchKeys : published.keys)
    // These three are the editor's own, of every adapter.
    let unknown = Set(entry.keys).subtracting(keys).subtracting(["name", "type", "request"])
    #expect(unknown.isEmpty)
    #expect(Set(published.required).isSubset(of: entry.keys))
    // A process of another machine is reached by commands alone.
    let number = adapter == .cpptools ? "processId" : "pid"
    #expect((entry[number] == nil) == (target.server != nil))
  }

  @Test func valuesHaveTheAdaptersForms() throws {
    let entries = try Self.entries(ScriptsTests.target)
    #expect(entries.map { $0["type"] as? String } == ["lldb-dap", "lldb", "cppdbg"])
    let (dap, codeLLDB, cpptools) = (entries[0], entries[1], entries[2])
    let pairs = [["/build/src", "/home/me/src"], ["/build/lib", "/home/me/lib"]]
    let map = ["/build/src": "/home/me/src", "/build/lib": "/home/me/lib"]
    #expect(dap["sourceMap"] as? [[String]] == pairs)
    #expect(codeLLDB["sourceMap"] as? [String: String] == map)
    #expect(cpptools["sourceFileMap"] as? [String: String] == map)
    #expect(dap["pid"] as? Int == 4711 && codeLLDB["pid"] as? Int == 4711 && cpptools["processId"] as? Int == 4711)
    for entry in entries { #expect(entry["program"] as? String == "/opt/jitdebug/jitdebug-executor") }
    for entry in [dap, codeLLDB] {
      #expect(
        entry["initCommands"] as? [String] == [
          #"settings set -g target.debug-file-search-paths "/home/me/sessions/k3f9/debug""#,
          "settings set plugin.jit-loader.gdb.enable on", "settings set symbols.enable-external-lookup false",
          #"command script import "/opt/jitdebug/Scripts/debugger/jitdebug_lldb.py""#,
        ])
    }
    let setup = try #require(cpptools["setupCommands"] as? [[String: Any]])
    #expect(setup.allSatisfy { Set($0.keys) == ["text", "description", "ignoreFailures"] })
    #expect(setup.first?["text"] as? String == "set debug-file-directory /home/me/sessions/k3f9/debug:/usr/lib/debug")
    #expect(setup.last?["text"] as? String == "source /opt/jitdebug/Scripts/debugger/jitdebug_gdb.py")
    #expect(setup.last?["ignoreFailures"] as? Bool == true)
  }

  /// GDB takes what cpptools would send it: the setup commands, the program, and the process to attach to.
  @Test func gdbTakesTheSetupOfCpptools() throws {
    let session = try HostSession()
    var target = session.target
    #expect(LaunchFiles.check(&target).isEmpty)
    let entry = try Self.entry(.cpptools, target)
    let setup = try #require(entry["setupCommands"] as? [[String: Any]]).compactMap { $0["text"] as? String }
    let program = try #require(entry["program"] as? String)
    let pid = try #require(entry["processId"] as? Int)
    let sources = try #require(entry["sourceFileMap"] as? [String: String]).map { "set substitute-path \($0) \($1)" }
    let commands = setup + ["file \(program)"] + sources + ["attach \(pid)", "break work", "continue", "jit list"]
    let text = try DebuggerResult(
      running: "gdb", ["-batch", "-nx"] + commands.flatMap { ["-ex", $0] }, in: session.scratch.url.path
    ).output
    #expect(text.contains("int twice = n * 2;"), "\(text)")
    #expect(text.contains("1 image in the list"), "\(text)")
  }

  /// As an editor does: a breakpoint in code that is linked only later, its stop, the stack and the variables there.
  @Test func lldbDAP() throws {
    let session = try HostSession(registering: "late")
    var target = session.target
    #expect(LaunchFiles.check(&target).isEmpty)
    let entry = try #require(try Self.entries(target).first)
    let client = try AdapterClient(["lldb-dap-22"])
    let capabilities = try client.request(
      "initialize", ["adapterID": "lldb-dap", "linesStartAt1": true, "columnsStartAt1": true, "pathFormat": "path"])
    #expect(capabilities["supportsConfigurationDoneRequest"] as? Bool == true)
    let attach = try client.send("attach", entry)
    _ = try client.event("initialized")

    let source = ["path": "\(target.sessionFolder)/sources/jit_program.c"]
    let set = try client.request(
      "setBreakpoints", ["source": source, "breakpoints": [["line": DebuggerScriptTests.line]]])
    let breakpoint = try #require((set["breakpoints"] as? [[String: Any]])?.first)
    #expect(breakpoint["verified"] as? Bool == false, "\(breakpoint)")
    let id = try #require(breakpoint["id"] as? Int)
    _ = try client.request("configurationDone")
    _ = try client.response(to: attach)

    let change = try client.event("breakpoint") {
      let breakpoint = $0["breakpoint"] as? [String: Any]
      return breakpoint?["id"] as? Int == id && breakpoint?["verified"] as? Bool == true
    }
    #expect(change["reason"] as? String == "changed")
    let stop = try client.event("stopped") { $0["reason"] as? String == "breakpoint" }
    let thread = try #require(stop["threadId"] as? Int)

    let stack = try client.request("stackTrace", ["threadId": thread])
    let frames = try #require(stack["stackFrames"] as? [[String: Any]])
    #expect(frames.first?["name"] as? String == "work(int)" || frames.first?["name"] as? String == "work", "\(frames)")
    #expect(frames.first?["line"] as? Int == DebuggerScriptTests.line)
    #expect((frames.first?["source"] as? [String: Any])?["path"] as? String == source["path"])
    let frame = try #require(frames[0]["id"] as? Int)
    let scopes = try #require(try client.request("scopes", ["frameId": frame])["scopes"] as? [[String: Any]])
    let locals = try #require(scopes.first { $0["name"] as? String == "Locals" }?["variablesReference"] as? Int)
    let variables = try #require(
      try client.request("variables", ["variablesReference": locals])["variables"] as? [[String: Any]])
    let values = Dictionary(
      uniqueKeysWithValues: variables.map { ($0["name"] as? String ?? "", $0["value"] as? String ?? "") })
    #expect(values["n"] == "1" && values["twice"] == "2", "\(variables)")

    // The console has the jit commands.
    let list = try client.request("evaluate", ["expression": "`jit list", "context": "repl"])
    #expect((list["result"] as? String)?.contains("1 image in the list") == true, "\(list)")

    _ = try client.request("setBreakpoints", ["source": source, "breakpoints": [] as [Any]])
    _ = try client.request("continue", ["threadId": thread])
    _ = try client.event("exited")
    _ = try client.request("disconnect")
    #expect(session.exitStatus() == HostSession.exitStatus)
  }
}
