// Looking at a session on another machine, whose processes cannot be found from here: doctor, inspect, report, and a crash.

import Foundation
import TestSupport
import Testing

@Suite("remote diagnosis")
struct RemoteDiagnosisTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func document(_ name: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(filePath: folder.file(name)))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  /// The checks of a document that passed, and those that did not.
  private func checks(_ name: String) throws -> (passed: Set<String>, failed: [String], all: [[String: Any]]) {
    let all = try #require(try document(name)["checks"] as? [[String: Any]])
    func names(_ passed: Bool) -> [String] {
      all.filter { $0["passed"] as? Bool == passed }.compactMap { $0["id"] as? String }
    }
    return (Set(names(true)), names(false), all)
  }

  @Test("doctor, inspect and report read the process by way of its executor")
  func running() throws {
    let result = try DeskProgram.run(
      on: try Workspace.executor.get(), server: "gdbserver", in: folder,
      """
      start $T
      "$J" sessions --json > sessions.json
      id=$(sed -nE 's/.*"id" : "(.*)".*/\\1/p' sessions.json) pid=$(sed -nE 's/.*"pid" : ([0-9]+).*/\\1/p' sessions.json)
      "$J" doctor --json --session $id > session.json; echo "session: $?"
      "$J" doctor --json --connect $T --pid $pid > pid.json; echo "pid: $?"
      "$J" inspect --json > inspect.json; echo "inspect: $?"
      "$J" report -o report.tar.gz; echo "report: $?"
      kill $run
      finish
      """)
    let text = result.output
    for line in ["session: 0\n", "pid: 0\n", "inspect: 0\n", "report: 0\n", "run: 143\n"] {
      #expect(text.contains(line), "no \(line) in:\n\(text)")
    }
    for name in ["session.json", "pid.json"] {
      let (passed, failed, all) = try checks(name)
      #expect(failed == [], "\(all)")
      #expect(passed.isSuperset(of: ["target", "debug-server", "hooks", "entries", "debug-info"]), "\(all)")
    }
    #expect(try checks("session.json").passed.contains("sources"))
    #expect(try document("inspect.json")["entryCount"] as? Int == 1)

    try run(["tar", "-xzf", folder.file("report.tar.gz"), "-C", folder.path]).succeeded()
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    let bundle = try #require(names.first { $0.hasPrefix("jitdebug-report-") })
    #expect(try checks("\(bundle)/doctor.json").failed == [])
    #expect(try document("\(bundle)/inspect.json")["entryCount"] as? Int == 1)
    let maps = try String(contentsOfFile: folder.file("\(bundle)/maps"), encoding: .utf8)
    #expect(maps.contains(" /bin/jitdebug-executor\n") && maps.contains(" /opt/lib/libc.so.6\n"), "\(maps)")
    let page = try String(contentsOfFile: folder.file("\(bundle)/report.html"), encoding: .utf8)
    for text in ["10.77.0.2:4711", "session.c", "/opt/lib/libc.so.6", "entry 0"] { #expect(page.contains(text)) }
    #expect(FileManager.default.fileExists(atPath: folder.file("\(bundle)/objects/entry-0.elf")))
  }

  @Test("what a crash there left is told, and is in the report")
  func crashed() throws {
    let line = try DebuggerProgram.line("crash")
    let result = try DeskProgram.run(
      on: try Workspace.executor.get(), server: "gdbserver", in: folder,
      """
      "$J" run --connect $T "$S" -- crash; echo "run: $?"
      "$J" report -o report.html; echo "report: $?"
      """)
    for text in ["crash: SIGSEGV in main at ", "session.c:\(line):", "write to 0x10", "run: 139\n", "report: 0\n"] {
      #expect(result.output.contains(text), "no \(text) in:\n\(result.output)")
    }
    let page = try String(contentsOfFile: folder.file("report.html"), encoding: .utf8)
    #expect(page.contains("<section id=\"crash\"") && page.contains("session.c:\(line):"))
  }
}
