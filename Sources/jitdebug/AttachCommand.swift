import ArgumentParser
import JITDebug

struct AttachCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attach",
    abstract: "Attach a debugger to a running session, or to any process that has code linked at run time.",
    discussion: """
      The program stops where it is and runs on when the debugger detaches or quits. With --connect it is debugged through \
      a debug server that the executor starts on the target. The launch scripts used, \
      launch.lldb and launch.gdb in the session's folder, also work by hand: `lldb-22 -s`, `gdb -x`.

      With --pid, --core, or a command after `--`, it is for processes that jitdebug did not start: those of other JITs, \
      which register their code through the GDB JIT interface. A command is started by the debugger, stopped at its \
      entry, and ends with it. Code is found whichever library's hook it is registered through.

      Examples:
        jitdebug attach
        jitdebug attach --session 1k4p2c7 --debugger gdb
        jitdebug attach --connect 192.168.0.7:4711
        jitdebug attach --batch -o 'thread backtrace all'
        jitdebug attach --pid 4711 --source-root ~/src/app
        jitdebug attach --env LD_PRELOAD=libLLVM-14.so.1 -- lli-22 --jit-kind=orc app.ll
        jitdebug attach --core core.4711 --debugger gdb
      """)

  @Option(help: ArgumentHelp("The session, if several are running.", valueName: "id"))
  var session: String?

  @Option(help: ArgumentHelp("A process instead, also one that jitdebug did not start.", valueName: "pid"))
  var pid: Int32?

  @Option(help: ArgumentHelp("A core file instead.", valueName: "file"), completion: .file())
  var core: String?

  @Option(
    help: ArgumentHelp("The program that a core file is of. (default: the one it names)", valueName: "file"),
    completion: .file())
  var program: String?

  @Option(
    name: .customLong("env"), parsing: .singleValue,
    help: ArgumentHelp("Set a variable of the command's environment (repeatable).", valueName: "k=v"))
  var environment: [String] = []

  @OptionGroup var connect: ConnectOptions
  @OptionGroup var debugger: DebuggerOptions
  @OptionGroup var sources: SourceMapOptions
  /// The command to start: what follows `--`.
  @OptionGroup var command: CommandLineArguments

  func run() throws {
    if let subject = try foreignSubject() {
      throw ExitCode(
        try ForeignAttachment.run(
          debugger.debugger, subject, commands: debugger.commands, batch: debugger.batch, sources: sources.lookup,
          warn: Terminal.warn))
    }
    throw ExitCode(
      try Attachment.run(
        debugger.debugger, session: session, commands: debugger.commands, batch: debugger.batch,
        sources: sources.lookup, DebugServerChoice(try connect.location(), program: debugger.debugServer),
        warn: Terminal.warn))
  }

  /// What is no session; nil if a session is meant.
  private func foreignSubject() throws -> ForeignSubject? {
    var subjects: [(option: String, subject: ForeignSubject)] = []
    if let pid { subjects.append(("--pid", .process(pid))) }
    if let core { subjects.append(("--core", .core(core, program: program))) }
    let words = command.afterTerminator
    if !words.isEmpty {
      subjects.append(("a command", .command(words, environment: try RunOptions.variables(environment))))
    }
    for (option, isGiven, owner) in [
      ("--program", program != nil, core != nil ? nil : "--core"),
      ("--env", !environment.isEmpty, words.isEmpty ? "a command" : nil),
    ] where isGiven {
      if let owner { throw JITDebugError(.usage, option, "has a meaning together with \(owner) only") }
    }
    guard let first = subjects.first else { return nil }
    let others =
      subjects.dropFirst().map(\.option) + (session != nil ? ["--session"] : [])
      + (connect.endpoint != nil ? ["--connect"] : []) + (debugger.debugServer != nil ? ["--debug-server"] : [])
    if let other = others.first {
      throw JITDebugError(
        .usage, other, "has no meaning together with \(first.option)", remedy: "leave one of them out")
    }
    return first.subject
  }
}
