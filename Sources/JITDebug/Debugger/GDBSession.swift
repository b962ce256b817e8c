// GDB as a debugger of sessions: executed with the terminal handed over.

import Glibc

package struct GDBSession: DebuggerSession {
  /// A path, or a name to look up in PATH.
  package var program: String?

  package init() {}

  /// The one that knows all architectures, for programs of another than this machine's.
  private static func program(for target: DebugTarget) -> String {
    var machine = utsname()
    uname(&machine)
    let here = withUnsafeBytes(of: &machine.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let isForeign = target.server.map { !$0.triple.isEmpty && !$0.triple.hasPrefix("\(here)-") } ?? false
    return isForeign ? "gdb-multiarch" : "gdb"
  }

  package func run(_ request: DebuggerRequest) throws(JITDebugError) -> DebuggerOutcome {
    let folder = request.target.sessionFolder
    let guardScript =
      GDBGuard.attached + (request.ending == .kill ? GDBGuard.endsProgram(isRemote: request.target.server != nil) : "")
    try writeFile(guardScript, to: "\(folder)/\(GDBGuard.scriptName)")
    var arguments = ["-q", "-x", "\(folder)/\(Debugger.gdb.scriptName)", "-x", "\(folder)/\(GDBGuard.scriptName)"]
    for command in request.commands { arguments += ["-ex", command] }
    if request.batch { arguments.append("-batch") }

    // Ctrl-C belongs to GDB now. (A child gets its default disposition back when it is started.)
    let interrupt = signal(SIGINT, SIG_IGN)
    let quit = signal(SIGQUIT, SIG_IGN)
    defer {
      signal(SIGINT, interrupt)
      signal(SIGQUIT, quit)
    }
    var options = ChildProcess.Options()
    if request.input != 0 { options.descriptors = [(child: 0, here: request.input)] }
    let program = program ?? Self.program(for: request.target)
    let gdb: ChildProcess
    do {
      gdb = try ChildProcess(program, arguments, options)
    } catch {
      throw JITDebugError(
        .debugger, program, error.reason, remedy: "install it with Scripts/setup, or use --debugger lldb")
    }
    switch gdb.wait() {
    case .exited(GDBGuard.noProcess):
      throw JITDebugError(
        .debugger, "process \(request.target.pid)", "GDB did not attach",
        remedy: "see GDB's message above; \(TraceCheck.permissionRemedy)")
    case .exited(let status): return DebuggerOutcome(status: status)
    case .signaled(let number): throw JITDebugError(.debugger, program, "was killed by signal \(number)")
    }
  }
}
