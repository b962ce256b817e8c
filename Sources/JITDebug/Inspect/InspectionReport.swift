// What `jitdebug inspect --json` prints.

/// The document, field by field.
package struct InspectionReport: Encodable, Sendable {
  /// Raised whenever a reader of the old form would go wrong.
  package static let schemaVersion = 1

  package var schemaVersion = Self.schemaVersion
  /// What was looked at, such as `process 4711`.
  package var subject: String
  /// The session it is; absent if it is none.
  package var session: String?
  /// Such as `x86_64`.
  package var architecture: String
  package var hooks: [Hook]
  package var lists: [List]
  /// How many entries there are, also those that were not looked at.
  package var entryCount: Int
  package var entries: [Entry]
  /// Of the process and its lists.
  package var findings: [Finding]

  /// A module that defines a symbol of the interface.
  package struct Hook: Encodable, Sendable {
    package var module: String
    package var buildID: String?
    /// Where each symbol is, and in which table; absent if the module does not define it.
    package var function: TargetAddress?
    package var functionTable: JITHook.Table?
    package var descriptor: TargetAddress?
    package var descriptorTable: JITHook.Table?
    /// Whether LLDB sets its breakpoint there, and whether it reads this list.
    package var isLLDBFunction: Bool
    package var isLLDBDescriptor: Bool
    package var isGDB: Bool
  }

  /// A descriptor; `hook` is the number of its hook.
  package struct List: Encodable, Sendable {
    package var hook: Int
    package var descriptor: TargetAddress
    package var version: UInt32
    package var action: UInt32
    package var relevant: TargetAddress
    package var entries: Int
  }

  package struct Entry: Encodable, Sendable {
    package var index: Int
    /// The number of its hook.
    package var hook: Int
    package var address: TargetAddress
    /// symfile_addr and symfile_size.
    package var object: TargetAddress
    package var size: UInt64
    package var kind: EntryObject.Kind
    package var code: TargetRange?
    package var ranges: [Range]
    package var functionCount: Int
    package var functions: [Function]
    package var buildID: String?
    package var debugFile: String?
    package var generation: Int?
    package var producers: [String]
    package var sources: [Source]
    package var findings: [Finding]
  }

  package struct Range: Encodable, Sendable {
    package var name: String
    package var range: TargetRange
    package var isExecutable: Bool
  }

  package struct Function: Encodable, Sendable {
    package var name: String
    package var range: TargetRange
  }

  package struct Source: Encodable, Sendable {
    package var path: String
    package var functions: Int
    package var status: SourceMap.Status
    /// Where it is here; absent if missing.
    package var here: String?
  }

  /// What is kept of each list, and where one entry was asked for.
  private static let shortLimit = 32
  private static let deepLimit = 10_000

  /// - Parameter isDeep: whether everything is said about each entry.
  package init(_ inspection: Inspection, isDeep: Bool) {
    subject = inspection.memory.subject
    session = inspection.session?.id
    architecture = inspection.modules.format.architecture
    hooks = inspection.hooks.all.enumerated().map { index, hook in
      Hook(
        module: Printable.text(hook.module.path), buildID: hook.module.buildID.map(BuildID.hex),
        function: hook.function?.address, functionTable: hook.function?.table, descriptor: hook.descriptor?.address,
        descriptorTable: hook.descriptor?.table, isLLDBFunction: index == inspection.hooks.lldbFunction,
        isLLDBDescriptor: index == inspection.hooks.lldbDescriptor, isGDB: inspection.hooks.gdb.contains(index))
    }
    lists = inspection.lists.map { hook, list in
      List(
        hook: hook, descriptor: list.descriptor, version: list.version, action: list.action, relevant: list.relevant,
        entries: list.entries.count)
    }
    entryCount = inspection.entryCount
    findings = inspection.findings
    var places: [String: SourceMap.Entry] = [:]
    for entry in inspection.sources?.entries ?? [] { places[entry.file.path] = entry }
    let limit = isDeep ? Self.deepLimit : Self.shortLimit
    // All at once: the worker is asked once then.
    let functions = inspection.entries.map { $0.object.functions.prefix(limit) }
    let names = inspection.names.read(functions.flatMap { $0.map(\.name) })
    var next = 0
    entries = zip(inspection.entries, functions).map { entry, functions in
      defer { next += functions.count }
      return Self.entry(entry, names[next..<(next + functions.count)], places, limit)
    }
  }

  private static func entry(
    _ entry: InspectedEntry, _ names: ArraySlice<String>, _ places: [String: SourceMap.Entry], _ limit: Int
  ) -> Entry {
    Entry(
      index: entry.index, hook: entry.hook, address: entry.entry.address, object: entry.entry.object,
      size: entry.entry.size, kind: entry.object.kind, code: entry.object.code,
      ranges: entry.object.loaded.prefix(limit).map {
        Range(name: Printable.text($0.name), range: $0.range, isExecutable: $0.isExecutable)
      }, functionCount: entry.object.functionCount,
      functions: zip(names, entry.object.functions).map { Function(name: Printable.text($0), range: $1.range) },
      buildID: entry.object.buildID.map(BuildID.hex), debugFile: entry.debugFile, generation: entry.generation,
      producers: (entry.debugInfo?.producers ?? []).prefix(limit).map(Printable.text),
      sources: (entry.debugInfo?.files ?? []).prefix(limit).map { file in
        let place = places[file.path]
        return Source(
          path: Printable.text(file.path), functions: file.functions, status: place?.status ?? .missing,
          here: place?.path)
      }, findings: entry.findings)
  }

  package func json() throws(JITDebugError) -> String { try JSONText.encode(self) }
}
