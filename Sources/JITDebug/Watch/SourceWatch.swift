// Keeps a program's inputs up to date: what was saved is compiled anew on a thread of its own, while the program runs.

import Glibc
import Synchronization

/// What came of looking at files that were saved.
package struct SourceNews: Sendable {
  /// The files, as they were named.
  package var changed: [String]
  /// Why the program cannot be made of them; nil if it can.
  package var error: JITDebugError?
  /// What was made of them last is what comes of them again.
  var isSame = false
  /// How long compiling took, in milliseconds.
  package var compileTime: Double
  /// When the change was noticed, on the clock of `Deadline`.
  package var noticed: UInt64

  var isNewProgram: Bool { error == nil && !isSame }

  /// `main.c, util.h changed: compiled in 48 ms`
  package var text: String {
    let names = changed.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
    let shown = names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
    return "\(shown) changed: " + (error.map { "\($0.subject) \($0.reason)" } ?? "compiled in \(Int(compileTime)) ms")
  }
}

/// Watches the files that a program was made of, from `begin` to `end`.
package final class SourceWatch: @unchecked Sendable {
  /// Readable when there is news.
  package let descriptor: Descriptor
  private let writer: Descriptor
  private let stopping: Descriptor
  private let stop: Descriptor
  private let state: Mutex<State>
  private var thread: BackgroundThread?
  /// Whether the program goes on with new functions instead of beginning anew.
  private let takesOver: Bool

  private struct State {
    var program: ProgramInputs?
    var news: [SourceNews] = []
    /// Whether what was published has been acted on: a restart is on its way.
    var isHandled = true
    /// What the running program does not have yet, or why it cannot.
    var pending: SourceNews?
    /// Whether the program could be newer than the one that runs.
    var isAhead = false
    /// Where objects go while they are compiled.
    var record: SessionRecord?
    var socket: ReloadSocket?
    var isOver = false
  }

  package init(takesOver: Bool) throws(JITDebugError) {
    self.takesOver = takesOver
    (descriptor, writer) = try makePipe()
    (stopping, stop) = try makePipe()
    _ = fcntl(descriptor.raw, F_SETFL, O_NONBLOCK)
    state = Mutex(State())
  }

  /// The inputs as they are now; nil before they were read for the first time.
  package var program: ProgramInputs? { state.withLock { $0.program } }
  /// Where debuggers ask for a look at the sources.
  var socket: String? { state.withLock { $0.socket?.path } }

  /// The user has asked for the end: no other program is to follow.
  package internal(set) var isOver: Bool {
    get { state.withLock { $0.isOver } }
    set { state.withLock { $0.isOver = newValue } }
  }

  /// What was taken has been acted on.
  func handled() { state.withLock { $0.isHandled = $0.news.isEmpty } }

  /// The program now has all that was taken, but for what is still on its way or, for some reason, cannot become part of it.
  func applied(except rest: SourceNews? = nil, failure: JITDebugError? = nil) {
    state.withLock { state in
      var pending = rest
      if let failure { pending?.error = failure }
      let newest = state.news.last ?? pending
      state.pending = newest?.isSame == true ? nil : newest
      state.isAhead = (state.news + [pending].compactMap { $0 }).contains(where: \.isNewProgram)
    }
  }

  /// Whether there is a program that is newer than the one that runs, or ran last.
  var isAhead: Bool { state.withLock { $0.isAhead } }

  /// Takes what happened since the last time, oldest first.
  package func takeNews() -> [SourceNews] {
    var bytes = [UInt8](repeating: 0, count: 64)
    _ = read(descriptor.raw, &bytes, bytes.count)
    return state.withLock { state in
      defer { state.news = [] }
      return state.news
    }
  }

  /// Compiles and reads everything, and watches it from then on. Of a second session, what there is.
  func begin(
    _ inputs: [Input], _ compiler: Compiler, _ record: SessionRecord, _ timeLine: TimeLine,
    _ report: @escaping @Sendable (CompilerEvent) -> Void
  ) throws(JITDebugError) -> ProgramInputs {
    if let program {
      return state.withLock { state in
        state.socket?.move(to: record.session)
        state.record = record
        // It has these already.
        state.news.removeAll { $0.error == nil }
        state.pending = state.news.last
        state.isAhead = false
        state.isHandled = true
        return state.program ?? program
      }
    }
    var compiler = compiler
    compiler.options.writesDependencies = true
    var build = WatchedBuild(inputs, compiler, record, timeLine, report)
    try build.buildAll(SignalWatch().interruption)
    let socket = try ReloadSocket(in: record.session)
    state.withLock { state in
      state.program = build.program
      state.record = record
      state.socket = socket
    }
    let builder = build
    thread = try BackgroundThread { self.watch(builder) }
    return build.program
  }

  /// Ends the thread, and with it a compiler that is at work.
  package func end() {
    _ = write(stop.raw, "x", 1)
    thread?.wait()
    thread = nil
    state.withLock { $0.socket = nil }
  }

  // MARK: The thread

  /// Several files are often saved together: so long nothing may happen before they are looked at, and so long that may go on,
  /// in milliseconds.
  private static let quiet: Int32 = 3
  private static let quietLimit = 0.05
  /// How often to look where the system does not tell, in milliseconds.
  private static let period: Int32 = 500

  /// How long after the last change the next compilation is prepared, in seconds. Nobody saves again that soon, and it must not take
  /// anything from the program's start, nor from a debugger's work.
  private static let rest = 0.4

  private func watch(_ build: consuming WatchedBuild) {
    let folders = FolderWatch()
    var isBehind = folders.watch(build.files)
    let interruption = Interruption(descriptor: stopping) {
      waitFor(POLLIN, on: self.stopping.raw, until: Deadline(secondsFromNow: 0)) ? SIGTERM : nil
    }
    let asked = state.withLock { $0.socket!.polled }
    var rest: Deadline? = Deadline(secondsFromNow: Self.rest)
    while true {
      var entries = [folders.polled, stopping.raw, asked].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      entries.append(pollfd(fd: build.preparation.polled, events: 0, revents: 0))
      let limits = [isBehind ? 0 : nil, rest?.milliseconds, folders.isComplete ? nil : Self.period].compactMap { $0 }
      if poll(&entries, 4, limits.min() ?? -1) < 0 { continue }
      if entries[1].revents != 0 { return }
      if entries[0].revents == 0 && entries[2].revents == 0 {
        if entries[3].revents != 0 { build.preparation.goOn() }
        if rest?.milliseconds == 0 {
          rest = nil
          build.prepare()
        }
        if folders.isComplete && !isBehind { continue }
      }
      if entries[0].revents != 0 { Self.waitUntilQuiet(folders) }
      let client = entries[2].revents != 0 ? state.withLock { $0.socket!.accept() } : nil
      // The first session's folder may be gone.
      if let record = state.withLock({ $0.record }) { build.record = record }
      let news = build.update(interruption, isAsked: client != nil, mayHaveNewFiles: entries[0].revents != 0)
      if waitFor(POLLIN, on: stopping.raw, until: Deadline(secondsFromNow: 0)) { return }
      if let news { publish(news, build.program) }
      isBehind = folders.watch(build.files)
      if entries[0].revents != 0 || news != nil { rest = Deadline(secondsFromNow: Self.rest) }
      if let client { ReloadSocket.answer(client, answer()) }
    }
  }

  private static func waitUntilQuiet(_ folders: FolderWatch) {
    let deadline = Deadline(secondsFromNow: quietLimit)
    repeat {
      folders.drain()
      var entry = pollfd(fd: folders.polled, events: Int16(POLLIN), revents: 0)
      guard poll(&entry, 1, quiet) > 0 else { return }
    } while deadline.milliseconds > 0
  }

  private func publish(_ news: SourceNews, _ program: ProgramInputs) {
    state.withLock { state in
      state.program = program
      state.news.append(news)
      if news.isNewProgram { state.isAhead = true }
      state.pending = news.isSame && !state.isAhead ? nil : news
      state.isHandled = false
    }
    _ = write(writer.raw, "x", 1)
  }

  /// How long a session may take to act on news before somebody who asked is told of it, in seconds: one whose program has crashed
  /// does not.
  private static let handlingLimit = 2.0

  private func answer() -> String {
    // Who lets the program go on now is to see it begin anew.
    let deadline = Deadline(secondsFromNow: Self.handlingLimit)
    while !state.withLock({ $0.isHandled }), deadline.milliseconds > 0 { usleep(1000) }
    guard let news = state.withLock({ $0.pending }) else { return "no source has changed" }
    return news.text
      + (news.error == nil
        ? "; the program \(takesOver ? "takes it over" : "begins anew") when it goes on"
        : "; the program stays as it was (see the messages of jitdebug run)")
  }
}
