// How GDB comes to a session: its commands by purpose, for launch scripts and editors alike.

/// Scripts carry out all of it, in this order; editors do some steps by settings of their own.
package struct GDBSteps: Sendable {
  package var settings: [LaunchStep]
  /// The program file whose process it is.
  package var program: [LaunchStep]
  package var sources: [LaunchStep]
  /// Attaching, to a process here or by way of a debug server.
  package var connection: [LaunchStep]

  package var all: [LaunchStep] { settings + program + sources + connection }

  package init(_ target: DebugTarget) throws(JITDebugError) {
    settings = [
      LaunchStep(
        "Look here, by build-id, for the debug info of the code linked at run time; then where the system's lies.",
        ["set debug-file-directory \(try Quoting.gdbFolder(target.debugFolder)):/usr/lib/debug"]),
      LaunchStep(
        "Ask no server for the debug info of other modules: each question can take seconds.",
        ["set debuginfod enabled off"]),
      LaunchStep(
        "Accept breakpoints in code that is not there yet, without a question.", ["set breakpoint pending on"]),
      LaunchStep(
        "Resume all threads at once. One by one, GDB 13 fails where a program ends as soon as its main thread runs.",
        ["maintenance set target-non-stop off"]),
    ]
    program = [LaunchStep("The executor holds the JIT interface.", ["file \(try Quoting.gdb(target.executorPath))"])]
    sources = []
    if !target.sourceMap.gdb.isEmpty {
      var commands: [String] = []
      for entry in target.sourceMap.gdb {
        commands.append("set substitute-path \(try Quoting.gdb(entry.from)) \(try Quoting.gdb(entry.to))")
      }
      sources.append(LaunchStep("Find the sources here instead of where they were compiled.", commands))
    }
    connection = [LaunchStep("Stop the program.", ["attach \(target.pid)"])]
  }
}
