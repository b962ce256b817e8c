import ArgumentParser
import JITDebug

struct AttachCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attach",
    abstract: "Attach a debugger to a running session.",
    discussion: """
      The program stops where it is and runs on when the debugger detaches or quits. With --connect it is debugged through \
      a debug server that the executor starts on the target. The launch scripts used, \
      launch.lldb and launch.gdb in the session's folder, also work by hand: `lldb-22 -s`, `gdb -x`.

      Examples:
        jitdebug attach
        jitdebug attach --session 1k4p2c7 --debugger gdb
        jitdebug attach --connect 192.168.0.7:4711
        jitdebug attach --batch -o 'thread backtrace all'
      """)

  @Option(help: ArgumentHelp("The session, if several are running.", valueName: "id"))
  var session: String?

  @OptionGroup var connect: ConnectOptions
  @OptionGroup var debugger: DebuggerOptions
  @OptionGroup var sources: SourceMapOptions

  func run() throws {
    throw ExitCode(
      try Attachment.run(
        debugger.debugger, session: session, commands: debugger.commands, batch: debugger.batch,
        sources: sources.lookup, DebugServerChoice(try connect.location(), program: debugger.debugServer),
        warn: Terminal.warn))
  }
}
