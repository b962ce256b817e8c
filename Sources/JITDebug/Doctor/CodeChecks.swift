// What a process has registered: hooks, entries and how fast they come, debug info, sources, and who makes it.

struct CodeChecks {
  let inspection: Inspection
  let producer: KnownProducer?
  let rate: RegistrationRate

  /// Each registration stops a debugger for some ten milliseconds (501 of them: LLDB 22 5 s, GDB 13 5 s). Above this many a
  /// second, a program under a debugger is slower by half or worse.
  static let rateLimit = 50.0

  init(_ inspection: Inspection) {
    self.inspection = inspection
    let modules = inspection.modules.modules
    producer = KnownProducer.find(
      program: modules.first { $0.isProgram }?.path ?? "", libraries: modules.map(\.name))
    rate = RegistrationRate(of: inspection)
  }

  func checks() -> [Check] { [producerCheck, hooks, entries, rateCheck, debugInfo, sources] }

  private var count: Int { inspection.entryCount }

  private var producerCheck: Check {
    guard let producer else {
      return Check(.producer, count > 0 ? "not known, and registers code" : "not known")
    }
    guard count == 0 else {
      return Check(.producer, "\(producer.name), which registers code" + (producer.quirk.map { "; \($0)" } ?? ""))
    }
    return Check(
      .producer,
      failed: Finding(
        .registrationOff, subject: producer.name, "this is \(producer.name), and it registers nothing",
        remedy: producer.registration))
  }

  /// Findings of these kinds, of the process and its lists.
  private func findings(_ kinds: Set<FindingKind>) -> [Finding] {
    inspection.findings.filter { kinds.contains($0.kind) }
  }

  private var hooks: Check {
    let hooks = inspection.hooks
    let parts = hooks.all.enumerated().map { index, hook in
      let table = (hook.function ?? hook.descriptor)?.table.rawValue ?? "?"
      let taken = [index == hooks.lldbFunction ? "LLDB" : "", hooks.gdb.contains(index) ? "GDB" : ""]
      let who = taken.filter { !$0.isEmpty }.joined(separator: " and ")
      return "\(hook.module.name) (\(table), \(who.isEmpty ? "taken by no debugger" : "taken by \(who)"))"
    }
    let evidence = parts.isEmpty ? "no module defines the hook" : parts.joined(separator: ", ")
    var found = findings([.hookMissing, .hookIncomplete, .hookHidden, .hookSeveral, .hookUnwatched])
    for index in found.indices where found[index].kind == .hookUnwatched {
      if let process = inspection.memory as? LiveProcess {
        found[index].remedy = "jitdebug attach --pid \(process.pid)"
      }
    }
    return Check(.hooks, evidence, found)
  }

  private var entries: Check {
    guard count > 0 else {
      return Check(
        .entries,
        failed: Finding(
          .entriesNone, subject: inspection.memory.subject, "nothing is registered",
          remedy: producer.map { "\($0.name): \($0.registration)" }))
    }
    let kinds: Set<FindingKind> = [
      .descriptorUnreadable, .descriptorVersion, .descriptorAction, .relevantEntry, .listLoop, .listUnmapped,
      .listLinks, .listTooLong,
    ]
    // One of each kind tells what is wrong; `inspect` lists all.
    var seen = Set<FindingKind>()
    var damage = findings(kinds)
    var kept: [Finding] = []
    for finding in inspection.entries.flatMap(\.findings) where !Self.elsewhere.contains(finding.kind) {
      if finding.severity > .note, seen.insert(finding.kind).inserted { kept.append(finding) }
    }
    damage += kept
    let others = inspection.entries.count { entry in entry.findings.contains { $0.severity > .note } }
    return Check(
      .entries, "\(count) registered" + (others > 0 ? ", \(others) with findings: see `jitdebug inspect`" : ""), damage)
  }

  /// What other checks tell.
  private static let elsewhere: Set<FindingKind> = [
    .debugInfoMissing, .debugFileMissing, .sourceMissing, .sourceChanged,
  ]

  private var rateCheck: Check {
    let text =
      "\(rate.isAtLeast ? "at least " : "")\(Int(rate.perSecond.rounded())) new entries a second"
      + (rate.isAtLeast ? ": the list is too long to be read in one look" : "")
    guard rate.perSecond > Self.rateLimit else { return Check(.rate, text) }
    return Check(.rate, failed: Finding(.registrationRate, subject: inspection.memory.subject, text))
  }

  private var debugInfo: Check {
    guard count > 0 else { return Check(.debugInfo, "no entries") }
    let read = inspection.entries
    let with = read.count { $0.object.hasDebugInfo || $0.debugFile != nil }
    let missing = read.flatMap(\.findings).first { $0.kind == .debugFileMissing }
    let text = "\(with) of \(read.count) entries"
    if let missing { return Check(.debugInfo, failed: missing) }
    guard with == 0 else { return Check(.debugInfo, text) }
    return Check(
      .debugInfo,
      failed: Finding(
        .debugInfoMissing, subject: inspection.memory.subject, text,
        remedy: producer?.debugInfo.map { "\(producer?.name ?? ""): \($0)" }))
  }

  private var sources: Check {
    guard let map = inspection.sources else { return Check(.sources, "none are named") }
    let text = "\(map.count(.found)) found, \(map.count(.changed)) changed, \(map.count(.missing)) missing"
    var found: [Finding] = []
    for kind in [FindingKind.sourceMissing, .sourceChanged] {
      found += inspection.entries.flatMap(\.findings).filter { $0.kind == kind }.prefix(1)
    }
    return Check(.sources, text, found)
  }
}
