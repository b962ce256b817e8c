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
  /// Of the next compilation of the source that was compiled last, and of no other: that one is being edited.
  let preparation: CompilerPreparation
  private var edited: Int?
  /// Whether compiling it came to an object and nothing else.
  private var wasSilent = false

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
    preparation = CompilerPreparation(compiler)
  }

  /// All files that the program was made of.
  var files: Set<String> { Set(stamps.flatMap(\.keys)) }

  mutating func buildAll(_ interruption: Interruption) throws(JITDebugError) {
    try build(Set(program.inputs.indices), interruption, report)
    // What is being edited is not worth keeping.
    compiler.options.cache = nil
  }

  /// Gets ready for the next version of the source that is being edited.
  func prepare() {
    guard let edited else { return }
    let source = program.inputs[edited]
    let isCurrent = wasSilent && stamps[edited][source.path] == FileStamp(source.path)
    preparation.prepare(source, object: isCurrent ? program.contents[edited] : nil, in: record.preparationFolder)
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
    let sources = inputs.filter { program.inputs[$0].isCompiled }
    edited = sources.count == 1 ? sources[0] : edited
    if inputs == sources, sources.count == 1, compilePrepared(inputs[0], interruption, began: began, report) { return }
    var isSilent = true
    wasSilent = false
    try program.read(
      inputs, compiler, folder: { () throws(JITDebugError) in try record.makeObjectFolder() }, { interruption },
      timeLine: timeLine
    ) { event in
      if case .messages = event { isSilent = false }
      report(event)
    }
    wasSilent = isSilent
    let folder = try record.makeObjectFolder()
    for (place, number) in sources.enumerated() {
      guard let names = Dependencies.read(forObject: "\(folder)/\(place).o") else { continue }
      stamp(number, names, began: began)
    }
  }

  /// What the object of an input was made of, by a compilation that began then.
  private mutating func stamp(_ number: Int, _ names: [String], began: timespec) {
    var new: [String: FileStamp] = [:]
    for name in names {
      let stamp = FileStamp(name)
      // What was written while the compiler read it is read again.
      new[name] = stamps[number][name] ?? (stamp.isAfter(began) ? FileStamp() : stamp)
    }
    stamps[number] = new
  }

  /// Has the compiler that is ready compile a source; false if there is none, or nothing comes of it.
  private mutating func compilePrepared(
    _ number: Int, _ interruption: Interruption, began: timespec, _ report: (CompilerEvent) -> Void
  ) -> Bool {
    let source = program.inputs[number]
    let start = timeLine.now
    var usesHeaders = false
    guard let outcome = preparation.compile(source, interruption, usesHeaders: &usesHeaders) else { return false }
    let details = ["source": source.path, "prepared": usesHeaders ? "compiler, headers" : "compiler"]
    timeLine.end(timeLine.begin(Compiler.spanName, .compiler, details, at: start))
    wasSilent = outcome.messages.isEmpty
    if !wasSilent { report(.messages(outcome.messages)) }
    program.take(outcome.object, for: number)
    stamp(number, outcome.files, began: began)
    return true
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
