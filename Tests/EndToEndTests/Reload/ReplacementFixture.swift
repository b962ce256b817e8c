// What the tests of `run --watch --reload-at` share: a running program whose sources the test edits.

import Foundation
import TestSupport
import Testing

/// `jitdebug run --watch --reload-at reload_point` of sources in a folder of its own; ended in `deinit`.
final class ReplacedProgram {
  let folder: TemporaryFolder
  let process: BackgroundProcess
  var environment: [String: String] { baseEnvironment.merging(["XDG_STATE_HOME": folder.file("state")]) { $1 } }

  /// - Parameters:
  ///   - sources: names and texts, in the order of the command line.
  ///   - options: come before them; those that say where it runs, if it is not here.
  init(_ sources: KeyValuePairs<String, String>, _ options: [String] = []) throws {
    folder = try TemporaryFolder()
    for (name, text) in sources { try Self.write(text, to: folder.file(name)) }
    let place = options.contains("--connect") ? [] : ["--executor", try Workspace.executor.get()]
    process = try BackgroundProcess(
      [Workspace.jitdebug, "run", "--watch", "--reload-at", "reload_point"] + place + options
        + sources.filter { !$0.key.hasSuffix(".h") }.map(\.key),
      environment: baseEnvironment.merging(["XDG_STATE_HOME": folder.file("state")]) { $1 }, directory: folder.path)
  }

  deinit { process.signal(SIGINT) }

  /// Saves a source as an editor does.
  func save(_ name: String, _ text: String) throws { try Self.write(text, to: folder.file(name)) }

  private static func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
  }

  /// The newest of the lines that tell of replacements; nil before the first one.
  var announcement: String? {
    process.errors.split(separator: "\n").last { $0.contains("replaced") }.map(String.init)
  }

  /// Waits for so many replacements, since the program's start, to be announced.
  func waitForReplacements(_ count: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
    try process.wait(for: "replacement \(count)", sourceLocation: sourceLocation) {
      $0.errors.contains("; \(count) old generation")
    }
  }

  /// The bytes that old generations keep, as announced last.
  func announcedKilobytes() throws -> Int {
    let line = try #require(announcement)
    let found = try #require(line.firstMatch(of: #/old generations?, (\d+) KB/#), "\(line)")
    return try #require(Int(found.1))
  }

  func description() throws -> [String: Any] {
    let root = folder.file("state/jitdebug/sessions")
    let session = try #require(try FileManager.default.contentsOfDirectory(atPath: root).first)
    let data = try Data(contentsOf: URL(filePath: "\(root)/\(session)/session.json"))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  /// What the program's own reservation holds, in kilobytes, as the system tells: all of it that can be accessed.
  func usedKilobytes() throws -> Int {
    let description = try description()
    let pid = try #require(description["pid"] as? Int)
    let generations = try #require(description["generations"] as? [[String: Any]])
    let code = try #require(generations.first?["code"] as? [String: Any])
    let start = try #require(Self.number(code["start"]))
    var used: UInt64 = 0
    for line in try String(contentsOfFile: "/proc/\(pid)/maps", encoding: .utf8).split(separator: "\n") {
      let fields = line.split(separator: " ")
      let bounds = fields[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
      guard bounds[0] >= start, bounds[0] < start + 64 << 20, !fields[1].hasPrefix("---") else { continue }
      used += bounds[1] - bounds[0]
    }
    return Int(used / 1024)
  }

  private static func number(_ value: Any?) -> UInt64? {
    if let number = value as? UInt64 { return number }
    guard let text = value as? String else { return nil }
    return text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
  }
}

/// A program whose every variable counts its turns.
enum CountingProgram {
  static let main = """
    #include <stdio.h>
    #include <unistd.h>
    #ifdef THREADS
    #include <pthread.h>
    #endif
    int version(void);
    void work(void);
    int busy(int);
    __attribute__((noinline)) void reload_point(void) { usleep(1000); }
    static void *spin(void *unused) {
      for (volatile int turn = 0;; turn++) busy(turn);
      return unused;
    }
    int main(void) {
    #ifdef THREADS
      pthread_t thread;
      for (int i = 0; i < 2; i++) pthread_create(&thread, 0, spin, 0);
    #else
      (void)spin;
    #endif
      setvbuf(stdout, 0, _IOLBF, 0);
      for (int seen = 0;;) {
        int now = version();
        if (now != seen) work();
        seen = now;
        reload_point();
      }
    }

    """

  /// Prints how often it was called, by each of its variables, and what the callback does that the first version stored.
  static func work(_ version: Int) -> String {
    String(repeating: "// another line\n", count: version)
      + """
      #include <stdio.h>
      int global_count = 100;
      static int file_count;
      static int answer(int x) { return x + \(version); }
      static int (*callback)(int);
      int busy(int x) { return answer(x) + \(version); }
      int version(void) { return \(version); }
      void work(void) {
        static int function_count;
        if (!callback) callback = answer;
        function_count++; // @work
        file_count++;
        global_count++;
        int next = answer(function_count); // @answer
        printf("version %d: %d %d %d, callback %d, next %d\\n", \(version), global_count, file_count, function_count,
               callback(1000), next);
      }

      """
  }

  /// What version number `version` prints when it is called for the `turn`th time.
  static func output(_ version: Int, turn: Int) -> String {
    "version \(version): \(100 + turn) \(turn) \(turn), callback \(1000 + version), next \(turn + version)\n"
  }

  /// The line with a marker in a version's text.
  static func line(_ marker: String, _ version: Int) -> Int {
    let lines = work(version).split(separator: "\n", omittingEmptySubsequences: false)
    return lines.firstIndex { $0.hasSuffix("// @\(marker)") }! + 1
  }
}
