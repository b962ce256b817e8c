// Programs that go on without their controller: asking their executor for them, and ending them.

import Glibc

extension Session {
  func connect() throws(JITDebugError) -> Target {
    guard let endpoint = description.endpoint else {
      throw JITDebugError(.usage, "session \(id)", "its executor serves nobody else")
    }
    return Target(
      try ExecutorHandle(try ExecutorLocation(endpoint: endpoint, description.access ?? ExecutorAccess())).connection)
  }

  /// Whether the program runs that the session was about: another process may have its number meanwhile.
  func isThere(_ target: Target) -> Bool {
    guard let pid = description.pid, let code = description.generations.first?.code.start else { return false }
    return (try? target.readFile("/proc/\(pid)/mem", offset: code.rawValue, size: 1))?.count == 1
  }

  /// How long a program may take to end when it is asked to, in seconds.
  private static let stopLimit = 5.0

  /// Ends the session's program: by its controller where there is one, else through its executor. A program that does
  /// not end by SIGTERM is killed.
  package mutating func stop() throws(JITDebugError) {
    switch status {
    case .running:
      for signal in [SIGTERM, SIGINT, SIGKILL] {
        kill(description.controllerPid, signal)
        let deadline = Deadline(secondsFromNow: Self.stopLimit)
        while deadline.milliseconds > 0 {
          if !controller.isAlive { return }
          usleep(10_000)
        }
      }
      throw JITDebugError(
        .system, "session \(id)", "its controller, process \(description.controllerPid), does not end")
    case .detached: try stopOnTarget()
    case .ended, .abandoned: throw JITDebugError(.usage, "session \(id)", "does not run any more")
    }
  }

  private mutating func stopOnTarget() throws(JITDebugError) {
    guard let pid = description.pid else { return }
    let target = try connect()
    defer { target.connection.disconnect() }
    for signal in [SIGTERM, SIGKILL] {
      try target.postSignal(signal, to: pid)
      let deadline = Deadline(secondsFromNow: Self.stopLimit)
      while deadline.milliseconds > 0 {
        if !isThere(target) {
          try update { description in
            description.state = .ended
            description.end = .init(
              .signaled, value: signal, message: "stopped by jitdebug sessions --stop", time: Timestamp.now)
          }
          return
        }
        usleep(10_000)
      }
    }
    throw JITDebugError(.connection, "session \(id)", "process \(pid) on the target does not end")
  }
}
