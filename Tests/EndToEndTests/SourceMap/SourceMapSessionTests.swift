// Source maps of sessions: what `run` keeps, `attach` and `debug` do with it, and code made for a sysroot.

import Foundation
import TestSupport
import Testing

@Suite("Source maps of sessions")
struct SourceMapSessionTests {
  let folder: SessionFolder
  let executor: String

  init() throws {
    folder = try SessionFolder()
    executor = try Workspace.executor.get()
  }

  func write(_ text: String, _ name: String) throws {
    let url = URL(filePath: folder.folder.file(name))
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: url, atomically: true, encoding: .utf8)
  }

  /// The options with which the debuggers' test program seems to be compiled elsewhere.
  var elsewhere: [String] { ["-Xcc", "-fdebug-prefix-map=\(Workspace.programs)=/compiled/elsewhere"] }

  /// Attaches and stops in the program's loop.
  func attach(_ debugger: DebuggerName, _ options: [String] = [], at place: String? = nil) throws -> CommandResult {
    let commands = ["b \(try place ?? "\(DebuggerProgram.source):\(DebuggerProgram.line("work"))")", "continue"]
    let result = try folder.jitdebug(
      ["attach", "--batch", "--debugger", debugger.rawValue] + options + commands.flatMap { ["-o", $0] })
    #expect(result.status == 0, "\(result.errors)")
    return result
  }

  @Test("attach uses what the session was given, and its own options", arguments: DebuggerName.allCases)
  func attached(debugger: DebuggerName) throws {
    let given = try RunningSession(
      in: folder, ["--executor", executor] + elsewhere + ["--source-root", Workspace.programs])
    let first = try attach(debugger)
    #expect(first.output.contains("// @work"), "\(first.output)\(first.errors)")
    #expect(!first.errors.contains("warning:"), "\(first.errors)")
    // The running program's own record and scripts have the rules too.
    let description = try String(contentsOfFile: given.path + "/session.json", encoding: .utf8)
    #expect(description.contains("\"from\" : \"/compiled/elsewhere/debugger\""), "\(description)")
    let script = try String(contentsOfFile: given.path + "/launch.\(debugger.rawValue)", encoding: .utf8)
    #expect(script.contains("\"/compiled/elsewhere/debugger\" \"\(Workspace.programs)/debugger\""), "\(script)")
  }

  @Test("a session without options: one line says what is missing, and attach's own options help")
  func attachedElsewhere() throws {
    let session = try RunningSession(in: folder, ["--executor", executor] + elsewhere)
    let without = try attach(.lldb, at: "work")
    #expect(!without.output.contains("// @work"))
    // LLDB itself says that the text it does not have is another one.
    let warnings = without.errors.split(separator: "\n").filter {
      $0.hasPrefix("warning:") && !$0.contains("checksum mismatch")
    }
    #expect(warnings.count == 1, "\(without.errors)")
    #expect(
      warnings.first?.hasSuffix("will have no source; see `jitdebug sourcemap --session \(session.id)`") == true,
      "\(without.errors)")
    let own = try attach(.lldb, ["--source-root", Workspace.programs])
    #expect(own.output.contains("// @work"), "\(own.output)\(own.errors)")
    let table = try folder.jitdebug(["sourcemap", "--session", session.id])
    #expect(table.output.contains("missing          "), "\(table.output)")
  }

  @Test("a changed source is named, a missing place too, and the program is debugged all the same")
  func changed() throws {
    try write("int main(void) {\n  return 5; // here\n}\n", "app/main.c")
    let object = folder.folder.file("main.o")
    let compiled = try run(
      ["clang-22", "-g", "-gdwarf-5", "-c", "main.c", "-o", object], directory: folder.folder.file("app"))
    try #require(compiled.status == 0, "\(compiled.errors)")
    try write("// new\nint main(void) {\n  return 5; // here\n}\n", "app/main.c")
    let result = try folder.jitdebug(
      ["debug", "--batch", "--executor", executor, "--source-root", "/nonexistent", "-o", "continue", object])
    #expect(result.status == 5)
    let warnings = result.errors.split(separator: "\n").filter { $0.hasPrefix("warning:") }
    #expect(
      warnings == [
        "warning: /nonexistent: no such file or directory",
        "warning: \(folder.folder.file("app/main.c")): its text has changed since it was compiled, so lines may be shifted",
      ])
  }

  @Test("run goes on with a profile that cannot be used, and says so in one line")
  func runWithDamagedProfile() throws {
    try write("int main(void) { return 5; }\n", "main.c")
    try write("{", "broken.json")
    let (program, profile) = (folder.folder.file("main.c"), folder.folder.file("broken.json"))
    let result = try folder.jitdebug(["run", "--executor", executor, "--profile", profile, program])
    #expect(result.status == 5)
    #expect(result.errors == "warning: \(profile): is not valid JSON\n")
  }

  @Test(
    "IR for a sysroot: the rules point into it, and MD5 tells two files of one name apart",
    arguments: DebuggerName.allCases)
  func sysroot(debugger: DebuggerName) throws {
    let header = "static inline int twice(int x) {\n  int y = 2 * x; // in the sysroot\n  return y;\n}\n"
    try write(header, "gone/sysroot/usr/include/twice.h")
    try write("#include <twice.h>\nint main(void) { return twice(4); }\n", "app/main.c")
    let ir = folder.folder.file("main.ll")
    let compiled = try run(
      ["clang-22", "-g", "-gdwarf-5", "-S", "-emit-llvm", "--sysroot=\(folder.folder.file("gone/sysroot"))", "main.c"]
        + ["-o", ir], directory: folder.folder.file("app"))
    try #require(compiled.status == 0, "\(compiled.errors)")
    try FileManager.default.moveItem(
      atPath: folder.folder.file("gone/sysroot"), toPath: folder.folder.file("sysroot"))
    // Of the same name, in a place that is as good by name, and first in order.
    try write("// Another one.\n" + header, "another/usr/include/twice.h")
    let roots = ["another", "sysroot"].flatMap { ["--source-root", folder.folder.file($0)] }
    let rules = try folder.jitdebug(["sourcemap", ir, "--format", debugger.rawValue] + roots)
    #expect(rules.errors == "")
    let include = "usr/include\" \"\(folder.folder.file("sysroot/usr/include"))\"\n"
    #expect(rules.output.hasSuffix("\"\(folder.folder.file("gone/sysroot"))/\(include)"), "\(rules.output)")

    let place = "\(folder.folder.file("sysroot/usr/include/twice.h")):2"
    let result = try folder.jitdebug(
      ["debug", "--batch", "--debugger", debugger.rawValue, "--executor", executor] + roots
        + ["-o", "b \(place)", "-o", "continue", ir])
    #expect(result.output.contains("int y = 2 * x; // in the sysroot"), "\(result.output)\(result.errors)")
    #expect(!result.errors.contains("warning:"), "\(result.errors)")
  }
}
