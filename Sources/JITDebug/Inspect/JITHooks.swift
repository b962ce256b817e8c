// Who in a process defines the two symbols of the GDB JIT interface, and which of the definitions debuggers go by.

import Glibc

/// A module that defines one of the symbols, or both.
package struct JITHook: Sendable {
  package enum Table: String, Codable, Sendable {
    case symtab = ".symtab"
    case dynsym = ".dynsym"
    /// In the module's separate debug file alone: debuggers that do not find that see nothing.
    case debugFile = "debug file"
  }

  package struct Definition: Sendable {
    package var address: TargetAddress
    package var table: Table
  }

  package var module: ProcessModule
  /// `__jit_debug_register_code`, where debuggers put their breakpoint.
  package var function: Definition?
  /// `__jit_debug_descriptor`, the head of the list.
  package var descriptor: Definition?

  package var isComplete: Bool { function != nil && descriptor != nil }
}

/// All definitions, in the order of the modules.
package struct JITHooks: Sendable {
  package static let functionName = "__jit_debug_register_code"
  package static let descriptorName = "__jit_debug_descriptor"

  package private(set) var all: [JITHook] = []
  /// How many modules were not looked at for want of time.
  package private(set) var unread = 0

  /// The index of the one whose breakpoint LLDB sets, and of the one whose list it reads. LLDB 22's JITLoaderGDB looks for both
  /// symbols on its own, each in the first module that has it (`SetJITBreakpoint`, `GetSymbolAddress`).
  package var lldbFunction: Int? { all.firstIndex { $0.function != nil } }
  package var lldbDescriptor: Int? { lldbFunction == nil ? nil : all.firstIndex { $0.descriptor != nil } }
  /// GDB takes every module that has both (jit.c, `jit_breakpoint_re_set_internal`).
  package var gdb: [Int] { all.indices.filter { all[$0].isComplete } }

  /// Seconds for all modules; a second is enough for any process that is not hostile.
  package static let time = 15.0

  /// - Parameter debugFolders: where separate debug files lie by build-id.
  package init(
    of modules: ProcessModules, _ memory: any ProcessMemory, debugFolders: [String] = ["/usr/lib/debug"],
    until deadline: Deadline = Deadline(secondsFromNow: time)
  ) {
    for module in modules.modules {
      guard deadline.milliseconds > 0 else {
        unread += 1
        continue
      }
      var hook = JITHook(module: module)
      Self.find(in: module, memory, deadline, &hook)
      if hook.function == nil && hook.descriptor == nil, module.object.section(named: ".symtab") == nil,
        let id = module.buildID, let file = Self.debugFile(id, debugFolders)
      {
        Self.find(in: file, bias: module.bias, as: .debugFile, deadline, &hook)
      }
      if hook.function != nil || hook.descriptor != nil { all.append(hook) }
    }
  }

  private static func debugFile(_ buildID: [UInt8], _ folders: [String]) -> ELFObject? {
    let name = BuildID.hex(buildID)
    for folder in folders {
      let path = "\(folder)/.build-id/\(name.prefix(2))/\(name.dropFirst(2)).debug"
      if let file = LocalFile(path), let object = ELFObject(file), object.buildID == buildID { return object }
    }
    return nil
  }

  private static func find(
    in module: ProcessModule, _ memory: any ProcessMemory, _ deadline: Deadline, _ hook: inout JITHook
  ) {
    if module.hasFile, !module.object.sections.isEmpty {
      find(in: module.object, bias: module.bias, as: nil, deadline, &hook)
    } else if let section = module.dynamicSection {
      let symbols = DynamicSymbols(memory, section, bias: module.bias, module.object.format)
      symbols.symbols(until: deadline, where: isHook) { symbol in
        note(symbol, bias: module.bias, .dynsym, &hook)
        return !hook.isComplete
      }
    }
  }

  /// - Parameter table: as which table what is found counts; nil for the one it is in.
  private static func find(
    in object: ELFObject, bias: UInt64, as table: JITHook.Table?, _ deadline: Deadline, _ hook: inout JITHook
  ) {
    // Libraries without .symtab are the rule, and .dynsym is the smaller one.
    for (type, own) in [(ELF.SHT_DYNSYM, JITHook.Table.dynsym), (ELF.SHT_SYMTAB, .symtab)] where !hook.isComplete {
      object.symbols(ofType: type, until: deadline, where: isHook) { symbol in
        note(symbol, bias: bias, table ?? own, &hook)
        return !hook.isComplete
      }
    }
  }

  private static let prefix = Array("__jit_debug_".utf8)

  private static func isHook(_: ELFObject.Symbol, _ name: UnsafeRawBufferPointer) -> Bool {
    name.count > prefix.count && memcmp(name.baseAddress!, prefix, prefix.count) == 0
  }

  private static func note(
    _ symbol: ELFObject.Symbol, bias: UInt64, _ table: JITHook.Table, _ hook: inout JITHook
  ) {
    // In file.debug, all sections' symbols are defined; elsewhere, others' symbols are listed too.
    guard symbol.isDefined else { return }
    let definition = JITHook.Definition(address: TargetAddress(symbol.st_value &+ bias), table: table)
    if symbol.name == functionName, hook.function == nil { hook.function = definition }
    if symbol.name == descriptorName, hook.descriptor == nil { hook.descriptor = definition }
  }
}
