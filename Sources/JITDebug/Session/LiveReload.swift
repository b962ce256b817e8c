// From one program to the next in a session whose sources are being watched: the session's process begins anew by exec, with the
// debugger still attached, and gets the new program.

import Glibc
import Wire

/// Where a session is between one program and the next.
struct Reload {
  /// What the target's process becomes: the executor, again.
  let command: [String]
  /// As the process had it first, in the target's own bytes.
  let environment: [[UInt8]]
  /// The programs that came after the first.
  var generations = 0
  /// The restart that is on its way.
  var call: UInt64?
  /// That has arrived: whoever lets a held program go on now sees it begin anew.
  var isKnown = false
  /// The process has begun anew, and nothing has been linked into it.
  var isFresh = false
  /// What the next program has to be announced with; nil if there is no reason for one.
  var news: SourceNews?
  /// When the process should have begun anew.
  private var expected: Deadline?
  /// How the program ended, until that was told.
  var status: UInt8?
  /// A program has begun to run: it waits for no debugger then, and those after it do not either.
  var hasRun = false
  /// By which the user has asked for the end: no other program is to follow.
  var endSignal: UInt8?

  /// How long that takes at most, unless a debugger holds the process or its machine is far away, in seconds.
  private static let patience = 2.0

  init(of target: Target, _ options: SessionOptions) throws(JITDebugError) {
    guard target.hasExtensions else {
      throw JITDebugError(
        .usage, "--watch", "the executor at \(target.connection.peer) cannot begin anew",
        remedy: "use jitdebug-executor, or leave --watch out")
    }
    // Whatever the program does to its directory, and somebody to the file.
    // (The thread's link is there even if the main thread has ended.)
    var command = ["/proc/thread-self/exe", "--session"]
    if let emulator = try Emulator(around: target) { command = emulator.command + [emulator.executor, "--session"] }
    // Then the environment as it is before the program changes it.
    environment = try target.readFile("/proc/self/environ", limit: 1 << 24).split(separator: 0).map(Array.init)
    self.command = command
  }

  /// No program runs that could take input.
  var isBetweenPrograms: Bool { call != nil || isFresh }

  mutating func expect(_ call: UInt64) {
    self.call = call
    isKnown = false
    expected = Deadline(secondsFromNow: Self.patience)
  }

  /// For poll.
  var limit: Int32 { call == nil ? -1 : expected?.milliseconds ?? -1 }

  /// Whether it takes longer than it should; says so once.
  mutating func takesLong() -> Bool {
    guard call != nil, let expected, expected.milliseconds == 0 else { return false }
    self.expected = nil
    return true
  }
}

extension LiveSession {
  /// Looks at what the watch has to tell.
  func goOnReloading(hasNews: Bool) throws(JITDebugError) {
    if reload!.takesLong() {
      options.announce("the program is held by a debugger, it seems: it begins anew when it goes on")
    }
    guard hasNews, let watch = options.watch else { return }
    defer { if reload!.call == nil || reload!.isKnown { watch.handled() } }
    for news in watch.takeNews() {
      guard news.error == nil else {
        options.announce("\(news.text); \(reload!.isFresh ? "waiting for changes" : "the program goes on as it was")")
        continue
      }
      guard !news.isSame || reload!.isFresh else {
        options.announce("\(news.text); the program is the same")
        continue
      }
      // The oldest tells how long it took.
      reload!.news = news.after(reload!.news)
    }
    // A program that crashes is looked at first; what comes after it is another session. One that was asked to end may take its time.
    guard reload!.news != nil, crash == nil, reload!.endSignal == nil else { return }
    if reload!.isFresh {
      try runAgain()
    } else if replacement != nil && reload!.call == nil {
      try replace()
    } else {
      try restart()
    }
  }

  private func restart() throws(JITDebugError) {
    if reload!.call == nil { reload!.expect(try target.postRestart(reload!.command, environment: reload!.environment)) }
  }

  func restartIsKnown() {
    reload!.isKnown = true
    options.watch?.handled()
  }

  /// The program has come to its end by itself; the end of the session if the user asked for it.
  func programExited(_ payload: [UInt8]) throws(JITDebugError) -> ProgramEnd? {
    let status = payload.first ?? 0
    if reload!.endSignal != nil { return .exited(status) }
    // Told when the process has begun anew: what the program wrote last is still on its way.
    reload!.status = status
    try restart()
    return nil
  }

  /// The process has begun anew; the end of the session if the user asked for it meanwhile.
  func beginAnew(_ setup: SetupMessage) throws(JITDebugError) -> ProgramEnd? {
    guard reload?.call != nil else { throw target.connection.lost("unexpected setup message") }
    target = Target(target.connection.renewed(setup))
    if let signal = reload!.endSignal { return .signaled(signal) }
    crash = nil
    replacement = nil
    for unfinished in [takingOver.take(), replacing.take()] {
      if let unfinished { reload!.news = reload!.news.map { $0.after(unfinished) } ?? unfinished }
    }
    stoppedThreads = []
    startCall = nil
    reload!.call = nil
    reload!.isFresh = true
    restartIsKnown()
    if let status = reload!.status.take() {
      options.announce("the program ended with status \(status)\(reload!.news == nil ? "; waiting for changes" : "")")
    }
    if reload!.news != nil { try runAgain() }
    return nil
  }

  private func runAgain() throws(JITDebugError) {
    guard let watch = options.watch, let program = watch.program, let news = reload!.news.take() else { return }
    reload!.generations += 1
    reload!.isFresh = false
    watch.applied()
    timeLine.beginAnew()
    do throws(JITDebugError) {
      try load(program)
      try start()
      try input.goOn(to: target)
      options.announce("\(news.text), running again after \((Deadline.now - news.noticed) / 1_000_000) ms")
    } catch {
      guard error.code == .input else { throw error }
      watch.applied(except: news, failure: error)
      options.warn(error)
      options.announce("\(news.text), but no program comes of it; waiting for changes")
    }
  }

  /// How many programs have run in the session's process, or how often functions of one have been replaced, and what is left of
  /// earlier generations in its memory: nothing where each began with an empty one. A line of JSON.
  package var reloadStatistics: String {
    let old = replacement.map { max($0.program.generations - 1, 0) } ?? 0
    return "{\"schemaVersion\":1,\"generations\":\((reload?.generations ?? 0) + 1),\"oldGenerationsMapped\":\(old),"
      + "\"oldBytesMapped\":\(replacement?.program.oldBytes ?? 0)}"
  }
}

extension SourceNews {
  /// Both as one.
  func after(_ earlier: SourceNews?) -> SourceNews {
    guard let earlier else { return self }
    var both = self
    both.changed = Set(earlier.changed + changed).sorted()
    both.compileTime += earlier.compileTime
    both.noticed = earlier.noticed
    return both
  }
}
