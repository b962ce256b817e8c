// The bundle of `jitdebug report`: what is in it, whether that is right, and what is refused.

import Foundation
import TestSupport
import Testing

@Suite("report, the bundle")
struct ReportBundleTests {
  let folder: RunFolder
  init() throws { folder = try RunFolder() }

  private static let secret = "text that nobody else is to read"

  private func report(_ arguments: String...) throws -> CommandResult {
    try TestSupport.run(
      [Workspace.jitdebug, "report"] + arguments, environment: folder.environment, directory: folder.path)
  }

  private func names(_ bundle: String) throws -> [String] {
    try folder.tool("tar", "--list", "--gzip", "--file", bundle).split(separator: "\n").map(String.init)
  }

  private func start() throws -> BackgroundProcess {
    try folder.write(
      "loop.c",
      """
      #include <stdio.h>
      #include <unistd.h>
      // \(Self.secret)
      int main(void) { puts("running"); fflush(stdout); for (;;) pause(); }
      """)
    let process = try BackgroundProcess(
      folder.command(["loop.c"]), environment: folder.environment, directory: folder.path)
    try process.expect("running")
    return process
  }

  @Test("everything about a running session, the same names each time, and sources when asked for")
  func bundle() throws {
    let process = try start()
    let plain = try report()
    let again = try report("-o", "again.tgz")
    let full = try report("--sources", "-o", "full.tar.gz")
    process.signal(SIGTERM)
    _ = try process.finish(closingInput: false)

    let session = try #require(try folder.sessions().first)
    let id = try #require(session["id"] as? String)
    #expect(plain.status == 0 && plain.output == "jitdebug-report-\(id).tar.gz\n" && plain.errors == "")
    #expect(again.output == "again.tgz\n" && full.output == "full.tar.gz\n")
    let buildID = try #require((session["generations"] as? [[String: Any]])?.first?["buildID"] as? String)
    let debugFile = ".build-id/\(buildID.prefix(2))/\(buildID.dropFirst(2)).debug"
    let expected = [
      "", "debug/", "debug/.build-id/", "debug/.build-id/\(buildID.prefix(2))/", "debug/\(debugFile)", "doctor.json",
      "inspect.json",
      "maps", "objects/", "objects/entry-0.elf", "report.html", "scripts/", "scripts/launch.gdb",
      "scripts/launch.lldb", "session.json", "sourcemap.json", "versions.txt",
    ].map { "jitdebug-report-\(id)/\($0)" }
    let bundle = "jitdebug-report-\(id).tar.gz"
    #expect(try names(bundle) == expected)
    #expect(try names("again.tgz") == expected)
    let fullNames = try names("full.tar.gz")
    let source = "jitdebug-report-\(id)/sources\(folder.path)/loop.c"
    #expect(fullNames.contains(source))
    #expect(fullNames.filter { !$0.contains("/sources/") } == expected)

    // Of the sources' text there is nothing in it unless asked for.
    let unpacked = folder.folder.file("unpacked")
    try FileManager.default.createDirectory(atPath: unpacked, withIntermediateDirectories: false)
    try folder.tool("tar", "--extract", "--gzip", "--file", bundle, "--directory", unpacked)
    #expect(try TestSupport.run(["grep", "-rlF", Self.secret, unpacked]).output == "")
    #expect(try folder.tool("tar", "-xzOf", "full.tar.gz", source).contains(Self.secret))

    // Each part is what it is called.
    let root = "\(unpacked)/jitdebug-report-\(id)"
    func document(_ name: String) throws -> [String: Any] {
      let data = try Data(contentsOf: URL(filePath: "\(root)/\(name)"))
      return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
    #expect(try document("session.json")["id"] as? String == id)
    #expect(try document("inspect.json")["entryCount"] as? Int == 1)
    let checks = try #require(try document("doctor.json")["checks"] as? [[String: Any]])
    #expect(checks.contains { $0["id"] as? String == "hooks" && $0["passed"] as? Bool == true }, "\(checks)")
    #expect((try document("sourcemap.json")["files"] as? [[String: Any]])?.count ?? 0 > 0)
    let headers = try folder.tool(
      "llvm-readelf-22", "--notes", "\(root)/objects/entry-0.elf", "\(root)/debug/\(debugFile)")
    #expect(headers.components(separatedBy: "Build ID: \(buildID)").count == 3)
    let maps = try String(contentsOfFile: "\(root)/maps", encoding: .utf8)
    #expect(maps.contains("jitdebug-executor\n") && maps.contains(" r-xp ") && maps.contains("[stack]\n"))
    let versions = try String(contentsOfFile: "\(root)/versions.txt", encoding: .utf8)
    for word in ["jitdebug: 0.", "clang-22: ", "lldb-22: lldb version 22", "gdb: GNU gdb", "gdbserver: GNU gdbserver"] {
      #expect(versions.contains(word), "no \(word) in \(versions)")
    }
    // Nobody's name or number is in the archive.
    let owners = try folder.tool("tar", "--list", "--verbose", "--gzip", "--file", bundle)
    #expect(owners.split(separator: "\n").allSatisfy { $0.contains(" root/root ") })
    try folder.expectNothingLeft()
  }

  @Test("a core file is reported like a process")
  func core() throws {
    let process = try start()
    let pid = try #require(try folder.sessions().first?["pid"] as? Int)
    try folder.tool("gcore", "-o", "core", "\(pid)")
    process.signal(SIGTERM)
    _ = try process.finish(closingInput: false)
    let result = try report("--core", "core.\(pid)", "-o", "core.tar.gz")
    #expect(result.status == 0, "\(result.errors)")
    let names = try names("core.tar.gz")
    for name in ["report.html", "doctor.json", "inspect.json", "maps", "objects/entry-0.elf"] {
      #expect(names.contains("jitdebug-report-core/\(name)"), "\(names)")
    }
    #expect(names.contains { $0.hasSuffix(".debug") })
  }

  @Test("a crash is in the report of its session, and in no other's")
  func crashed() throws {
    try folder.write("crash.c", "int main(void) { return *(volatile int *)24; }\n")
    #expect(try folder.run("crash.c").status == 128 + SIGSEGV)
    #expect(try report("-o", "crash.tar.gz").status == 0)
    let member = try #require(try names("crash.tar.gz").first { $0.hasSuffix("/crash.json") })
    let text = try folder.tool("tar", "-xzOf", "crash.tar.gz", member)
    let crash = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(crash["signalName"] as? String == "SIGSEGV" && crash["schemaVersion"] as? Int == 1)
    #expect((crash["place"] as? [String: Any])?["function"] as? String == "main")
    #expect(!text.contains("volatile"))
    // Damaged, it is told of and left out.
    let id = try #require(try folder.sessions().first?["id"] as? String)
    try folder.write("state/jitdebug/sessions/\(id)/crash.json", "{")
    let damaged = try report("-o", "damaged.tar.gz")
    #expect(
      damaged.status == 0 && damaged.messages("warning").contains { $0.hasSuffix("crash.json: is no crash report") })
    #expect(try !names("damaged.tar.gz").contains { $0.hasSuffix("/crash.json") })
    try folder.write("fine.c", "int main(void) { return 0; }\n")
    #expect(try folder.run("fine.c").status == 0)
    #expect(try report("-o", "fine.tar.gz").status == 0)
    #expect(try !names("fine.tar.gz").contains { $0.hasSuffix("/crash.json") })
  }

  /// While the debuggers are asked, and while the bundle is packed: the program of that name waits instead.
  @Test("a signal leaves nothing behind", arguments: ["gdb", "tar"], [SIGINT, SIGTERM, SIGHUP])
  func interrupted(program: String, signal: Int32) throws {
    let process = try start()
    try FileManager.default.createDirectory(atPath: folder.folder.file("tmp"), withIntermediateDirectories: false)
    try folder.folder.script("bin/\(program)", "sleep 600 &\ntouch waiting\nwait\n")
    var environment = folder.environment
    environment["TMPDIR"] = folder.folder.file("tmp")
    environment["PATH"] = folder.folder.file("bin") + ":" + (environment["PATH"] ?? "")
    func names(_ path: String) throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }
    let report = try BackgroundProcess(
      [Workspace.jitdebug, "report", "-o", "report.tar.gz"], environment: environment, directory: folder.path)
    try report.wait(for: "the program's start") { _ in
      FileManager.default.fileExists(atPath: folder.folder.file("waiting"))
    }
    #expect(try names(folder.folder.file("tmp")).count == 1)
    if program == "tar" { #expect(try names(folder.path).contains("report.tar.gz.\(report.pid)")) }
    report.signal(signal)
    #expect(try report.finish(closingInput: false).end == .signaled(signal))
    #expect(try names(folder.folder.file("tmp")) == [])
    #expect(try names(folder.path) == ["bin", "loop.c", "state", "tmp", "waiting"])
    process.signal(SIGTERM)
    _ = try process.finish(closingInput: false)
    try folder.expectNothingLeft()
  }

  @Test("a signal that was ignored from the start, as by nohup, stays so")
  func ignored() throws {
    let process = try start()
    try folder.folder.script("bin/gdb", "touch waiting\nwhile ! [ -e go ]; do sleep 0.01; done\n")
    var environment = folder.environment
    environment["PATH"] = folder.folder.file("bin") + ":" + (environment["PATH"] ?? "")
    let report = try BackgroundProcess(
      ["sh", "-c", "trap '' HUP; exec \"$0\" report -o report.html", Workspace.jitdebug], environment: environment,
      directory: folder.path)
    try report.wait(for: "the debugger's start") { _ in
      FileManager.default.fileExists(atPath: folder.folder.file("waiting"))
    }
    report.signal(SIGHUP)
    try folder.write("go", "")
    let result = try report.finish(closingInput: false)
    #expect(result.status == 0 && result.output == "report.html\n", "\(result.errors)")
    process.signal(SIGTERM)
    _ = try process.finish(closingInput: false)
    try folder.expectNothingLeft()
  }

  @Test("what is refused leaves nothing behind")
  func refusals() throws {
    try report().expectError("no session", note: "jitdebug run", status: 64)
    let process = try start()
    try report("-o", "report.pdf").expectError("report.pdf", ".tar.gz or an .html", note: "-o", status: 64)
    try report("-o", "report.html", "--sources").expectError("--sources", "bundles", note: ".tar.gz", status: 64)
    try report("-o", "none/report.html").expectError("none/report.html", "no such file", note: "-o")
    try report("--session", "0000000").expectError("0000000", note: "--session", status: 64)
    try report("--pid", "1", "--core", "core").expectError("exclude each other", note: "all but one", status: 64)
    try report("--pid", "999999999").expectError("999999999", "does not exist", note: "jitdebug sessions")
    process.signal(SIGTERM)
    _ = try process.finish(closingInput: false)
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(left == ["loop.c", "state"])
  }
}
