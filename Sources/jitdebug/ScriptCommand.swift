import ArgumentParser
import JITDebug

extension ScriptFormat: ExpressibleByArgument {}

struct ScriptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "script",
    abstract: "Write a launch script by which a debugger or an editor attaches.",
    discussion: """
      Each script is complete by itself: settings, program file, debug files, source map, the jit commands, and the \
      connection. lldb and gdb are command files for `lldb-22 -s` and `gdb -x`; vscode is a launch.json with entries for \
      lldb-dap, CodeLLDB and cpptools; lldb-dap, codelldb and cpptools are those entries alone.

      Examples:
        jitdebug script --format lldb -o attach.lldb     # the only running session
        jitdebug script --format vscode --session 1k4p2c7 -o .vscode/launch.json
        jitdebug script --format gdb --pid 4711
        jitdebug script --format lldb-dap --connect 192.168.0.7:4711
      """)

  @Option(help: "What is to read it.")
  var format: ScriptFormat

  @Option(
    name: .customShort("o"),
    help: ArgumentHelp("The file to write, standard output by default.", valueName: "file"), completion: .file())
  var output: String?

  @Option(help: ArgumentHelp("The session, if several are running.", valueName: "id"))
  var session: String?

  @Option(help: ArgumentHelp("A process instead, also one that jitdebug did not start.", valueName: "pid"))
  var pid: Int32?

  @OptionGroup var connect: ConnectOptions

  @Option(
    help: ArgumentHelp(
      "Go by this debug server of the target. (default: gdbserver or lldb-server along its PATH)", valueName: "path"))
  var debugServer: String?

  @OptionGroup var sources: SourceMapOptions

  func run() throws {
    if pid != nil && (session != nil || connect.endpoint != nil || debugServer != nil) {
      throw JITDebugError(
        .usage, "--pid", "is for processes of this machine, whatever their session", remedy: "leave the others out")
    }
    let subject: ScriptSubject =
      if let pid { .process(pid) } else {
        .session(session, DebugServerChoice(try connect.location(), program: debugServer))
      }
    let text = try GeneratedScript.text(
      format, subject, path: output, sources: sources.lookup, warn: Terminal.warn)
    if let output { try GeneratedScript.write(text, format, to: output) } else { print(text, terminator: "") }
  }
}
