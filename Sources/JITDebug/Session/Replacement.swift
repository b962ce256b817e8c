// Replacing functions of a program while it runs: each step waits for the target's answer to the one before, and nothing else
// waits for them, as a debugger may hold the program stopped for as long as it likes.

import Glibc

/// What there is to tell about a replacement.
enum ReplacementEvent {
  /// The program runs the new functions.
  case applied(ReplacementReport)
  /// The new functions are in the target's memory, and the program has not got to its reload point for some time.
  case waiting
  /// The target does not answer.
  case held
  /// They cannot be linked into the running program, which goes on as it was.
  case refused(JITDebugError)
}

/// The replacements in one program, one after the other.
final class Replacement {
  private enum Step {
    case idle
    /// Whether the target answers at all.
    case asking(UInt64)
    case loading(LoadedProgram)
    case arming(LoadedProgram, UInt64)
    /// Asks now and then whether the program has been at its reload point: since that time, or from then on.
    case waiting(LoadedProgram, question: UInt64?, time: UInt64)
  }

  /// What a program's session does for its replacements.
  struct Actions {
    /// Reads inputs by their numbers, as they are now.
    var parse: (Set<Int>) throws(JITDebugError) -> (objects: [ObjectFile], archives: [ArchiveFile])
    /// Stores a debug file before anything refers to it.
    var publish: (DebugImage) throws(JITDebugError) -> Void
    /// Takes note of a generation that is registered.
    var loaded: (LoadedProgram) throws(JITDebugError) -> Void
    var tell: (ReplacementEvent) -> Void
  }

  private let link: ProgramLink
  let program: ReplaceableProgram
  private let actions: Actions
  private var step = Step.idle
  /// The inputs that have changed since they were linked, and whether linking them is worth another try.
  private var changed: Set<Int> = []
  private var hasNews = false
  private var started: UInt64 = 0
  private var hasToldOfDelay = false

  /// In milliseconds: between two questions, and until waiting is worth a word.
  private static let interval: UInt64 = 10
  private static let patience: UInt64 = 1000

  /// - Parameter link: with the program in which functions are replaced.
  init(_ link: ProgramLink, in program: ReplaceableProgram, _ actions: Actions) {
    self.link = link
    self.program = program
    self.actions = actions
  }

  /// Links changed inputs into the program, as soon as the replacement before this one has been applied.
  func replace(_ inputs: Set<Int>) throws(JITDebugError) {
    changed.formUnion(inputs)
    hasNews = true
    try begin()
  }

  /// How long `goOn` need not be called, in milliseconds; -1 for as long as no answer arrives.
  var limit: Int32 {
    var due: UInt64?
    switch step {
    case .idle: return -1
    case .waiting(_, nil, let next): due = next
    case .waiting(_, _?, let asked): due = hasToldOfDelay ? nil : asked + Self.patience
    default: due = hasToldOfDelay ? nil : started + Self.patience
    }
    let now = Self.now
    return due.map { Int32($0 > now ? $0 - now : 0) } ?? -1
  }

  /// Does what is due by the clock.
  func goOn() throws(JITDebugError) {
    let now = Self.now
    let since: UInt64
    switch step {
    case .idle: return
    case .waiting(let generation, nil, let next):
      guard next <= now else { return }
      let question = try link.target.postReadWords(at: [program.point.control + 8])
      step = .waiting(generation, question: question, time: now)
      return
    case .waiting(_, _?, let asked): since = asked
    default: since = started
    }
    if !hasToldOfDelay, now >= since + Self.patience {
      hasToldOfDelay = true
      actions.tell(.held)
    }
  }

  /// Takes an answer, if it is one of those that are awaited here.
  func answered(_ call: UInt64, _ payload: [UInt8]) throws(JITDebugError) {
    switch step {
    case .asking(call): try load()
    case .loading(var generation):
      guard let index = generation.loading.firstIndex(of: call) else { return }
      try link.target.checkInitialize(payload)
      generation.loading.remove(at: index)
      step = .loading(generation)
      if generation.loading.isEmpty { try arm(generation) }
    case .arming(let generation, call):
      step = .waiting(generation, question: nil, time: 0)
      try goOn()
    case .waiting(let generation, call?, _): try look(generation, payload)
    default: break
    }
  }

  private func begin() throws(JITDebugError) {
    guard case .idle = step, hasNews else { return }
    hasNews = false
    hasToldOfDelay = false
    started = Self.now
    // Linking may have to ask for symbols, and cannot go on before there is an answer.
    step = .asking(try link.target.postReadWords(at: [program.point.control]))
  }

  private func load() throws(JITDebugError) {
    var statistics = SessionStatistics()
    do throws(JITDebugError) {
      let (objects, archives) = try actions.parse(changed)
      step = .loading(
        try link.load(objects, archives, statistics: &statistics) { (image) throws(JITDebugError) in
          try actions.publish(image)
        })
      changed = []
      hasNews = false
    } catch {
      guard error.code == .input else { throw error }
      step = .idle
      actions.tell(.refused(error))
      try begin()
    }
  }

  /// Debuggers know the new code by now. The first word is the list that the handler takes, then the reload point leads there.
  private func arm(_ generation: LoadedProgram) throws(JITDebugError) {
    try actions.loaded(generation)
    let point = program.point
    let call = try link.target.postWriteWords([
      (point.control, generation.switchList.start.rawValue), (point.pointer, point.handler),
    ])
    step = .arming(generation, call)
  }

  private func look(_ generation: LoadedProgram, _ payload: [UInt8]) throws(JITDebugError) {
    let now = Self.now
    guard try link.target.words(in: payload, count: 1) == [generation.switchList.start.rawValue] else {
      if !hasToldOfDelay && now >= started + Self.patience {
        hasToldOfDelay = true
        actions.tell(.waiting)
      }
      step = .waiting(generation, question: nil, time: now + Self.interval)
      return
    }
    step = .idle
    if let report = generation.replacement { actions.tell(.applied(report)) }
    try begin()
  }

  /// In milliseconds, on a clock that never goes back.
  private static var now: UInt64 { Deadline.now / 1_000_000 }
}
