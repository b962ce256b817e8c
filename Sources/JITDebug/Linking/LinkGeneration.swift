// One link generation: JITLink's three phases, and everything known about the result.

import Glibc
import OrcBridge

/// The memory a generation needs, region by region.
package struct RegionLayout: Sendable {
  package struct Region: Sendable {
    package var kind: orc_region_kind
    /// In bytes.
    package var size: UInt64
    /// From the start of the reservation, in bytes; a multiple of the page size.
    package var offset: UInt64
  }
  package private(set) var regions: [Region] = []
  /// Where an extra read-only block (the debug stub) lies, if one was asked for.
  package private(set) var extraOffset: UInt64 = 0
  /// What to reserve, in bytes.
  package private(set) var total: UInt64 = 0

  init(regions sizes: [(kind: orc_region_kind, size: UInt64, alignment: UInt64)], extra: UInt64, pageSize: UInt64)
    throws(JITDebugError)
  {
    func roundUp(_ n: UInt64) -> UInt64 { (n + pageSize - 1) / pageSize * pageSize }
    for region in sizes {
      guard region.alignment <= pageSize else {
        throw JITDebugError(
          .input, "", "a section asks for an alignment of \(region.alignment) bytes, more than the target's pages have")
      }
      regions.append(Region(kind: region.kind, size: region.size, offset: total))
      total += roundUp(region.size)
    }
    extraOffset = total
    total += roundUp(extra)
  }

  package subscript(kind: orc_region_kind) -> Region { regions[Int(kind.rawValue)] }
}

/// An array of function pointers in the target, and the section it came from.
package struct FunctionArray: Sendable {
  package var section: String
  package var range: TargetRange
}

/// Everything that is linked together and registered as one debug object.
package final class LinkGeneration {
  let linker: OpaquePointer
  private let program: ReplaceableProgram?
  /// JITLink reads the objects' bytes in place.
  private let bytes: [FileBytes]
  /// What the objects' e_flags say together: those of RISC-V tell disassemblers of compressed instructions, if one has any.
  private let machineFlags: UInt32
  package private(set) var base = TargetAddress(0)

  /// - Parameter program: what the generation is to be part of, if its functions are to be replaced later.
  package init(objects: [ObjectFile], program: ReplaceableProgram? = nil) {
    self.program = program
    machineFlags = objects.reduce(0) { $0 | $1.machineFlags }
    let released = objects.map { $0.release() }
    bytes = released.map(\.bytes)
    let handles: [OpaquePointer] = released.map(\.handle)
    linker = handles.withUnsafeBufferPointer { orc_linker_create($0.baseAddress!, handles.count, program?.handle) }
  }

  deinit { orc_linker_free(linker) }

  /// Strips what is dead and builds GOT and PLT, after which sizes are exact.
  package func prepare() throws(JITDebugError) {
    try callBridge(.input, "") { orc_linker_prepare(linker) }
  }

  /// Whether the stub goes without symbols of which debug info tells as much.
  private var stubIsShort = false

  /// What the stub takes at most, in bytes. Up to a page it has all symbols, since it takes one anyway; LLDB shows a little more of
  /// them then (`image lookup`'s line about the symbol).
  package func stubBound(pageSize: UInt64, hasStubs: Bool) throws(JITDebugError) -> Int {
    func bound() throws(JITDebugError) -> Int {
      var nameBytes = 0
      let count = orc_linker_symbol_bound(linker, stubIsShort, &nameBytes)
      return try StubFile.bound(symbolCount: count, nameBytes: nameBytes, hasStubs: hasStubs)
    }
    let whole = try bound()
    guard whole > pageSize else { return whole }
    stubIsShort = true
    return try bound()
  }

  package func layout(extra: UInt64, pageSize: UInt64) throws(JITDebugError) -> RegionLayout {
    let regions = (0..<ORC_REGION_COUNT.rawValue).map { raw in
      let kind = orc_region_kind(rawValue: raw)
      let region = orc_linker_region(linker, kind)
      return (kind: kind, size: region.size, alignment: region.alignment)
    }
    return try RegionLayout(regions: regions, extra: extra, pageSize: pageSize)
  }

  /// Gives everything its address, `base` being where the layout's memory was reserved.
  package func place(_ layout: RegionLayout, at base: TargetAddress) throws(JITDebugError) {
    self.base = base
    let addresses = layout.regions.map { base.rawValue + $0.offset }
    try callBridge(.input, "") { addresses.withUnsafeBufferPointer { orc_linker_place(linker, $0.baseAddress!) } }
  }

  /// Applies all fixups, with the addresses of what the target's libraries define.
  package func resolve(_ externals: [(name: String, address: TargetAddress)]) throws(JITDebugError) {
    let names = externals.map { strdup($0.name)! }
    defer { names.forEach { free($0) } }
    let pointers = names.map { UnsafePointer($0) }
    let addresses = externals.map(\.address.rawValue)
    try callBridge(.input, "") {
      pointers.withUnsafeBufferPointer { names in
        addresses.withUnsafeBufferPointer { addresses in
          withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 1) { empty in
            withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>.self, capacity: 1) { emptyNames in
              orc_linker_resolve(
                linker, names.baseAddress ?? UnsafePointer(emptyNames.baseAddress!),
                addresses.baseAddress ?? UnsafePointer(empty.baseAddress!), externals.count)
            }
          }
        }
      }
    }
  }

  /// Makes the generation part of its program, once it is resolved.
  func commit() { orc_linker_commit(linker) }

  /// The content of a region, valid as long as the generation; empty for zero-filled ones.
  package func content(of kind: orc_region_kind) -> UnsafeBufferPointer<UInt8> {
    guard let start = orc_linker_content(linker, kind) else { return UnsafeBufferPointer(start: nil, count: 0) }
    return UnsafeBufferPointer(start: start, count: Int(orc_linker_region(linker, kind).size))
  }

  package func address(of symbol: String) -> TargetAddress? {
    var address: UInt64 = 0
    return orc_linker_find(linker, symbol, &address) ? TargetAddress(address) : nil
  }

  package var ehFrame: TargetRange? {
    let section = orc_linker_eh_frame(linker)
    return section.size == 0 ? nil : TargetRange(start: TargetAddress(section.address), size: section.size)
  }

  package var functionArrays: [FunctionArray] {
    (0..<orc_linker_array_count(linker)).map { index in
      let section = orc_linker_array(linker, index)
      return FunctionArray(
        section: String(cString: section.name),
        range: TargetRange(start: TargetAddress(section.address), size: section.size))
    }
  }

  /// The hand-over to the debug image.
  package func image(machine: UInt16, layout: RegionLayout) -> LinkedImage {
    let symbols = (0..<orc_linker_symbol_count(linker)).map { index in
      let symbol = orc_linker_symbol(linker, index)
      return LinkedImage.Symbol(
        name: String(cString: symbol.name), address: TargetAddress(symbol.address), size: symbol.size,
        kind: symbol.is_function ? .function : (symbol.size > 0 ? .object : .other), isLocal: symbol.is_local,
        isDescribed: stubIsShort && symbol.is_described)
    }
    var sections = (0..<orc_linker_debug_section_count(linker)).map { index in
      let section = orc_linker_debug_section(linker, index)
      return LinkedImage.DebugSection(
        name: String(cString: section.name),
        bytes: Array(UnsafeBufferPointer(start: section.bytes, count: Int(section.size))))
    }
    let stubs = orc_linker_stubs(linker)
    if let frames = StubFrames.debugFrame(machine: machine, start: stubs.address, size: stubs.size) {
      sections.append(LinkedImage.DebugSection(name: ".debug_frame", bytes: frames))
    }
    let redirections = orc_linker_redirections(linker)
    StubLines.add(to: &sections, start: redirections.address, size: redirections.size)
    let frame = orc_linker_eh_frame(linker)
    let code = layout[ORC_REGION_CODE]
    let dataStart = layout[ORC_REGION_READ_ONLY].offset
    let last = layout[ORC_REGION_ZERO]
    return LinkedImage(
      machine: machine, machineFlags: machineFlags,
      code: TargetRange(start: base + code.offset, size: code.size),
      data: TargetRange(start: base + dataStart, size: last.offset + last.size - dataStart),
      symbols: symbols, debugSections: sections,
      ehFrame: frame.size == 0
        ? nil
        : (TargetAddress(frame.address), Array(UnsafeBufferPointer(start: frame.bytes, count: Int(frame.size)))),
      stubs: program == nil || redirections.size == 0
        ? nil : TargetRange(start: TargetAddress(redirections.address), size: redirections.size))
  }
}
