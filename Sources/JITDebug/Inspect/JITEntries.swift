// The linked list of registered code, read from a process that goes on meanwhile, or whose memory is damaged.

import Glibc

/// One element of the list: GDB manual, "JIT Compilation Interface", struct jit_code_entry.
package struct JITEntry: Sendable {
  package var address: TargetAddress
  package var next: TargetAddress
  package var previous: TargetAddress
  /// symfile_addr.
  package var object: TargetAddress
  /// symfile_size, in bytes.
  package var size: UInt64
}

/// A descriptor and what it leads to.
package struct JITEntries: Sendable {
  package var descriptor: TargetAddress
  package var version: UInt32 = 0
  /// 0: nothing, 1: registering, 2: unregistering.
  package var action: UInt32 = 0
  package var relevant = TargetAddress(0)
  package var first = TargetAddress(0)
  /// In the order of the list.
  package var entries: [JITEntry] = []
  /// What is wrong with the list, as far as it was followed.
  package var findings: [Finding] = []

  /// What the reading of a list may cost.
  package struct Limits: Sendable {
    /// Entries.
    package var count = 100_000
    /// Seconds.
    package var time = 20.0
    package init() {}
  }

  /// A list that its process changes at that very moment looks damaged: it is read again then, a few times.
  package init(
    at descriptor: TargetAddress, _ memory: any ProcessMemory, _ format: ELFFormat, limits: Limits = Limits()
  ) {
    let deadline = Deadline(secondsFromNow: limits.time)
    self.init(reading: descriptor, memory, format, limits.count, deadline)
    for _ in 0..<3 where findings.contains(where: { $0.kind.isListDamage }) && deadline.milliseconds > 0 {
      usleep(2000)
      let again = JITEntries(reading: descriptor, memory, format, limits.count, deadline)
      if !again.findings.contains(where: { $0.kind.isListDamage }) { self = again }
    }
  }

  private init(
    reading descriptor: TargetAddress, _ memory: any ProcessMemory, _ format: ELFFormat, _ limit: Int,
    _ deadline: Deadline
  ) {
    self.descriptor = descriptor
    let size = format.addressSize
    let view = ByteView(memory.read(descriptor, 8 + 2 * size), format)
    guard let version = view.u32(0), let action = view.u32(4), let relevant = view.word(8),
      let first = view.word(8 + size)
    else {
      note(.descriptorUnreadable, "the descriptor at \(descriptor) cannot be read")
      return
    }
    self.version = version
    self.action = action
    self.relevant = TargetAddress(relevant)
    self.first = TargetAddress(first)
    if version != 1 { note(.descriptorVersion, "the descriptor at \(descriptor) has version \(version)") }
    if action > 2 { note(.descriptorAction, "the descriptor at \(descriptor) has action_flag \(action)") }
    follow(memory, format, limit, deadline)
    // Behind an unregistration the entry is gone on purpose.
    if action == 1, relevant != 0, findings.isEmpty, !entries.contains(where: { $0.address.rawValue == relevant }) {
      note(.relevantEntry, "relevant_entry is \(self.relevant), which is none of the \(entries.count) listed")
    }
  }

  private mutating func follow(
    _ memory: any ProcessMemory, _ format: ELFFormat, _ limit: Int, _ deadline: Deadline
  ) {
    let word = format.addressSize
    // i386 aligns a 64-bit number to 4 bytes; every other supported machine to 8.
    let alignment = format.e_machine == ELF.EM_386 ? 4 : 8
    let sizeOffset = (3 * word + alignment - 1) & ~(alignment - 1)
    var places: [TargetAddress: Int] = [:]
    var last = TargetAddress(0)
    var place = first
    while place.rawValue != 0 {
      let from = entries.isEmpty ? "first_entry" : "next_entry of entry \(entries.count - 1)"
      if let known = places[place] {
        note(.listLoop, "\(from), \(place), leads back to entry \(known)")
        return
      }
      guard entries.count < limit, deadline.milliseconds > 0 else {
        note(.listTooLong, "it has more than \(entries.count) entries; the rest, from \(place) on, was not read")
        return
      }
      let view = ByteView(memory.read(place, sizeOffset + 8), format)
      guard let next = view.word(0), let previous = view.word(word), let object = view.word(2 * word),
        let size = view.u64(sizeOffset)
      else {
        note(.listUnmapped, "\(from) is \(place), where \(view.count == 0 ? "no memory" : "too little memory") is")
        return
      }
      if previous != last.rawValue, findings.count < Self.findingLimit {
        note(
          .listLinks, "prev_entry of entry \(entries.count) at \(place) is \(hex(previous)) instead of \(last)")
      }
      places[place] = entries.count
      entries.append(
        JITEntry(
          address: place, next: TargetAddress(next), previous: TargetAddress(previous), object: TargetAddress(object),
          size: size))
      last = place
      place = TargetAddress(next)
    }
  }

  private static let findingLimit = 20

  private mutating func note(_ kind: FindingKind, _ evidence: String) {
    findings.append(Finding(kind, subject: "list at \(descriptor)", evidence))
  }
}
