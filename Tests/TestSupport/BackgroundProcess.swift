// A command that runs beside the test: it is written to, watched and signalled, and ends with its owner at the latest.

import Foundation
import Testing

/// A spawned process with pipes for its standard streams, leader of its own process group.
package final class BackgroundProcess {
  private var child: ChildProcess
  private var input = Data()
  private var isReaped = false

  package init(_ command: [String], environment: [String: String] = baseEnvironment, directory: String? = nil) throws {
    child = try ChildProcess(command, environment: environment, directory: directory, mergingErrors: false)
  }

  deinit {
    child.closeAll()
    if !isReaped { _ = child.reap(kill: true, until: .now) }
  }

  package var pid: pid_t { child.pid }
  package var outputBytes: Data { child.collected[0] }
  package var output: String { String(decoding: outputBytes, as: UTF8.self) }
  package var errors: String { String(decoding: child.collected[1], as: UTF8.self) }

  /// Writes to its standard input, as far as it reads, while something is waited for.
  package func send(_ text: String) { input += Data(text.utf8) }

  package func signal(_ number: Int32) { kill(child.pid, number) }

  /// Waits until the condition holds, which is asked again after each output.
  package func wait(
    for what: String, within seconds: Double = 30, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: (BackgroundProcess) throws -> Bool
  ) throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try !condition(self) {
      guard !hasEnded, ContinuousClock.now < deadline else {
        Issue.record("no \(what); output: \(output)\nstandard error: \(errors)", sourceLocation: sourceLocation)
        throw CommandFailure(description: "no \(what)")
      }
      // Short rounds: the condition may be about something else than output.
      _ = child.transfer(&input, until: min(deadline, .now + .milliseconds(20)))
    }
  }

  package func expect(
    _ text: String, within seconds: Double = 30, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try wait(for: "\"\(text)\"", within: seconds, sourceLocation: sourceLocation) {
      $0.output.contains(text) || $0.errors.contains(text)
    }
  }

  /// Whether both outputs have come to their ends.
  private var hasEnded: Bool { child.outputEnds == [-1, -1] }

  /// Closes its input unless told not to, and waits for the end of its output and of itself.
  package func finish(
    closingInput: Bool = true, within seconds: Double = 30, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> CommandResult {
    let start = ContinuousClock.now
    let deadline = start + .seconds(seconds)
    var isInTime = true
    while isInTime && !hasEnded {
      if closingInput && input.isEmpty { child.closeInput() }
      isInTime = child.transfer(&input, until: deadline)
    }
    let end = child.reap(kill: !isInTime, until: deadline)
    isReaped = true
    let result = CommandResult(
      end: end, standardOutput: child.collected[0], standardError: child.collected[1],
      seconds: (ContinuousClock.now - start) / .seconds(1))
    #expect(
      end != .timedOut, "still running after \(seconds) s; standard error: \(errors)", sourceLocation: sourceLocation)
    return result
  }
}
