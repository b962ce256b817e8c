// Everything a report tells, as values: what was looked at, and what came of it.

/// What the page shows; everything but the title may be missing.
package struct ReportContent: Sendable {
  /// Such as `session 1k4p2c7` or `process 4711`.
  package var subject: String
  /// When the report was made: UTC, ISO 8601.
  package var created: String
  package var session: SessionDescription?
  /// How the session is now, in a few words; absent if there is none.
  package var state: String?
  /// What `run` found out about the crash that the session ended with.
  package var crash: CrashReport?
  package var timeLine: [TimeLine.Span] = []
  package var inspection: InspectionReport?
  /// Of the process, sorted by address; empty if it does not run any more.
  package var mappings: [MemoryMapping] = []
  /// Code that was linked at run time, with its sections.
  package var images: [ReportImage] = []
  package var sources: SourceMap?
  /// What commonly breaks, gone through.
  package var checkup: Checkup?
  package var modules: [Module] = []
  package var tools: [ToolVersion] = []
  /// What could not be found out, and why.
  package var problems: [JITDebugError] = []

  /// The program or a library as it is mapped.
  package struct Module: Sendable {
    package var path: String
    /// 40 hexadecimal digits mostly; absent if it has none.
    package var buildID: String?
    package var range: TargetRange
    package var isProgram: Bool
    package var isDeleted: Bool
    /// What the session asked for when this was loaded; absent if it did not.
    package var request: String?
  }

  package init(subject: String, created: String = Timestamp.now) {
    self.subject = subject
    self.created = created
  }

  /// All findings, the process's first.
  var findings: [Finding] { (inspection?.findings ?? []) + (inspection?.entries ?? []).flatMap(\.findings) }
}

/// A piece of code that was linked at run time.
package struct ReportImage: Sendable {
  /// Such as `generation 1` or `entry 3`.
  package var name: String
  /// Sorted by address.
  package var sections: [EntryObject.CodeSection]
  /// The largest of its functions, sorted by address.
  package var functions: [EntryObject.Function]
  /// How many it has.
  package var functionCount: Int

  /// How many functions are shown of it, and how much of their names and of its sections', in bytes.
  private static let functionLimit = 500
  private static let nameLimit = 512

  /// From the first to the last byte of its sections.
  package var range: TargetRange {
    let start = sections.map(\.range.start).min() ?? TargetAddress(0)
    let end = sections.map(\.range.end).max() ?? start
    return TargetRange(start: start, size: end.rawValue - start.rawValue)
  }

  /// Nil if it claims no memory.
  init?(_ name: String, sections: [EntryObject.CodeSection], functions: [EntryObject.Function]) {
    // Ends that wrap around belong to damaged objects, which findings tell of.
    let whole = sections.filter { $0.range.size > 0 && $0.range.start.rawValue <= .max - $0.range.size }
    guard !whole.isEmpty else { return nil }
    self.name = name
    self.sections = whole.sorted { $0.range.start < $1.range.start }
    let known = functions.filter { $0.range.size > 0 && $0.range.start.rawValue <= .max - $0.range.size }
    functionCount = known.count
    self.functions = known.sorted { $0.range.size > $1.range.size }.prefix(Self.functionLimit)
      .sorted { $0.range.start < $1.range.start }
  }

  /// The same with the names as the source has them.
  func named(by names: SymbolNames) -> ReportImage {
    var image = self
    for (index, name) in names.read(functions.map(\.name)).enumerated() {
      image.functions[index].name = Printable.shortened(Printable.text(name), to: Self.nameLimit)
    }
    return image
  }

  /// A session's generation, by its debug file where that is.
  package init?(_ generation: SessionDescription.Generation, number: Int) {
    var sections: [EntryObject.CodeSection] = []
    var functions: [EntryObject.Function] = []
    if let file = generation.debugFile.flatMap({ LocalFile($0) }), let object = ELFObject(file) {
      sections = object.sections.filter { $0.isPlaced && $0.sh_addr != 0 }
        .map { EntryObject.CodeSection(name: $0.name, range: $0.range, isExecutable: $0.isExecutable) }
      functions = EntryObject.functions(of: object)
    } else {
      sections = [
        EntryObject.CodeSection(name: "code", range: generation.code, isExecutable: true),
        EntryObject.CodeSection(name: "data", range: generation.data, isExecutable: false),
      ]
    }
    if let registered = generation.registered {
      sections.append(EntryObject.CodeSection(name: "registered object", range: registered, isExecutable: false))
    }
    self.init("generation \(number)", sections: sections, functions: functions)
  }
}

extension EntryObject {
  /// Those with an address and a size in a linked object's symbol table.
  static func functions(of object: ELFObject) -> [Function] {
    var functions: [Function] = []
    object.symbols(
      ofType: ELF.SHT_SYMTAB,
      where: { symbol, _ in symbol.type == ELF.STT_FUNC && symbol.isDefined && symbol.st_size > 0 }
    ) { symbol in
      guard symbol.hasName else { return true }
      functions.append(
        Function(name: symbol.name, range: TargetRange(start: TargetAddress(symbol.st_value), size: symbol.st_size)))
      return functions.count < functionLimit
    }
    return functions
  }
}
