// Lists and objects that are damaged in every way a generator comes up with: each is told of, in little time and memory.

import Foundation
import Testing
import TestSupport

@testable import JITDebug

/// One change of a process's memory, and what must be found.
private struct Corruption {
  var name: String
  /// Any of these; empty if anything that is found will do.
  var kinds: Set<FindingKind>
  var apply: (EntryHost) throws -> Void
}

@Suite struct InspectCorruptionTests {
  /// What is worth trying as a pointer, an offset or a size.
  private static let numbers: [UInt64] = [
    1, 7, 0xfff, 0xffff_ffff, 1 << 32, 1 << 47, 1 << 62, 1 << 63, .max - 7, .max, 0xdead_beef_dead_beef,
  ]

  private static let listDamage: Set<FindingKind> = [.listLoop, .listUnmapped, .listLinks, .listTooLong]

  private static func corruptions(_ object: ELFObject, _ bytes: [UInt8]) -> [Corruption] {
    var all: [Corruption] = []
    func add(_ name: String, _ kinds: Set<FindingKind>, _ apply: @escaping (EntryHost) throws -> Void) {
      all.append(Corruption(name: name, kinds: kinds, apply: apply))
    }
    for number in numbers {
      let text = hex(number)
      add("version \(text)", [.descriptorVersion]) {
        try $0.write(UInt32(truncatingIfNeeded: number) | 2, at: $0.descriptor)
      }
      add("action \(text)", [.descriptorAction]) {
        try $0.write(UInt32(truncatingIfNeeded: number) | 4, at: $0.descriptor + 4)
      }
      add("relevant \(text)", [.relevantEntry]) { try $0.write(number, at: $0.descriptor + 8) }
      add("first \(text)", listDamage) { try $0.write(number, at: $0.descriptor + 16) }
      for entry in 0..<3 {
        add("next of \(entry) \(text)", listDamage) { try $0.write(number, at: $0.entries[entry].entry) }
        add("previous of \(entry) \(text)", [.listLinks]) { try $0.write(number, at: $0.entries[entry].entry + 8) }
        add("object of \(entry) \(text)", [.entryUnmapped, .entryTruncated]) {
          try $0.write(number, at: $0.entries[entry].entry + 16)
        }
      }
      // One that ends on the object's last page is no damage: files may have anything behind their parts.
      if number != 0xfff {
        add("size \(text)", []) { try $0.write(number, at: $0.entries[0].entry + 24) }
      }
      // Symbol 1 is of the file, and has a name; a section's type may be any number that is none of ours.
      if let symbols = object.section(named: ".symtab"), number > 0xfff {
        add("st_name \(text)", [.objectDamaged]) {
          try $0.write(UInt32(truncatingIfNeeded: number) | 1 << 31, at: $0.entries[0].object + symbols.sh_offset + 24)
        }
        let header = ByteView(bytes, object.format).u64(40)! + 64 * UInt64(symbols.index)
        add("sh_link of .symtab \(text)", [.objectDamaged]) {
          try $0.write(UInt32(truncatingIfNeeded: number) | 1 << 31, at: $0.entries[0].object + header + 40)
        }
        add("sh_entsize of .symtab \(text)", [.objectDamaged]) {
          try $0.write(number, at: $0.entries[0].object + header + 56)
        }
      }
      add("e_shoff \(text)", [.objectDamaged]) { try $0.write(number, at: $0.entries[0].object + 40) }
      // Header and section fields, one by one.
      let sections = ByteView(bytes, object.format).u64(40)!
      for name in [".text", ".symtab", ".strtab", ".shstrtab", ".debug_info", ".debug_abbrev"] {
        guard let section = object.section(named: name) else { continue }
        let header = sections + 64 * UInt64(section.index)
        add("sh_offset of \(name) \(text)", []) { try $0.write(number, at: $0.entries[0].object + header + 24) }
        add("sh_size of \(name) \(text)", []) { try $0.write(number, at: $0.entries[0].object + header + 32) }
      }
      if let section = object.section(named: ".text") {
        let header = sections + 64 * UInt64(section.index)
        add("sh_addr of .text \(text)", [.codeGone, .sectionUnmapped, .objectDamaged]) {
          try $0.write(number, at: $0.entries[0].object + header + 16)
        }
      }
    }
    for from in 0..<3 {
      for to in 0..<3 where to != from - 1 {
        add("next of \(from) is \(to)", listDamage) { try $0.write($0.entries[to].entry, at: $0.entries[from].entry) }
      }
    }
    // Parts overwritten with noise. A section of names or of code may hold anything: those of headers and of DWARF not.
    for (seed, name) in [".debug_info", ".debug_abbrev", ".debug_line", ".symtab", "", "header"].enumerated() {
      for round in 0..<12 {
        var generator = SeededGenerator(UInt64(seed * 1000 + round))
        let place: (offset: UInt64, size: UInt64) =
          switch name {
          case "": (0, UInt64(bytes.count))
          case "header": (0, 64)
          default: object.section(named: name).map { ($0.sh_offset, $0.sh_size) } ?? (0, 64)
          }
        let start =
          name == "" || name == "header" ? 0 : place.offset + UInt64.random(in: 0..<(place.size / 2), using: &generator)
        let count = Int(place.offset + place.size - start)
        let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        add("noise \(round) in \(name)", []) { try $0.write(noise, at: $0.entries[0].object + start) }
      }
    }
    return all
  }

  @Test func everyCorruptionIsToldOf() throws {
    let programs = try InspectFixture.programs.get()
    let bytes = Array(try Data(contentsOf: URL(filePath: programs[0])))
    let object = try #require(ELFObject(BytesInMemory(bytes)))
    let all = Self.corruptions(object, bytes)
    #expect(all.count >= 200)
    let host = try EntryHost(InspectFixture.host.get(), programs)
    // What a corruption changes is put back after it: a process for each would take minutes.
    let kept =
      [(host.descriptor, 24)] + host.entries.map { ($0.entry, 32) } + [(host.entries[0].object, bytes.count)]
    let memory = try host.live()
    let original = kept.map { (address: $0.0, bytes: memory.read(TargetAddress($0.0), $0.1)) }
    for (index, corruption) in all.enumerated() {
      try corruption.apply(host)
      // The command itself for some: starting it for each would take minutes.
      var found = Set<FindingKind>()
      if index % 16 == 0 {
        let result = try InspectFixture.measured(["inspect", "--pid", "\(host.pid)"])
        #expect(result.status == 1, "\(corruption.name): \(result.output)")
        #expect(result.memory < 256 << 20, "\(corruption.name): \(result.memory) bytes")
        found = Set(FindingKind.allCases.filter { result.output.contains("[\($0.rawValue)]") })
      } else {
        let findings = try Inspection(host.live(), session: nil).allFindings
        found = Set(findings.filter { $0.severity > .note }.map(\.kind))
      }
      #expect(!found.isEmpty, "\(corruption.name)")
      if !corruption.kinds.isEmpty {
        #expect(!found.isDisjoint(with: corruption.kinds), "\(corruption.name): \(found)")
      }
      for part in original { try host.write(part.bytes, at: part.address) }
    }
    // All is as it was, so each corruption was told of for itself.
    let result = try InspectFixture.measured(["inspect", "--pid", "\(host.pid)"])
    #expect(result.status == 0, "\(result.output)")
  }
}
