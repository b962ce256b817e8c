// `jitdebug doctor`: which checks there are for what it was asked about, in the order in which they help.

import Glibc

package struct DoctorRequest: Sendable {
  package var pid: Int32?
  package var session: String?
  package var location: ExecutorLocation?
  /// The debug server's path on the target.
  package var debugServer: String?
  /// Started, and ended when everything was looked at.
  package var command: [String] = []
  package var environment: [(name: String, value: String)] = []
  package var sources = SourceLookup()
  package init() {}

  package func checkup() throws(JITDebugError) -> Checkup {
    let general = DebuggerChecks().checks()
    if !command.isEmpty { return try checkCommand(general) }
    if let pid, location == nil { return checkProcess(pid, general, session: nil) }
    if let session { return try checkSession(try SessionStore().session(session), general) }
    guard let location else { return Checkup(subject: nil, checks: general + [PermissionCheck().general]) }
    var checks = general + TargetChecks(location: location, debugServer: debugServer).checks()
    if let pid, checks.allSatisfy({ $0.id != .target || $0.passed }) {
      checks += codeChecks { () throws(JITDebugError) in
        (try TargetProcess(pid: pid, on: Target(try ExecutorHandle(location).connection)), nil)
      }
    }
    return Checkup(subject: location.description, checks: checks)
  }

  private func checkProcess(_ pid: Int32, _ general: [Check], session: Session?) -> Checkup {
    var checks = general + [PermissionCheck().check(pid)]
    if let inputs = inputCheck(pid) { checks.append(inputs) }
    checks += codeChecks { () throws(JITDebugError) in (try LiveProcess(pid: pid), session) }
    return Checkup(subject: "process \(pid)", checks: checks)
  }

  private func checkSession(_ session: Session, _ general: [Check]) throws(JITDebugError) -> Checkup {
    let description = session.description
    let (memory, _) = try InspectionRequest(session: session.id, location: location).open()
    var checks = general
    if memory is LiveProcess, let pid = description.pid {
      checks.append(PermissionCheck().check(pid))
    } else if let endpoint = description.endpoint {
      let place =
        if let location { location } else {
          try ExecutorLocation(endpoint: endpoint, description.access ?? ExecutorAccess())
        }
      checks += TargetChecks(location: place, debugServer: debugServer).checks()
    }
    let inputs = description.inputs.map { SourcePath.join(description.workingDirectory, $0) }
    if let check = InputChecks.check(inputs, for: description.triple) { checks.append(check) }
    checks += codeChecks { () throws(JITDebugError) in (memory, session) }
    return Checkup(subject: "session \(session.id)", checks: checks)
  }

  /// - Parameter open: gives the process, and its session if it is one's.
  private func codeChecks(
    _ open: () throws(JITDebugError) -> (any ProcessMemory, Session?)
  ) -> [Check] {
    do throws(JITDebugError) {
      let (memory, session) = try open()
      var options = Inspection.Options()
      options.sources = sources
      options.time = Self.inspectionTime
      return CodeChecks(try Inspection(memory, session: session, options)).checks()
    } catch {
      // Permission, if that is the reason, has a check of its own.
      return [
        Check(
          .hooks,
          failed: Finding(
            .entryUnexamined, subject: error.subject, "\(error.subject): \(error.reason)", remedy: error.remedy))
      ]
    }
  }

  /// In seconds.
  private static let inspectionTime = 20.0

  /// The files that a process of this machine was started with.
  private func inputCheck(_ pid: Int32) -> Check? {
    let words = (ProcessFacts.text("/proc/\(pid)/cmdline") ?? "").split(separator: "\0").map(String.init)
    return InputChecks.check(words.dropFirst().map { Self.place($0, of: pid) }, for: nil)
  }

  private static func place(_ word: String, of pid: Int32) -> String {
    word.hasPrefix("/") ? word : "/proc/\(pid)/cwd/\(word)"
  }

  // MARK: A command

  /// How long code is waited for, in seconds.
  private static let codeTime = 10.0

  private func checkCommand(_ general: [Check]) throws(JITDebugError) -> Checkup {
    let line = try ProgramFile.resolve(command)
    let nothing = Descriptor(open("/dev/null", O_RDWR | O_CLOEXEC))
    var options = ChildProcess.Options()
    options.descriptors = [(0, nothing.raw), (1, nothing.raw), (2, nothing.raw)]
    options.ownProcessGroup = true
    let child = try ChildProcess(
      "/usr/bin/env", environment.map { "\($0.name)=\($0.value)" } + line, options)
    defer {
      kill(-child.pid, SIGKILL)
      _ = child.wait()
    }
    let subject = "`\(command.joined(separator: " "))`"
    let deadline = Deadline(secondsFromNow: Self.codeTime)
    while deadline.milliseconds > 0, ProcessFacts.isRunning(child.pid), !Self.hasCode(child.pid) { usleep(50_000) }
    guard ProcessFacts.isRunning(child.pid) else {
      let inputs = InputChecks.check(Array(line.dropFirst()), for: nil)
      let ended = Finding(.commandEnded, subject: subject, "it ended before any code was registered")
      return Checkup(subject: subject, checks: general + (inputs.map { [$0] } ?? []) + [Check(.entries, failed: ended)])
    }
    var checkup = checkProcess(child.pid, general, session: nil)
    checkup.subject = Printable.text(subject)
    return checkup
  }

  private static func hasCode(_ pid: Int32) -> Bool {
    guard let memory = try? LiveProcess(pid: pid), let modules = try? ProcessModules(of: memory) else { return false }
    return JITHooks(of: modules, memory).all.contains { hook in
      guard let descriptor = hook.descriptor else { return false }
      return !JITEntries(at: descriptor.address, memory, modules.format).entries.isEmpty
    }
  }
}
