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

    var text = try String(contentsOfFile: Self.page, encoding: .utf8)
    // Two of these tests may run at once.
    for (port, free) in zip(["4711", "8000"], try freePorts(2)) {
      text = text.replacingOccurrences(of: port, with: free)
    }
    let page = try TutorialPage(text)
    #expect(page.steps.count > 50, "the page's blocks were not found")
    do {
      try page.follow(in: clone.path, environment: environment)
    } catch {
      Issue.record("\(Self.page):\(error)")
    }
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

  /// The test above is worth as much as its reader is strict.
  @Test(
    "what is not as the page shows it is noticed, at its line",
    arguments: [
      ("$ echo one\none", nil), ("$ echo one\ntwo", "2: in the terminal a: the terminal shows \"one\" instead of"),
      ("$ echo one two\none … two", "2:"), ("$ echo one two\no…e t…\n", nil), ("$ echo one", "end:"),
      ("$ echo one; echo two\ntwo", "2:"), ("$ echo one; echo two\n…\ntwo", nil), ("$ echo one\n…", nil),
      ("$ echo one; echo two\none\n$ echo\n", "3: in the terminal a: the terminal shows also \"two\""),
      ("$ echo one\none\ntwo", "3: in the terminal a: the terminal shows no \"two\""),
      ("$ echo on | cat - /dev/tty\non\n^C", nil),
      ("$ sleep 1000", "end: in the terminal a: the terminal shows no prompt"),
      ("(lldb) next", "1: in the terminal a: the terminal shows no prompt"),
      ("$ echo one > file; echo two\ntwo\n```\n```console b\n$ cat file\none", nil),
    ] as [(String, String?)])
  func strictness(_ block: String, _ complaint: String?) throws {
    let folder = try TemporaryFolder()
    let page = try TutorialPage("```console a\n\(block)\n```\n")
    // Only what is missing takes all of the time.
    let limit = complaint?.contains("shows no") == true ? 5.0 : 30
    do {
      try page.follow(in: folder.path, environment: baseEnvironment, limit: limit)
      #expect(complaint == nil)
    } catch {
      // Lines count from the block's first.
      let text = "\(error)"
      let line = text.prefix { $0.isNumber }
      let shown = (Int(line).map { "\($0 - 1)" } ?? "") + text.dropFirst(line.count)
      #expect(complaint.map { shown.hasPrefix($0) } == true, "\(shown)")
    }
  }
}
