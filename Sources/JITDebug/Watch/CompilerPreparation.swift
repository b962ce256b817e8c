// What is done for the next compilation before it is asked for: a compiler is started, and the headers are parsed.

import Glibc
import SystemPackage

/// Has a compiler ready for one source, the one that is being edited. Not for use by several threads at a time, as the build that it
/// belongs to; nothing of it is left after `deinit`.
final class CompilerPreparation: @unchecked Sendable {
  private let compiler: Compiler
  private var folder: FilePath?
  /// Of files.
  private var number = 0

  private struct Ready {
    var compiler: PreparedCompiler
    var path: String
    var headers: PrecompiledPreamble?
  }
  private var ready: Ready?
  /// The newest; what is ready may have been started without it.
  private var headers: PrecompiledPreamble?
  private var work: Work?
  /// What is of no use as a header.
  private var refused: Preamble?
  /// What the source began with when it was prepared for the last time.
  private var last: (path: String, preamble: Preamble)?

  /// Headers are taken only if the source compiles with them to the very same object as without. That costs two compilations in the
  /// background.
  private struct Work {
    enum Step {
      case parsing(file: String)
      case comparing(PrecompiledPreamble)
    }
    var step: Step
    var compiler: PreparedCompiler
    let source: Input
    let text: FileBytes
    let preamble: Preamble
    /// What `text` compiles to.
    let object: FileBytes
    let began: timespec
  }

  init(_ compiler: Compiler) { self.compiler = compiler }

  /// Compiles with what is ready; nil if that is nothing, or does not do.
  ///
  /// - Parameter usesHeaders: is set to whether they had been parsed beforehand.
  func compile(_ source: Input, _ interruption: Interruption, usesHeaders: inout Bool) -> PreparedCompiler.Outcome? {
    guard let ready = ready.take(), ready.path == source.path, let text = try? readFile(source.path),
      ready.headers?.isCurrent(for: text) ?? true, ready.compiler.feed(text.buffer),
      let outcome = ready.compiler.finish(interruption)
    else { return nil }
    usesHeaders = ready.headers != nil
    // Warnings may lack something that only the text of the headers shows.
    return usesHeaders && !outcome.messages.isEmpty ? nil : outcome
  }

  /// Has a compiler ready for the next version of a source.
  ///
  /// - Parameters:
  ///   - object: what it compiles to as it is now, without any message; nil if that is not known.
  ///   - folder: for files, and for nothing else; made and removed here.
  func prepare(_ source: Input, object: FileBytes?, in folder: FilePath) {
    if folder != self.folder {
      clear()
      guard mkdir(folder.string, 0o700) == 0 || errno == EEXIST else { return }
      self.folder = folder
    }
    guard let text = try? readFile(source.path) else { return }
    if headers?.isCurrent(for: text) != true { headers = nil }
    if ready?.path != source.path || ready?.headers !== headers { start(source) }
    guard headers == nil, source.path.hasSuffix(".c"), !showsUnusedMacros, let preamble = Preamble(of: text.buffer)
    else { return work = nil }
    if let work, work.preamble == preamble, work.source.path == source.path { return }
    work = nil
    // A preamble that is being edited is not worth the effort.
    let isEdited = last.map { $0.path == source.path && $0.preamble != preamble } ?? false
    last = (source.path, preamble)
    guard preamble != refused, !isEdited, let object else { return }
    parse(preamble, of: source, text, object)
  }

  /// Which of them are is known only after the whole source was read.
  private var showsUnusedMacros: Bool {
    compiler.options.arguments.contains { ["-Weverything", "-Wunused-macros"].contains($0) }
  }

  /// A name that no other compiler writes to.
  private func newName() -> String {
    number += 1
    return folder!.appending("\(number)").string
  }

  private func start(_ source: Input) {
    // At most one at a time.
    ready = nil
    guard let prepared = PreparedCompiler(compiler, source, headers?.arguments ?? [], output: newName()) else { return }
    ready = Ready(compiler: prepared, path: source.path, headers: headers)
  }

  // MARK: Headers

  /// For poll, which tells by POLLHUP that it is time to go on; negative if there is nothing to go on with.
  var polled: Int32 { work?.compiler.polled ?? -1 }

  private func parse(_ preamble: Preamble, of source: Input, _ text: FileBytes, _ object: FileBytes) {
    let file = newName()
    let began = FileStamp.now
    guard let parser = PreparedCompiler(compiler, source, PrecompiledPreamble.arguments, output: file) else { return }
    parser.stepBack()
    guard preamble.text.withUnsafeBytes({ parser.feed($0) }) else { return }
    work = Work(
      step: .parsing(file: file), compiler: parser, source: source, text: text, preamble: preamble, object: object,
      began: began)
  }

  func goOn() {
    guard var work = work.take() else { return }
    // It has ended: there is nothing to wait for.
    let outcome = work.compiler.finish(nil)
    guard let outcome, outcome.messages.isEmpty else { return refused = work.preamble }
    switch work.step {
    case .parsing(let output):
      let file = newName()
      guard rename(output, file) == 0,
        let parsed = PrecompiledPreamble(work.preamble, outcome, file: file, began: work.began),
        let comparing = PreparedCompiler(compiler, work.source, parsed.arguments, output: newName())
      else { return }
      comparing.stepBack()
      guard comparing.feed(work.text.buffer) else { return }
      work.compiler = comparing
      work.step = .comparing(parsed)
      self.work = work
    case .comparing(let parsed):
      guard outcome.object.hasSameBytes(as: work.object) else { return refused = work.preamble }
      headers = parsed
      if let ready, ready.path == work.source.path { start(work.source) }
    }
  }

  private func clear() {
    ready = nil
    headers = nil
    work = nil
    if let folder = folder.take() { _ = try? StoreFiles.removeTree(folder) }
  }

  deinit { clear() }
}
