// Whether a debugger may attach, and what is in its way if not.

import Glibc

struct PermissionCheck {
  /// Where the kernel's files are; another folder for tests.
  var root = "/proc"
  /// CAP_SYS_PTRACE, linux/capability.h.
  private static let ptraceCapability: UInt64 = 1 << 19

  /// For whatever process may come.
  var general: Check {
    let scope = self.scope
    let isCapable = hasCapability
    let state = "Yama scope \(scope.map(String.init) ?? "absent"), CAP_SYS_PTRACE \(isCapable ? "held" : "not held")"
    // 1: descendants only, 2: only who has the capability, 3: nobody at all.
    guard let scope, scope > 0, scope == 3 || !isCapable else { return Check(.permission, state) }
    let remedy =
      scope == 3
      ? "set kernel.yama.ptrace_scope to 1 in /etc/sysctl.d, and restart the machine"
      : "sudo sysctl kernel.yama.ptrace_scope=0, or run the debugger as root"
    return Check(
      .permission,
      failed: Finding(
        .traceRestricted, subject: "ptrace", "kernel.yama.ptrace_scope is \(scope); \(state)", remedy: remedy))
  }

  /// For one process.
  func check(_ pid: Int32) -> Check {
    if let tracer = ProcessFacts.status("TracerPid", of: pid).flatMap({ Int32($0) }), tracer != 0 {
      let name = ProcessFacts.status("Name", of: tracer) ?? "?"
      return Check(
        .permission,
        failed: Finding(
          .traceTaken, subject: "process \(pid)", "process \(tracer) (\(name)) debugs it",
          remedy: "detach that debugger, or end it: kill \(tracer)"))
    }
    do throws(JITDebugError) {
      try TraceCheck.requireTraceable(pid)
    } catch {
      let owner = ProcessFacts.status("Uid", of: pid)?.split(whereSeparator: \.isWhitespace).first.map(String.init)
      let isOthers = owner.map { $0 != "\(geteuid())" } ?? true
      let remedy =
        isOthers
        ? "sudo jitdebug doctor --pid \(pid)"
        : (scope ?? 0) > 0
          ? "sudo sysctl kernel.yama.ptrace_scope=0" : "in a container: docker run --cap-add=SYS_PTRACE …"
      return Check(.permission, failed: Finding(.traceRefused, subject: "process \(pid)", error.reason, remedy: remedy))
    }
    return Check(.permission, "this user may debug process \(pid)")
  }

  private var scope: Int? {
    ProcessFacts.text("\(root)/sys/kernel/yama/ptrace_scope").flatMap { Int($0.filter(\.isNumber)) }
  }

  private var hasCapability: Bool {
    for line in ProcessFacts.text("\(root)/self/status")?.split(separator: "\n") ?? [] where line.hasPrefix("CapEff:") {
      let text = line.dropFirst(7).filter { !$0.isWhitespace }
      return UInt64(text, radix: 16).map { $0 & Self.ptraceCapability != 0 } ?? false
    }
    return false
  }
}
