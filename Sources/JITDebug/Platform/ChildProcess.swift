// Starting programs and waiting for them. (Handing an open socket over is beyond what swift-subprocess offers.)

import Glibc

/// A program started by this process.
package struct ChildProcess: Sendable {
  package let pid: pid_t

  package struct Options {
    /// Descriptors of the child: its own number, and the one here that it becomes.
    package var descriptors: [(child: Int32, here: Int32)] = []
    /// Whether it leaves the terminal's foreground group, so that Ctrl-C does not reach it.
    package var ownProcessGroup = false
    /// Variables beside this process's own, or instead of those of the same name; each name once.
    package var environment: [(name: String, value: String)] = []
    package init() {}
  }

  /// - Parameter program: a path, or a name to look up in PATH.
  package init(_ program: String, _ arguments: [String], _ options: Options = Options()) throws(JITDebugError) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (child, here) in options.descriptors { posix_spawn_file_actions_adddup2(&actions, here, child) }

    // Children start with default signals, whatever this process has blocked or ignored for itself.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var mask = sigset_t()
    sigemptyset(&mask)
    posix_spawnattr_setsigmask(&attributes, &mask)
    var defaults = sigset_t()
    sigemptyset(&defaults)
    for signal in [SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ] { sigaddset(&defaults, signal) }
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    var flags = Int32(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
    if options.ownProcessGroup {
      flags |= Int32(POSIX_SPAWN_SETPGROUP)
      posix_spawnattr_setpgroup(&attributes, 0)
    }
    posix_spawnattr_setflags(&attributes, Int16(flags))

    var pid = pid_t()
    let strings = ([program] + arguments).map { strdup($0) }
    defer { strings.forEach { free($0) } }
    let added = options.environment.map { strdup("\($0.name)=\($0.value)") }
    defer { added.forEach { free($0) } }
    let variables = Self.inherited(without: options.environment.map(\.name)) + added
    let status = posix_spawnp(&pid, program, &actions, &attributes, strings + [nil], variables + [nil])
    guard status == 0 else {
      throw JITDebugError(.system, program, "cannot be started: \(systemMessage(status).lowercasedFirst)")
    }
    self.pid = pid
  }

  /// This process's variables but for some.
  private static func inherited(without names: [String]) -> [UnsafeMutablePointer<CChar>?] {
    var entries: [UnsafeMutablePointer<CChar>?] = []
    var place = environ
    while let entry = place.pointee {
      if !names.contains(where: { strncmp(entry, "\($0)=", $0.utf8.count + 1) == 0 }) { entries.append(entry) }
      place += 1
    }
    return entries
  }

  /// Waits for the end; a non-zero status is a result, not an error.
  package func wait() -> Ending {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 {
      if errno != EINTR { return .exited(127) }
    }
    return Ending(waitStatus: status)
  }

  /// Waits for the end, and kills the process if it has not come within so many seconds.
  package func wait(killAfter limit: Double) -> Ending {
    let deadline = Deadline(secondsFromNow: limit)
    // Most end within a moment, which is not to be slept through.
    var pause: UInt32 = 50
    while true {
      var status: Int32 = 0
      let result = waitpid(pid, &status, WNOHANG)
      if result == pid { return Ending(waitStatus: status) }
      if result < 0 && errno != EINTR { return .exited(127) }
      if deadline.milliseconds == 0 { kill(pid, SIGKILL) }
      usleep(pause)
      pause = min(2 * pause, 1000)
    }
  }

  /// The same for the leader of a process group, which is killed as a whole: when the time is up or `isEnough`, and when the
  /// leader has ended and left others behind.
  package func waitForGroup(killAfter limit: Double, orWhen isEnough: () -> Bool = { false }) -> Ending {
    let cleanup = SignalCleanup.add { kill(-pid, SIGKILL) }
    defer { SignalCleanup.remove(cleanup) }
    let deadline = Deadline(secondsFromNow: limit)
    // Not reaped before the group is gone, so that the group's number stays its own.
    while !isZombie {
      if deadline.milliseconds == 0 || isEnough() { kill(-pid, SIGKILL) }
      usleep(500)
    }
    kill(-pid, SIGKILL)
    return wait()
  }

  /// Whether it has ended, and nobody has asked how.
  private var isZombie: Bool {
    var information = siginfo_t()
    guard waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG | WNOWAIT) == 0 else { return errno != EINTR }
    return information.si_signo != 0
  }

  /// Whether it has ended; asks once only, as the answer takes the process's number with it.
  package var hasEnded: Bool {
    var status: Int32 = 0
    return waitpid(pid, &status, WNOHANG) != 0
  }

  package enum Ending: Equatable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case signaled(Int32)

    package var description: String {
      switch self {
      case .exited(let status): "exited with status \(status)"
      case .signaled(let number): "was killed by signal \(number) (\(String(cString: strsignal(number))))"
      }
    }

    /// As waitpid encodes it.
    init(waitStatus status: Int32) {
      self = status & 0x7f == 0 ? .exited((status >> 8) & 0xff) : .signaled(status & 0x7f)
    }
  }
}

/// What a child writes to one of its descriptors.
package final class OutputPipe {
  private let reader: Descriptor
  private var open: Descriptor?

  package init() throws(JITDebugError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw JITDebugError(.system, "pipe", systemMessage(errno).lowercasedFirst) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    reader = Descriptor(ends[0])
    open = Descriptor(ends[1])
  }

  /// For the child; not to be used after `closeWriter` and `readToEnd`.
  package var writer: Descriptor { open! }
  /// For poll.
  package var polled: Int32 { reader.raw }

  /// From then on the pipe's end is that of the child and its descendants.
  package func closeWriter() { open = nil }

  /// Everything until the child and its descendants have closed their ends; nil if `interruption` became readable before.
  package func readToEnd(unless interruption: Descriptor? = nil) -> [UInt8]? {
    closeWriter()
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      // A negative descriptor is left out by poll.
      var entries = [reader.raw, interruption?.raw ?? -1].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      if poll(&entries, 2, -1) < 0 { continue }
      if entries[1].revents != 0 { return nil }
      let count = read(reader.raw, &chunk, chunk.count)
      if count > 0 {
        result += chunk[..<count]
      } else if count == 0 || errno != EINTR {
        return result
      }
    }
  }
}
