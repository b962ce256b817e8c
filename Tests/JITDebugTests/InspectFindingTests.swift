// Each finding of inspecting a process, provoked in a process that runs.

import Foundation
import Testing
import TestSupport

@testable import JITDebug

@Suite struct InspectFindingTests {
  private func inspection(_ host: EntryHost, _ change: (inout Inspection.Options) -> Void = { _ in }) throws
    -> Inspection
  {
    var options = Inspection.Options()
    change(&options)
    return try Inspection(host.live(), session: nil, options)
  }

  /// The kinds found in a process with three programs, or others, after a change of its memory.
  private func kinds(_ programs: [String]? = nil, after damage: (EntryHost) throws -> Void = { _ in }) throws
    -> Set<FindingKind>
  {
    let host = try EntryHost(InspectFixture.host.get(), try programs ?? InspectFixture.programs.get())
    try damage(host)
    return Set(try inspection(host).allFindings.map(\.kind))
  }

  @Test func nothingIsWrongWithWhatIsRight() throws {
    let host = try EntryHost(InspectFixture.host.get(), InspectFixture.programs.get())
    let inspection = try inspection(host)
    #expect(inspection.allFindings.isEmpty, "\(inspection.allFindings)")
    #expect(inspection.entries.map(\.object.kind) == [.elf, .elf, .elf])
    #expect(inspection.entries.map(\.object.functionCount) == [2, 2, 2])
    #expect(inspection.entries[0].object.code?.start.rawValue ?? 0 >= 0x1020_0000)
    #expect(inspection.entries[0].debugInfo?.producers.first?.contains("clang version 22") == true)
    #expect(inspection.sources?.count(.found) == 3)
  }

  // MARK: The hooks

  @Test func processesWithoutHooks() throws {
    let none = try EntryHost(
      InspectFixture.compile([Workspace.root + "/Tests/Fixtures/jit_entries.c", "-DHOOKS=0"], to: "none"), [])
    #expect(try inspection(none).allFindings.map(\.kind) == [.hookMissing])
    let half = try EntryHost(
      InspectFixture.compile([Workspace.root + "/Tests/Fixtures/jit_entries.c", "-DHOOKS=1"], to: "half"), [])
    #expect(Set(try inspection(half).allFindings.map(\.kind)) == [.hookIncomplete, .hookMissing])
  }

  @Test func hooksInADebugFileAlone() throws {
    let whole = try InspectFixture.compile(
      [Workspace.root + "/Tests/Fixtures/jit_entries.c", "-Wl,--build-id=sha1"], to: "whole")
    let stripped = InspectFixture.folder.file("without-symbols")
    _ = try run(["llvm-strip-22", "--strip-all", whole, "-o", stripped])
    let host = try EntryHost(stripped, [])
    let memory = try host.live()
    let modules = try ProcessModules(of: memory)
    #expect(JITHooks(of: modules, memory).all.isEmpty)
    let id = BuildID.hex(try #require(modules.modules[0].buildID))
    let folder = InspectFixture.folder.file("debug/.build-id/\(id.prefix(2))")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: whole, toPath: "\(folder)/\(id.dropFirst(2)).debug")
    let hooks = JITHooks(of: modules, memory, debugFolders: [InspectFixture.folder.file("debug")])
    #expect(hooks.all.first?.descriptor?.table == .debugFile)
    #expect(hooks.all.first?.descriptor?.address.rawValue == host.descriptor)
    #expect(HookFindings.find(hooks, []).map(\.kind) == [.hookHidden])
  }

  @Test func codeRegisteredWhereLLDBDoesNotLook() throws {
    let library = try InspectFixture.compile(
      [Workspace.root + "/Tests/Fixtures/jit_entries.c", "-shared", "-fPIC", "-Dmain=unused"], to: "libhook.so")
    var environment = baseEnvironment
    environment["LD_PRELOAD"] = library
    // The program's own hook is the first.
    let host = try EntryHost(InspectFixture.host.get(), InspectFixture.programs.get(), environment: environment)
    #expect(Set(try inspection(host).allFindings.map(\.kind)) == [.hookSeveral])
    // It registers with a library's that is not.
    let first = try InspectFixture.compile(
      [Workspace.root + "/Tests/Fixtures/jit_entries.c", "-shared", "-fPIC", "-Dmain=jit_main"], to: "libfirst.so")
    let second = try InspectFixture.compile(
      [Workspace.root + "/Tests/Fixtures/jit_entries.c", "-shared", "-fPIC", "-Dmain=jit_main", "-Wl,-Bsymbolic"],
      to: "libsecond.so")
    let caller = InspectFixture.folder.file("caller.c")
    try """
    #include <dlfcn.h>
    int main(int argc, char **argv) {
      dlopen("\(first)", RTLD_NOW);
      void *second = dlopen("\(second)", RTLD_NOW);
      return ((int (*)(int, char **))dlsym(second, "jit_main"))(argc, argv);
    }
    """.write(toFile: caller, atomically: true, encoding: .utf8)
    let unwatched = try EntryHost(InspectFixture.compile([caller], to: "caller"), InspectFixture.programs.get())
    let inspection = try inspection(unwatched)
    #expect(Set(inspection.allFindings.map(\.kind)) == [.hookSeveral, .hookUnwatched])
    #expect(inspection.entries.count == 3 && inspection.entries.allSatisfy { $0.hook == 1 })
  }

  // MARK: The list

  @Test func lists() throws {
    #expect(try kinds { try $0.write(UInt32(7), at: $0.descriptor) } == [.descriptorVersion])
    #expect(try kinds { try $0.write(UInt32(9), at: $0.descriptor + 4) } == [.descriptorAction])
    #expect(try kinds { try $0.write(UInt64(0x10), at: $0.descriptor + 8) } == [.relevantEntry])
    #expect(try kinds { try $0.write($0.entries[2].entry, at: $0.entries[0].entry) } == [.listLoop])
    #expect(try kinds { try $0.write(UInt64(0x10), at: $0.entries[0].entry) } == [.listUnmapped])
    #expect(try kinds { try $0.write(UInt64(0x10), at: $0.entries[0].entry + 8) } == [.listLinks])
    let host = try EntryHost(InspectFixture.host.get(), InspectFixture.programs.get())
    #expect(try inspection(host) { $0.list.count = 2 }.allFindings.map(\.kind) == [.listTooLong])
    #expect(try inspection(host) { $0.count = 1 }.allFindings.map(\.kind) == [.entryUnexamined])
    let memory = try EntryHost(InspectFixture.host.get(), []).live()
    let list = JITEntries(at: TargetAddress(0x10), memory, ELFFormat(e_machine: ELF.EM_X86_64))
    #expect(list.findings.map(\.kind) == [.descriptorUnreadable])
  }

  // MARK: Objects

  @Test func objects() throws {
    #expect(try kinds { try $0.write(UInt64(0x10), at: $0.entries[0].entry + 16) } == [.entryUnmapped])
    #expect(try kinds { try $0.write(UInt64(1) << 63, at: $0.entries[0].entry + 24) }.isSuperset(of: [.entryTruncated]))
    #expect(try kinds { try $0.write(UInt64(0), at: $0.entries[0].entry + 24) }.isSuperset(of: [.entryTruncated]))
    #expect(
      try kinds { try $0.write($0.entries[1].object, at: $0.entries[0].entry + 16) }.isSuperset(of: [.entryDuplicate]))
    #expect(try kinds { try $0.write(UInt32(0), at: $0.entries[0].object) } == [.entryNotELF])
    #expect(try kinds { try $0.write(UInt32(0xfeed_facf), at: $0.entries[0].object) } == [.entryNotELF])
    // e_shoff, and e_machine.
    #expect(try kinds { try $0.write(UInt64(1) << 40, at: $0.entries[0].object + 40) }.contains(.objectDamaged))
    #expect(try kinds { try $0.write([0xb7, 0], at: $0.entries[0].object + 18) }.contains(.objectMachine))
  }

  @Test func anObjectThatIsTooLarge() throws {
    let big = InspectFixture.folder.file("big")
    var content = try Data(contentsOf: URL(filePath: InspectFixture.programs.get()[0]))
    content.append(Data(count: 65 << 20))
    try content.write(to: URL(filePath: big))
    #expect(try kinds([big]) == [.entryTooLarge])
  }

  @Test func memoryOfCode() throws {
    let programs = try InspectFixture.programs.get()
    // Registered, but nothing is mapped there.
    #expect(try kinds(["+" + programs[0]]) == [.codeGone])
    // Of two programs at the same addresses, one is always another's.
    let again = try InspectFixture.program("again", at: 0x1000_0000)
    #expect(try kinds([programs[0], again]) == [.sectionOverlap])
    // Code among the program's data.
    let data = try InspectFixture.program("indata", at: 0x1100_0000)
    let moved = InspectFixture.folder.file("moved")
    let host = try InspectFixture.host.get()
    let address = try EntryHost(host, []).descriptor
    _ = try run([
      "llvm-objcopy-22", "--change-section-address", ".text=0x\(String(address & ~0xfff, radix: 16))", data, moved,
    ])
    var change = try Data(contentsOf: URL(filePath: data))
    let object = try #require(ELFObject(BytesInMemory(Array(change))))
    let sections = Int(ByteView(Array(change), object.format).u64(40)!)
    let text = try #require(object.section(named: ".text"))
    func setAddress(_ address: UInt64) throws {
      withUnsafeBytes(of: address.littleEndian) {
        change.replaceSubrange((sections + 64 * text.index + 16)..<(sections + 64 * text.index + 24), with: $0)
      }
      try change.write(to: URL(filePath: moved))
    }
    let running = try EntryHost(host, [data])
    let stack = try #require(try running.live().mappings.first { $0.path == "[stack]" })
    try setAddress(stack.range.end.rawValue - 4096)
    try running.write(
      withUnsafeBytes(of: (stack.range.end.rawValue - 4096).littleEndian) { Array($0) },
      at: running.entries[0].object + UInt64(sections + 64 * text.index + 16))
    #expect(Set(try inspection(running).allFindings.map(\.kind)).contains(.sectionNotExecutable))
    // No address at all, and an address of which a part is not mapped.
    try setAddress(0)
    #expect(try kinds([moved]).contains(.sectionAddressZero))
    let eh = try #require(object.section(named: ".eh_frame"))
    try setAddress(text.sh_addr)
    withUnsafeBytes(of: UInt64(0x3000).littleEndian) {
      change.replaceSubrange((sections + 64 * eh.index + 16)..<(sections + 64 * eh.index + 24), with: $0)
    }
    try change.write(to: URL(filePath: moved))
    #expect(try kinds([moved]).contains(.sectionUnmapped))
  }

  @Test func objectsWithLittleInThem() throws {
    let bare = try InspectFixture.program("bare", at: 0x1200_0000, [], linking: ["-Wl,--strip-all"])
    #expect(try kinds([bare]) == [.functionsMissing, .debugInfoMissing])
    let plain = try InspectFixture.program("plain", at: 0x1200_0000, [])
    #expect(try kinds([plain]) == [.debugInfoMissing])
    let frameless = try InspectFixture.program(
      "frameless", at: 0x1200_0000, ["-g", "-fno-asynchronous-unwind-tables", "-Wl,--discard-none"])
    let cut = InspectFixture.folder.file("cut")
    _ = try run([
      "llvm-objcopy-22", "--remove-section", ".eh_frame", "--remove-section", ".debug_frame", frameless, cut,
    ])
    #expect(try kinds([cut]) == [.unwindMissing])
  }

  // MARK: Debug info

  @Test func debugInfo() throws {
    // Debug info of the program as it was at other addresses.
    let programs = try InspectFixture.programs.get()
    let here = InspectFixture.folder.file("here")
    let dwarf = InspectFixture.folder.file("elsewhere.debug_info")
    _ = try run(["llvm-objcopy-22", "--dump-section", ".debug_addr=\(dwarf)", programs[1], "/dev/null"])
    _ = try run(["llvm-objcopy-22", "--update-section", ".debug_addr=\(dwarf)", programs[0], here])
    #expect(try kinds([here]).contains(.dwarfNotRelocated))
    // An abbreviation table of nothing but ones.
    let broken = InspectFixture.folder.file("broken")
    let ones = InspectFixture.folder.file("ones")
    try Data(repeating: 1, count: 64).write(to: URL(filePath: ones))
    _ = try run(["llvm-objcopy-22", "--update-section", ".debug_abbrev=\(ones)", programs[0], broken])
    #expect(!(try kinds([broken])).isDisjoint(with: [.dwarfInvalid, .dwarfUnreadable]))
    // Strings are elsewhere than the debug info says.
    _ = try run(["llvm-objcopy-22", "--update-section", ".debug_str_offsets=\(ones)", programs[0], broken])
    #expect(try kinds([broken]).contains(.dwarfInvalid))
    _ = try run(["llvm-objcopy-22", "--update-section", ".debug_info=\(ones)", programs[0], broken])
    #expect(try kinds([broken]).contains(.dwarfUnreadable))
  }

  @Test func sources() throws {
    let program = try InspectFixture.program("mine", at: 0x1300_0000)
    let source = InspectFixture.folder.file("mine.c")
    let host = try EntryHost(InspectFixture.host.get(), [program])
    #expect(try inspection(host).allFindings.isEmpty)
    try "int other;\n".write(toFile: source, atomically: true, encoding: .utf8)
    #expect(try inspection(host).allFindings.map(\.kind) == [.sourceChanged])
    try FileManager.default.removeItem(atPath: source)
    let missing = try inspection(host).allFindings
    #expect(missing.map(\.kind) == [.sourceMissing])
    #expect(missing.first?.evidence.contains("mine.c") == true)
  }

  @Test func everyFindingIsInTheReference() {
    let lines = FindingKind.reference.split(separator: "\n")
    for kind in FindingKind.allCases { #expect(lines.count { $0.hasPrefix("| `\(kind.rawValue)` |") } == 1) }
    #expect(Set(FindingKind.allCases.map(\.facts.title)).count == FindingKind.allCases.count)
  }

  @Test func namesCannotCommandATerminal() {
    #expect(Printable.text("a\u{1b}[31mb\nc\u{202e}d") == "a\u{fffd}[31mb\u{fffd}c\u{fffd}d")
  }
}
