// Scripts/fileserver/TUTORIAL.md, done line for line: what it has typed is typed, and what it shows has to be seen.

import Foundation
import TestSupport
import Testing

@Suite("Tutorial")
struct TutorialTests {
  static let page = "\(Workspace.root)/Scripts/fileserver/TUTORIAL.md"

  @Test("every line of the page happens as it stands there", .timeLimit(.minutes(5)))
  func lineForLine() throws {
    // The page starts in a clone of the repository, with both programs built for release on PATH.
    let clone = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: clone.file(".build"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: clone.file("Scripts"), withDestinationPath: "\(Workspace.root)/Scripts")
    try FileManager.default.createSymbolicLink(
      atPath: clone.file(".build/mongoose"), withDestinationPath: try Mongoose.folder.get())
    func folder(of program: String) -> String { URL(filePath: program).deletingLastPathComponent().path }
    var environment = baseEnvironment
    environment["XDG_STATE_HOME"] = clone.file("state")
    environment["PATH"] =
      "\(folder(of: Workspace.jitdebug)):\(folder(of: try Workspace.executor.get())):\(environment["PATH"]!)"

    let ports = try freePorts(2)
    let page = try TutorialPage(path: Self.page, replacing: ["4711": ports[0], "8000": ports[1]])
    #expect(page.steps.count > 50, "the page's blocks were not found")
    var terminals: [String: TutorialTerminal] = [:]
    for step in page.steps {
      do {
        if case .save(let file, let text) = step.action {
          try text.write(toFile: clone.file("tutorial/\(file)"), atomically: true, encoding: .utf8)
          continue
        }
        let terminal =
          try terminals[step.terminal] ?? TutorialTerminal(in: clone.path, environment: environment)
        terminals[step.terminal] = terminal
        try terminal.perform(step.action)
      } catch {
        Issue.record("\(Self.page):\(step.line): in the terminal \(step.terminal): \(error)")
        return
      }
    }
    for terminal in terminals.values { try terminal.finish() }
  }

  /// Ports that nobody listens on, below those that the system gives away itself.
  private func freePorts(_ count: Int) throws -> [String] {
    var ports: Set<UInt16> = []
    for _ in 0..<1000 where ports.count < count {
      let port = UInt16.random(in: 20000..<32000)
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(descriptor) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
      let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      if bound == 0 { ports.insert(port) }
    }
    return try #require(ports.count == count ? ports.map(String.init) : nil, "no free ports")
  }
}
