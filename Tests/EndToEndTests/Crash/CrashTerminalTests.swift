// Crashes at a terminal: colours, Ctrl-C while a debugger holds the program, and the end of the controller meanwhile.

import Foundation
import TestSupport
import Testing

@Suite struct CrashTerminalTests {
  let folder: SessionFolder
  let executor: String
  let crash: CrashCase

  init() throws {
    folder = try SessionFolder()
    executor = try Workspace.executor.get()
    crash = try #require(CrashCase.all.first { $0.program == "null_write.c" })
  }

  private var command: [String] { [Workspace.jitdebug, "run", "--executor", executor] }

  /// What a terminal is sent, by `script`, which passes it on untouched.
  private func shown(_ variables: [String: String]) throws -> CommandResult {
    let words = (command + [crash.path]).map { "'\($0)'" }.joined(separator: " ")
    return try run(
      ["script", "--quiet", "--return", "--echo", "never", "--command", words, "/dev/null"],
      environment: folder.environment.merging(variables) { $1 })
  }

  @Test func coloursAreForTerminalsThatWantThem() throws {
    let line = try #require(try crash.markedLine())
    let colored = try shown(["NO_COLOR": ""])
    #expect(colored.status == 139, "\(colored.output)\(colored.errors)")
    for text in [
      "\u{1b}[1;31mcrash:\u{1b}[0m SIGSEGV in store at ", "\u{1b}[1m> ", "\(line) | ", "\u{1b}[1;32m^\u{1b}[0m",
      "\u{1b}[33m#0\u{1b}[0m ", "\u{1b}[1mmain\u{1b}[0m(",
    ] {
      #expect(colored.output.contains(text), "no \(text.debugDescription) in:\n\(colored.output)")
    }
    let plain = try shown(["NO_COLOR": "1"])
    #expect(plain.status == 139)
    #expect(plain.output.contains("crash: SIGSEGV in store at ") && !plain.output.contains("\u{1b}"), "\(plain.output)")
    // But for the colours, both are the same.
    let stripped = colored.output.replacing(/\u{1b}\[[0-9;]*m/, with: "")
    #expect(Self.withoutNumbers(stripped) == Self.withoutNumbers(plain.output))
  }

  private static func withoutNumbers(_ text: String) -> String { text.replacing(/[0-9a-f]{6,}/, with: "N") }

  /// The terminal is the debugger's: its Ctrl-C ends neither the debugger nor the program that is held for it.
  @Test(arguments: DebuggerName.allCases)
  func controlCIsTheDebuggersWhileItHoldsTheProgram(debugger: DebuggerName) throws {
    let terminal = try PseudoTerminal(
      command + ["--on-crash", "attach", "--debugger", debugger.rawValue, crash.path], environment: folder.environment)
    try terminal.expect("null_write.c:\(try #require(try crash.markedLine()))")
    try terminal.expect(debugger.prompt)
    for _ in 0..<3 {
      terminal.control("C")
      usleep(50_000)
    }
    terminal.send("print 40 + 2")
    try terminal.expect("42")
    terminal.send("print value")
    try terminal.expect(debugger == .lldb ? "(int) 1" : "= 1")
    terminal.send(debugger == .lldb ? "process detach" : "detach")
    try terminal.expect("etach")
    terminal.send("quit")
    #expect(try terminal.wait() == 139)
  }

  /// The executor lets go of a program whose controller is no more, and serves the next one.
  @Test func theControllerVanishesDuringACrash() throws {
    let listener = try BackgroundProcess([executor, "--listen", "127.0.0.1:0", "--max-sessions", "1"])
    try listener.wait(for: "address") { $0.output.hasSuffix("\n") }
    let address = listener.output.trimmingCharacters(in: .newlines)
    // A debugger that says that it is there, and attaches to nothing.
    let mark = folder.folder.file("mark")
    try folder.folder.script("bin/gdb", "echo $$ > \(mark).new\nmv \(mark).new \(mark)\nexec sleep 60\n")
    var environment = folder.environment
    environment["PATH"] = folder.folder.file("bin") + ":" + (environment["PATH"] ?? "")
    let controller = try BackgroundProcess(
      [Workspace.jitdebug, "run", "--connect", address, "--on-crash", "attach", "--debugger", "gdb", crash.path],
      environment: environment)
    try controller.wait(for: "the debugger") { _ in FileManager.default.fileExists(atPath: mark) }
    let description = try Data(contentsOf: URL(filePath: try #require(folder.sessions.last) + "/session.json"))
    let session = try #require(try JSONSerialization.jsonObject(with: description) as? [String: Any])
    let pid = try #require(session["pid"] as? Int32)
    #expect(kill(pid, 0) == 0, "the program is not held")

    controller.signal(SIGKILL)
    let deadline = ContinuousClock.now + .seconds(20)
    while kill(pid, 0) == 0, ContinuousClock.now < deadline { poll(nil, 0, 5) }
    #expect(kill(pid, 0) != 0, "the program was left")
    let text = try String(contentsOfFile: mark, encoding: .utf8)
    let debugger = try #require(Int32(text.trimmingCharacters(in: .newlines)))
    kill(debugger, SIGKILL)
    #expect(try controller.finish(closingInput: false).end == .signaled(SIGKILL))

    // There is room for one, so the other has ended.
    var next: CommandResult?
    try listener.wait(for: "room for the next session") { _ in
      next = try run(
        [Workspace.jitdebug, "run", "--json", "--connect", address, crash.path], environment: folder.environment)
      return next?.errors.contains("too many sessions") == false
    }
    try crash.check(try #require(next))
  }

  /// What the limit did is told with the place where it happened.
  @Test func theExecutorsLimitOfMemory() throws {
    let listener = try BackgroundProcess([executor, "--listen", "127.0.0.1:0", "--limit-memory", "1G"])
    try listener.wait(for: "address") { $0.output.hasSuffix("\n") }
    let address = listener.output.trimmingCharacters(in: .newlines)
    let source = folder.folder.file("hoard.cpp")
    try """
    #include <vector>
    static std::vector<char *> blocks;
    static void hoard() {
      for (;;) blocks.push_back(new char[16 << 20]()); // @crash
    }
    int main() { hoard(); }
    """.write(toFile: source, atomically: true, encoding: .utf8)
    let result = try folder.jitdebug(["run", "--connect", address, source])
    #expect(result.status == 134, "\(result.errors)")
    for text in [
      "crash: SIGABRT in hoard at \(source):4:", "uncaught exception of type std::bad_alloc", "--limit-memory",
    ] {
      #expect(result.errors.contains(text), "no \(text) in:\n\(result.errors)")
    }
  }
}
