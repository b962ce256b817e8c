// A listening executor for one test, and what must hold for it after each session.

import Foundation
import TestSupport
import Testing

/// Where a program runs: in an executor started for it, or in one reached over TCP.
enum Place: String, CaseIterable, CustomTestStringConvertible {
  case spawned, remote
  var testDescription: String { rawValue }

  /// The options that make a run go there, and what keeps that place open.
  func open(_ folder: RunFolder) throws -> (options: [String], listener: Listener?) {
    guard self == .remote else { return ([], nil) }
    let listener = try Listener(folder)
    return (["--connect", listener.address], listener)
  }
}

/// `jitdebug-executor --listen`, ended in `deinit`.
final class Listener {
  let process: BackgroundProcess
  let address: String
  private let marker: String

  init(_ folder: RunFolder, environment extra: [String: String] = [:], options: [String] = []) throws {
    let marker = "JITDEBUG_TEST_LISTENER=\(UUID().uuidString)"
    var environment = baseEnvironment.merging(extra) { $1 }
    let equals = try #require(marker.firstIndex(of: "="))
    environment[String(marker[..<equals])] = String(marker[marker.index(after: equals)...])
    process = try BackgroundProcess([folder.executor, "--listen", "127.0.0.1:0"] + options, environment: environment)
    try process.wait(for: "address") { $0.output.hasSuffix("\n") }
    address = process.output.trimmingCharacters(in: .newlines)
    self.marker = marker
  }

  deinit { process.signal(SIGTERM) }

  /// Waits until nothing but the listener itself is left of what it started.
  func expectIdle(sourceLocation: SourceLocation = #_sourceLocation) {
    let own = "\(process.pid) "
    func sessions() -> [String] { RunFolder.processes(marked: marker).filter { !$0.hasPrefix(own) } }
    let deadline = ContinuousClock.now + .seconds(10)
    while !sessions().isEmpty && ContinuousClock.now < deadline { poll(nil, 0, 5) }
    #expect(sessions() == [], "sessions left behind", sourceLocation: sourceLocation)
    #expect(kill(process.pid, 0) == 0, "the listener ended: \(process.errors)", sourceLocation: sourceLocation)
  }
}
