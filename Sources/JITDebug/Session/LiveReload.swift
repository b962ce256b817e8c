// From one program to the next in a session whose sources are being watched: the session's process begins anew by exec, with the
// debugger still attached, and gets the new program.

import Glibc
import Wire

/// Where a session is between one program and the next.
struct Reload {
  /// What the target's process becomes: the executor, again, with its first environment.
  let command: [String]
  /// The programs that came after the first.
  var generations = 0
  /// The restart that is on its way.
  var call: UInt64?
  /// The process has begun anew, and nothing has been linked into it.
  var isFresh = false
  /// What the next program has to be announced with; nil if there is no reason for one.
  var news: SourceNews?
  /// When the process should have begun anew.
  private var expected: Deadline?
  /// How the program ended, until that was told.
  var status: UInt8?

  /// How long that takes at most, unless a debugger holds the process or its machine is far away, in seconds.
  private static let patience = 2.0

  init(of target: Target, _ options: SessionOptions) throws(JITDebugError) {
    guard target.hasExtensions else {
      throw JITDebugError(
        .usage, "--watch", "the executor at \(target.connection.peer) cannot begin anew",
        remedy: "use jitdebug-executor, or leave --watch out")
    }
    // Whatever the program does to its directory, and somebody to the file.
    var command = ["/proc/self/exe", "--session"]
    if let emulator = try Emulator(around: target) { command = emulator.command + [emulator.executor, "--session"] }
    // Then the environment as it is before the program changes it.
    let environment = try target.readFile("/proc/self/environ", limit: 1 << 20)
    self.command = command + [""] + environment.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  /// No program runs that could take input.
  var isBetweenPrograms: Bool { call != nil || isFresh }

  mutating func expect(_ call: UInt64) {
    self.call = call
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
    defer { watch.handled() }
    for news in watch.takeNews() {
      guard news.error == nil else {
        options.announce("\(news.text); \(reload!.isFresh ? "waiting for changes" : "the program goes on as it was")")
        continue
      }
      // The oldest tells how long it took.
      reload!.news = news.after(reload!.news)
    }
    // A program that crashes is looked at first; what comes after it is another session.
    guard reload!.news != nil, crash == nil else { return }
    if reload!.isFresh {
      try runAgain()
    } else if replacement != nil && reload!.call == nil {
      try replace()
    } else {
      try restart()
    }
  }

  private func restart() throws(JITDebugError) {
    if reload!.call == nil { reload!.expect(try target.postRestart(reload!.command)) }
  }

  /// The program has come to its end by itself; the end of the session if the user asked for it.
  func programExited(_ payload: [UInt8]) throws(JITDebugError) -> ProgramEnd? {
    let status = payload.first ?? 0
    if options.watch?.isOver == true { return .exited(status) }
    // Told when the process has begun anew: what the program wrote last is still on its way.
    reload!.status = status
    try restart()
    return nil
  }

  /// The process has begun anew.
  func beginAnew(_ setup: SetupMessage) throws(JITDebugError) {
    guard reload?.call != nil else { throw target.connection.lost("unexpected setup message") }
    target = Target(target.connection.renewed(setup))
    crash = nil
    replacement = nil
    if let unfinished = replacing.take() { reload!.news = unfinished.after(reload!.news) }
    stoppedThreads = []
    startCall = nil
    reload!.call = nil
    reload!.isFresh = true
    if let status = reload!.status.take() {
      options.announce("the program ended with status \(status)\(reload!.news == nil ? "; waiting for changes" : "")")
    }
    if reload!.news != nil { try runAgain() }
  }

  private func runAgain() throws(JITDebugError) {
    guard let program = options.watch?.program, let news = reload!.news.take() else { return }
    reload!.generations += 1
    reload!.isFresh = false
    options.watch?.applied()
    timeLine.beginAnew()
    do throws(JITDebugError) {
      try load(program)
      try start()
      try input.goOn(to: target)
      options.announce("\(news.text), running again after \((Deadline.now - news.noticed) / 1_000_000) ms")
    } catch {
      guard error.code == .input else { throw error }
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
