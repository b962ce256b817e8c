// The registry of all findings: the identifier under which each is printed, documented and tested.

/// A kind of finding; the raw value is its identifier, which never changes.
package enum FindingKind: String, CaseIterable, Sendable {
  // The hooks of a process.
  case hookMissing = "hook-missing"
  case hookIncomplete = "hook-incomplete"
  case hookHidden = "hook-hidden"
  case hookSeveral = "hook-several"
  case hookUnwatched = "hook-unwatched"
  // The list of entries.
  case descriptorUnreadable = "descriptor-unreadable"
  case descriptorVersion = "descriptor-version"
  case descriptorAction = "descriptor-action"
  case relevantEntry = "relevant-entry-unlisted"
  case listLoop = "list-loop"
  case listUnmapped = "list-pointer-unmapped"
  case listLinks = "list-links-mismatch"
  case listTooLong = "list-too-long"
  // An entry's object.
  case entryUnmapped = "entry-unmapped"
  case entryTruncated = "entry-truncated"
  case entryTooLarge = "entry-too-large"
  case entryDuplicate = "entry-duplicate"
  case entryNotELF = "entry-not-elf"
  case entryUnexamined = "entry-unexamined"
  case objectDamaged = "object-damaged"
  case objectMachine = "object-machine"
  case codeGone = "code-gone"
  case sectionAddressZero = "section-address-zero"
  case sectionUnmapped = "section-unmapped"
  case sectionOverlap = "section-overlap"
  case sectionNotExecutable = "section-not-executable"
  case functionsMissing = "functions-missing"
  // Its debug info.
  case debugInfoMissing = "debug-info-missing"
  case debugFileMissing = "debug-file-missing"
  case debugFileWrong = "debug-file-wrong"
  case dwarfNotRelocated = "dwarf-not-relocated"
  case dwarfInvalid = "dwarf-invalid"
  case dwarfUnreadable = "dwarf-unreadable"
  case unwindMissing = "unwind-missing"
  case sourceMissing = "source-missing"
  case sourceChanged = "source-changed"
  // The machine, the debuggers, and the way to the process: doctor's.
  case debuggerMissing = "debugger-missing"
  case debuggerOld = "debugger-old"
  case loaderOff = "loader-off"
  case lookupsExternal = "lookups-external"
  case traceRestricted = "trace-restricted"
  case traceRefused = "trace-refused"
  case traceTaken = "trace-taken"
  case targetUnreachable = "target-unreachable"
  case debugServerMissing = "debug-server-missing"
  case debugServerOld = "debug-server-old"
  case inputTriple = "input-triple"
  case inputVersion = "input-version"
  case commandEnded = "command-ended"
  // What the producer does.
  case registrationOff = "registration-off"
  case entriesNone = "entries-none"
  case registrationRate = "registration-rate"

  /// Whether a list that is being changed at that moment may look like it.
  var isListDamage: Bool {
    switch self {
    case .descriptorUnreadable, .relevantEntry, .listLoop, .listUnmapped, .listLinks: true
    default: false
    }
  }

  /// What the reference page says of a kind.
  package struct Facts: Sendable {
    package var severity: Finding.Severity
    /// A few words.
    package var title: String
    /// What it means, in a sentence or two.
    package var explanation: String
    /// What to do, in general.
    package var remedy: String

    init(_ severity: Finding.Severity, _ title: String, _ explanation: String, _ remedy: String) {
      self.severity = severity
      self.title = title
      self.explanation = explanation
      self.remedy = remedy
    }
  }

  /// The reference page, in Markdown: one line for each kind.
  package static var reference: String {
    "# Findings of jitdebug inspect and jitdebug doctor\n\n"
      + "| identifier | severity | what it is | what it means | what to do |\n|---|---|---|---|---|\n"
      + allCases.map { kind in
        let facts = kind.facts
        let cells = [facts.severity.rawValue, facts.title, facts.explanation, facts.remedy]
        return "| `\(kind.rawValue)` | " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ")
          + " |\n"
      }.joined()
  }
}
