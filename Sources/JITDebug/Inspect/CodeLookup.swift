// Answers of `inspect` about single addresses and functions: whose code is it, which line, which instructions.

import FoundationEssentials

/// What is at an address.
package struct AddressReport: Encodable, Sendable {
  package var schemaVersion = 1
  package var address: TargetAddress
  /// The number of the entry it lies in; absent if it is in none.
  package var entry: Int?
  /// The path of the program or library it lies in, or the name of other memory; absent if nothing is mapped there.
  package var module: String?
  /// The function that the object's symbols name there, and how far into it the address is.
  package var symbol: String?
  package var offset: UInt64?
  /// By the debug info, the innermost inlined function first.
  package var frames: [CodeFrame]

  package var text: String {
    var place = entry.map { "entry \($0)" } ?? module ?? "nothing is mapped there"
    if let symbol { place += ", \(symbol) + \(offset ?? 0)" }
    let lines = frames.enumerated().map { index, frame in
      let name = frame.function.isEmpty ? "?" : frame.function
      let column = frame.column > 0 ? ":\(frame.column)" : ""
      let source = frame.file.isEmpty ? "?" : "\(frame.file):\(frame.line)\(column)"
      return "  \(name) at \(source)" + (index < frames.count - 1 ? " (inlined)" : "") + "\n"
    }
    return "\(address): \(place)\n" + lines.joined()
  }

  package func json() throws(JITDebugError) -> String { try JSONText.encode(self) }
}

/// The instructions of a function.
package struct CodeReport: Encodable, Sendable {
  package var schemaVersion = 1
  package var entry: Int
  package var function: String
  package var range: TargetRange
  package var instructions: [Instruction]
  /// How many of the function's bytes are not shown.
  package var omitted: UInt64 = 0

  package var text: String {
    let width = min(30, instructions.map(\.bytes.count).max() ?? 0)
    return "\(function) in entry \(entry), \(range):\n"
      + instructions.map { line in
        let padding = String(repeating: " ", count: max(0, width - line.bytes.count))
        return "  \(line.address)  \(line.bytes)\(padding)  \(line.text)\n"
      }.joined() + (omitted > 0 ? "and \(omitted) bytes more\n" : "")
  }

  package func json() throws(JITDebugError) -> String { try JSONText.encode(self) }
}

extension Inspection {
  /// What is at an address, of registered code or anywhere else.
  package func lookUp(_ address: TargetAddress) -> AddressReport {
    var report = AddressReport(address: address, frames: [])
    report.module = (modules.module(at: address)?.path ?? memory.mapping(at: address)?.path).map(Printable.text)
    if report.module == "" { report.module = "memory without a name" }
    guard let (entry, object) = entry(where: { object in object.contains(address) }) else {
      note(modules.module(at: address), address, &report)
      return report
    }
    report.entry = entry.index
    if let function = object.functions.last(where: { $0.range.start <= address }) {
      report.symbol = Printable.text(names.read(function.name))
      report.offset = address.rawValue - function.range.start.rawValue
    }
    var request = DebugInfoRequest(lookups: [address.rawValue])
    var bytes: [UInt8] = []
    if case .file(let path) = object.debugInfo(debugFiles, subject: "").0 {
      request.path = path
    } else {
      bytes = memory.read(entry.entry.object, Int(min(entry.entry.size, EntryObject.sizeLimit)))
    }
    report.frames = ((try? worker.ask(request, bytes))?.frames.first ?? []).map { frame in
      var frame = frame
      frame.function = Printable.text(frame.function)
      frame.file = Printable.text(frame.file)
      return frame
    }
    return report
  }

  /// The nearest symbol of a module.
  private func note(_ module: ProcessModule?, _ address: TargetAddress, _ report: inout AddressReport) {
    guard let module, module.hasFile else { return }
    var best: ELFObject.Symbol?
    let place = address.rawValue &- module.bias
    func isNearer(_ symbol: ELFObject.Symbol) -> Bool {
      symbol.isDefined && symbol.type <= ELF.STT_FUNC && symbol.st_value <= place
        && best.map { $0.st_value < symbol.st_value } ?? true
    }
    let deadline = Deadline(secondsFromNow: JITHooks.time)
    for type in [ELF.SHT_SYMTAB, ELF.SHT_DYNSYM] {
      module.object.symbols(ofType: type, until: deadline, where: { symbol, _ in isNearer(symbol) }) { symbol in
        if symbol.hasName { best = symbol }
        return true
      }
    }
    guard let best, best.st_size == 0 || place - best.st_value < best.st_size else { return }
    report.symbol = Printable.text(names.read(best.name))
    report.offset = place - best.st_value
  }

  /// The entry for which something holds, with its object as it is by now and all of its functions.
  private func entry(where holds: (EntryObject) -> Bool) -> (InspectedEntry, EntryObject)? {
    for entry in entries {
      let object = EntryObject(entry.entry, memory)
      if holds(object) { return (entry, object) }
    }
    return nil
  }

  /// How much code of one function is shown, in bytes.
  private static let codeLimit: UInt64 = 1 << 17
  /// What is shown of a function whose size is not known, in bytes.
  private static let unsizedCode: UInt64 = 64

  /// - Parameter name: of a function, as the source or the symbol table has it, or an address in it.
  package func disassemble(_ name: String) throws(JITDebugError) -> CodeReport {
    let address = name.hasPrefix("0x") ? UInt64(name.dropFirst(2), radix: 16).map { TargetAddress($0) } : nil
    func place(in functions: [EntryObject.Function]) -> Int? {
      if let address { return functions.firstIndex { $0.range.contains(address) } }
      return functions.firstIndex { $0.name == name }
        ?? names.read(functions.map(\.name)).firstIndex { $0 == name || $0.prefix { $0 != "(" } == name }
    }
    var found: EntryObject.Function?
    let holder = entry { object in
      found = place(in: object.functions).map { object.functions[$0] }
      return found != nil
    }
    guard let (entry, object) = holder, let elf = object.elf, let function = found else {
      throw JITDebugError(
        .input, name, "no registered code has a function of this name or address",
        remedy: "see the names with --entry N; --lookup tells what is at an address")
    }
    let size = function.range.size > 0 ? min(function.range.size, Self.codeLimit) : Self.unsizedCode
    let bytes = memory.read(function.range.start, Int(size))
    guard !bytes.isEmpty else {
      throw JITDebugError(
        .input, name, "nothing is mapped at its address, \(function.range.start)",
        remedy: "the code was freed and not unregistered, or is not in the core file")
    }
    var request = DebugInfoRequest()
    let functions = object.functions.prefix(10_000)
    request.code = DebugInfoRequest.Code(
      triple: "\(elf.format.architecture)-unknown-linux-gnu", address: function.range.start.rawValue,
      bytes: Data(bytes), names: functions.map { Printable.shortened(Printable.text($0.name), to: 256) },
      addresses: functions.map(\.range.start.rawValue))
    guard let instructions = (try? worker.ask(request))?.instructions else {
      throw JITDebugError(
        .input, name, "LLVM cannot disassemble code for \(elf.format.architecture)",
        remedy: "save the object with --dump, for other tools")
    }
    return CodeReport(
      entry: entry.index, function: Printable.text(names.read(function.name)), range: function.range,
      instructions: instructions, omitted: function.range.size - min(function.range.size, Self.codeLimit))
  }
}
