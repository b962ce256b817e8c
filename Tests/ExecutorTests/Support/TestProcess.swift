// Programs that the tests start, and never leave behind.
import Foundation
import Glibc
import TestSupport

struct TestFailure: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// The package's folder.
let packageRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().path

/// Waits for something that other processes bring about. Bounded, and not a measure of anything.
func eventually(within seconds: Double = 20, _ condition: () throws -> Bool) rethrows -> Bool {
  let deadline = Date(timeIntervalSinceNow: seconds)
  while Date() < deadline {
    if try condition() { return true }
    usleep(5000)
  }
  return try condition()
}

/// A child process; killed when its owner goes.
final class TestProcess {
  enum Ending: Equatable {
    case exited(Int32)
    case signaled(Int32)
  }

  let pid: pid_t
  private let folder: TemporaryFolder
  private var ending: Ending?

  /// - Parameter descriptors: what to hand over, as (number in the child, number here).
  init(
    _ program: String, _ arguments: [String], descriptors: [(child: Int32, here: Int32)] = [],
    environment: [String: String] = [:], input: String = "/dev/null"
  ) throws {
    folder = try TemporaryFolder()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, folder.file("out"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, folder.file("err"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
    for (child, here) in descriptors { posix_spawn_file_actions_adddup2(&actions, here, child) }
    // The threads that run tests block signals, which a debugger would inherit to its harm.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var all = ProcessInfo.processInfo.environment
    all.merge(environment) { $1 }
    let variables = all.map { strdup("\($0)=\($1)") } + [nil]
    let words = ([program] + arguments).map { strdup($0) } + [nil]
    defer { (variables + words).forEach { free($0) } }
    var pid = pid_t()
    let status = posix_spawnp(&pid, program, &actions, &attributes, words, variables)
    guard status == 0 else { throw TestFailure("\(program): \(String(cString: strerror(status)))") }
    self.pid = pid
  }

  deinit {
    kill(pid, SIGKILL)
    _ = try? wait()
  }

  var output: String { (try? String(contentsOfFile: folder.file("out"), encoding: .utf8)) ?? "" }
  var errors: String { (try? String(contentsOfFile: folder.file("err"), encoding: .utf8)) ?? "" }

  var hasEnded: Bool {
    if ending != nil { return true }
    var status: Int32 = 0
    guard waitpid(pid, &status, WNOHANG) == pid else { return false }
    ending = status & 0x7f == 0 ? .exited((status >> 8) & 0xff) : .signaled(status & 0x7f)
    return true
  }

  @discardableResult func wait(within seconds: Double = 60) throws -> Ending {
    guard eventually(within: seconds, { hasEnded }), let ending else {
      throw TestFailure("process \(pid) still runs after \(seconds) s; output: \(output); errors: \(errors)")
    }
    return ending
  }

  func signal(_ number: Int32) { kill(pid, number) }

  /// Runs a program to its end and returns its output; anything but success is a failure.
  @discardableResult static func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:], within seconds: Double = 120
  ) throws -> String {
    let process = try TestProcess(program, arguments, environment: environment)
    guard try process.wait(within: seconds) == .exited(0) else {
      throw TestFailure("\(program) \(arguments.joined(separator: " ")) failed: \(process.output)\(process.errors)")
    }
    return process.output
  }
}

// MARK: /proc

/// The children of a process that have not been collected.
func children(of process: pid_t) -> [pid_t] {
  let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
  return tasks.flatMap { task in
    (try? String(contentsOfFile: "/proc/\(process)/task/\(task)/children", encoding: .utf8))?
      .split(separator: " ").compactMap { pid_t($0) } ?? []
  }
}

func descendants(of process: pid_t) -> [pid_t] {
  children(of: process).flatMap { [$0] + descendants(of: $0) }
}

/// Whether a process exists and is not just waiting to be collected.
func isAlive(_ process: pid_t) -> Bool {
  guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
    let state = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ").dropFirst().first
  else { return false }
  return state != "Z" && state != "X"
}
