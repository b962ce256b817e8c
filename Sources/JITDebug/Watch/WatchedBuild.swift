// Which inputs have to be compiled or read anew, and doing it. Not for use by several threads at a time.

import Glibc

struct WatchedBuild: Sendable {
  private(set) var program: ProgramInputs
  private var compiler: Compiler
  /// In whose folder objects are while they are compiled.
  var record: SessionRecord
  private let timeLine: TimeLine
  private let report: @Sendable (CompilerEvent) -> Void
  /// By input: the files it was made of, and what they were then.
  private var stamps: [[String: FileStamp]]
  /// Inputs whose last compilation failed.
  private var failed: Set<Int> = []
  /// Whether that may have been because a file was not there: otherwise its coming makes no difference, and a program that writes
  /// files beside its sources would have them compiled all the time.
  private var isFileMissing = false

  init(
    _ inputs: [Input], _ compiler: Compiler, _ record: SessionRecord, _ timeLine: TimeLine,
    _ report: @escaping @Sendable (CompilerEvent) -> Void
  ) {
    program = ProgramInputs(inputs)
    self.compiler = compiler
    self.record = record
    self.timeLine = timeLine
    self.report = report
    stamps = inputs.map { _ in [:] }
  }

  /// All files that the program was made of.
  var files: Set<String> { Set(stamps.flatMap(\.keys)) }

  mutating func buildAll(_ interruption: Interruption) throws(JITDebugError) {
    try build(Set(program.inputs.indices), interruption, report)
    // What is being edited is not worth keeping.
    compiler.options.cache = nil
  }

  /// Brings the program up to date; nil if nothing was saved, or what was saved makes no difference.
  ///
  /// - Parameters:
  ///   - isAsked: somebody wants to know, also what has been said before.
  ///   - mayHaveNewFiles: what was missing may have come.
  mutating func update(_ interruption: Interruption, isAsked: Bool, mayHaveNewFiles: Bool) -> SourceNews? {
    let noticed = Deadline.now
    var changed: Set<String> = []
    var error: JITDebugError?
    let before = program.contents
    let hadFailed = !failed.isEmpty
    var messages: [CompilerEvent] = []
    // What is saved during a compilation is taken along, for a while.
    for round in 0..<5 {
      let new = takeChanged()
      changed.formUnion(new)
      var numbers = Set(program.inputs.indices.filter { !stamps[$0].keys.allSatisfy { !new.contains($0) } })
      if round > 0 && numbers.isEmpty { break }
      if !new.isEmpty || mayHaveNewFiles && isFileMissing || isAsked { numbers.formUnion(failed) }
      if numbers.isEmpty { break }
      messages = []
      error = nil
      do throws(JITDebugError) {
        try build(numbers, interruption) { messages.append($0) }
        failed.subtract(numbers)
      } catch let failure {
        failed.formUnion(numbers)
        error = failure
        let texts = messages.compactMap(\.text)
        isFileMissing =
          texts.isEmpty || texts.contains { $0.contains("file not found") || $0.contains("Could not find") }
      }
    }
    if changed.isEmpty && !isAsked && error != nil { return nil }
    let isSame = zip(before, program.contents).allSatisfy { $0?.hasSameBytes(as: $1) ?? false }
    // After a mistake it is news that all is well again.
    if error == nil && isSame && !hadFailed { return nil }
    messages.forEach(report)
    return SourceNews(
      changed: changed.isEmpty ? failed.map { program.inputs[$0].path }.sorted() : changed.sorted(), error: error,
      isSame: error == nil && isSame, compileTime: Double(Deadline.now - noticed) / 1e6, noticed: noticed)
  }

  /// The files that are not as they were, which from now on are taken to be as they are. One that is not there may be on its way.
  private mutating func takeChanged() -> Set<String> {
    var changed: Set<String> = []
    for file in files {
      let stamp = FileStamp(file)
      guard stamp.exists else { continue }
      for number in stamps.indices where stamps[number][file].map({ $0 != stamp }) ?? false {
        stamps[number][file] = stamp
        changed.insert(file)
      }
    }
    return changed
  }

  private mutating func build(
    _ numbers: Set<Int>, _ interruption: Interruption, _ report: (CompilerEvent) -> Void
  ) throws(JITDebugError) {
    let began = FileStamp.now
    defer { record.removeObjectFolder() }
    let inputs = numbers.sorted()
    for number in inputs where stamps[number].isEmpty {
      stamps[number] = [program.inputs[number].path: FileStamp(program.inputs[number].path)]
    }
    try program.read(
      inputs, compiler, folder: { () throws(JITDebugError) in try record.makeObjectFolder() }, { interruption },
      timeLine: timeLine, report: report)
    let folder = try record.makeObjectFolder()
    for (place, number) in inputs.filter({ program.inputs[$0].isCompiled }).enumerated() {
      guard let names = Dependencies.read(forObject: "\(folder)/\(place).o") else { continue }
      var new: [String: FileStamp] = [:]
      for name in names {
        let stamp = FileStamp(name)
        // What was written while the compiler read it is read again.
        new[name] = stamps[number][name] ?? (stamp.isAfter(began) ? FileStamp() : stamp)
      }
      stamps[number] = new
    }
  }
}

extension FileBytes {
  func hasSameBytes(as other: FileBytes?) -> Bool {
    guard let other else { return false }
    return self === other
      || buffer.count == other.buffer.count && memcmp(buffer.baseAddress!, other.buffer.baseAddress!, buffer.count) == 0
  }
}

extension CompilerEvent {
  fileprivate var text: String? {
    if case .messages(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil }
  }
}
