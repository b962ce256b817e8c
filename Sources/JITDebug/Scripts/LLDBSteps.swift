// How LLDB comes to a session: its commands by purpose, for launch scripts and editors alike.

/// Scripts carry out all of it, in this order; editors do some steps by settings of their own.
package struct LLDBSteps: Sendable {
  package var settings: [LaunchStep]
  /// The same for LLDB at a terminal.
  package var terminalSettings: [LaunchStep]
  /// The program file whose process it is.
  package var program: [LaunchStep]
  package var sources: [LaunchStep]
  /// Attaching, to a process here or by way of a debug server.
  package var connection: [LaunchStep]
  /// The `jit` commands: last, so that an LLDB that cannot load them has attached.
  package var commands: [LaunchStep]

  package var all: [LaunchStep] { settings + terminalSettings + program + sources + connection + commands }

  package init(_ target: DebugTarget) throws(JITDebugError) {
    settings = [
      LaunchStep(
        "Look here, by build-id, for the debug info of the code linked at run time (-g: an existing target keeps its own value).",
        ["settings set -g target.debug-file-search-paths \(try Quoting.lldbSetting(target.debugFolder))"]),
      LaunchStep(
        "Read what the program announces through the GDB JIT interface.",
        ["settings set plugin.jit-loader.gdb.enable on"]),
      LaunchStep(
        "Ask no server for the debug info of other modules: each question can take seconds.",
        ["settings set symbols.enable-external-lookup false"]),
    ]
    terminalSettings = [
      LaunchStep(
        "LLDB 22's status line reads frames while the program starts to run, and now and then a stop then shows an old one.",
        ["settings set show-statusline false"])
    ]
    if target.beginsAnew {
      settings.append(
        LaunchStep(
          "The program begins anew, by exec, when its sources change: go on there, and show the sources as they are then.",
          ["settings set target.process.stop-on-exec false", "settings set use-source-cache false"]))
    }
    program = []
    if let sysroot = target.sysroot {
      program.append(
        LaunchStep(
          "Read the target's libraries from the copies here.",
          ["platform select --sysroot \(try Quoting.lldb(sysroot)) remote-linux"]))
    }
    if let server = target.server {
      settings.append(
        LaunchStep(
          "LLDB 22 misunderstands how gdbserver lists libraries, and then knows of none; in memory it finds them.",
          ["settings set plugin.process.gdb-remote.use-libraries-svr4 false"]))
      program.append(
        LaunchStep(
          "Read the target's libraries from the copies here.",
          ["platform select --sysroot \(try Quoting.lldb(server.root)) remote-linux"]))
    }
    // Left alone with gdbserver, LLDB 22 knows the architecture only by half, and evaluates no expressions. An emulator does tell,
    // and the flags of the file say more than a triple: without them LLDB expects no compressed instructions on RISC-V.
    var architecture = ""
    if let server = target.server, server.socket == nil { architecture = "--arch \(try Quoting.lldb(server.triple)) " }
    var create = "target create \(architecture)\(try Quoting.lldb(target.executorPath))"
    if case .core(let path) = target.approach { create += " --core \(try Quoting.lldb(path))" }
    program.append(LaunchStep("\(target.programRole) holds the JIT interface.", [create]))
    sources = []
    if !target.sourceMap.lldb.isEmpty {
      let commands = try target.sourceMap.lldb.map { (rule) throws(JITDebugError) in try rule.lldbCommand }
      sources.append(LaunchStep("Find the sources here instead of where they were compiled.", commands))
    }
    commands = []
    if let folder = target.commandsFolder {
      let file = try Quoting.lldb("\(folder)/jitdebug_lldb.py")
      commands.append(
        LaunchStep(
          "Commands about the code linked at run time, in LLDB's Python: `help jit`.",
          ["command script import \(file)"]))
      if target.hasForeignHooks {
        commands.append(
          LaunchStep(
            "Where several libraries have a hook, LLDB watches one of them. The others are watched by these commands.",
            [target.isCore ? "jit reload" : "jit follow"]))
      }
    }
    connection = try Self.connection(target)
  }

  private static func connection(_ target: DebugTarget) throws(JITDebugError) -> [LaunchStep] {
    switch target.approach {
    case .attach: break
    case .connect(let descriptor):
      return [
        LaunchStep(
          "Take over the debug server that has stopped the program.",
          ["process connect --plugin gdb-remote fd://\(descriptor)"])
      ]
    case .core: return []
    case .launch(let arguments, let environment):
      var line = "process launch --stop-at-entry"
      for (name, value) in environment {
        guard !value.utf8.contains(where: { $0 == 0x0a || $0 == 0x0d }) else {
          throw JITDebugError(
            .debugger, "--env \(name)", "LLDB's commands end with their line, so the value cannot have several",
            remedy: "use --debugger gdb, or start the program by a script that sets it")
        }
        line += " --environment \(try Quoting.lldb("\(name)=\(value)"))"
      }
      if !arguments.isEmpty { line += " --" }
      for argument in arguments { line += " \(try Quoting.lldb(argument))" }
      return [
        LaunchStep(
          "A program may be started by another: go on there.", ["settings set target.process.stop-on-exec false"]),
        LaunchStep("Start the program.", [line]),
      ]
    }
    guard let server = target.server else {
      return [LaunchStep("Stop the program.", ["process attach --pid \(target.pid)"])]
    }
    if let socket = server.socket {
      return [
        LaunchStep(
          "Stop the program: jitdebug lends the debug server of the emulator it runs in.",
          ["process connect --plugin gdb-remote \(try Quoting.lldb("unix-connect://\(socket)"))"])
      ]
    }
    let commands = try SharedFiles.folder("Scripts/debugger") + "/jitdebug_connect.py"
    let words = try Quoting.shell(server.command(pid: target.pid, for: .lldb))
    return [
      LaunchStep(
        "Stop the program: the executor starts a debug server on the target, and LLDB connects to it.",
        ["command script import \(try Quoting.lldb(commands))", "jit-connect \(words)"])
    ]
  }
}
