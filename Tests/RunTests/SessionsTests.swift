// `jitdebug sessions`: real runs in every state, their removal, and Ctrl-C while something is compiled.

import Foundation
import TestSupport
import Testing

private let loop = """
  #include <stdio.h>
  #include <unistd.h>
  int main(void) { puts("running"); fflush(stdout); for (;;) pause(); }
  """

@Suite("sessions")
struct SessionsTests {
  let folder: RunFolder
  init() throws { folder = try RunFolder() }

  private func sessions(_ options: String...) throws -> CommandResult {
    try TestSupport.run(
      [Workspace.jitdebug, "sessions"] + options, environment: folder.environment, directory: folder.path)
  }

  private func document(_ options: String...) throws -> [String: Any] {
    let result = try TestSupport.run(
      [Workspace.jitdebug, "sessions", "--json"] + options, environment: folder.environment, directory: folder.path)
    try #require(result.status == 0, "\(result.errors)")
    let value = try JSONSerialization.jsonObject(with: result.standardOutput)
    let document = try #require(value as? [String: Any])
    #expect(document["schemaVersion"] as? Int == 1)
    return document
  }

  private func entries(_ document: [String: Any]) throws -> [[String: Any]] {
    try #require(document["sessions"] as? [[String: Any]])
  }

  /// A program in its endless loop.
  private func start() throws -> BackgroundProcess {
    try folder.object("loop.o", loop)
    let process = try BackgroundProcess(
      folder.command(["loop.o"]), environment: folder.environment, directory: folder.path)
    try process.expect("running")
    return process
  }

  private func end(_ process: BackgroundProcess) throws {
    process.signal(SIGTERM)
    #expect(try process.finish(closingInput: false).status == 128 + SIGTERM)
  }

  @Test("every state, in order, with pid and end")
  func states() throws {
    #expect(try sessions().output == "no sessions\n")
    try folder.object("seven.o", "int main(void) { return 7; }\n")
    try folder.object("crash.o", "#include <stdlib.h>\nint main(void) { abort(); }\n")
    try folder.write("bad.c", "int main(void) { return undeclared; }\n")
    #expect(try folder.run("seven.o").status == 7)
    #expect(try folder.run("crash.o").status == 128 + SIGABRT)
    #expect(try folder.run("bad.c").status == 125)
    let killed = try start()
    killed.signal(SIGKILL)
    #expect(try killed.finish(closingInput: false).end == .signaled(SIGKILL))
    let running = try start()

    let all = try entries(try document())
    #expect(all.map { $0["status"] as? String } == ["ended", "ended", "ended", "abandoned", "running"])
    #expect(all.map { ($0["inputs"] as? [String])?.first } == ["seven.o", "crash.o", "bad.c", "loop.o", "loop.o"])
    let ends = all.map { $0["end"] as? [String: Any] }
    #expect(ends.map { $0?["kind"] as? String } == ["exited", "signaled", "failed", nil, nil])
    #expect(ends.map { $0?["value"] as? Int32 } == [7, SIGABRT, nil, nil, nil])
    #expect(ends[2]?["message"] as? String == "does not compile")
    // The process that the list names is the one that runs the program, in an executor that jitdebug started.
    let pid = try #require(all[4]["pid"] as? Int)
    let executable = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/exe")
    #expect(executable == folder.executor)
    #expect(folder.processes.contains { $0.hasPrefix("\(pid) ") })

    let lines = try sessions().output.split(separator: "\n").map(String.init)
    #expect(lines.count == 6)
    let id = try #require(all[4]["id"] as? String)
    #expect(lines[0].contains(/^ID +STATE +AGE +PID +EXECUTOR +INPUTS$/))
    #expect(lines[1].contains(/^[0-9a-z]{7} +exited 7 +\d+ s +\d+ +local +seven\.o$/))
    #expect(lines[2].contains(/^.+ signal 6 .* crash\.o$/))
    #expect(lines[3].contains(/^.+ failed .* - .* bad\.c \(does not compile\)$/))
    #expect(lines[4].contains(/^.+ abandoned .* loop\.o$/))
    #expect(lines[5].contains(try Regex("^\(id) +running +\\d+ s +\(pid) +local +loop\\.o$")))
    try end(running)
  }

  @Test("--prune leaves what runs, what starts, and what cannot be read")
  func prune() throws {
    try folder.object("seven.o", "int main(void) { return 7; }\n")
    #expect(try folder.run("seven.o").status == 7)
    #expect(try folder.run("seven.o").status == 7)
    let running = try start()
    let root = folder.folder.file("state/jitdebug/sessions")
    for name in ["0000001", "0000002", "0000003"] {
      try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: false)
    }
    // Left behind an hour ago; of a session that just starts; and not to be read.
    try TestSupport.run(["touch", "-d", "1 hour ago", "\(root)/0000001"]).isFine()
    try Data("{".utf8).write(to: URL(filePath: "\(root)/0000003/session.json"))

    let before = try entries(try document()).compactMap { $0["id"] as? String }
    #expect(before.count == 3)
    let document = try document("--prune")
    let pruned = try #require(document["pruned"] as? [String: Any])
    #expect(pruned["ids"] as? [String] == ["0000001"] + before.dropLast())
    #expect((pruned["bytes"] as? Int).map { $0 > 1000 } == true)
    #expect(try entries(document).map { $0["id"] as? String } == [before.last])
    let problems = try #require(document["problems"] as? [[String: Any]])
    #expect(problems.map { $0["path"] as? String } == ["\(root)/0000003/session.json"])
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: root).sorted() == ["0000002", "0000003", before.last])

    let again = try sessions("--prune")
    #expect(again.status == 0 && again.output == "nothing to remove\n")
    #expect(
      again.messages("warning") == [
        "warning: \(root)/0000003/session.json: is no session description: it is not valid JSON"
      ])
    try end(running)
    #expect(try sessions("--prune").output.contains(/^removed 1 session, \d+ (bytes|KB)\n$/))
    try FileManager.default.removeItem(atPath: "\(root)/0000002")
    try FileManager.default.removeItem(atPath: "\(root)/0000003")
    try folder.expectNothingLeft()
  }

  @Test("pruning at any moment of many short runs disturbs none of them")
  func concurrently() throws {
    try folder.object("seven.o", "int main(void) { return 7; }\n")
    let runs = "for i in $(seq 10); do \"$@\" || echo $?; done"
    let shells = try (0..<2).map { _ in
      try BackgroundProcess(
        ["bash", "-c", runs, "bash"] + folder.command(["seven.o"]), environment: folder.environment,
        directory: folder.path)
    }
    func isDone(_ process: BackgroundProcess) -> Bool { process.output.split(separator: "\n").count == 10 }
    var removed = 0
    for shell in shells {
      try shell.wait(for: "ten runs", within: 60) { process in
        let pruned = try document("--prune")["pruned"] as? [String: Any]
        removed += (pruned?["ids"] as? [String])?.count ?? 0
        return isDone(process)
      }
    }
    for shell in shells {
      let result = try shell.finish()
      #expect(result.output == String(repeating: "7\n", count: 10), "\(result.errors)")
      #expect(result.errors == "")
    }
    removed += ((try document("--prune")["pruned"] as? [String: Any])?["ids"] as? [String])?.count ?? 0
    #expect(removed == 20)
    #expect(try folder.sessions().isEmpty)
  }

  @Test("the table fits the terminal")
  func width() throws {
    let name = String(repeating: "long", count: 60) + ".o"
    try folder.object(name, "int main(void) { return 0; }\n")
    #expect(try folder.run(name).status == 0)
    let terminal = try PseudoTerminal([Workspace.jitdebug, "sessions"], environment: folder.environment)
    #expect(try terminal.wait() == 0)
    let lines = terminal.transcript.split(separator: "\n")
    #expect(lines.count == 2 && lines[1].count == 200 && lines[1].hasSuffix("…"))
    #expect(try sessions().output.contains(name))
  }

  /// A compiler that takes its time: the signal comes while it works, to jitdebug alone or, from a terminal, to both.
  @Test("a signal while compiling ends the session in good order", arguments: [SIGINT, SIGTERM, SIGHUP])
  func interruptedCompiling(number: Int32) throws {
    let (command, environment) = try slowCompiling()
    let process = try BackgroundProcess(command, environment: environment, directory: folder.path)
    try process.wait(for: "compiler") { _ in folder.processes.contains { $0.contains("sleep 1000") } }
    #expect(try sessions().output.contains(/(?m)^.+ starting +\d+ s +- +local +slow.c\n/))
    let early = try TestSupport.run([Workspace.jitdebug, "attach", "--batch"], environment: folder.environment)
    early.expectError("is still being compiled and linked", note: "try again when it runs")
    process.signal(number)
    let result = try process.finish(closingInput: false)
    #expect(result.end == .signaled(number), "\(result.errors)")
    #expect(result.errors == "")
    try expectInterrupted(number)
  }

  @Test("Ctrl-C while compiling")
  func controlC() throws {
    let (command, environment) = try slowCompiling()
    let terminal = try PseudoTerminal(["env", "-C", folder.path] + command, environment: environment)
    let deadline = ContinuousClock.now + .seconds(30)
    while !folder.processes.contains(where: { $0.contains("sleep 1000") }) && ContinuousClock.now < deadline {
      poll(nil, 0, 20)
    }
    terminal.control("C")
    #expect(try terminal.wait() == 128 + SIGINT)
    try expectInterrupted(SIGINT)
  }

  private func slowCompiling() throws -> (command: [String], environment: [String: String]) {
    try folder.write("slow.c", "int main(void) { return 0; }\n")
    try folder.folder.script("clang-22", "exec sleep 1000\n")
    var environment = folder.environment
    environment["PATH"] = "\(folder.path):\(environment["PATH"]!)"
    return (folder.command(["slow.c"]), environment)
  }

  private func expectInterrupted(_ number: Int32) throws {
    try folder.expectNothingLeft()
    let end = try #require(try folder.sessions().last?["end"] as? [String: Any])
    #expect(end["kind"] as? String == "failed")
    #expect(end["message"] as? String == "interrupted by signal \(number)")
  }

  /// One after the other, they would take ten seconds each.
  @Test("executors that do not answer are asked all at once, and named")
  func silentExecutors() throws {
    try folder.object("seven.o", "int main(void) { return 7; }\n")
    #expect(try folder.run("seven.o").status == 7)
    var description = try #require(try folder.sessions().first)
    let id = try #require(description["id"] as? String)
    let servers = try (0..<4).map { _ in try FakeServer() } + [try FakeServer(listens: false)]
    description["state"] = "running"
    description["end"] = nil
    description["keepsRunning"] = true
    // No process has this number.
    description["controllerPid"] = 0x7fff_ffff
    description["pid"] = 0x7fff_ffff
    for (number, server) in servers.enumerated() {
      let name = "\(id.dropLast())\(number)"
      description["id"] = name
      description["endpoint"] = server.address
      let path = folder.folder.file("state/jitdebug/sessions/\(name)")
      try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      try JSONSerialization.data(withJSONObject: description).write(to: URL(filePath: "\(path)/session.json"))
    }
    func limited(_ arguments: String...) throws -> CommandResult {
      try TestSupport.run(
        [Workspace.jitdebug] + arguments, environment: folder.environment, directory: folder.path, timeout: 25)
    }
    let list = try limited("sessions")
    #expect(list.output.components(separatedBy: " not answering ").count == 5, "\(list.output)\(list.errors)")
    #expect(list.output.components(separatedBy: " abandoned ").count == 2, "\(list.output)")
    let all = try entries(try document())
    let silent = all.filter { $0["isAnswering"] as? Bool == false }
    #expect(silent.count == 4 && silent.allSatisfy { $0["status"] as? String == "detached" })
    // They may go on, so they are kept; and are candidates for who wants to attach.
    #expect(try limited("sessions", "--prune").output.hasPrefix("removed "))
    #expect(try limited("attach", "--batch").errors.contains("4 sessions are running"))
  }
}

extension CommandResult {
  fileprivate func isFine() throws { try #require(status == 0, "\(errors)") }
}
