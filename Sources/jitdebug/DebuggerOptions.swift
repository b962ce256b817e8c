// The options that `debug` and `attach` share.

import ArgumentParser
import JITDebug

extension Debugger: ExpressibleByArgument {}

struct DebuggerOptions: ParsableArguments {
  @Option(help: "The debugger.")
  var debugger = Debugger.lldb

  @Option(
    help: ArgumentHelp(
      "Debug through this debug server of the target, by its path there. (default: gdbserver or lldb-server along its "
        + "PATH, for targets that are other machines)", valueName: "path"))
  var debugServer: String?

  @Option(
    name: .customShort("o"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A debugger command to carry out once attached (repeatable).", valueName: "cmd"))
  var commands: [String] = []

  @Flag(help: "Quit the debugger after the commands; a command that fails, or a crash under LLDB, ends them early.")
  var batch = false
}
