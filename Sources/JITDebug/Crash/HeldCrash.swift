// A crash while it is looked at: the snapshot, and the debugger that the process is held for.

import Glibc

package final class HeldCrash {
  private let notice: CrashNotice
  package private(set) var snapshot: CrashSnapshot?
  /// The command that has the program now.
  private var debugger: ChildProcess?

  private let otherThreads: [CrashNotice]

  /// - Parameter threads: others that have been stopped for it already.
  init(_ notice: CrashNotice, _ threads: [CrashNotice]) {
    self.notice = notice
    otherThreads = threads
  }

  /// The signal that the process died of, if the executor says that it was this one.
  func signal(ending number: UInt8) -> UInt8 {
    snapshot?.wasKilled == true && number == UInt8(SIGKILL) ? UInt8(truncatingIfNeeded: notice.signal) : number
  }

  /// Whether the process waits for a debugger to leave.
  var isHeld: Bool { debugger != nil }

  /// Takes what the session's options ask for.
  func inspect(_ session: LiveSession) throws(JITDebugError) {
    // However slow the connection is.
    try session.target.hold(notice)
    let architecture = try Architecture(triple: session.target.connection.setup.triple)
    var snapshot = try CrashCapture.take(
      notice, otherThreads, of: session.target, machine: architecture.machine, images: [session.program],
      isComplete: session.options.crashAction == .core)
    let description = session.record.session.description
    if let path = description.executorPath {
      snapshot.executable = path
    } else {
      let root = session.record.session.folder.appending("target").string
      let warn = session.options.warn
      snapshot.executable = try TargetFiles(of: session.target, process: "self", into: root, warn: warn).executable
      snapshot.sysroot = root
    }
    self.snapshot = snapshot
    if snapshot.unseenThreads > 0 {
      let threads = snapshot.unseenThreads == 1 ? "a thread" : "\(snapshot.unseenThreads) threads"
      session.options.warn(
        JITDebugError(
          .debugger, "the crash", "\(threads) did not stop",
          remedy: "to see where all are, run again with --on-crash attach"))
    }
    if session.options.crashAction == .attach { try openDebugger(session) }
  }

  /// As a process of its own, which finds the session like any other.
  private func openDebugger(_ session: LiveSession) throws(JITDebugError) {
    var command = [
      "attach", "--session", session.record.session.id, "--debugger", session.options.crashDebugger.rawValue,
    ]
    if isatty(0) == 0 || isatty(1) == 0 { command.append("--batch") }
    // The crash happens again, before the debugger's eyes.
    debugger = try ChildProcess("/proc/self/exe", command + ["-o", "continue"])
  }

  /// Lets the process go on once its debugger has left.
  func releaseIfLeft(_ target: Target) {
    guard let debugger, debugger.hasEnded else { return }
    self.debugger = nil
    // It may have ended the process; how, is still to be read.
    try? target.release(notice)
  }

  /// The terminal is the debugger's until it has been left.
  func waitForDebugger() {
    _ = debugger?.wait()
    debugger = nil
  }
}
