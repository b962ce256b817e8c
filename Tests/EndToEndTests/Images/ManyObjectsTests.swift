// 501 objects, one registration: a breakpoint set beforehand in the last object hits in every run, in both debuggers.

import Foundation
import TestSupport
import Testing

@Suite("501 objects")
struct ManyObjectsTests {
  private static let runs = 20

  struct Way: Sendable, CustomTestStringConvertible {
    var debugger: any DebuggerDriver
    var testDescription: String { debugger.name }
    var commands: [String] {
      let function = GeneratedObjects.lastFunction
      return switch debugger.name {
      case "lldb": ["breakpoint set --name \(function)", "process continue", "thread backtrace", "continue"]
      default: ["break \(function)", "continue", "backtrace", "continue"]
      }
    }
  }

  @Test(
    "the breakpoint in the last one hits in 20 of 20 runs",
    arguments: [Way(debugger: LLDBDriver()), Way(debugger: GDBDriver())])
  func lastBreakpointHits(way: Way) throws {
    let objects = try GeneratedObjects.objects.get()
    let executor = try Workspace.executor.get()
    let expectedStatus = try GeneratedObjects.nativeStatus.get()
    var hits = 0
    var seconds: [Double] = []
    var sizes: Set<Int> = []
    for number in 1...Self.runs {
      let folder = try TemporaryFolder()
      var environment = baseEnvironment
      environment["XDG_STATE_HOME"] = folder.file("state")
      let command =
        [Workspace.jitdebug, "debug", "--executor", executor, "--debugger", way.debugger.name, "--batch"]
        + (way.debugger.settings + way.commands).flatMap { ["-o", $0] } + objects
      let result = try run(command, environment: environment, directory: folder.path, mergingErrors: true, timeout: 60)
      let stopped = try Regex(
        "(?:#0 +|`)\(GeneratedObjects.lastFunction) ?\\(value=-?[0-9]+\\) at [^ ]*\(GeneratedObjects.lastFile):[0-9]+")
      let hit = result.output.firstMatch(of: stopped) != nil && result.status == expectedStatus
      #expect(hit, "run \(number) ended with \(result.end):\n\(result.output.suffix(3000))")
      hits += hit ? 1 : 0
      seconds.append(result.seconds)
      sizes.insert(try SessionStore.registeredSize(in: SessionStore.session(in: folder.file("state"))))
    }
    let median = seconds.sorted()[seconds.count / 2]
    print(
      """
      501 objects in \(way.debugger.name): breakpoint in the last object hit in \(hits) of \(Self.runs) runs, \
      \(sizes.map(String.init).joined(separator: "/")) bytes sent to the target for debug info (the stub), \
      median of a whole session \(String(format: "%.2f", median)) s
      """)
  }
}
