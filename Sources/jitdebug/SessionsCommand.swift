import ArgumentParser
import Glibc
import JITDebug

struct SessionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sessions",
    abstract: "List sessions: what runs, and how the last ones ended.",
    discussion: """
      A session is one use of `run` or `debug`. Its state is starting (compiling and linking), running, exited N, signal \
      N, failed (jitdebug's own fault or a compile error), detached (it runs on without jitdebug, see run \
      --keep-running), not answering (so should it do, but its executor says nothing), or abandoned (jitdebug itself was \
      killed).

      Sessions that have ended are kept for a look afterwards, the last twenty at least. --prune removes them, with \
      their debug files and scripts; never one that runs or starts.

      Examples:
        jitdebug sessions
        jitdebug sessions --json
        jitdebug sessions --prune
        jitdebug sessions --stop 1k4p2c7
      """)

  @Flag(help: "Remove sessions that have ended or were abandoned, and say how many.")
  var prune = false

  @Option(help: ArgumentHelp("End a session's program, wherever it runs.", valueName: "id"))
  var stop: String?

  @Flag(help: "Print one JSON document.")
  var json = false

  func run() throws {
    if let stop {
      var session = try SessionStore().session(stop)
      return try session.stop()
    }
    let list = try SessionList(of: try SessionStore(), prune: prune)
    for problem in list.problems { Terminal.warn(JITDebugError(.system, problem.path, problem.reason)) }
    try Terminal.output(json ? try list.json() : list.pruningReport ?? list.table(width: Terminal.outputWidth))
  }
}
