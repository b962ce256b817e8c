// The two debuggers: how each is started, marks its actions' output, and what of its output says nothing.

struct LLDBDriver: DebuggerDriver {
  let name = "lldb"
  let settings = ["settings set symbols.enable-external-lookup false"]

  func commands(of action: DebugAction) -> String { action.lldb }
  func start(_ variant: DebuggedProgram.Prepared) -> String {
    if case .native = variant { "process launch" } else { "process continue" }
  }
  /// LLDB echoes each command, which is marker enough.
  func marker(_ index: Int) -> String? { nil }

  func launch(executable: String, arguments: [String], commands: [String]) -> [String] {
    ["lldb-22", "--no-lldbinit", "--batch"] + commands.flatMap { ["--one-line", $0] } + ["--", executable] + arguments
  }

  func split(_ output: String, actions: [[String]]) -> [String?] {
    var parts = [String?](repeating: nil, count: actions.count)
    let expected = actions.enumerated().flatMap { index, list in list.map { (index, "(lldb) " + $0) } }
    var next = 0
    for line in output.split(separator: "\n", omittingEmptySubsequences: false) {
      if next < expected.count, line == expected[next].1 {
        let index = expected[next].0
        parts[index] = (parts[index] ?? "")
        next += 1
      } else if next > 0, !line.hasPrefix("(lldb) ") {
        parts[expected[next - 1].0]! += line + "\n"
      }
    }
    return parts
  }

  var noise: [Normaliser.Rule] {
    [
      // A launched program reports the launch, an attached one that it goes on.
      .init(line: #/^Process \d+ (launched|resuming).*$/#),
      .init(#/Process \d+/#, "Process PID"),
      // Breakpoints of LLDB's own, such as a step's.
      .init(#/(breakpoint \d+\.\d+) -\d+\.\d+/#, "breakpoint and a step's end"),
      .init(#/, name = '[^']*'/#, ", name = THREAD"),
      .init(#/JIT\(0x[0-9a-f]+\)/#, "MODULE"),
      .init(#/native-program/#, "MODULE"),
      // An executable's section is inside a program header; a JITed image has none, and its code starts its section.
      .init(#/\([^ ()]*?\.\.[a-z.]+ \+ \d+\)/#, "(SECTION)"),
      .init(#/id = \{0x[0-9a-f]+\}/#, "id = DIE"),
    ] + Normaliser.addresses + [
      // Comments of disassembly are aligned by the width of addresses.
      .init(#/ADDR +;/#, "ADDR ;")
    ]
  }
}

struct GDBDriver: DebuggerDriver {
  let name = "gdb"
  let settings = ["set debuginfod enabled off", "set width 0", "set style enabled off"]

  func commands(of action: DebugAction) -> String { action.gdb }
  func start(_ variant: DebuggedProgram.Prepared) -> String {
    if case .native = variant { "run" } else { "continue" }
  }
  func marker(_ index: Int) -> String? { "echo @action \(index)\\n" }

  func launch(executable: String, arguments: [String], commands: [String]) -> [String] {
    ["gdb", "-q", "-nx", "-batch"] + commands.flatMap { ["-ex", $0] } + ["--args", executable] + arguments
  }

  func split(_ output: String, actions: [[String]]) -> [String?] {
    var parts = [String?](repeating: nil, count: actions.count)
    var current: Int?
    for line in output.split(separator: "\n", omittingEmptySubsequences: false) {
      if let found = line.wholeMatch(of: /@action (\d+)/), let index = Int(found.1), index < parts.count {
        current = index
        parts[index] = ""
      } else if let current {
        parts[current]! += line + "\n"
      }
    }
    return parts
  }

  var noise: [Normaliser.Rule] {
    [
      .init(line: #/^\[Thread debugging using libthread_db enabled\]$/#),
      .init(line: #/^Using host libthread_db library .*$/#),
      .init(line: #/^\[Switching to .*\]$/#),
      .init(line: #/^\[New (Thread|LWP|process) .*\]$/#),
      .init(line: #/^Continuing\.$/#),
      // The executor's own threads.
      .init(line: #/^\[Thread 0x[0-9a-f]+ \(LWP \d+\) exited\]$/#),
      // Named only where GDB knows of more than one thread or process.
      .init(#/Thread [\d.]+ "[^"]*" hit /#, ""),
      .init(#/process \d+/#, "process PID"),
      // An executable not started yet lies at small addresses.
      .init(#/ at 0x[0-9a-f]+: /#, " at ADDR: "),
      .init(#/in section \S+ of .*/#, "in section SECTION"),
    ] + Normaliser.addresses
  }
}
