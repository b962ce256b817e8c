// Looks through everything that a process has registered, and collects what is wrong with it.

import Glibc

/// What is known of one entry.
package struct InspectedEntry: Sendable {
  /// Its number in all lists together, by which `--entry` names it.
  package var index: Int
  package var entry: JITEntry
  /// The number of its hook.
  package var hook: Int
  package var object: EntryObject
  /// The session's generation that it is, counted from 1; nil if it is no session's.
  package var generation: Int?
  /// The file that its debug info was read from; nil if that is in the object, or nowhere.
  package var debugFile: String?
  /// Nil if it was not read.
  package var debugInfo: DebugInfoAnswer?
  package var findings: [Finding] = []

  package var subject: String { "entry \(index)" }

  /// What remembering it takes, roughly in bytes.
  var cost: Int {
    let names = object.functions.reduce(0) { $0 + 64 + $1.name.utf8.count }
    let sections = object.loaded.reduce(0) { $0 + 48 + $1.name.utf8.count }
    let files = (debugInfo?.files ?? []).reduce(0) { sum, file in
      sum + 96 + file.path.utf8.count + file.spellings.reduce(0) { $0 + 48 + $1.name.utf8.count }
    }
    return 256 + names + sections + files + findings.reduce(0) { $0 + 64 + $1.evidence.utf8.count }
  }
}

extension EntryObject {
  /// Leaves what is needed of one object among many.
  mutating func shorten(toFunctions count: Int) {
    functions = Array(functions.prefix(count))
    elf = nil
  }
}

package struct Inspection {
  /// What an inspection may cost, and what it leaves out.
  package struct Options: Sendable {
    /// The only entry to look at; nil for all.
    package var entry: Int?
    /// Whether debug info is read at all.
    package var readsDebugInfo = true
    /// Seconds for all entries.
    package var time = 40.0
    /// Objects.
    package var count = 10_000
    package var list = JITEntries.Limits()
    package var sources = SourceLookup()
    package init() {}
  }

  package let memory: any ProcessMemory
  /// The one whose process it is; where none was given, the one that has the debug files.
  package private(set) var session: Session?
  package let modules: ProcessModules
  package let hooks: JITHooks
  /// One for each hook with a descriptor.
  package private(set) var lists: [(hook: Int, list: JITEntries)] = []
  package private(set) var entries: [InspectedEntry] = []
  /// How many entries there are in all lists.
  package private(set) var entryCount = 0
  /// Those of the process and its lists; each entry has its own.
  package private(set) var findings: [Finding] = []
  /// Where the sources are that any entry names.
  package private(set) var sources: SourceMap?
  let worker: DebugInfoWorker
  let names: SymbolNames
  let debugFiles: DebugFiles

  package init(_ memory: any ProcessMemory, session: Session?, _ options: Options = Options()) throws(JITDebugError) {
    self.memory = memory
    self.session = session
    worker = DebugInfoWorker()
    names = SymbolNames(worker)
    debugFiles = DebugFiles(session: session)
    modules = try ProcessModules(of: memory)
    hooks = JITHooks(of: modules, memory)
    note(memory.omissions)
    if hooks.unread > 0 { note(["\(hooks.unread) of its modules' symbols were not read for want of time"]) }
    readLists(options.list)
    if let wanted = options.entry, wanted < 0 || wanted >= entryCount {
      throw JITDebugError(
        .usage, "--entry \(wanted)", "\(memory.subject) has \(entryCount) entries",
        remedy: entryCount == 0 ? "see what it says without --entry" : "name one from 0 to \(entryCount - 1)")
    }
    readObjects(options)
    findSession()
    findOverlaps()
    if options.readsDebugInfo { findSources(options.sources) }
  }

  /// All of them, the process's first.
  package var allFindings: [Finding] { findings + entries.flatMap(\.findings) }

  /// What was left out for its size.
  private mutating func note(_ omissions: [String]) {
    findings += omissions.map { Finding(.entryUnexamined, subject: memory.subject, $0) }
  }

  /// All lists together keep the limits: a hostile process may have thousands.
  private mutating func readLists(_ all: JITEntries.Limits) {
    let deadline = Deadline(secondsFromNow: all.time)
    for (index, hook) in hooks.all.enumerated() {
      guard let descriptor = hook.descriptor else { continue }
      var limits = all
      limits.count -= entryCount
      limits.time = Double(deadline.milliseconds) / 1000
      let list = JITEntries(at: descriptor.address, memory, modules.format, limits: limits)
      lists.append((index, list))
      findings += list.findings
      entryCount += list.entries.count
    }
    findings = Array(HookFindings.find(hooks, lists).prefix(Self.findingLimit) + findings.prefix(Self.findingLimit))
  }

  /// Of the process, and of the lists.
  private static let findingLimit = 1000

  private mutating func readObjects(_ options: Options) {
    let deadline = Deadline(secondsFromNow: options.time)
    var index = 0
    var left = 0
    var cost = 0
    var seen: [TargetAddress: Int] = [:]
    for (hook, list) in lists {
      for entry in list.entries {
        defer { index += 1 }
        if let wanted = options.entry, wanted != index { continue }
        guard entries.count < options.count, deadline.milliseconds > 0, cost < Self.costLimit else {
          left += 1
          continue
        }
        // Not again and again: a hostile process may have a thousand entries of one large object.
        let known = seen[entry.object].map { entries[$0] }
        let again = known.flatMap { $0.entry.size == entry.size ? $0.object : nil }
        var inspected = InspectedEntry(
          index: index, entry: entry, hook: hook, object: again ?? EntryObject(entry, memory))
        if again == nil {
          inspected.findings = inspected.object.findings(entry, memory, modules.format, subject: inspected.subject)
        }
        if let known {
          inspected.findings.append(
            Finding(
              .entryDuplicate, subject: inspected.subject,
              "entry \(known.index) has the same object, at \(entry.object)"))
        } else if options.readsDebugInfo {
          readDebugInfo(&inspected)
        }
        seen[entry.object] = seen[entry.object] ?? entries.count
        // A list has many entries, and each of these may have many functions and sections.
        if options.entry == nil { inspected.object.shorten(toFunctions: Self.kept) }
        cost += inspected.cost
        entries.append(inspected)
      }
    }
    if left > 0 {
      findings.append(
        Finding(.entryUnexamined, subject: memory.subject, "\(left) of \(entryCount) entries were not looked at"))
    }
  }

  /// What may be remembered of all entries together, roughly in bytes. What is printed of it takes several times as much.
  private static let costLimit = 24 << 20

  /// Functions of each entry that are remembered where all entries are looked at.
  private static let kept = 16

  private func readDebugInfo(_ inspected: inout InspectedEntry) {
    let (place, problems) = inspected.object.debugInfo(debugFiles, subject: inspected.subject)
    inspected.findings += problems
    if case .file(let path) = place { inspected.debugFile = path }
    let (answer, found) = inspected.object.examine(
      place, inspected.entry, memory, worker, subject: inspected.subject)
    inspected.debugInfo = answer
    inspected.findings += found
  }

  /// A core file does not say whose it is, but leads to debug files, and these lie in their session's folder.
  private mutating func findSession() {
    if session == nil, let file = entries.lazy.compactMap(\.debugFile).first {
      session = (try? SessionStore())?.session(withDebugFile: file)
    }
    let generations = session?.description.generations ?? []
    for index in entries.indices {
      entries[index].generation =
        generations.firstIndex { $0.registered?.start == entries[index].entry.object }.map { $0 + 1 }
    }
  }

  /// Entries that claim each other's addresses. Of each pair, the one that begins later tells.
  private mutating func findOverlaps() {
    var ranges: [(range: TargetRange, entry: Int, name: String)] = []
    for (place, entry) in entries.enumerated() {
      ranges += entry.object.loaded.map { ($0.range, place, $0.name) }
    }
    ranges.sort { ($0.range.start, $0.entry) < ($1.range.start, $1.entry) }
    var last: (range: TargetRange, entry: Int, name: String)?
    var told = Set<[Int]>()
    for range in ranges where range.range.end >= range.range.start {
      defer { if last.map({ $0.range.end < range.range.end }) ?? true { last = range } }
      guard let before = last, before.entry != range.entry, range.range.start < before.range.end,
        entries[before.entry].entry.object != entries[range.entry].entry.object,
        told.insert([min(before.entry, range.entry), max(before.entry, range.entry)]).inserted
      else { continue }
      entries[range.entry].findings.append(
        Finding(
          .sectionOverlap, subject: entries[range.entry].subject,
          "\(range.name) \(range.range) overlaps \(before.name) \(before.range) of entry \(entries[before.entry].index)"
        ))
    }
  }

  /// How many source files are looked for.
  private static let fileLimit = 5000

  private mutating func findSources(_ lookup: SourceLookup) {
    var files = RecordedFile.merged(entries.flatMap { $0.debugInfo?.files ?? [] })
    guard !files.isEmpty else { return }
    if files.count > Self.fileLimit {
      note(["\(files.count - Self.fileLimit) of \(files.count) source files were not looked for"])
      files.removeLast(files.count - Self.fileLimit)
    }
    let description = session?.description
    let map = SourceMap(
      files: files, lookup: lookup.adding(description?.sourceMap?.lookup ?? SourceLookup()),
      currentDirectory: description?.workingDirectory ?? SourceLookup.currentDirectory)
    sources = map
    var places: [String: [SourceMap.Entry]] = [:]
    for entry in map.entries { places[entry.file.path, default: []].append(entry) }
    // What was compiled again for the running program has taken the place of what there is of it in earlier generations.
    var newest: [String: Int] = [:]
    for entry in entries {
      for file in entry.debugInfo?.files ?? [] {
        newest[file.path] = max(newest[file.path] ?? 0, entry.generation ?? 0)
      }
    }
    for index in entries.indices {
      let generation = entries[index].generation ?? 0
      let found = (entries[index].debugInfo?.files ?? []).filter { newest[$0.path] == generation }.compactMap { file in
        let entry = places[file.path]?.first { file.md5 == nil || $0.file.md5 == nil || $0.file.md5 == file.md5 }
        return entry.map { (file, $0) }
      }
      // Headers that only lend a type or an inlined line are no loss.
      note(.sourceMissing, found.filter { $0.1.status == .missing && $0.0.functions > 0 }.map(\.0.path), index)
      note(.sourceChanged, found.filter { $0.1.status == .changed }.map { $0.1.path ?? $0.0.path }, index)
    }
  }

  private mutating func note(_ kind: FindingKind, _ paths: [String], _ index: Int) {
    let distinct = Set(paths).sorted()
    guard !distinct.isEmpty else { return }
    entries[index].findings.append(
      Finding(kind, subject: entries[index].subject, EntryObject.list(distinct)))
  }
}
