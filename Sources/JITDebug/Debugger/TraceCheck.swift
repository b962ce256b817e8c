// Whether this user may debug a process, found out without touching it, so that a refusal can be explained.

import Glibc

package enum TraceCheck {
  /// What helps against a refusal, whoever reports it.
  package static let permissionRemedy =
    "debugging needs the process's own user or root, kernel.yama.ptrace_scope 0 (sysctl) or CAP_SYS_PTRACE, and "
    + "in a container --cap-add=SYS_PTRACE"

  /// Throws the reason if a debugger could not attach.
  ///
  /// Attaching on trial would end the wait of an executor that watches for its debugger, so this asks the kernel the same
  /// question by opening the process's memory.
  package static func requireTraceable(_ pid: Int32) throws(JITDebugError) {
    let subject = "process \(pid)"
    guard ProcessFacts.isRunning(pid) else {
      throw JITDebugError(.debugger, subject, "has ended", remedy: "start the program again with `jitdebug run`")
    }
    if let tracer = ProcessFacts.status("TracerPid", of: pid).flatMap({ Int32($0) }), tracer != 0 {
      let name = ProcessFacts.status("Name", of: tracer).map { " (\($0))" } ?? ""
      throw JITDebugError(
        .debugger, subject, "is being debugged already, by process \(tracer)\(name)",
        remedy: "a process has one debugger at a time: detach or quit that one first")
    }
    let memory = open("/proc/\(pid)/mem", O_RDWR | O_CLOEXEC)
    if memory >= 0 {
      close(memory)
      return
    }
    switch errno {
    case EACCES, EPERM:
      throw JITDebugError(
        .debugger, subject, "no permission to debug it\(cause(pid))", remedy: permissionRemedy)
    case ENOENT, ESRCH:
      throw JITDebugError(.debugger, subject, "has ended", remedy: "start the program again with `jitdebug run`")
    default:
      // Not a refusal; the debugger will find out.
      return
    }
  }

  private static func cause(_ pid: Int32) -> String {
    let own = geteuid()
    if let owner = ProcessFacts.status("Uid", of: pid)?.split(whereSeparator: \.isWhitespace).first.flatMap({
      UInt32($0)
    }),
      own != 0, owner != own
    {
      return ": it belongs to user \(owner), this is user \(own)"
    }
    if let scope = ProcessFacts.text("/proc/sys/kernel/yama/ptrace_scope")?.first, scope != "0" {
      return ": kernel.yama.ptrace_scope is \(scope)"
    }
    return ""
  }
}
