// What happens while a session's program runs: output, input and signals are passed on, answers and crashes taken, until it ends.

import Glibc
import Wire

extension LiveSession {
  /// Whether the program has left its wait for a debugger.
  private var hasStarted: Bool { startCall == nil }

  /// Passes on output, input and signals until the program has ended.
  ///
  /// - Parameters:
  ///   - standardInput: what the program reads if its streams are forwarded, and where Enter ends a wait for a debugger.
  ///   - signals: passed on to the program; a second Ctrl-C ends it for good.
  package func passOn(standardInput: Int32?, signals: SignalWatch?) throws(JITDebugError) -> ProgramEnd {
    defer { stop() }
    if options.waitsForDebugger && !options.isDetachedFromTerminal { record.writeLaunchFiles() }
    do {
      let end = try serve(standardInput, signals)
      crash?.waitForDebugger()
      // The executor ends meanwhile.
      target.connection.disconnect()
      if !isLeftRunning { record.ended(end, limit) }
      return end
    } catch {
      if options.keepsRunning && hasStarted && error.code == .connection {
        throw JITDebugError(
          error.code, error.subject, error.reason,
          remedy: "the program goes on if its machine does: see `jitdebug sessions`, then `jitdebug attach`")
      }
      record.failed(error)
      throw error
    }
  }

  private func serve(_ standardInput: Int32?, _ signals: SignalWatch?) throws(JITDebugError) -> ProgramEnd {
    let forwardsInput = !options.location.isSpawned && target.hasExtensions
    var interrupts = 0
    // A program that ends at once needs no launch files, which take longer to write than it runs. (A debugger of ours has its own.)
    var launchFilesAreDue =
      options.waitsForDebugger || options.isDetachedFromTerminal ? nil : Deadline(secondsFromNow: 0.02)
    input = InputForwarder(standardInput, target: target, isForwarding: forwardsInput)
    while true {
      if let due = launchFilesAreDue, due.milliseconds == 0 {
        launchFilesAreDue = nil
        record.writeLaunchFiles()
      }
      let waitsForEnter = !hasStarted && options.waitsForDebugger && standardInput.map { isatty($0) != 0 } ?? false
      var entries = [pollfd(fd: target.connection.descriptor.raw, events: Int16(POLLIN), revents: 0)]
      // A negative descriptor is left out by poll.
      entries.append(pollfd(fd: signals?.descriptor.raw ?? -1, events: Int16(POLLIN), revents: 0))
      // The terminal is the debugger's while one looks at a crash.
      let polledInput =
        crash?.isHeld == true
        ? -1 : waitsForEnter ? standardInput! : (hasStarted && reload?.isBetweenPrograms != true ? input.polled : -1)
      // In the background, a look now and then tells whether that has changed.
      let isBackground = polledInput >= 0 && InputForwarder.belongsToAnotherJob(polledInput)
      entries.append(pollfd(fd: isBackground ? -1 : polledInput, events: Int16(POLLIN), revents: 0))
      entries.append(pollfd(fd: options.watch?.descriptor.raw ?? -1, events: Int16(POLLIN), revents: 0))
      let isDeferred = target.connection.hasDeferredEvents
      let limit: Int32 =
        isDeferred
        ? 0
        : launchFilesAreDue?.milliseconds ?? (crash?.isHeld == true ? 50 : isBackground ? 200 : waitLimit)
      if poll(&entries, nfds_t(entries.count), limit) < 0 { continue }
      crash?.releaseIfLeft(target)
      try replacement?.goOn()
      if reload != nil { try goOnReloading(hasNews: entries[3].revents != 0) }

      if entries[1].revents != 0, let signal = signals?.next() {
        // Ctrl-C is for the debugger while one looks at a crash.
        if crash?.isHeld == true && signal.number == SIGINT { continue }
        interrupts += signal.number == SIGINT ? 1 : 0
        options.watch?.isOver = true
        reload?.endSignal = UInt8(signal.number)
        if interrupts > 1 || signal.number == SIGHUP {
          isLeftRunning = options.keepsRunning && signal.number == SIGHUP
          if options.keepsRunning && !isLeftRunning { try target.postSignal(SIGKILL) }
          return .signaled(UInt8(signal.number))
        }
        // A local program in the terminal's foreground group has had it already.
        let sharesTerminal = process != nil && !options.isDetachedFromTerminal
        if !(signal.isFromTerminal && sharesTerminal) { try passOn(signal.number) }
      }
      if entries[2].revents != 0 {
        if waitsForEnter {
          var line = [UInt8](repeating: 0, count: 4096)
          _ = Glibc.read(standardInput!, &line, line.count)
          try target.postResume()
        } else {
          try input.forward()
        }
      }
      if isDeferred || entries[0].revents != 0, let end = try handleEvent() {
        return end
      }
    }
  }

  /// For poll, in milliseconds; -1 for as long as nothing arrives.
  private var waitLimit: Int32 {
    [reload?.limit, replacement?.limit].compactMap { $0 }.filter { $0 >= 0 }.min() ?? -1
  }

  private func passOn(_ signal: Int32) throws(JITDebugError) {
    if target.hasExtensions {
      try target.postSignal(signal)
    } else if let process {
      kill(process.pid, signal)
    } else {
      target.connection.disconnect()
    }
  }

  /// Handles one event; the program's end if it was that.
  private func handleEvent() throws(JITDebugError) -> ProgramEnd? {
    switch try target.connection.nextEvent(until: nil) {
    case .message(Self.standardOutputTag, let bytes): return try write(bytes, to: 1, "standard output")
    case .message(Self.standardErrorTag, let bytes): return try write(bytes, to: 2, "standard error")
    case .message(ConfigureRequest.crashTag, let payload): try handleCrash(payload)
    case .message(ConfigureRequest.exitTag, let payload) where reload != nil: return try programExited(payload)
    case .message(ConfigureRequest.heldTag, _) where reload?.call != nil: restartIsKnown()
    case .message, nil: break
    case .setup(let setup): return try beginAnew(setup)
    case .result(let call, let payload):
      if call == mainCall { return try finishStock(payload) }
      if call == startCall {
        startCall = nil
        reload?.hasRun = true
        try target.checkAnswer(payload)
      }
      if call == reload?.call { try target.checkAnswer(payload) }
      try input.answered(call)
      try replacement?.answered(call, payload)
      stub?.sessionWasAnswered(call)
    case .hangup(let end?, let reason):
      limit = reason
      if let reason {
        options.warn(JITDebugError(.connection, target.connection.peer, "the executor ended the program: \(reason)"))
      }
      switch end {
      case .exited(let status): return .exited(status)
      case .signaled(let number): return .signaled(crash?.signal(ending: number) ?? number)
      }
    case .hangup(nil, let reason?): throw target.connection.lost("the executor ended the session: \(reason)")
    case .hangup(nil, nil), .closed:
      // A program that does not return from main takes a stock executor with it; only its parent learns how.
      if let process, mainCall != nil {
        switch reapProcess(process) {
        case .exited(let status)?: return .exited(UInt8(truncatingIfNeeded: status))
        case .signaled(let number)?: return .signaled(UInt8(number))
        case nil: break
        }
      }
      throw target.connection.lost("the executor ended before the program did")
    }
    return nil
  }

  /// Looks at a program that has crashed, and lets it go on to its end or holds it for a debugger. What cannot be found out
  /// must not keep the program from ending as it does.
  private func handleCrash(_ payload: [UInt8]) throws(JITDebugError) {
    guard crash == nil, let notice = CrashNotice(payload) else { return }
    guard notice.signal != UInt64(SIGURG) else { return stoppedThreads.append(notice) }
    crash = HeldCrash(notice, stoppedThreads)
    do throws(JITDebugError) {
      try crash?.inspect(self)
    } catch {
      options.warn(JITDebugError(error.code, "the crash", "cannot be reported in full: \(error.reason)"))
    }
    if crash?.isHeld != true { try? target.release(notice) }
  }

  /// Passes output on; a reader that has gone ends the program as it would have ended a local one.
  private func write(_ bytes: [UInt8], to stream: Int32, _ name: String) throws(JITDebugError) -> ProgramEnd? {
    if bytes.withUnsafeBytes({ writeAll($0, to: stream) }) { return nil }
    if errno == EPIPE { return .signaled(UInt8(SIGPIPE)) }
    throw JITDebugError(
      .system, name, "cannot be written: \(systemMessage(errno).lowercasedFirst)",
      remedy: "the rest of the program's output is lost; make room, and run again")
  }

  /// A stock executor's main has returned: what follows it in a C library's start-up code is still to be done, by a call of `exit`,
  /// which answers with the end of the connection.
  private func finishStock(_ payload: [UInt8]) throws(JITDebugError) -> ProgramEnd {
    mainCall = nil
    let status: UInt8
    do {
      var reader = try SPSReader(result: payload)
      status = UInt8(truncatingIfNeeded: try reader.i64())
    } catch {
      throw target.connection.lost("malformed answer of main: \(error)")
    }
    for function in program.finalizerFunctions { try target.runVoidFunction(function) }
    guard let exit = try target.resolve(["exit"], in: try target.openProcess()).first ?? nil else {
      return .exited(status)
    }
    try target.postRunAsInt(exit, Int32(status))
    let deadline = Deadline(secondsFromNow: 60)
    while case .some(let event) = try? target.connection.nextEvent(until: deadline) {
      if case .closed = event { break }
    }
    return .exited(status)
  }
}
