import ArgumentParser
import Glibc
import JITDebug

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Go through everything that commonly breaks when JITed code is to be debugged.",
    discussion: """
      One line for each check: the debuggers and their settings, permission to attach, the way to a target and its debug \
      server, the inputs, the JIT and the switch that makes it register its code, the hook and which debugger takes it, \
      the registered code, its debug info and its sources. What fails is followed by the cause and by the command that \
      corrects it; `jitdebug inspect --findings` explains each identifier.

      A command after `--` is started, looked at once it has registered code, and ended. The process of --pid goes on.

      Exits with 0 if all is well, with 1 otherwise; 64 for wrong usage, 125 when jitdebug itself failed.

      Examples:
        jitdebug doctor                                  # this machine and its debuggers
        jitdebug doctor --pid 4711
        jitdebug doctor --session 1k4p2c7
        jitdebug doctor --connect 192.168.0.7:4711       # the way to a target
        jitdebug doctor -- lli-22 app.ll
      """)

  @Option(help: ArgumentHelp("A process, also one that jitdebug did not start.", valueName: "pid"))
  var pid: Int32?

  @Option(help: ArgumentHelp("A running session.", valueName: "id"))
  var session: String?

  @OptionGroup var connect: ConnectOptions

  @Option(
    help: ArgumentHelp(
      "The debug server of the target. (default: gdbserver or lldb-server along its PATH)", valueName: "path"))
  var debugServer: String?

  @Option(
    name: .customLong("env"), parsing: .singleValue,
    help: ArgumentHelp("Set a variable of the command's environment (repeatable).", valueName: "k=v"))
  var environment: [String] = []

  @OptionGroup var sources: SourceMapOptions

  @Flag(help: "Print one JSON document.")
  var json = false

  @OptionGroup var command: CommandLineArguments

  func run() throws {
    var request = DoctorRequest()
    request.pid = pid
    request.session = session
    request.location = try connect.location()
    request.debugServer = debugServer
    request.command = command.afterTerminator
    request.environment = try RunOptions.variables(environment)
    request.sources = sources.lookup
    try check(request)
    SignalCleanup.watch()
    let checkup = try request.checkup()
    let style = Checkup.Style(hasSigns: isatty(1) != 0, isColored: isatty(1) != 0 && Terminal.isColored)
    try Terminal.output(json ? try checkup.json() : checkup.text(style))
    if !checkup.passed { throw ExitCode(1) }
  }

  private func check(_ request: DoctorRequest) throws {
    let subjects = [
      pid.map { _ in "--pid" }, session.map { _ in "--session" }, request.command.isEmpty ? nil : "a command",
    ].compactMap { $0 }
    if subjects.count > 1 {
      throw JITDebugError(
        .usage, subjects[1], "has no meaning together with \(subjects[0])", remedy: "leave one of them out")
    }
    if !environment.isEmpty && request.command.isEmpty {
      throw JITDebugError(.usage, "--env", "has a meaning together with a command only")
    }
    if request.location != nil && !request.command.isEmpty {
      throw JITDebugError(
        .usage, "--connect", "has no meaning together with a command", remedy: "commands are started on this machine")
    }
  }
}
