// The debuggers' `jit` commands, in both debuggers alike: what they list, and the one reason why a breakpoint is pending.

import Foundation
import Testing

@testable import JITDebug

@Suite struct DebuggerCommandTests {
  typealias Scripts = DebuggerScriptTests

  /// A breakpoint that is pending for a reason.
  struct WhyCase: CustomTestStringConvertible, Sendable {
    enum Host: Sendable {
      case ordinary, late, silent, withoutHook, withoutDebugFile, withUnregisteredImage, withUnusedInput
    }
    var host = Host.ordinary
    var breakpoint: String
    /// Between setting it and asking.
    var commands: [String] = []
    var reason: String
    var evidence: String
    var testDescription: String { "\(breakpoint), \(host): \(reason)" }
  }

  static let whyCases = [
    WhyCase(
      breakpoint: "nosuch.c:3", reason: "no such file in any image", evidence: "known files: jit_program.c"),
    WhyCase(
      breakpoint: "/another/jit_program.c:13", reason: "no such file in any image",
      evidence: "but of /compiled/elsewhere/jit_program.c"),
    WhyCase(
      breakpoint: "jit_program.c:9999", reason: "file known, line has no code",
      evidence: "/compiled/elsewhere/jit_program.c: nearest lines with code: "),
    // By the source map, its file is the one that was compiled elsewhere.
    WhyCase(
      breakpoint: "{sources}/jit_program.c:9999", reason: "file known, line has no code",
      evidence: "/compiled/elsewhere/jit_program.c: nearest lines with code: "),
    WhyCase(
      host: .late, breakpoint: "jit_program.c:13", reason: "not linked yet", evidence: "nothing is registered there"),
    WhyCase(host: .late, breakpoint: "work", reason: "not linked yet", evidence: "nothing is registered there"),
    WhyCase(
      host: .withUnregisteredImage, breakpoint: "later.c:3", reason: "not linked yet",
      evidence: "the session has code that is not registered: build-id abcd"),
    WhyCase(
      host: .withUnusedInput, breakpoint: "unused.c:3", reason: "no such file in any image",
      evidence: "unused.c is an input of the session, but no image has lines of it"),
    WhyCase(
      host: .withoutDebugFile, breakpoint: "jit_program.c:13", reason: "debug file not found",
      evidence: ".debug, /usr/lib/debug/.build-id/"),
    WhyCase(
      host: .withoutHook, breakpoint: "jit_program.c:13", reason: "hook missing",
      evidence: "no module of the process has the symbol __jit_debug_register_code"),
    WhyCase(
      host: .silent, breakpoint: "jit_program.c:13", commands: ["b program_waits", "continue"],
      reason: "image not read by the debugger", evidence: "image 1 has code for /compiled/elsewhere/jit_program.c:13"),
    WhyCase(
      breakpoint: "wrok", reason: "no such function in any image", evidence: "similar names: work"),
    WhyCase(breakpoint: "work", reason: "none, it is resolved", evidence: "it is at 0x"),
  ]

  static func host(_ kind: WhyCase.Host) throws -> HostSession {
    switch kind {
    case .ordinary: return try HostSession()
    case .late: return try HostSession(registering: "late")
    case .silent: return try HostSession(mode: .waits, registering: "late silent")
    case .withoutHook:
      return try HostSession(
        hostFlags: ["-D__jit_debug_register_code=own_hook", "-D__jit_debug_descriptor=own_list"])
    case .withoutDebugFile:
      let session = try HostSession()
      try FileManager.default.removeItem(atPath: session.debugFile)
      return session
    case .withUnregisteredImage:
      let session = try HostSession()
      try session.describe(#"{"inputs": ["later.c"], "generations": [{"buildID": "abcd", "registered": {}}]}"#)
      return session
    case .withUnusedInput:
      let session = try HostSession()
      try session.describe(#"{"inputs": ["here/unused.c", "jit_program.c"], "generations": []}"#)
      return session
    }
  }

  @Test(arguments: Debugger.allCases, whyCases)
  func why(debugger: Debugger, given: WhyCase) throws {
    let session = try Self.host(given.host)
    let place = given.breakpoint.replacing("{sources}", with: "\(session.target.sessionFolder)/sources")
    let result = try Scripts.run(debugger, session, ["b \(place)"] + given.commands + ["jit why 1"])
    let answer = try #require(result.output.firstRange(of: "\n  reason: "), "\(result.output)")
    let lines = result.output[answer.upperBound...].split(separator: "\n")
    #expect(lines.first.map(String.init) == given.reason, "\(result.output)")
    #expect(result.output.ranges(of: "\n  reason: ").count == 1)
    #expect(lines.dropFirst().first?.contains(given.evidence) == true, "\(result.output)")
    let isResolved = given.reason.hasPrefix("none")
    #expect(lines.contains { $0.hasPrefix("  remedy: ") } == !isResolved, "\(result.output)")
  }

  @Test func whyWhenLLDBDoesNotReadTheInterface() throws {
    let session = try HostSession(registering: "late")
    let text = try Scripts.run(
      .lldb, session, ["settings set plugin.jit-loader.gdb.enable off", "b jit_program.c:13", "jit why 1"]
    ).output
    #expect(text.contains("  reason: hook missing\n  evidence: LLDB's setting plugin.jit-loader.gdb.enable is off\n"))
  }

  @Test(arguments: Debugger.allCases)
  func listInfoAndWhere(debugger: Debugger) throws {
    let session = try HostSession()
    let result = try Scripts.run(
      debugger, session,
      [
        "b work", "continue", "jit list", "jit info work", "jit where jit_program.c:13", "jit where jit_program.c:10",
        "jit where jit_porgram.c:1",
      ])
    let text = result.output
    let program = "/compiled/elsewhere/jit_program.c"
    for pattern in [
      #/\n1 image in the list of the process\nimage 1: entry 0x[0-9a-f]+, symbol file 0x[0-9a-f]+, \d+ bytes\n/#,
      #/\n  code: 0x[0-9a-f]+-0x[0-9a-f]+ \(\d+ bytes\)\n  data: 0x[0-9a-f]+-0x[0-9a-f]+ \(\d+ bytes\)\n/#,
      #/\n  build-id: [0-9a-f]{40}\n/#,
      #/\n0x[0-9a-f]+: image 1, section .text \+ \d+\n  symbol: work\n/#,
      #/\n1 place with code for jit_program.c:13\n  0x[0-9a-f]+  image 1  work\+\d+  \/compiled/#,
      #/\nno code for line 10 of \/compiled\/elsewhere\/jit_program.c\n  nearest lines with code: /#,
    ] as [any RegexComponent] {
      #expect(text.firstRange(of: pattern) != nil, "no \(pattern) in \(text)")
    }
    for line in [
      "  sources: \(program)\n", "  debug file: \(session.debugFile)\n", "  line: \(program):11\n",
      "no image has code of a file jit_porgram.c\n  similar names: jit_program.c\n",
    ] { #expect(text.contains(line), "no \(line) in \(text)") }
    // It has read all there is.
    #expect(!text.contains("the debugger has not read"), "\(text)")
    #expect(result.status == 0, "\(text)")
  }

  @Test(arguments: Debugger.allCases)
  func inlineDebugInfo(debugger: Debugger) throws {
    let session = try HostSession(isInline: true)
    let text = try Scripts.run(debugger, session, ["jit list", "jit where jit_program.c:13"]).output
    #expect(text.contains("  sources: /compiled/elsewhere/jit_program.c\n"), "\(text)")
    #expect(text.contains("  debug file: none needed, its debug info is in the symbol file\n"), "\(text)")
    #expect(text.contains("1 place with code for jit_program.c:13\n"), "\(text)")
  }

  @Test(arguments: Debugger.allCases)
  func symbolFilesOfOtherKinds(debugger: Debugger) throws {
    let session = try HostSession(registered: "what a JIT's own reader understands")
    let text = try Scripts.run(debugger, session, ["jit list", "jit reload", "b nosuch.c:1", "jit why 1"]).output
    #expect(text.contains("  symbol file: not an ELF file; perhaps another JIT's own format\n"), "\(text)")
    #expect(text.contains("\nnothing has changed\n"), "\(text)")
    #expect(text.contains("  reason: no such file in any image\n"), "\(text)")
  }

  /// LLVM's own JITs register relocatable objects, placed by the addresses of their sections.
  @Test(arguments: Debugger.allCases, ["mcjit", "orc"])
  func anotherJIT(debugger: Debugger, kind: String) throws {
    let scratch = try ScratchDirectory()
    let program =
      "int raise(int);\nint twice(int n) {\n  return n * 2;\n}\nint main(void) { return raise(twice(0)); }\n"
    try program.write(toFile: scratch.path("twice.c"), atomically: true, encoding: .utf8)
    try runTool(
      "clang-22", ["-g", "-O0", "-S", "-emit-llvm", scratch.path("twice.c"), "-o", scratch.path("twice.ll")])
    let folder = try SharedFiles.folder("Scripts/debugger")
    let commands =
      ["b raise", "run", "jit list", "jit where twice.c:3", "jit info twice"].flatMap {
        [debugger == .lldb ? "-o" : "-ex", $0]
      }
    let arguments = ["--jit-kind=\(kind)", "twice.ll"]
    let result =
      switch debugger {
      case .lldb:
        try DebuggerResult(
          running: "lldb-22",
          ["-b", "--no-lldbinit", "-o", "settings set symbols.enable-external-lookup false"]
            + ["-o", "command script import \(folder)/jitdebug_lldb.py"] + commands + ["--", "lli-22"] + arguments,
          in: scratch.url.path)
      case .gdb:
        try DebuggerResult(
          running: "gdb",
          ["-batch", "-nx", "-ex", "set debuginfod enabled off", "-ex", "set breakpoint pending on"]
            + ["-ex", "source \(folder)/jitdebug_gdb.py"] + commands + ["--args", "lli-22"] + arguments,
          in: scratch.url.path)
      }
    let text = result.output
    #expect(text.contains("1 image in the list of the process\n"), "\(text)")
    #expect(text.contains("/twice.c\n  build-id: none\n"), "\(text)")
    #expect(
      text.firstRange(of: #/\n1 place with code for twice.c:3\n  0x[0-9a-f]+  image 1  twice\+\d+  /#) != nil, "\(text)"
    )
    #expect(text.firstRange(of: #/\n  symbol: twice\n  line: \S+\/twice.c:2\n/#) != nil, "\(text)")
  }

  @Test(
    arguments: Debugger.allCases,
    [
      ("loop", "warning: the list leads back to the entry at 0x"),
      ("wild", "warning: the entry at 0x10 cannot be read"),
    ])
  func damagedLists(debugger: Debugger, damage: (registering: String, warning: String)) throws {
    // The debuggers' own reading of a list in a circle need not end, so it comes when they have attached, untold.
    let session = try HostSession(mode: .waits, registering: "late silent \(damage.registering)")
    let text = try Scripts.run(debugger, session, ["b program_waits", "continue", "jit list"]).output
    #expect(text.contains("1 image in the list of the process\n"), "\(text)")
    #expect(text.contains(damage.warning), "\(text)")
  }

  @Test(arguments: Debugger.allCases)
  func reloadLoadsWhatTheDebuggerMissed(debugger: Debugger) throws {
    let session = try HostSession(mode: .waits, registering: "late silent")
    let text = try Scripts.run(
      debugger, session,
      ["b jit_program.c:13", "b program_waits", "continue", "jit list", "jit reload", "jit reload", "print origin.y"]
    ).output
    #expect(text.contains("  the debugger has not read it: `jit reload` does\n"), "\(text)")
    #expect(text.contains("\nloaded: image 1, \(session.debugFile)\n"), "\(text)")
    #expect(text.firstRange(of: #/\nresolved: breakpoint 1 \(jit_program.c:13\) at 0x/#) != nil, "\(text)")
    #expect(text.contains("\nnothing has changed\n"), "\(text)")
    #expect(text.contains(debugger == .lldb ? "(int) 4\n" : " = 4\n"), "\(text)")
  }

  @Test(arguments: Debugger.allCases)
  func reloadLoadsInlineDebugInfo(debugger: Debugger) throws {
    let session = try HostSession(mode: .waits, registering: "late silent", isInline: true)
    let text = try Scripts.run(
      debugger, session, ["b jit_program.c:13", "b program_waits", "continue", "jit reload", "print origin.y"]
    ).output
    #expect(text.contains("\nloaded: image 1\n"), "\(text)")
    #expect(text.contains("\nresolved: breakpoint 1 (jit_program.c:13) at 0x"), "\(text)")
    #expect(text.contains(debugger == .lldb ? "(int) 4\n" : " = 4\n"), "\(text)")
  }

  @Test(arguments: Debugger.allCases)
  func reloadFindsDebugFilesThatCameLater(debugger: Debugger) throws {
    let session = try HostSession()
    let away = session.scratch.path("away")
    try FileManager.default.moveItem(atPath: session.debugFile, toPath: away)
    let move = (debugger == .lldb ? "platform shell " : "shell ") + "mv \(away) \(session.debugFile)"
    let text = try Scripts.run(
      debugger, session, ["b jit_program.c:13", "jit list", "jit reload", move, "jit why 1", "jit reload", "continue"]
    ).output
    #expect(text.contains("  debug file: not found; searched \(session.debugFile), "), "\(text)")
    #expect(text.contains("\nstill without its debug file: image 1, "), "\(text)")
    #expect(text.contains("\n  reason: debug file not found\n"), "\(text)")
    #expect(text.contains("\ndebug file loaded: image 1, \(session.debugFile)\n"), "\(text)")
    #expect(text.contains("calls += twice;  // @stop"), "\(text)")
  }

  @Test(arguments: Debugger.allCases)
  func helpAndErrors(debugger: Debugger) throws {
    let session = try HostSession()
    let text = try Scripts.run(debugger, session, ["help jit", "help jit why", "jit help"]).output
    for name in ["list", "info", "where", "why", "reload", "help"] {
      #expect(text.firstRange(of: try Regex(#"\n *(jit )?\#(name) +--"#)) != nil, "no \(name) in \(text)")
    }
    #expect(text.contains("Usage: jit why BREAKPOINT-ID"), "\(text)")
    for (command, error) in [
      ("jit why 9.1", "jit why: there is no breakpoint 9 (there are: none)"),
      ("jit why", "usage: jit why BREAKPOINT-ID"),
      ("jit where nothing", "usage: jit where FILE:LINE"), ("jit info no_such_thing", "jit info: no_such_thing: "),
    ] {
      let text = try Scripts.run(debugger, try HostSession(), [command]).output
      #expect(text.contains(error), "\(text)")
    }
  }

  /// A breakpoint in code to come is announced as pending, and again when it resolves.
  @Test(arguments: Debugger.allCases)
  func pendingBreakpointsAreAnnounced(debugger: Debugger) throws {
    let session = try HostSession(registering: "late")
    let text = try Scripts.run(debugger, session, ["b jit_program.c:13", "continue"]).output
    let pending =
      debugger == .lldb ? "Breakpoint 1: no locations (pending)." : "Breakpoint 1 (jit_program.c:13) pending."
    let resolved = debugger == .lldb ? "1 location added to breakpoint 1" : "Breakpoint 1 (jit_program.c:13) resolved."
    let first = try #require(text.firstRange(of: pending), "\(text)")
    let second = try #require(text.firstRange(of: resolved), "\(text)")
    let stop = try #require(text.firstRange(of: Scripts.stop[debugger]!), "\(text)")
    #expect(first.lowerBound < second.lowerBound, "\(text)")
    #expect(debugger == .lldb || second.lowerBound < stop.lowerBound, "\(text)")
  }

  /// Without the commands, a script still attaches.
  @Test(arguments: Debugger.allCases)
  func scriptsAttachWithoutTheCommands(debugger: Debugger) throws {
    let session = try HostSession()
    var target = session.target
    target.commandsFolder = "/nowhere"
    #expect(try LaunchFiles.write(for: target).isEmpty)
    let text = try Scripts.run(debugger, session, ["b work", "continue"]).output
    #expect(text.ranges(of: "/nowhere").count <= 2 && text.contains("/nowhere"), "\(text)")
    #expect(text.contains("int twice = n * 2;"), "\(text)")
  }
}

extension HostSession {
  fileprivate func describe(_ json: String) throws {
    try Data(json.utf8).write(to: URL(filePath: "\(target.sessionFolder)/session.json"))
  }
}
