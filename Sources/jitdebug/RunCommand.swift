import ArgumentParser
import Glibc
import JITDebug

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Compile, link into an executor, and run.",
    discussion: """
      The program's standard streams are those of this command, and its exit code is this command's: 128 + N when the \
      program died of signal N, 64 for wrong usage, 125 when jitdebug itself failed.

      Examples:
        jitdebug run hello.c
        jitdebug run -O2 main.cpp helper.cpp libutil.a -- --verbose file.txt
        jitdebug run --connect 127.0.0.1:4711 --cwd / server.c
        jitdebug run --wait-for-debugger server.c     # then: jitdebug attach
        jitdebug run --watch server.c lib.o           # edit, save: it runs anew, a debugger stays attached
        jitdebug run --watch --reload-at tick game.c  # edit, save: it goes on with the new functions
        jitdebug run --trace trace.json hello.c       # then open it in ui.perfetto.dev
        perf record -k mono jitdebug run --jitdump app.c && perf inject --jit -i perf.data -o jit.data
      """)

  @OptionGroup var options: RunOptions

  @Flag(
    help: ArgumentHelp(
      "If this command is killed or its terminal closed, the program goes on: its input ends, its output is dropped, and "
        + "`jitdebug attach` finds it."))
  var keepRunning = false

  @Flag(
    help: ArgumentHelp(
      "When a source is saved, or a header, object or archive that it was made of, compile what changed and run the program "
        + "anew in the same process: a debugger stays attached."))
  var watch = false

  @Option(
    help: ArgumentHelp(
      "With --watch: do not run the program anew, but replace its functions in place when it calls this one, such as once per "
        + "turn of its main loop; its data stay.", valueName: "function"))
  var reloadAt: String?

  @Option(
    help: ArgumentHelp(
      "Where the executor runs in qemu-user: keep this emulator's debug server at hand, so that debuggers can attach. "
        + "(as with --wait-for-debugger)", valueName: "qemu"))
  var debugServer: String?

  @Flag(help: "Write /tmp/perf-PID.map, in which perf and other profilers find the names of the program's functions.")
  var perfMap = false

  @Flag(
    help: ArgumentHelp(
      "Write jit-PID.dump, from which `perf inject --jit` makes files with the program's code and source lines."))
  var jitdump = false

  @Option(
    help: ArgumentHelp(
      "Write what the session did when, in Chrome's trace format, which Perfetto opens.", valueName: "file"),
    completion: .file())
  var trace: String?

  @Option(
    help: ArgumentHelp(
      "What happens when the program dies of a signal: report tells where and why; attach holds it and opens a debugger; "
        + "core leaves a core file with its debug info as well; none.", valueName: "action"))
  var onCrash = CrashAction.report

  @Option(help: "The debugger that --on-crash attach opens. (default: lldb)")
  var debugger: Debugger?

  @Flag(name: [.customShort("v"), .long], help: "Report a crash with all threads and frames.")
  var verbose = false

  @Flag(help: "Report a crash as a line of JSON.")
  var json = false

  func run() throws {
    // A closed output is to end the session in good order, not this process at once.
    signal(SIGPIPE, SIG_IGN)
    if watch { try checkWatch() }
    var sessionOptions = try options.sessionOptions()
    sessionOptions.keepsRunning = keepRunning
    sessionOptions.debugServer = debugServer
    if perfMap { sessionOptions.profilers.insert(.perfMap) }
    if jitdump { sessionOptions.profilers.insert(.jitDump) }
    sessionOptions.crashAction = onCrash
    if let debugger {
      guard onCrash == .attach else {
        throw JITDebugError(
          .usage, "--debugger", "has a meaning together with --on-crash attach only",
          remedy: "leave it out; `jitdebug debug --debugger \(debugger)` starts a program under a debugger")
      }
      sessionOptions.crashDebugger = debugger
    }
    if keepRunning && !sessionOptions.location.outlivesUs {
      throw JITDebugError(
        .usage, "--keep-running", "the executor of this run ends with it",
        remedy: "use an executor that listens or dials in, with --connect")
    }
    let timeLine = sessionOptions.timeLine
    defer {
      // Where it failed is part of the picture. The program's own end is what the user came for.
      if let trace {
        do { try timeLine.write(to: trace) } catch { Terminal.warn(error) }
      }
    }
    sessionOptions.reloadPoint = reloadAt
    guard watch || reloadAt == nil else {
      throw JITDebugError(.usage, "--reload-at", "has a meaning together with --watch only", remedy: "add --watch")
    }
    guard watch else { throw ExitCode(try run(sessionOptions).exitCode) }
    sessionOptions.announce = { Terminal.note($0) }
    let watched = try WatchedRun(&sessionOptions)
    throw ExitCode(try watched.run { options throws(JITDebugError) in try run(options) })
  }

  /// One session, from its beginning to its end.
  private func run(_ sessionOptions: SessionOptions) throws(JITDebugError) -> ProgramEnd {
    let session = try LiveSession(sessionOptions)
    let signals = SignalWatch()
    try session.start()
    if options.stats { Terminal.note(session.statistics.json, isPlain: true) }
    if options.waitForDebugger { Terminal.note(session.waitingMessage) }
    let search = SourceSearch(session, warn: Terminal.warn)
    defer { search.finish() }
    let end = try session.passOn(standardInput: 0, signals: signals)
    if onCrash != .none { report(session, end) }
    if watch && options.stats { Terminal.note(session.reloadStatistics, isPlain: true) }
    return end
  }

  private func checkWatch() throws(JITDebugError) {
    let others = [
      (keepRunning, "--keep-running"), (perfMap, "--perf-map"), (jitdump, "--jitdump"),
      (debugServer != nil, "--debug-server"),
    ]
    for (isGiven, name) in others where isGiven {
      throw JITDebugError(
        .usage, "--watch", "cannot be combined with \(name)", remedy: "leave one of them out")
    }
  }

  /// How the program died, if it did.
  private func report(_ session: LiveSession, _ end: ProgramEnd) {
    guard case .signaled(let number) = end, onCrash != .attach else { return }
    guard let snapshot = session.crash?.snapshot else {
      // What the user sent needs no explanation.
      if let text = CrashReport.explanation(of: Int32(number)), !json { Terminal.note(text) }
      return
    }
    let folder = onCrash == .core ? "\(SourceLookup.currentDirectory)/jitdebug-core-\(session.record.session.id)" : nil
    let report = CrashReport(snapshot, session.record.session, core: folder, warn: Terminal.warn)
    do { try report.keep(in: session.record.session) } catch { Terminal.warn(error) }
    if json, let text = try? report.json() {
      Terminal.note(text, isPlain: true)
    } else {
      let text = CrashText.render(report, isColored: Terminal.isColored, isVerbose: verbose)
      Terminal.note(String(text.dropLast()), isPlain: true)
      if let folder = report.core {
        Terminal.note(
          "core file: \(folder)/core; open it with lldb-22 -s \(folder)/launch.lldb or gdb -x \(folder)/launch.gdb")
      }
    }
  }
}

extension CrashAction: ExpressibleByArgument {}
