import ArgumentParser
import JITDebug

struct DebugCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "debug",
    abstract: "Compile, link into an executor, and debug from before main.",
    discussion: """
      The debugger has the terminal; it is attached while nothing of the program has run yet, so `continue` starts it. \
      The program reads standard input only if that is redirected, and ends with the debugger.

      The exit code is the program's own if it ran to its end, else the debugger's: 0 after an ordinary `quit`.

      Examples:
        jitdebug debug hello.c
        jitdebug debug --debugger gdb -O2 server.c -- --port 8000
        jitdebug debug --batch -o 'b parse' -o continue -o bt main.c parse.c < input.txt
      """)

  @OptionGroup var options: RunOptions
  @OptionGroup var debugger: DebuggerOptions

  func run() throws {
    var session = try options.sessionOptions()
    session.debugServer = debugger.debugServer
    let program = try DebuggedProgram(
      session, for: debugger.debugger, commands: debugger.commands, batch: debugger.batch,
      DebugServerChoice(program: debugger.debugServer))
    throw ExitCode(try program.run(warn: Terminal.warn))
  }
}
