// What sessions do now: asked of their executors where no process of this machine tells.

import Glibc
import Synchronization

extension Session {
  package struct State: Equatable, Sendable {
    package var status: Status
    /// False where the executor had to be asked, and said nothing: the session is taken for one that runs on.
    package var isAnswering = true
  }

  /// What an executor says of a program.
  enum Presence: Sendable { case there, gone, unknown }

  /// What this machine knows by itself; nil where the executor has to be asked.
  fileprivate var knownState: State? {
    if description.state == .ended { return State(status: .ended) }
    if controller.isAlive { return State(status: .running) }
    guard let pid = description.pid, description.keepsRunning == true else { return State(status: .abandoned) }
    if DebugTarget.mayHold(description.generations.map(\.code), pid) { return State(status: .detached) }
    // An executor that is reached by its dialling in serves whoever waits for it.
    if description.endpoint?.hasPrefix("listen:") == true { return State(status: .detached) }
    return nil
  }

  /// What the description says, checked against the controller's process and, if need be, the executor.
  package var state: State { [self].states[0] }
  package var status: Status { state.status }

  /// Whether the program runs, with or without its controller.
  package var goesOn: Bool { status.goesOn }
}

extension Session.Status {
  package var goesOn: Bool { self == .running || self == .detached }
}

extension [Session] {
  /// How long executors may take to say whether a program is there, in seconds: people wait for a list.
  private static var limit: Double { 2 }

  private struct Executor: Hashable, Sendable {
    var endpoint: String?
    var tokenFile: String?
    var remoteExecutor: String?
  }

  /// The state of each; all executors are asked at the same time.
  package var states: [Session.State] {
    var states = map(\.knownState)
    let unknown = indices.filter { states[$0] == nil }
    let groups = Dictionary(grouping: unknown) { index in
      let description = self[index].description
      return Executor(
        endpoint: description.endpoint, tokenFile: description.access?.tokenFile,
        remoteExecutor: description.access?.remoteExecutor)
    }
    let answers = Answers()
    for group in groups.values {
      // Who does not answer in time is not waited for.
      try? BackgroundThread { answers.ask(group.map { ($0, self[$0]) }) }.detach()
    }
    let deadline = Deadline(secondsFromNow: Self.limit)
    while answers.count < unknown.count, deadline.milliseconds > 0 { usleep(1000) }
    for index in unknown {
      switch answers[index] {
      case .gone: states[index] = Session.State(status: .abandoned)
      case .there: states[index] = Session.State(status: .detached)
      case .unknown, nil: states[index] = Session.State(status: .detached, isAnswering: false)
      }
    }
    return states.map { $0! }
  }
}

/// What was answered so far, by the sessions' places in a list.
private final class Answers: Sendable {
  private let content = Mutex<[Int: Session.Presence]>([:])

  var count: Int { content.withLock { $0.count } }
  subscript(index: Int) -> Session.Presence? { content.withLock { $0[index] } }

  /// - Parameter sessions: of one executor, with their places.
  func ask(_ sessions: [(place: Int, session: Session)]) {
    var answers: [Int: Session.Presence] = [:]
    do throws(JITDebugError) {
      let target = try sessions[0].session.connect()
      defer { target.connection.disconnect() }
      for (place, session) in sessions { answers[place] = session.isThere(target) ? .there : .gone }
    } catch {
      // Where nothing listens any more the executor has ended, and its programs with it. Anything else, such as a network that
      // is down, tells nothing of the program.
      let isGone = error.reason.contains("connection refused")
      // One that is busy has answered.
      let isBusy = error.reason.hasPrefix("the executor refuses")
      for (place, _) in sessions { answers[place] = isGone ? .gone : isBusy ? .there : .unknown }
    }
    content.withLock { $0.merge(answers) { $1 } }
  }
}
