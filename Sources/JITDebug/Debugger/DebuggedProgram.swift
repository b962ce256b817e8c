// `jitdebug debug`: a session and its debugger in one terminal, from before main to the end of both.

import Glibc
import Synchronization

/// A program that was linked in order to be debugged at once. Serves the session on a thread of its own meanwhile.
package final class DebuggedProgram: Sendable {
  private let session: LiveSession
  private let server: SessionServer
  private let target: DebugTarget
  private let debugger: Debugger
  private let gdb: PreparedGDB?
  private let lldbServer: PreparedLLDBServer?
  private let commands: [String]
  private let batch: Bool
  private let input: DebuggerInput
  private let warnings: [JITDebugError]

  /// A session that is linked, what the debugger is told about it, and what its user is.
  private typealias Linked = (session: LiveSession, target: DebugTarget, warnings: [JITDebugError])

  /// How long the program may take to end once its debugger has quit, in seconds: it may have to write a core file.
  private static let endLimit = 3.0

  /// Compiles, links, loads and registers. The program gets a process group of its own and, of this process's standard
  /// input, only what is no terminal: the terminal is the debugger's.
  ///
  /// - Parameters:
  ///   - debugger: what will be used, which is made ready meanwhile.
  ///   - commands: what it shall do once attached.
  ///   - batch: whether it quits after them.
  ///   - choice: whether to go by a debug server on the target, and which.
  package init(
    _ options: SessionOptions, for debugger: Debugger, commands: [String], batch: Bool,
    _ choice: DebugServerChoice = DebugServerChoice()
  ) throws(JITDebugError) {
    var options = options
    options.waitsForDebugger = true
    options.isDetachedFromTerminal = true
    self.debugger = debugger
    self.commands = commands
    self.batch = batch
    input = try DebuggerInput(batch: batch, isStandardInputTaken: isatty(0) == 0)
    let sessionOptions = options
    let linked: Linked
    switch debugger {
    case .lldb:
      lldbServer = (try? PreparedLLDBServer()) ?? nil
      let result = Mutex<Result<Linked, JITDebugError>?>(nil)
      let linking = try BackgroundThread {
        let linked = Result { () throws(JITDebugError) in try Self.link(sessionOptions, debugger, choice) }
        result.withLock { $0 = linked }
      }
      LLDBSession.prepare()
      linking.wait()
      gdb = nil
      do {
        linked = try result.withLock { $0! }.get()
      } catch {
        lldbServer?.end()
        throw error
      }
    case .gdb:
      // Where it cannot be started now, the attempt to start it later tells why.
      lldbServer = nil
      gdb = try? PreparedGDB(GDBSession.program, commands: commands, batch: batch, input: input.descriptor.raw)
      do {
        linked = try Self.link(sessionOptions, debugger, choice)
      } catch {
        gdb?.abandon()
        throw error
      }
    }
    (session, target, warnings) = linked
    server = SessionServer(session)
  }

  /// All that can be done while the debugger gets ready.
  private static func link(_ options: SessionOptions, _ debugger: Debugger, _ choice: DebugServerChoice)
    throws(JITDebugError) -> Linked
  {
    let session = try LiveSession(options)
    do {
      // What there is to debug is looked for in the target's memory.
      try session.finishLoading()
      var target = try DebugTarget(session.record.session, stop: .beforeMain, choice)
      var warnings = try target.prepare() + session.warnings
      warnings += target.findSources(of: session.record.session)
      warnings += try LaunchFiles.write(for: target, required: debugger)
      return (session, target, warnings)
    } catch {
      session.stop()
      throw error
    }
  }

  /// Attaches the debugger and returns when it has quit and the program has ended.
  ///
  /// The result is an exit code: the program's own if it ran to its end, else the debugger's.
  package func run(warn: (JITDebugError) -> Void) throws(JITDebugError) -> Int32 {
    defer {
      gdb?.abandon()
      lldbServer?.end()
      session.stop()
      server.cancel()
      _ = server.wait(Deadline(secondsFromNow: Self.endLimit))
    }
    warnings.forEach(warn)
    try server.start(tracee: target.pid)
    let debuggerSession: any DebuggerSession =
      switch debugger {
      case .lldb: LLDBSession(server: lldbServer)
      case .gdb: GDBSession(prepared: gdb)
      }
    let outcome = try debuggerSession.run(
      DebuggerRequest(
        target: target, commands: commands, batch: batch, ending: .kill, input: input.descriptor.raw))
    switch server.wait(Deadline(secondsFromNow: Self.endLimit)) {
    case .success(.signaled(UInt8(SIGKILL))), nil: return outcome.status
    case .success(let end): return end.exitCode
    case .failure(let error):
      // A process killed by its debugger may take the connection with it.
      guard target.server == nil, ProcessFacts.isRunning(target.pid) else { return outcome.status }
      throw error
    }
  }
}

/// What a debugger reads its commands from, where the program may have standard input.
package struct DebuggerInput {
  package let descriptor: Descriptor

  package init(batch: Bool, isStandardInputTaken: Bool) throws(JITDebugError) {
    let path = batch ? "/dev/null" : isStandardInputTaken ? "/dev/tty" : "/dev/stdin"
    let raw = path == "/dev/stdin" ? dup(0) : open(path, O_RDWR | O_CLOEXEC)
    guard raw >= 0 else {
      throw JITDebugError(
        .usage, "", "standard input is the program's, and there is no terminal for the debugger",
        remedy: "give the debugger's commands with -o, together with --batch")
    }
    descriptor = Descriptor(raw)
  }
}

/// Passes the session's output on while the debugger runs.
private final class SessionServer: Sendable {
  typealias End = Result<ProgramEnd, JITDebugError>

  private let session: LiveSession
  private let end = Mutex<End?>(nil)
  private let isCancelled = Atomic(false)
  /// Readable once `end` is set.
  private let ended: Descriptor
  private let signal: Descriptor

  init(_ session: LiveSession) {
    self.session = session
    var ends: [Int32] = [-1, -1]
    pipe(&ends)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    ended = Descriptor(ends[0])
    signal = Descriptor(ends[1])
  }

  /// Lets the program run as far as its wait for a debugger.
  ///
  /// A stock executor knows no such wait: it is told to run only once the debugger holds it.
  func start(tracee: Int32) throws(JITDebugError) {
    if session.target.hasExtensions { try session.start() }
    try BackgroundThread { self.serve(tracee: tracee) }.detach()
  }

  private func serve(tracee: Int32) {
    let result: End
    do throws(JITDebugError) {
      if !session.target.hasExtensions {
        while !ProcessFacts.isHeldByTracer(tracee) {
          if isCancelled.load(ordering: .acquiring) || !ProcessFacts.isRunning(tracee) { break }
          usleep(2000)
        }
        try session.start()
      }
      result = .success(try session.passOn(standardInput: isatty(0) != 0 ? nil : 0, signals: nil))
    } catch {
      result = .failure(error)
    }
    end.withLock { $0 = result }
    _ = write(signal.raw, "x", 1)
  }

  /// Ends a wait for the debugger that will not come.
  func cancel() { isCancelled.store(true, ordering: .releasing) }

  /// How the program ended; nil if it has not when the deadline passes, or was never started.
  func wait(_ deadline: Deadline) -> End? {
    _ = waitFor(POLLIN, on: ended.raw, until: deadline)
    return end.withLock { $0 }
  }
}
