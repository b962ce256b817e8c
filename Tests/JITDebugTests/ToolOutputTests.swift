// Asking other programs: what they print, and that neither they nor what they leave behind keep anybody waiting.

import Foundation
import TestSupport
import Testing

@testable import JITDebug

@Suite struct ToolOutputTests {
  private func shell(_ script: String, _ arguments: [String] = [], withErrors: Bool = false, limit: Double = 30) -> (
    text: String, status: Int32
  )? {
    ToolOutput.of("sh", ["-c", script, "sh"] + arguments, withErrors: withErrors, limit: limit)
  }

  @Test func whatIsPrintedAndHowItEnded() throws {
    let plain = try #require(shell("echo out; echo error >&2; exit 3"))
    #expect(plain.text == "out\n" && plain.status == 3)
    #expect(shell("echo out; echo error >&2", withErrors: true)?.text == "out\nerror\n")
    #expect(shell("read line || echo nothing to read")?.text == "nothing to read\n")
  }

  @Test func noAnswer() {
    #expect(ToolOutput.of("no-such-program", [], limit: 30) == nil)
    #expect(shell("kill -SEGV $$") == nil)
    // What never stops printing would fill the disk.
    #expect(shell("while :; do echo more and more and more; done") == nil)
  }

  /// A pipe would be open for as long as the one that is left behind lives.
  @Test(arguments: [("", 30.0), ("; exec sleep 600", 0.2)])
  func whatIsLeftBehindIsEnded(rest: String, limit: Double) throws {
    let folder = try TemporaryFolder()
    let answer = shell("sleep 600 & echo $! > \"$1\"; echo version 1\(rest)", [folder.file("pid")], limit: limit)
    #expect(answer?.text == (rest.isEmpty ? "version 1\n" : nil))
    let text = try String(contentsOfFile: folder.file("pid"), encoding: .utf8)
    let pid = try #require(Int32(text.trimmingCharacters(in: .newlines)))
    // Init reaps it, sooner or later.
    let deadline = ContinuousClock.now + .seconds(20)
    while ProcessFacts.isRunning(pid), ContinuousClock.now < deadline { usleep(1000) }
    #expect(!ProcessFacts.isRunning(pid))
  }

  /// Variables of the child alone, with any content.
  @Test func environments() throws {
    let file = try TemporaryFile()
    var options = ChildProcess.Options()
    options.descriptors = [(1, file.descriptor.raw)]
    options.environment = [("JITDEBUG_A", "=a \n'$HOME\" "), ("PATH", "/bin:/usr/bin")]
    let child = try ChildProcess(
      "/bin/sh", ["-c", "printf %s. \"$JITDEBUG_A\" \"$PATH\" \"$(env | grep -c ^PATH=)\""], options)
    #expect(child.wait() == .exited(0))
    let text = String(decoding: readAt(file.descriptor.raw, 0, 1000), as: UTF8.self)
    #expect(text == "=a \n'$HOME\" ./bin:/usr/bin.1.")
    #expect(getenv("JITDEBUG_A") == nil)
  }
}
