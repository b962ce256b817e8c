// `run --watch` over several sessions: one that a crash or a signal has ended is followed by another when a source changes.

import Glibc

package struct WatchedRun {
  private let options: SessionOptions
  private let watch: SourceWatch

  /// - Parameter options: are given the watch.
  package init(_ options: inout SessionOptions) throws(JITDebugError) {
    watch = try SourceWatch(takesOver: options.reloadPoint != nil)
    options.watch = watch
    self.options = options
  }

  /// Runs session after session until the user ends it; the result is an exit code.
  package func run(_ session: (SessionOptions) throws(JITDebugError) -> ProgramEnd) throws(JITDebugError) -> Int32 {
    defer { watch.end() }
    while true {
      do throws(JITDebugError) {
        let end = try session(options)
        if watch.isOver { return end.exitCode }
        let next = watch.isAhead ? "what has changed meanwhile" : "the next change"
        options.announce(
          "the session has \(end.text); \(next) begins another, to which a debugger has to be attached again")
      } catch {
        // What was never compiled is not being watched.
        guard error.code == .input, watch.program != nil else { throw error }
        options.warn(error)
        options.announce("waiting for changes")
      }
      if !watch.isAhead, let signal = waitForChange() { return 128 + signal }
    }
  }

  /// Waits until there is something new to run; the signal that came instead, if one did.
  private func waitForChange() -> Int32? {
    let signals = SignalWatch()
    while true {
      var entries = [watch.descriptor.raw, signals.descriptor.raw].map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      if poll(&entries, 2, -1) < 0 { continue }
      if let signal = signals.next() { return signal.number }
      guard entries[0].revents != 0 else { continue }
      let news = watch.takeNews()
      watch.handled()
      for news in news { options.announce(news.text + (news.isNewProgram ? "" : "; waiting for changes")) }
      if news.contains(where: \.isNewProgram) { return nil }
    }
  }
}

extension ProgramEnd {
  fileprivate var text: String {
    switch self {
    case .exited(let status): "ended with status \(status)"
    case .signaled(let number): "been ended by signal \(number)"
    }
  }
}
