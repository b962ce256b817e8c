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
    if let pid, location == nil {
      return checkProcess(pid, general) { () throws(JITDebugError) in
        let (memory, session) = try InspectionRequest(pid: pid).open()
        return try inspect(memory, session)
      }
    }
    if let session {
      let found = try SessionStore().session(session)
      let memory = try InspectionRequest(session: session, location: location).open().memory
      return try checkSession(found, memory, general) { () throws(JITDebugError) in try inspect(memory, found) }
    }
    guard let location else { return machine(general) }
    var checks = general + TargetChecks(location: location, debugServer: debugServer).checks()
    if let pid, checks.allSatisfy({ $0.id != .target || $0.passed }) {
      checks += codeChecks { () throws(JITDebugError) in
        try inspect(try InspectionRequest(pid: pid, location: location).open().memory, nil)
      }
    }
    return Checkup(subject: location.description, checks: checks)
  }

  /// The same of what was inspected already, or could not be.
  func checkup(
    of memory: any ProcessMemory, _ session: Session?, _ inspection: Result<Inspection, JITDebugError>
  ) throws(JITDebugError) -> Checkup {
    let general = DebuggerChecks().checks()
    let get = { () throws(JITDebugError) -> Inspection in try inspection.get() }
    if let session { return try checkSession(session, memory, general, get) }
    // Of what a process left, the machine's own state is left to look at.
    guard let live = memory as? LiveProcess else { return machine(general) }
    return checkProcess(live.pid, general, get)
  }

  private func machine(_ general: [Check]) -> Checkup {
    Checkup(subject: nil, checks: general + [PermissionCheck().general])
  }

  private func inspect(_ memory: any ProcessMemory, _ session: Session?) throws(JITDebugError) -> Inspection {
    var options = Inspection.Options()
    options.sources = sources
    options.time = Self.inspectionTime
    return try Inspection(memory, session: session, options)
  }

  private func checkProcess(
    _ pid: Int32, _ general: [Check], _ inspection: () throws(JITDebugError) -> Inspection
  ) -> Checkup {
    var checks = general + [PermissionCheck().check(pid)]
    if let inputs = inputCheck(pid) { checks.append(inputs) }
    return Checkup(subject: "process \(pid)", checks: checks + codeChecks(inspection))
  }

  private func checkSession(
    _ session: Session, _ memory: any ProcessMemory, _ general: [Check],
    _ inspection: () throws(JITDebugError) -> Inspection
  ) throws(JITDebugError) -> Checkup {
    let description = session.description
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
    return Checkup(subject: "session \(session.id)", checks: checks + codeChecks(inspection))
  }

  private func codeChecks(_ inspection: () throws(JITDebugError) -> Inspection) -> [Check] {
    do throws(JITDebugError) {
      return CodeChecks(try inspection()).checks()
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
    options.environment = environment
    let (child, cleanup) = try SignalCleanup.add { () throws(JITDebugError) in
      let child = try ChildProcess(line[0], Array(line.dropFirst()), options)
      return (child, { kill(-child.pid, SIGKILL) })
    }
    defer {
      kill(-child.pid, SIGKILL)
      _ = child.wait()
      SignalCleanup.remove(cleanup)
    }
    let subject = "`\(command.joined(separator: " "))`"
    let deadline = Deadline(secondsFromNow: Self.codeTime)
    while deadline.milliseconds > 0, ProcessFacts.isRunning(child.pid), !Self.hasCode(child.pid) { usleep(50_000) }
    guard ProcessFacts.isRunning(child.pid) else {
      let inputs = InputChecks.check(Array(line.dropFirst()), for: nil)
      let ended = Finding(.commandEnded, subject: subject, "it ended before any code was registered")
      return Checkup(subject: subject, checks: general + (inputs.map { [$0] } ?? []) + [Check(.entries, failed: ended)])
    }
    var checkup = checkProcess(child.pid, general) { () throws(JITDebugError) in
      try inspect(try LiveProcess(pid: child.pid), nil)
    }
    checkup.subject = Printable.text(subject)
    return checkup
  }

  private static func hasCode(_ pid: Int32) -> Bool {
    guard let memory = try? LiveProcess(pid: pid), let modules = try? ProcessModules(of: memory) else { return false }
    var limits = JITEntries.Limits()
    limits.count = 1
    return JITHooks(of: modules, memory).all.prefix(16).contains { hook in
      guard let descriptor = hook.descriptor else { return false }
      return !JITEntries(at: descriptor.address, memory, modules.format, limits: limits).entries.isEmpty
    }
  }
}
