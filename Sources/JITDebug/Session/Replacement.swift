// Replacing functions of a program while it runs: each step waits for the target's answer to the one before, and nothing else
// waits for them, as a debugger may hold the program stopped for as long as it likes.

import Glibc

/// What there is to tell about a replacement.
package enum ReplacementEvent: Sendable {
  /// The program runs the new functions, so many milliseconds after they were asked for.
  case applied(ReplacementReport, milliseconds: Double)
  /// They are in the target's memory, and the program has not got to its reload point for some time.
  case waiting
  /// They cannot be linked into the running program, which goes on as it was.
  case refused(JITDebugError)
}

/// The replacements of one program, one after the other.
final class Replacement {
  private enum Step {
    case idle
    /// Whether the target answers at all.
    case asking(UInt64)
    case loading(LoadedProgram)
    case arming(LoadedProgram, UInt64)
    /// Asks now and then whether the program has been at its reload point.
    case waiting(LoadedProgram, question: UInt64?, next: UInt64)
  }

  private let link: ProgramLink
  private let program: ReplaceableProgram
  private let tell: (ReplacementEvent) -> Void
  private let loaded: (LoadedProgram) throws(JITDebugError) -> Void
  private let publish: (DebugImage) throws(JITDebugError) -> Void
  private var step = Step.idle
  private var isLate = false
  private var started: UInt64 = 0
  /// The newest of what is to be linked, by name.
  private var objects: [ObjectFile] = []
  private var archives: [ArchiveFile] = []

  /// In milliseconds: between two questions, and until waiting is worth a word.
  private static let interval: UInt64 = 10
  private static let patience: UInt64 = 1000

  /// - Parameters:
  ///   - link: with the program in which functions are replaced.
  ///   - publish: stores a debug file before anything refers to it.
  ///   - loaded: takes note of a generation that is registered.
  init(
    _ link: ProgramLink, publish: @escaping (DebugImage) throws(JITDebugError) -> Void,
    loaded: @escaping (LoadedProgram) throws(JITDebugError) -> Void, tell: @escaping (ReplacementEvent) -> Void
  ) {
    self.link = link
    program = link.replaceable!
    self.publish = publish
    self.loaded = loaded
    self.tell = tell
  }

  /// Replaces the program's objects by those of the same names, as soon as the replacement before this one has been applied.
  func replace(_ new: [ObjectFile], _ archives: [ArchiveFile]) throws(JITDebugError) {
    objects.removeAll { old in new.contains { $0.name == old.name } }
    objects += new
    self.archives = archives
    try begin()
  }

  /// How long `goOn` need not be called, in milliseconds; nil for as long as no answer arrives.
  var limit: Int32? {
    guard case .waiting(_, nil, let next) = step else { return nil }
    let now = Self.now
    return Int32(next > now ? next - now : 0)
  }

  /// What is due by the clock.
  func goOn() throws(JITDebugError) {
    guard case .waiting(let generation, nil, let next) = step, next <= Self.now else { return }
    let point = program.point
    let question = try link.target.postReadWords(at: [point.control, point.control + 8, point.pointer])
    step = .waiting(generation, question: question, next: next)
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
      step = .waiting(generation, question: nil, next: Self.now)
      try goOn()
    case .waiting(let generation, call?, _): try look(generation, payload)
    default: break
    }
  }

  private func begin() throws(JITDebugError) {
    guard case .idle = step, !objects.isEmpty else { return }
    started = Self.now
    isLate = false
    // Linking may have to ask for symbols, and cannot go on before there is an answer.
    step = .asking(try link.target.postReadWords(at: [program.point.control]))
  }

  private func load() throws(JITDebugError) {
    let new = objects
    objects = []
    var statistics = SessionStatistics()
    do throws(JITDebugError) {
      let generation = try link.load(new, archives, statistics: &statistics, publish: publish)
      step = .loading(generation)
    } catch {
      guard error.code != .connection else { throw error }
      step = .idle
      tell(.refused(error))
      try begin()
    }
  }

  /// Debuggers know the new code by now. The first word is the list that the handler takes, then the reload point leads to it.
  private func arm(_ generation: LoadedProgram) throws(JITDebugError) {
    try loaded(generation)
    let point = program.point
    let call = try link.target.postWriteWords([
      (point.control, generation.switchList.start.rawValue), (point.pointer, point.handler),
    ])
    step = .arming(generation, call)
  }

  private func look(_ generation: LoadedProgram, _ payload: [UInt8]) throws(JITDebugError) {
    let words = try link.target.words(in: payload, count: 3)
    let now = Self.now
    guard words[1] == generation.switchList.start.rawValue else {
      if !isLate && now - started > Self.patience {
        isLate = true
        tell(.waiting)
      }
      step = .waiting(generation, question: nil, next: now + Self.interval)
      return
    }
    step = .idle
    if let report = generation.replacement { tell(.applied(report, milliseconds: Double(now - started))) }
    try begin()
  }

  /// In milliseconds, on a clock that never goes back.
  private static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
  }
}
