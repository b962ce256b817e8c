// Reading a live process: its modules, the hooks they define, and the list of entries.

import Foundation
import Testing
import TestSupport

@testable import JITDebug

@Suite struct InspectReadingTests {
  private func entries(_ host: EntryHost) throws -> JITEntries {
    let memory = try host.live()
    let modules = try ProcessModules(of: memory)
    let hooks = JITHooks(of: modules, memory)
    let hook = try #require(hooks.all.first)
    return JITEntries(at: try #require(hook.descriptor).address, memory, modules.format)
  }

  @Test func theListIsReadAsItIs() throws {
    let host = try EntryHost(InspectFixture.host.get(), InspectFixture.programs.get())
    let list = try entries(host)
    #expect(list.findings.isEmpty, "\(list.findings)")
    #expect(list.descriptor.rawValue == host.descriptor)
    #expect(list.entries.map(\.address.rawValue) == host.entries.reversed().map(\.entry))
    #expect(list.entries.map(\.object.rawValue) == host.entries.reversed().map(\.object))
    #expect(list.entries.map(\.size) == host.entries.reversed().map(\.size))
  }

  @Test func hooksAreFoundInBothTables() throws {
    for (host, table) in [(InspectFixture.host, JITHook.Table.symtab), (InspectFixture.strippedHost, .dynsym)] {
      let host = try EntryHost(host.get(), [])
      let memory = try host.live()
      let hooks = JITHooks(of: try ProcessModules(of: memory), memory)
      #expect(hooks.all.count == 1)
      #expect(hooks.all.first?.descriptor?.table == table)
      #expect(hooks.all.first?.descriptor?.address.rawValue == host.descriptor)
      #expect(hooks.all.first?.module.isProgram == true)
      #expect(hooks.lldbDescriptor == 0 && hooks.gdb == [0])
    }
  }

  @Test func hooksAreFoundInAFileThatWasRemoved() throws {
    let copy = InspectFixture.folder.file("removed")
    try FileManager.default.copyItem(atPath: InspectFixture.strippedHost.get(), toPath: copy)
    let host = try EntryHost(copy, [])
    try FileManager.default.removeItem(atPath: copy)
    let memory = try host.live()
    let modules = try ProcessModules(of: memory)
    #expect(modules.modules[0].isDeleted)
    #expect(JITHooks(of: modules, memory).all.first?.descriptor?.address.rawValue == host.descriptor)
    // The same when nothing but its memory is left.
    let blind = MemoryAlone(memory)
    let hook = JITHooks(of: try ProcessModules(of: blind), blind).all.first
    #expect(hook?.descriptor?.address.rawValue == host.descriptor)
    #expect(hook?.isComplete == true)
  }

  @Test func debuggersChoiceOfHooksIsTheirs() throws {
    let ll = InspectFixture.folder.file("hooks.ll")
    try "define i32 @main() {\n  call void @usleep(i32 60000000)\n  ret i32 0\n}\ndeclare void @usleep(i32)\n".write(
      toFile: ll, atomically: true, encoding: .utf8)
    var environment = baseEnvironment
    environment["LD_PRELOAD"] = "/usr/lib/llvm-14/lib/libLLVM-14.so.1"
    let lli = try BackgroundProcess(["lli-22", "--jit-kind=mcjit", ll], environment: environment)
    try lli.wait(for: "code in lli-22") { process in
      guard let memory = try? LiveProcess(pid: process.pid), let modules = try? ProcessModules(of: memory),
        let hook = JITHooks(of: modules, memory).all.last?.descriptor
      else { return false }
      return JITEntries(at: hook.address, memory, modules.format).entries.count > 0
    }
    let memory = try LiveProcess(pid: lli.pid)
    let modules = try ProcessModules(of: memory)
    let hooks = JITHooks(of: modules, memory)
    #expect(hooks.all.count == 2)
    #expect(hooks.all.first?.module.name.hasPrefix("libLLVM-14") == true)
    #expect(hooks.all.last?.module.name.hasPrefix("libLLVM.so.22") == true)
    #expect(hooks.gdb == [0, 1])
    // What LLDB itself says. It loads modules by several threads, and on a busy machine the second may come first.
    let result = try run(
      [
        "lldb-22", "--no-lldbinit", "--batch", "-o", "settings set target.parallel-module-load false", "-o",
        "settings set symbols.enable-external-lookup false", "-o",
        "process attach --pid \(lli.pid)", "-o", "breakpoint list --internal", "-o", "detach",
      ])
    let lines = result.output.split(separator: "\n")
    let kind = lines.firstIndex { $0.contains("jit-debug-register") } ?? 0
    let place = lines[kind...].first { $0.contains("__jit_debug_register_code") } ?? ""
    let module = try #require(hooks.lldbFunction.map { hooks.all[$0].module })
    #expect(place.contains(module.name) || place.contains("libLLVM-14.so"), "\(result.output)")
    #expect(!place.contains("libLLVM.so.22"), "\(result.output)")
  }
}

/// A process of which no file can be had.
private final class MemoryAlone: ProcessMemory {
  let process: LiveProcess
  init(_ process: LiveProcess) { self.process = process }
  var subject: String { process.subject }
  var mappings: [MemoryMapping] { process.mappings }
  var auxiliaryVector: [UInt8] { process.auxiliaryVector }
  func read(_ address: TargetAddress, _ count: Int) -> [UInt8] { process.read(address, count) }
  func file(of mapping: MemoryMapping) -> (any ByteSource)? { nil }
}
