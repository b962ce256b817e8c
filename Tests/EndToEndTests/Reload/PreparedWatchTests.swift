// `run --watch` with the next compilation prepared: that it is made use of, and when it must not be.

import Foundation
import TestSupport
import Testing

@Suite("run --watch, prepared")
struct PreparedWatchTests {
  let executor: [String]

  init() throws { executor = ["--executor", try Workspace.executor.get()] }

  private func source(_ text: String, _ preamble: String = "") -> String {
    preamble + "#include <stdio.h>\n#include <unistd.h>\n#include \"own.h\"\n"
      + "int main(void) { printf(\"%s %s\\n\", OWN, \(text)); fflush(stdout); for (;;) pause(); }\n"
  }

  private func own(_ name: String) -> String {
    "struct own { const char *name; };\nstatic inline const char *own(struct own own) { return own.name; }\n"
      + "#define OWN own((struct own){\"\(name)\"})\n"
  }

  private func project() throws -> WatchedProject {
    let project = try WatchedProject(["main.c": source("\"first\""), "own.h": own("own")])
    try project.run(executor + ["main.c"])
    try project.expect(1, of: "own first\n")
    return project
  }

  /// Waits for the compiler that waits for its source, and for the headers.
  @discardableResult
  private func compiler(of project: WatchedProject, withHeaders: Bool = true) throws -> pid_t {
    var found: pid_t?
    try project.process.wait(for: "a prepared compiler") { process in
      let session = process.pid
      let folder = FileManager.default
      let children = ((try? folder.contentsOfDirectory(atPath: "/proc/\(session)/task")) ?? []).flatMap { task in
        ((try? String(contentsOfFile: "/proc/\(session)/task/\(task)/children", encoding: .utf8)) ?? "")
          .split(separator: " ").compactMap { pid_t($0) }
      }
      let compilers = children.compactMap { child in
        let arguments = (try? String(contentsOfFile: "/proc/\(child)/cmdline", encoding: .utf8)) ?? ""
        return arguments.hasPrefix("clang-22\0") ? (child, arguments) : nil
      }
      // With another beside it, it is being compared with an ordinary one.
      found = compilers.count == 1 && compilers[0].1.contains("-include-pch") == withHeaders ? compilers[0].0 : nil
      return found != nil
    }
    return try #require(found)
  }

  /// How each compilation but the first was prepared.
  private func preparations(of project: WatchedProject) throws -> [String] {
    let spans = try #require(try project.description()["timeLine"] as? [[String: Any]])
    return spans.filter { $0["name"] as? String == "compile" }.dropFirst()
      .map { ($0["details"] as? [String: String])?["prepared"] ?? "" }
  }

  @Test func editsInARow() throws {
    let project = try project()
    for edit in 0..<10 {
      try compiler(of: project)
      try project.save(source("\"edit \(edit)\""), as: "main.c", inPlace: edit % 2 == 0)
      try project.expect(1, of: "own edit \(edit)\n")
    }
    #expect(try preparations(of: project) == [String](repeating: "compiler, headers", count: 10))
    #expect(try project.end() == 130)
    let session = try #require(project.sessions.sessions.last)
    #expect(!FileManager.default.fileExists(atPath: session + "/prepared"))
  }

  @Test func whatChangesTheHeadersIsCompiledInFull() throws {
    let project = try project()
    try compiler(of: project)
    try project.save(own("other"), as: "own.h")
    try project.expect(1, of: "other first\n")
    try compiler(of: project)
    try project.save(source("\"second\""), as: "main.c")
    try project.expect(1, of: "other second\n")
    try compiler(of: project)
    try project.save(source("EXTRA", "#define EXTRA \"third\"\n"), as: "main.c")
    try project.expect(1, of: "other third\n")
    // Then headers are parsed after the second edit that leaves them alone.
    for edit in 2...4 {
      try compiler(of: project, withHeaders: edit > 2)
      try project.save(source("EXTRA", "#define EXTRA \"third\"\n") + "\nint more\(edit);\n", as: "main.c")
      try project.expect(edit, of: "other third\n")
    }
    #expect(
      try preparations(of: project)
        == ["", "compiler, headers", "", "compiler", "compiler, headers", "compiler, headers"])
    #expect(try project.end() == 130)
  }

  @Test func mistakesAreShownAsEver() throws {
    let project = try project()
    try compiler(of: project)
    let broken = source("missing")
    try project.save(broken, as: "main.c")
    try project.expect(1, of: "main.c changed: main.c does not compile; the program goes on as it was")
    let shown = "main.c:4:41: error: use of undeclared identifier 'missing'\n"
    #expect(project.process.errors.contains(shown), "\(project.process.errors)")
    #expect(
      project.process.errors.components(separatedBy: "1 error generated.").count == 2, "\(project.process.errors)")
    try compiler(of: project)
    try project.save(source("\"mended\""), as: "main.c")
    try project.expect(1, of: "own mended\n")
    #expect(try preparations(of: project).last == "compiler, headers")
    #expect(try project.end() == 130)
  }

  @Test func compilersThatAreKilledAreReplaced() throws {
    let project = try project()
    kill(try compiler(of: project), SIGKILL)
    try project.save(source("\"second\""), as: "main.c")
    try project.expect(1, of: "own second\n")
    try compiler(of: project)
    try project.save(source("\"third\""), as: "main.c")
    try project.expect(1, of: "own third\n")
    #expect(try preparations(of: project) == ["", "compiler, headers"])
    #expect(try project.end() == 130)
  }

  @Test func noneOutlivesTheSession() throws {
    let project = try project()
    let compiler = try compiler(of: project)
    project.process.signal(SIGKILL)
    let deadline = Date.now + 10
    // An adopted process that has ended may stay a zombie for a while.
    func runs() -> Bool {
      let state = (try? String(contentsOfFile: "/proc/\(compiler)/stat", encoding: .utf8)) ?? ""
      return state.contains("(clang") && !state.contains(") Z ")
    }
    while runs(), Date.now < deadline { usleep(10_000) }
    #expect(!runs())
    _ = try project.process.finish(closingInput: false)
  }
}
