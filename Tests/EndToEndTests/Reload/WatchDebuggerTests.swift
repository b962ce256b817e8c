// Editing under a debugger: fifty edits in a row, each of which moves the code, and breakpoints that are hit where it is now.

import Foundation
import TestSupport
import Testing

@Suite("run --watch under a debugger")
struct WatchDebuggerTests {
  static let edits = 50
  /// Where the breakpoint by file and line stays, whatever is there.
  static let fixedLine = 64

  /// The program after so many edits, each of which inserted a line at the top.
  static func source(_ edit: Int) -> String {
    let steps = (1...(edits + 20)).map { "  step = \($0);\n" }.joined()
    return String(repeating: "// one more line\n", count: edit) + """
      int work(int turn) {
        int step = 0;
      \(steps)  return step + turn;
      }
      int main(void) {
        // Without a pause: no restart may come a moment too late.
        for (int turn = 0;; turn++) work(turn);
      }
      """
  }

  /// Saves a version of the source as editors do: into the file, or by a new one in its place.
  private static let save = """
    cd "$(dirname "$0")"
    cp "$1.c" new.c
    if [ "$(($1 % 2))" = 0 ]; then cat new.c > main.c; else mv new.c main.c; fi
    """

  /// One edit, which the debugger itself makes, and the way to both breakpoints.
  private func commands(_ debugger: DebuggerName, _ edit: Int, _ save: String) -> [String] {
    let first =
      debugger == .lldb ? ["platform shell \(save) \(edit)"] : ["echo @edit \(edit)\\n", "shell \(save) \(edit)"]
    return first + ["jit reload", "continue", "continue", "p step"]
  }

  /// What the debugger printed during each edit.
  private func parts(_ output: String, _ debugger: DebuggerName, _ save: String) -> [String] {
    let marker = debugger == .lldb ? "(lldb) platform shell \(save) " : "@edit "
    return Array(output.components(separatedBy: marker).dropFirst())
  }

  @Test(arguments: DebuggerName.allCases)
  func fiftyEdits(debugger: DebuggerName) throws {
    let project = try WatchedProject(["main.c": Self.source(0)])
    for edit in 1...Self.edits { try project.save(Self.source(edit), as: "\(edit).c") }
    try project.run(["--executor", try Workspace.executor.get(), "main.c"])
    try project.expectProgram()
    let pid = try project.sessions.pid()
    let before = try project.size(of: pid)

    let stops =
      debugger == .lldb
      ? ["breakpoint set --name work", "breakpoint set --file main.c --line \(Self.fixedLine)"]
      : ["break work", "break main.c:\(Self.fixedLine)"]
    let save = try project.sessions.folder.script("save", Self.save)
    let steps = (1...Self.edits).flatMap { commands(debugger, $0, save) }
    let all = stops + ["continue", "continue"] + steps + ["jit list", "detach"]
    let result = try run(
      [Workspace.jitdebug, "attach", "--batch", "--debugger", debugger.rawValue] + all.flatMap { ["-o", $0] },
      environment: project.sessions.environment, timeout: 300)
    let parts = parts(result.output, debugger, save)
    #expect(parts.count == Self.edits, "\(result.output)\(result.errors)")
    for (part, edit) in zip(parts, 1...) {
      #expect(part.contains("main.c changed: compiled in"), "edit \(edit): \(part)")
      // The function's first line with code, and the statement that is on the other line now.
      let first = "main.c:\(edit + 2)\(debugger == .lldb ? ":" : "\n")"
      let second = "main.c:\(Self.fixedLine)\(debugger == .lldb ? ":" : "\n")"
      let call = debugger == .lldb ? "`work(turn=0) at " : "work (turn=0) at "
      #expect(part.contains(call + first), "edit \(edit): \(part)")
      #expect(part.contains(second), "edit \(edit): \(part)")
      #expect(part.contains(debugger.value(Self.fixedLine - 2 - edit - 1)), "edit \(edit): \(part)")
    }
    #expect(result.output.contains("1 image in the list of the process"), "\(result.output)")
    #expect(result.status == 0, "\(result.errors)")

    // The debugger has gone; the same process runs the last program, and nothing of the others.
    #expect(try project.sessions.pid() == pid)
    let after = try project.size(of: pid)
    print(
      "run --watch under \(debugger): \(Self.edits) edits; \(before.mapped) KB mapped before, \(after.mapped) KB after;",
      "resident \(before.resident) KB, \(after.resident) KB; mappings \(before.mappings), \(after.mappings)")
    // LLDB's expressions have some pages of their own.
    #expect(after.mappings <= before.mappings + 8)
    #expect(after.mapped <= before.mapped + 1024)
    #expect(after.resident <= before.resident + 1024)
    #expect(after.descriptors <= before.descriptors)
    let store = try #require(project.sessions.sessions.last) + "/debug/.build-id"
    let files = FileManager.default.enumerator(atPath: store)?.compactMap { $0 as? String } ?? []
    #expect(files.filter { $0.hasSuffix(".debug") }.count == 1, "\(files)")
    #expect(try project.end() == 130)
  }

  /// Threads that do nothing but run into a breakpoint, which was set while the debugger held them: none of them gets there in the
  /// old program once there is a new one.
  @Test(arguments: DebuggerName.allCases)
  func noThreadOfTheOldProgramStops(debugger: DebuggerName) throws {
    let lines = (work: 4, rest: 20)
    func source(_ edit: Int) -> String {
      let gap = String(repeating: "\n", count: lines.rest - lines.work - 7)
      return String(repeating: "// one more line\n", count: edit) + """
        #include <pthread.h>
        #include <unistd.h>
        int work(int turn) {
          return turn + 1;
        }
        static void *run(void *unused) {
          for (int turn = 0;; turn = work(turn)) continue;
          return unused;
        }\(gap)
        void rest(int turn) {
          usleep(turn);
        }
        int main(void) {
          pthread_t thread;
          for (int i = 0; i < 3; i++) pthread_create(&thread, 0, run, 0);
          for (;;) rest(1000);
        }
        """
    }
    let edits = 10
    let project = try WatchedProject(["main.c": source(0)])
    for edit in 1...edits { try project.save(source(edit), as: "\(edit).c") }
    try project.run(["--executor", try Workspace.executor.get(), "main.c"])
    try project.expectProgram()
    let save = try project.sessions.folder.script("save", Self.save)
    let stop = debugger == .lldb ? "breakpoint set --name" : "break"
    let delete = debugger == .lldb ? "breakpoint delete" : "delete"
    // Under both debuggers the first breakpoint has the number 1.
    let steps = (1...edits).flatMap { edit in
      ["\(stop) work"] + commands(debugger, edit, save).prefix(3) + ["\(delete) \(edit + 1)", "continue"]
    }
    let result = try run(
      [Workspace.jitdebug, "attach", "--batch", "--debugger", debugger.rawValue]
        + (["\(stop) rest", "continue"] + steps).flatMap { ["-o", $0] },
      environment: project.sessions.environment, timeout: 120)
    let parts = parts(result.output, debugger, save)
    #expect(parts.count == edits, "\(result.output)\(result.errors)")
    for (part, edit) in zip(parts, 1...) {
      let stops = part.matches(of: /(work|rest) ?\(turn=\d+\) at main\.c:(\d+)/)
      #expect(stops.contains { $0.1 == "rest" }, "edit \(edit): \(part)")
      for stop in stops {
        #expect(Int(stop.2) == edit + (stop.1 == "work" ? lines.work : lines.rest), "edit \(edit): \(part)")
      }
    }
    #expect(result.status == 0, "\(result.errors)")
    #expect(try project.end() == 130)
  }

  /// What arrives for the program while the debugger holds it, other than a restart, makes no stop happen twice.
  @Test(arguments: DebuggerName.allCases)
  func inputDisturbsNoStep(debugger: DebuggerName) throws {
    let source = """
      int work(int turn) {
        return turn + 1;
      }
      int main(void) {
        for (int turn = 0;; turn = work(turn)) continue;
      }
      """
    let listener = try BackgroundProcess([try Workspace.executor.get(), "--listen", "127.0.0.1:0"])
    defer { listener.signal(SIGTERM) }
    try listener.wait(for: "address") { $0.output.hasSuffix("\n") }
    let project = try WatchedProject(["main.c": source])
    let input = project.path("input")
    try project.run(["--connect", listener.output.trimmingCharacters(in: .newlines), "main.c"], fifo: input)
    try project.expectProgram()
    let type = try project.sessions.folder.script("type", "echo one more line > '\(input)'\nsleep 0.05")
    let shell = debugger == .lldb ? "platform shell" : "shell"
    let stop = debugger == .lldb ? "breakpoint set --name work" : "break work"
    let steps = [stop, "continue", "p turn"] + (1...6).flatMap { _ in ["\(shell) \(type)", "continue", "p turn"] }
    let result = try run(
      [Workspace.jitdebug, "attach", "--batch", "--debugger", debugger.rawValue] + steps.flatMap { ["-o", $0] },
      environment: project.sessions.environment)
    let value = debugger == .lldb ? /\(int\) (\d+)/ : /\$\d+ = (\d+)/
    let turns = result.output.matches(of: value).compactMap { Int($0.1) }
    #expect(turns.count == 7 && turns == Array(turns[0]..<(turns[0] + 7)), "\(result.output)\(result.errors)")
    #expect(try project.end() == 130)
  }

  @Test(arguments: DebuggerName.allCases)
  func jitReloadTellsWhatCameOfIt(debugger: DebuggerName) throws {
    let project = try WatchedProject(["main.c": Self.source(0)])
    try project.save("int broken", as: "broken.c")
    try project.run(["--executor", try Workspace.executor.get(), "main.c"])
    try project.expectProgram()
    let shell = debugger == .lldb ? "platform shell" : "shell"
    let commands = ["jit reload", "\(shell) cp \(project.path("broken.c")) \(project.path("main.c"))", "jit reload"]
    let result = try run(
      [Workspace.jitdebug, "attach", "--batch", "--debugger", debugger.rawValue] + commands.flatMap { ["-o", $0] },
      environment: project.sessions.environment)
    #expect(result.output.contains("no source has changed\n"), "\(result.output)\(result.errors)")
    #expect(
      result.output.contains("main.c changed: main.c does not compile; the program stays as it was"), "\(result.output)"
    )
    try project.expect(1, of: "error: expected ';' after top level declarator")
    #expect(try project.end() == 130)
  }
}
