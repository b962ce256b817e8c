// A project that is being edited, and `jitdebug run --watch` of it.

import Foundation
import TestSupport
import Testing

/// A folder of sources, and the session that watches them; ended in `deinit`.
final class WatchedProject {
  let sessions: SessionFolder
  private(set) var process: BackgroundProcess!

  init(_ files: [String: String]) throws {
    sessions = try SessionFolder()
    for (name, text) in files { try write(text, to: name) }
  }

  func path(_ name: String) -> String { sessions.folder.file(name) }

  private func write(_ text: String, to name: String) throws {
    try text.write(toFile: path(name), atomically: false, encoding: .utf8)
  }

  /// Saves as some editors do, into the file, or as others do, by a new file in its place.
  func save(_ text: String, as name: String, inPlace: Bool = true) throws {
    try text.write(toFile: path(name), atomically: !inPlace, encoding: .utf8)
  }

  /// Starts the session.
  ///
  /// - Parameter fifo: where its standard input comes from, which has no end.
  func run(_ words: [String], environment: [String: String] = [:], fifo: String? = nil) throws {
    let shell = try fifo.map { (fifo) throws -> [String] in
      try TestSupport.run(["mkfifo", fifo]).succeeded()
      return ["sh", "-c", "exec \"$@\" 3<> '\(fifo)' < '\(fifo)'", "sh"]
    }
    process = try BackgroundProcess(
      (shell ?? []) + [Workspace.jitdebug, "run", "--watch"] + words,
      environment: sessions.environment.merging(environment) { $1 }, directory: sessions.folder.path)
  }

  /// Waits until all that was printed contains so many of a text.
  func expect(_ count: Int, of text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    try process.wait(for: "\(count) times \"\(text)\"", sourceLocation: sourceLocation) {
      "\($0.output)\($0.errors)".components(separatedBy: text).count > count
    }
  }

  /// Waits until the first program is there.
  func expectProgram() throws {
    try process.wait(for: "program") { _ in (try? description()["pid"]) != nil && (try? compiled()) != nil }
  }

  /// Presses Ctrl-C; the exit status.
  func end() throws -> Int32 {
    process.signal(SIGINT)
    return try process.finish(closingInput: false).status
  }

  func reload() throws -> String { try askForReload(try description()) }

  /// What the newest session's description says.
  func description() throws -> [String: Any] {
    let file = (sessions.sessions.last ?? "") + "/session.json"
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: file)))
    return json as? [String: Any] ?? [:]
  }

  /// The sources that were compiled so far, each as often as it was.
  func compiled() throws -> [String] {
    guard let spans = try description()["timeLine"] as? [[String: Any]] else {
      throw CommandFailure(description: "nothing is known of the session's course")
    }
    return spans.filter { $0["name"] as? String == "compile" }
      .compactMap { ($0["details"] as? [String: String])?["source"] }.sorted()
  }

  /// What a process has in memory and open.
  struct Size {
    var mappings: Int
    /// In kilobytes.
    var mapped: Int
    var resident: Int
    var descriptors: Int
  }

  func size(of pid: pid_t) throws -> Size {
    let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    func field(_ name: String) throws -> Int {
      let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("\(name):") })
      return try #require(Int(line.filter(\.isNumber)))
    }
    return Size(
      mappings: try String(contentsOfFile: "/proc/\(pid)/maps", encoding: .utf8).split(separator: "\n").count,
      mapped: try field("VmSize"), resident: try field("VmRSS"),
      descriptors: try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count)
  }
}

/// Asks as `jit reload` does; the answer.
func askForReload(_ description: [String: Any]) throws -> String {
  let socket = try #require(description["reloadSocket"] as? String)
  let script =
    "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); print(s.recv(4096).decode(), end='')"
  let result = try run(["python3", "-c", script, socket])
  try result.succeeded()
  return result.output
}
