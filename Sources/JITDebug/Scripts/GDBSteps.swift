// How GDB comes to a session: its commands by purpose, for launch scripts and editors alike.

/// Scripts carry out all of it, in this order; editors do some steps by settings of their own.
package struct GDBSteps: Sendable {
  package var settings: [LaunchStep]
  /// The program file whose process it is.
  package var program: [LaunchStep]
  package var sources: [LaunchStep]
  /// Attaching, to a process here or by way of a debug server.
  package var connection: [LaunchStep]
  /// The `jit` commands: before connecting, so that they see breakpoints resolve there.
  package var commands: [LaunchStep]
  /// The same for editors, which send single lines and go on when one fails.
  package var editorCommands: [LaunchStep]

  package var all: [LaunchStep] { settings + program + sources + commands + connection }

  package init(_ target: DebugTarget) throws(JITDebugError) {
    let folders = [target.debugFolder].filter { $0 != "/usr/lib/debug" } + ["/usr/lib/debug"]
    settings = [
      LaunchStep(
        "Look here, by build-id, for the debug info of the code linked at run time; then where the system's lies.",
        ["set debug-file-directory \(try folders.map(Quoting.gdbFolder).joined(separator: ":"))"]),
      LaunchStep(
        "Ask no server for the debug info of other modules: each question can take seconds.",
        ["set debuginfod enabled off"]),
      LaunchStep(
        "Accept breakpoints in code that is not there yet, without a question.", ["set breakpoint pending on"]),
      LaunchStep(
        "Resume all threads at once. One by one, GDB 13 fails where a program ends as soon as its main thread runs.",
        ["maintenance set target-non-stop off"]),
    ]
    program = []
    if let sysroot = target.server?.root ?? target.sysroot {
      program.append(
        LaunchStep(
          "Read the target's libraries from the copies here.", ["set sysroot \(try Quoting.gdbFolder(sysroot))"]))
    }
    program += [
      LaunchStep("\(target.programRole) holds the JIT interface.", ["file \(try Quoting.gdb(target.executorPath))"])
    ]
    sources = []
    if !target.sourceMap.gdb.isEmpty {
      let commands = try target.sourceMap.gdb.map { (rule) throws(JITDebugError) in try rule.gdbCommand }
      sources.append(LaunchStep("Find the sources here instead of where they were compiled.", commands))
    }
    commands = []
    editorCommands = []
    if let folder = target.commandsFolder {
      let file = try Quoting.gdb("\(folder)/jitdebug_gdb.py")
      commands.append(
        LaunchStep(
          "Commands about the code linked at run time: `help jit`. (A GDB without Python lacks the function $_streq.)",
          [
            "if $_isvoid($_streq)",
            "  echo warning: no jit commands: this GDB has no Python\\n",
            "else",
            "  python",
            "try:",
            "  gdb.execute('source ' + \(file))",
            "except gdb.error as error:",
            "  print(f'warning: no jit commands: {error}')",
            "  end",
            "end",
          ]))
      editorCommands.append(
        LaunchStep("Commands about the code linked at run time: `help jit`.", ["source \(folder)/jitdebug_gdb.py"]))
    }
    if case .core(let path) = target.approach {
      connection = [LaunchStep("Read what the process left.", [try Quoting.gdbText("core-file \(path)")])]
    } else if case .launch(let arguments, let environment) = target.approach {
      var commands: [String] = []
      if let wrapper = try GDBEnvironment.wrapper(environment) { commands.append("set exec-wrapper \(wrapper)") }
      if !arguments.isEmpty { commands.append("set args \(try Quoting.shell(arguments))") }
      connection = [LaunchStep("Start the program.", commands + ["starti"])]
    } else if let socket = target.server?.socket {
      settings.append(
        LaunchStep(
          "The emulator knows no watchpoints: step by step GDB watches by itself.", ["set can-use-hw-watchpoints 0"]))
      connection = [
        LaunchStep(
          "Stop the program: jitdebug lends the debug server of the emulator it runs in.",
          ["target remote \(try Quoting.gdbFolder(socket))"])
      ]
    } else if let server = target.server {
      let words = try Quoting.shell(server.command(pid: target.pid, for: .gdb))
      connection = [
        LaunchStep(
          "Stop the program: the executor starts a debug server on the target, and GDB talks to it through this command.",
          ["target remote | \(words)"])
      ]
    } else {
      connection = [LaunchStep("Stop the program.", ["attach \(target.pid)"])]
    }
  }
}
