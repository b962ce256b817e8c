// Runs a command in its own process group with a deadline, feeding its input and collecting all its output.

import Foundation

/// How a command ended, in the shell's convention, and what it printed.
package struct CommandResult: Sendable {
  package enum End: Equatable, Sendable {
    case exited(Int32)
    case signaled(Int32)
    /// It was still running at its deadline, and was killed together with its process group.
    case timedOut
  }
  package var end: End
  package var standardOutput: Data
  package var standardError: Data
  package var seconds: Double

  /// The exit status, or 128+N after signal N; -1 after a timeout.
  package var status: Int32 {
    switch end {
    case .exited(let code): code
    case .signaled(let number): 128 + number
    case .timedOut: -1
    }
  }
  package var output: String { String(decoding: standardOutput, as: UTF8.self) }
  package var errors: String { String(decoding: standardError, as: UTF8.self) }
}

package struct CommandFailure: Error, CustomStringConvertible {
  package var description: String
  package init(description: String) { self.description = description }
}

/// Runs `command` (found along PATH unless it has a slash) to its end and to the end of its output.
///
/// With `mergingErrors`, standard error goes into standard output, in the order of writing.
/// Output has to end too: a process that the command leaves behind with its output open counts as a timeout.
package func run(
  _ command: [String], input: Data = Data(), environment: [String: String] = baseEnvironment,
  directory: String? = nil, mergingErrors: Bool = false, timeout: Double = 60
) throws -> CommandResult {
  let start = ContinuousClock.now
  var child = try ChildProcess(
    command, environment: environment, directory: directory, mergingErrors: mergingErrors)
  let finished = child.exchange(input: input, until: start + .seconds(timeout))
  let end = child.reap(kill: !finished, until: start + .seconds(timeout))
  let elapsed = (ContinuousClock.now - start).components
  return CommandResult(
    end: end, standardOutput: child.collected[0], standardError: child.collected[1],
    seconds: Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18)
}

/// The environment of every command: nothing of the user's that could change what a program or debugger prints.
package let baseEnvironment: [String: String] = {
  let inherited = ProcessInfo.processInfo.environment
  var environment = ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "dumb", "NO_COLOR": "1"]
  // The user's cache is neither filled nor used.
  environment["JITDEBUG_NO_CACHE"] = "1"
  for name in ["PATH", "HOME", "TMPDIR"] { environment[name] = inherited[name] ?? environment[name] }
  return environment
}()

/// A spawned process, leader of its own group, and our ends of its three pipes (-1 once closed).
struct ChildProcess {
  let pid: pid_t
  var inputEnd: Int32
  var outputEnds: [Int32]
  var collected = [Data(), Data()]

  init(_ command: [String], environment: [String: String], directory: String?, mergingErrors: Bool) throws {
    var pipes = [Int32](repeating: -1, count: 6)
    for i in 0..<3 {
      let made = pipes.withUnsafeMutableBufferPointer { pipe2($0.baseAddress! + 2 * i, O_CLOEXEC) }
      guard made == 0 else { throw CommandFailure(description: "pipe2: \(String(cString: strerror(errno)))") }
    }
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_adddup2(&actions, pipes[0], 0)
    posix_spawn_file_actions_adddup2(&actions, pipes[3], 1)
    posix_spawn_file_actions_adddup2(&actions, mergingErrors ? pipes[3] : pipes[5], 2)
    if let directory { _ = posix_spawn_file_actions_addchdir_np(&actions, directory) }
    // The test runner's signal dispositions are not the program's.
    var signals = sigset_t()
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for p in arguments + variables { free(p) } }
    var pid: pid_t = 0
    let error = posix_spawnp(&pid, command[0], &actions, &attributes, &arguments, &variables)
    for fd in [pipes[0], pipes[3], pipes[5]] { close(fd) }
    self.pid = pid
    inputEnd = pipes[1]
    outputEnds = [pipes[2], pipes[4]]
    if error != 0 {
      closeAll()
      throw CommandFailure(description: "cannot start \(command[0]): \(String(cString: strerror(error)))")
    }
    _ = fcntl(inputEnd, F_SETFL, O_NONBLOCK)
  }

  /// Writes the input and reads both outputs to their ends; false if the deadline came first.
  mutating func exchange(input: Data, until deadline: ContinuousClock.Instant) -> Bool {
    var rest = input
    defer { closeAll() }
    while inputEnd >= 0 || outputEnds != [-1, -1] {
      if rest.isEmpty { closeInput() }
      guard transfer(&rest, until: deadline) else { return false }
    }
    return true
  }

  /// Waits for one chance to write input or read output, and takes it; false if the deadline came first.
  mutating func transfer(_ rest: inout Data, until deadline: ContinuousClock.Instant) -> Bool {
    var polled = [
      pollfd(fd: rest.isEmpty ? -1 : inputEnd, events: Int16(POLLOUT), revents: 0),
      pollfd(fd: outputEnds[0], events: Int16(POLLIN), revents: 0),
      pollfd(fd: outputEnds[1], events: Int16(POLLIN), revents: 0),
    ]
    if polled.allSatisfy({ $0.fd < 0 }) { return true }
    let left = milliseconds(until: deadline)
    guard left > 0 else { return false }
    guard poll(&polled, 3, left) >= 0 || errno == EINTR else { return false }
    if polled[0].revents != 0 {
      // A reader that has gone is the program's business: a write fails with EPIPE, and input ends.
      let written = rest.withUnsafeBytes { writeWithoutSignal(inputEnd, $0) }
      if written > 0 {
        rest = Data(rest.dropFirst(written))
      } else if errno != EAGAIN {
        rest = Data()
        closeInput()
      }
    }
    for i in 0..<2 where polled[i + 1].revents != 0 {
      var buffer = [UInt8](repeating: 0, count: 65536)
      let count = read(outputEnds[i], &buffer, buffer.count)
      if count > 0 {
        collected[i].append(contentsOf: buffer[..<count])
      } else if count == 0 || errno != EINTR {
        close(outputEnds[i])
        outputEnds[i] = -1
      }
    }
    return true
  }

  /// Collects the exit status, killing the whole group first if asked to or when the deadline passes.
  func reap(kill mustKill: Bool, until deadline: ContinuousClock.Instant) -> CommandResult.End {
    var status: Int32 = 0
    var timedOut = mustKill
    while !timedOut {
      let result = waitpid(pid, &status, WNOHANG)
      if result == pid { break }
      if result < 0 && errno != EINTR || milliseconds(until: deadline) == 0 { timedOut = true }
      poll(nil, 0, 1)  // Its output has ended, so its exit is at most moments away.
    }
    if timedOut {
      kill(-pid, SIGKILL)
      waitpid(pid, &status, 0)
      return .timedOut
    }
    return status & 0x7f == 0 ? .exited(status >> 8 & 0xff) : .signaled(status & 0x7f)
  }

  mutating func closeInput() {
    if inputEnd >= 0 { close(inputEnd) }
    inputEnd = -1
  }

  mutating func closeAll() {
    for fd in outputEnds where fd >= 0 { close(fd) }
    outputEnds = [-1, -1]
    closeInput()
  }
}

func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
  let left = (deadline - ContinuousClock.now).components
  return Int32(clamping: max(0, left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000))
}

/// `write` on a pipe with SIGPIPE kept from the test process.
private func writeWithoutSignal(_ fd: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  _ = ignoreBrokenPipes
  return write(fd, bytes.baseAddress!, bytes.count)
}

private let ignoreBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

// Glibc's module leaves out what needs _GNU_SOURCE. Without pipe2 a parallel test's child could inherit a pipe end.
@_silgen_name("pipe2")
private func pipe2(_ ends: UnsafeMutablePointer<Int32>, _ flags: Int32) -> Int32
@_silgen_name("posix_spawn_file_actions_addchdir_np")
private func posix_spawn_file_actions_addchdir_np(
  _ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ path: UnsafePointer<CChar>
) -> Int32
