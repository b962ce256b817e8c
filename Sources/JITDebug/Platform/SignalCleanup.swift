// What a signal that ends this process must not leave behind: undone first, in commands that have no loop to watch signals in.

import Glibc
import Synchronization

package enum SignalCleanup {
  private struct State {
    var next = 0
    var tasks: [(id: Int, undo: @Sendable () -> Void)] = []
    var isWatching = false

    mutating func add(_ undo: @escaping @Sendable () -> Void) -> Int {
      next += 1
      tasks.append((next, undo))
      return next
    }
  }
  private static let state = Mutex(State())

  /// Has SIGINT, SIGTERM, SIGHUP and SIGQUIT undo everything that was added before this process dies of them. Those that are
  /// ignored stay so. Not to be used together with another `SignalWatch`.
  package static func watch() {
    let isFirst = state.withLock { state in
      defer { state.isWatching = true }
      return !state.isWatching
    }
    guard isFirst else { return }
    let signals = SignalWatch(keepsIgnored: true)
    // Without a thread there is nobody to do it, and signals end the process at once.
    try? BackgroundThread {
      _ = waitFor(POLLIN, on: signals.descriptor.raw, until: nil)
      if let number = signals.next()?.number { undoAll(endingBy: number) }
    }.detach()
  }

  /// Adds what is to be undone; the result is for `remove`. What it is about may be over already when it is called.
  package static func add(_ undo: @escaping @Sendable () -> Void) -> Int { state.withLock { $0.add(undo) } }

  /// The same for what begins with something that must not be cut off from its undoing.
  package static func add<Value: Sendable>(
    _ begin: () throws(JITDebugError) -> (Value, undo: @Sendable () -> Void)
  ) throws(JITDebugError) -> (value: Value, id: Int) {
    try state.withLock { (state) throws(JITDebugError) in
      let (value, undo) = try begin()
      return (value, state.add(undo))
    }
  }

  package static func remove(_ id: Int) {
    state.withLock { state in state.tasks.removeAll { $0.id == id } }
  }

  /// Does what the undoing must not come across, unless that has begun: then it never returns.
  static func unlessEnding(_ body: () throws(JITDebugError) -> Void) throws(JITDebugError) {
    try state.withLock { (_) throws(JITDebugError) in try body() }
  }

  /// Never lets go of the lock: who adds or removes anything from now on waits for the end.
  private static func undoAll(endingBy number: Int32) {
    state.withLock { state in
      for task in state.tasks.reversed() { task.undo() }
      end(by: number)
    }
  }

  /// Dies of a signal that was held back until all was in order, as the shell expects it.
  package static func end(by number: Int32) {
    signal(number, SIG_DFL)
    raise(number)
  }
}
