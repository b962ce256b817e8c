// A user at a terminal: runs a command in a pseudo-terminal of its own, types, and waits for what it shows.

import Foundation
import Testing

/// A command and its controlling terminal. Its whole session is killed in `deinit`.
package final class PseudoTerminal {
  private let controller: Int32
  package let pid: pid_t
  /// All output so far, and how much of it `expect` has gone past.
  package private(set) var transcript = ""
  private var seen = ""

  package init(_ command: [String], environment: [String: String] = baseEnvironment) throws {
    controller = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard controller >= 0, grantpt(controller) == 0, unlockpt(controller) == 0 else {
      throw CommandFailure(description: "no pseudo-terminal: \(String(cString: strerror(errno)))")
    }
    var name = [CChar](repeating: 0, count: 128)
    ptsname_r(controller, &name, name.count)
    var size = winsize(ws_row: 40, ws_col: 200, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(controller, UInt(TIOCSWINSZ), &size)

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // The leader of a new session that opens a terminal gets it as its controlling one.
    posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, 0, 1)
    posix_spawn_file_actions_adddup2(&actions, 0, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    // POSIX_SPAWN_SETSID, which Glibc's module leaves out.
    posix_spawnattr_setflags(&attributes, Int16(0x80 | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    let variables = environment.merging(["TERM": "xterm"]) { $1 }
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    var strings: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for string in arguments + strings { free(string) } }
    var child = pid_t()
    let error = posix_spawnp(&child, command[0], &actions, &attributes, &arguments, &strings)
    // Negative where there is none to kill: 0 would be our own process group.
    pid = error == 0 ? child : -1
    guard error == 0 else {
      throw CommandFailure(description: "cannot start \(command[0]): \(String(cString: strerror(error)))")
    }
  }

  deinit {
    // The terminal's hang-up takes everything with it that still belongs to the session; the leader for certain.
    close(controller)
    guard pid > 0 else { return }
    kill(pid, SIGKILL)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
  }

  package func send(_ line: String) { type(line + "\n") }

  /// Presses Ctrl and a letter.
  package func control(_ letter: Character) { type(String(UnicodeScalar(letter.asciiValue! & 0x1f))) }

  private func type(_ text: String) { _ = text.withCString { write(controller, $0, strlen($0)) } }

  /// Waits until the text appears after what was expected before; colours and cursor movements are taken out.
  package func expect(_ text: String, within seconds: Double = 30, sourceLocation: SourceLocation = #_sourceLocation)
    throws
  {
    if shows(text, within: seconds) { return }
    Issue.record("no \"\(text)\" in:\n\(seen)\nof:\n\(transcript)", sourceLocation: sourceLocation)
    throw CommandFailure(description: "the terminal does not show \"\(text)\"")
  }

  /// The same, where its absence is no failure.
  package func shows(_ text: String, within seconds: Double) -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
      if let range = seen.range(of: text) {
        seen.removeSubrange(..<range.upperBound)
        return true
      }
      guard readMore(until: deadline) else { return false }
    }
  }

  /// Waits until the condition holds for all output so far; false at the end of the output or at the deadline.
  package func wait(within seconds: Double, until condition: (String) -> Bool) -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while !condition(transcript) {
      guard readMore(until: deadline) else { return false }
    }
    return true
  }

  /// Waits for the end; the exit status, or 128 + the signal.
  package func wait(within seconds: Double = 30, sourceLocation: SourceLocation = #_sourceLocation) throws -> Int32 {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while readMore(until: deadline) {}
    var status: Int32 = 0
    while waitpid(pid, &status, WNOHANG) == 0 {
      guard ContinuousClock.now < deadline else {
        Issue.record("still running:\n\(transcript)", sourceLocation: sourceLocation)
        throw CommandFailure(description: "the command in the terminal does not end")
      }
      usleep(2000)
    }
    return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f)
  }

  /// Whether lines are edited by the terminal and echoed, as a shell expects it.
  package var isCooked: Bool {
    var settings = termios()
    tcgetattr(controller, &settings)
    return settings.c_lflag & UInt32(ICANON) != 0 && settings.c_lflag & UInt32(ECHO) != 0
  }

  /// False at the end of the output, which comes when nobody has the terminal open any more, or at the deadline.
  private func readMore(until deadline: ContinuousClock.Instant) -> Bool {
    var entry = pollfd(fd: controller, events: Int16(POLLIN), revents: 0)
    let left = (deadline - ContinuousClock.now).components
    let milliseconds = max(0, left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000)
    guard poll(&entry, 1, Int32(milliseconds)) > 0 else { return false }
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = read(controller, &buffer, buffer.count)
    guard count > 0 else { return false }
    let text = String(decoding: buffer[..<count].filter { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
      .replacing(/\u{1b}\[[0-9;?]*[A-Za-z]/, with: "")
    transcript += text
    seen += text
    return true
  }
}

@_silgen_name("posix_openpt") private func posix_openpt(_ flags: Int32) -> Int32
@_silgen_name("grantpt") private func grantpt(_ descriptor: Int32) -> Int32
@_silgen_name("unlockpt") private func unlockpt(_ descriptor: Int32) -> Int32
@_silgen_name("ptsname_r") @discardableResult
private func ptsname_r(_ descriptor: Int32, _ buffer: UnsafeMutablePointer<CChar>, _ size: Int) -> Int32
