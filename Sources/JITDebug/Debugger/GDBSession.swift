// GDB as a debugger of sessions: executed with the terminal handed over.

import Glibc

package struct GDBSession: DebuggerSession {
  /// One that was started beforehand with the request's commands, and waits.
  private let prepared: PreparedGDB?

  init(prepared: PreparedGDB? = nil) {
    self.prepared = prepared
  }

  /// The one for programs of this machine, to be looked up in PATH.
  static let program = "gdb"

  /// The one that knows all architectures, for programs of another than this machine's.
  private static func program(for target: DebugTarget) -> String {
    var machine = utsname()
    uname(&machine)
    let here = withUnsafeBytes(of: &machine.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let isForeign = target.server.map { !$0.triple.isEmpty && !$0.triple.hasPrefix("\(here)-") } ?? false
    return isForeign ? "gdb-multiarch" : program
  }

  package func run(_ request: DebuggerRequest) throws(JITDebugError) -> DebuggerOutcome {
    let folder = request.target.sessionFolder
    let guardScript =
      GDBGuard.attached + (request.ending == .kill ? GDBGuard.endsProgram(isRemote: request.target.server != nil) : "")
    let scripts = [Debugger.gdb.scriptName, GDBGuard.scriptName].map { "\(folder)/\($0)" }
    try writeFile(guardScript, to: scripts[1])

    // Ctrl-C belongs to GDB now. (A child gets its default disposition back when it is started.)
    let interrupt = signal(SIGINT, SIG_IGN)
    let quit = signal(SIGQUIT, SIG_IGN)
    defer {
      signal(SIGINT, interrupt)
      signal(SIGQUIT, quit)
    }
    let program = Self.program(for: request.target)
    var ending: ChildProcess.Ending?
    if let prepared, prepared.program == program { ending = prepared.run(scripts) }
    prepared?.abandon()
    if ending == nil { ending = try Self.start(program, scripts, request).wait() }
    switch ending! {
    case .exited(GDBGuard.noProcess):
      throw JITDebugError(
        .debugger, "process \(request.target.pid)", "GDB did not attach",
        remedy: "see GDB's message above; \(TraceCheck.permissionRemedy)")
    case .exited(let status): return DebuggerOutcome(status: status)
    case .signaled(let number): throw JITDebugError(.debugger, program, "was killed by signal \(number)")
    }
  }

  private static func start(_ program: String, _ scripts: [String], _ request: DebuggerRequest) throws(JITDebugError)
    -> ChildProcess
  {
    let arguments = arguments(scripts, request.commands, batch: request.batch)
    var options = ChildProcess.Options()
    if request.input != 0 { options.descriptors = [(child: 0, here: request.input)] }
    do {
      return try ChildProcess(program, arguments, options)
    } catch {
      throw JITDebugError(
        .debugger, program, error.reason, remedy: "install it with Scripts/setup, or use --debugger lldb")
    }
  }

  static func arguments(_ scripts: [String], _ commands: [String], batch: Bool) -> [String] {
    ["-q"] + scripts.flatMap { ["-x", $0] } + commands.flatMap { ["-ex", $0] } + (batch ? ["-batch"] : [])
  }
}
