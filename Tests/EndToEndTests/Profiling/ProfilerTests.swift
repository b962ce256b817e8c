// `run --perf-map` and `--jitdump`, judged by perf: its report names the function, its annotation the line.

import Foundation
import TestSupport
import Testing

@Suite("profilers")
struct ProfilerTests {
  static let source = Workspace.programs + "/profiling/spin.cpp"
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func command(_ words: [String]) throws -> CommandResult {
    var environment = baseEnvironment
    environment["XDG_STATE_HOME"] = folder.file("state")
    // Or perf keeps copies of what it sees in the user's home.
    environment["HOME"] = folder.path
    return try run(words, environment: environment, directory: folder.path, timeout: 120)
  }

  private func perf(_ words: [String]) throws -> String {
    let result = try command(["perf"] + words)
    #expect(result.end == .exited(0), "perf \(words): \(result.output) \(result.errors)")
    return result.output
  }

  /// Runs the program under perf; the number of its process.
  private func record(_ option: String) throws -> Int {
    // A clock of the kernel's, for virtual machines have no counters of the processor's.
    let run = [Workspace.jitdebug, "run", "-O1", "--executor", try Workspace.executor.get(), option, Self.source]
    _ = try perf(["record", "--quiet", "-k", "mono", "-e", "cpu-clock", "-o", "perf.data"] + run)
    let sessions = try FileManager.default.contentsOfDirectory(atPath: folder.file("state/jitdebug/sessions"))
    let file = folder.file("state/jitdebug/sessions/\(try #require(sessions.max()))/session.json")
    let description = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: file))) as? [String: Any]
    return try #require(description?["pid"] as? Int)
  }

  /// The share of samples, in percent, of the first line of a report that has `name`.
  private func share(of name: String, in report: String) throws -> Double {
    let line = try #require(report.split(separator: "\n").first { $0.contains(name) }, "no \(name) in:\n\(report)")
    return try #require(Double(line.drop { $0 == " " }.prefix { $0 != "%" }), "\(line)")
  }

  @Test("perf's report names functions by the map")
  func map() throws {
    let pid = try record("--perf-map")
    let map = "/tmp/perf-\(pid).map"
    defer { unlink(map) }
    let names = try String(contentsOfFile: map, encoding: .utf8).split(separator: "\n").map {
      $0.split(separator: " ", maxSplits: 2).last.map(String.init)
    }
    #expect(names.contains("app::Spinner::spin(unsigned long)") && names.contains("main"), "\(names)")
    let report = try perf(["report", "--stdio", "-i", "perf.data", "--comms", "jitdebug-execut"])
    #expect(try share(of: "app::Spinner::spin(unsigned long)", in: report) > 20)
  }

  @Test("perf's report names functions, and its annotation lines, by the dump")
  func dump() throws {
    let pid = try record("--jitdump")
    #expect(FileManager.default.fileExists(atPath: folder.file("jit-\(pid).dump")))
    _ = try perf(["inject", "--jit", "-i", "perf.data", "-o", "jit.data"])
    let report = try perf(["report", "--stdio", "-i", "jit.data", "--comms", "jitdebug-execut"])
    #expect(try share(of: "app::Spinner::spin", in: report) > 20)
    let lines = try String(contentsOfFile: Self.source, encoding: .utf8).split(
      separator: "\n", omittingEmptySubsequences: false)
    let hot = try #require(lines.firstIndex { $0.hasSuffix("// @hot") }) + 1
    let annotation = try perf(["annotate", "--stdio", "-l", "-i", "jit.data", "-s", "app::Spinner::spin"])
    let listed = annotation.split(separator: "\n").filter { $0.contains(" spin.cpp:") }
    #expect(listed.contains { $0.contains(" spin.cpp:\(hot)") }, "\(annotation)")
    // A later one, of another process, has a file of its own.
    let later = try record("--jitdump")
    #expect(later != pid)
  }

  @Test("a program elsewhere is nothing that perf could look at here", arguments: ["--perf-map", "--jitdump"])
  func elsewhere(option: String) throws {
    let executor = try Workspace.executor.get()
    let result = try command([
      Workspace.jitdebug, "run", "--connect", "exec:unshare --pid --fork \(executor) --stdio", option, Self.source,
    ])
    #expect(result.end == .exited(64))
    #expect(result.errors.hasPrefix("error: \(option): the program does not run on this machine\n"), "\(result.errors)")
  }
}
