// From inputs to a program in the target's memory, registered with the GDB JIT interface: one link generation.

import Glibc
import OrcBridge
import Wire

/// A linked and loaded program.
package struct LoadedProgram: Sendable {
  package var entry: TargetAddress
  package var initializers: [TargetRange]
  package var finalizers: [TargetRange]
  /// The initialisers' function pointers, for executors that can not walk the arrays themselves.
  package var initializerFunctions: [TargetAddress]
  package var finalizerFunctions: [TargetAddress]
  package var code: TargetRange
  package var data: TargetRange
  /// Where the registered debug object lies in the target; nil if none is registered.
  package var debugObject: TargetRange?
  package var image: DebugImage?
  /// What it changes in the program that it replaces a part of; nil for a program's first generation.
  package var replacement: ReplacementReport?
  /// The pointers to write at the reload point, for `Replacement`; of size 0 for a first generation.
  var switchList: TargetRange
  /// What is still to be written for profilers, if anything is.
  var profile: ProfiledCode?
  /// Calls that fill the target's memory and register its debug object, on their way to the target.
  var loading: [UInt64] = []
  /// The time line's span for that.
  var loadingSpan: Int?
}

/// Links objects and archives for a target and sends the result there.
package struct ProgramLink {
  let target: Target
  let architecture: Architecture
  let options: SessionOptions
  let compiler: Compiler
  let timeLine: TimeLine
  /// What the result becomes part of, if its functions are to be replaced later.
  var replaceable: ReplaceableProgram?

  /// Of everything that is linked together, in bytes: sums of what is below need no care.
  private static let sizeLimit: UInt64 = 1 << 60

  /// Whether a program runs in which the objects take the place of those of the same names.
  private var isReplacement: Bool { replaceable?.generations ?? 0 > 0 }

  /// Libraries that provide what compilers take for granted, by the names that show the need.
  private static func impliedLibraries(for externals: [SymbolResolution.External]) -> [String] {
    var libraries: [String] = []
    func need(_ library: String, where test: (String) -> Bool) {
      if externals.contains(where: { test($0.name) }) { libraries.append(library) }
    }
    need("libc++.so.1") { $0.hasPrefix("_ZNSt3__1") || $0.hasPrefix("_ZNKSt3__1") }
    if libraries.isEmpty {
      need("libstdc++.so.6") { $0.hasPrefix("_Z") || $0.hasPrefix("__cxa_") || $0.hasPrefix("__gxx_personality") }
    }
    need("libgcc_s.so.1") { $0.hasPrefix("_Unwind_") }
    return libraries
  }

  /// Tried, in this order, when symbols are still missing: what a native link adds by itself, and libm, which C programs forget.
  private static let fallbackLibraries = ["libm.so.6", "libgcc_s.so.1"]

  /// - Parameter publish: stores the debug file before anything refers to it.
  func load(
    _ objects: [ObjectFile], _ archives: [ArchiveFile], statistics: inout SessionStatistics,
    publish: (DebugImage) throws(JITDebugError) -> Void
  ) throws(JITDebugError) -> LoadedProgram {
    var resolution = try SymbolResolution(
      objects: objects, archives: archives, entry: options.entry, program: isReplacement ? replaceable : nil,
      check: architecture.check)
    guard resolution.defines(options.entry) else {
      throw JITDebugError(
        .input, options.inputs.first ?? "", "no input defines the entry '\(options.entry)'",
        remedy: "add the file that defines it, or name another function with --entry")
    }
    // Asked for before the exact size is known, so that the answer comes with that to the look-up: a distant target's is waited for
    // once. Address space that nobody fills costs nothing.
    let pageSize = target.connection.setup.pageSize
    var likelySize = 8 * pageSize
    for object in resolution.objects {
      likelySize = likelySize.addingReportingOverflow(object.memoryBound).partialValue
      guard max(likelySize, object.memoryBound) < Self.sizeLimit else {
        throw JITDebugError(
          .input, object.name, "has sections that take more memory than any target has addresses for",
          remedy: "make it anew, it may be damaged; see: llvm-readelf-22 --sections")
      }
    }
    let reservation = replaceable == nil ? try target.postReserve(size: likelySize) : nil
    let externals = try timeLine.measure("look up symbols", .target) { () throws(JITDebugError) in
      try resolve(&resolution)
    }
    statistics.objects = resolution.objects.count

    let generation = LinkGeneration(objects: resolution.objects, program: replaceable)
    try timeLine.measure("prune and lay out", .linker, ["objects": "\(statistics.objects)"]) {
      () throws(JITDebugError) in try generation.prepare()
    }
    let stubBound =
      options.debugInfo == .reference ? try generation.stubBound(pageSize: pageSize, hasStubs: replaceable != nil) : 0
    let switchOffset = UInt64(stubBound + 15) / 16 * 16
    let switchSize = isReplacement ? SwitchList.size(functions: generation.redirections.count) : 0
    let layout = try generation.layout(extra: switchOffset + switchSize, pageSize: pageSize)

    let base = try timeLine.measure("reserve memory", .target, ["bytes": "\(layout.total)"]) {
      () throws(JITDebugError) in
      guard let reservation else { return try reserve(layout.total) }
      let base = try target.reservation(of: reservation, size: likelySize)
      return layout.total <= likelySize ? base : try reserve(layout.total)
    }
    try timeLine.measure("fix up", .linker) { () throws(JITDebugError) in
      try generation.place(layout, at: base)
      try generation.resolve(externals + [("__dso_handle", base)])
    }

    var request = FinalizeRequest()
    let access: [(orc_region_kind, SegmentAccess)] = [
      (ORC_REGION_CODE, [.read, .execute]), (ORC_REGION_READ_ONLY, [.read]), (ORC_REGION_DATA, [.read, .write]),
      (ORC_REGION_ZERO, [.read, .write]),
    ]
    for (kind, access) in access where layout[kind].size > 0 {
      request.append(
        access: access, address: (base + layout[kind].offset).rawValue, size: layout[kind].size,
        content: Array(generation.content(of: kind)))
    }
    statistics.contentBytes = request.storage.count
    if let frame = generation.ehFrame { request.actions.append(try frameAction(frame)) }

    let linked = generation.image(machine: architecture.machine, layout: layout)
    let switchStart = base + layout.extraOffset + switchOffset
    var program = LoadedProgram(
      entry: generation.address(of: options.entry) ?? base, initializers: generation.initializers,
      finalizers: generation.finalizers,
      initializerFunctions: generation.functions(in: generation.initializers, layout),
      finalizerFunctions: generation.functions(in: generation.finalizers, layout).reversed(), code: linked.code,
      data: linked.data, switchList: TargetRange(start: switchStart, size: switchSize))
    var switchList: [UInt8] = []
    if let replaceable {
      if isReplacement {
        program.replacement = generation.replacementReport(entry: options.entry)
        switchList = SwitchList.bytes(generation.redirections, replaceable.point, at: switchStart)
      }
      replaceable.add(generation, size: layout.total, definitions: resolution.owners)
      try replaceable.checkReloadPoint(options.inputs.first ?? "")
    }
    /// The memory behind the generation's own: what is registered, and the pointers to write.
    func appendExtra(_ stub: [UInt8]) {
      let padding = [UInt8](repeating: 0, count: switchList.isEmpty ? 0 : Int(switchOffset) - stub.count)
      let content = stub + padding + switchList
      guard !content.isEmpty else { return }
      request.append(
        access: .read, address: (base + layout.extraOffset).rawValue, size: UInt64(content.count), content: content)
    }
    func profile(_ debugFile: [UInt8]?) {
      guard !options.profilers.isEmpty else { return }
      let bytes = Array(generation.content(of: ORC_REGION_CODE))
      program.profile = ProfiledCode(linked, bytes: bytes, debugFile: debugFile)
    }
    func send(_ requests: FinalizeRequest...) throws(JITDebugError) {
      let bytes = requests.reduce(0) { $0 + $1.storage.count }
      // It ends with the answers, which nobody waits for yet.
      program.loadingSpan = timeLine.begin("transfer and register", .target, ["bytes": "\(bytes)"])
      let isCompressed = target.connection.compresses(options.compression)
      for request in requests {
        program.loading.append(try target.postInitialize(isCompressed ? request.compressed() : request))
      }
    }
    guard options.debugInfo != .none else {
      profile(nil)
      appendExtra([])
      try send(request)
      return program
    }

    let image = try timeLine.measure("write debug file", .linker) { () throws(JITDebugError) in
      let image = try linked.makeDebugImage()
      try publish(image)
      return image
    }
    profile(image.debugFile)
    program.image = image
    statistics.debugFileSize = image.debugFile.count
    statistics.stubSize = image.stub.count
    switch options.debugInfo {
    case .reference:
      let range = TargetRange(start: base + layout.extraOffset, size: UInt64(image.stub.count))
      appendExtra(image.stub)
      request.actions.append(try registerAction(range))
      try send(request)
      statistics.debugBytesSent = image.stub.count
      program.debugObject = range
    case .inline:
      appendExtra([])
      let size = UInt64(image.debugFile.count)
      let start = try target.reservation(of: try target.postReserve(size: size), size: size)
      let range = TargetRange(start: start, size: size)
      var debugRequest = FinalizeRequest()
      debugRequest.append(access: .read, address: start.rawValue, size: size, content: image.debugFile)
      debugRequest.actions.append(try registerAction(range))
      try send(request, debugRequest)
      statistics.debugBytesSent = image.debugFile.count
      program.debugObject = range
    case .none: break
    }
    return program
  }

  /// Memory for a generation: the next place in the program's own room, if it has one.
  private func reserve(_ size: UInt64) throws(JITDebugError) -> TargetAddress {
    if isReplacement, let place = replaceable?.place(size: size) { return place }
    if let replaceable, !isReplacement, size < ReplaceableProgram.roomSize / 2 {
      // Where memory is scarce, each generation gets what it needs.
      let room = ReplaceableProgram.roomSize
      if let base = try? target.reservation(of: try target.postReserve(size: room), size: room) {
        replaceable.reserved(TargetRange(start: base, size: room))
        return base
      }
    }
    return try target.reservation(of: try target.postReserve(size: size), size: size)
  }

  // MARK: Symbols

  /// Finds what no input defines: in the target's libraries, else in the archives a native link would have added.
  private func resolve(_ resolution: inout SymbolResolution) throws(JITDebugError)
    -> [(name: String, address: TargetAddress)]
  {
    var missing = resolution.externals.filter { $0.name != "__dso_handle" && $0.name != "_GLOBAL_OFFSET_TABLE_" }
    var found = replaceable?.externals ?? [:]
    defer { replaceable?.externals = found }
    missing.removeAll { found[$0.name] != nil }
    // Whether these exist on the target shows in what stays undefined.
    for library in Self.impliedLibraries(for: missing) {
      // jitdebug's executor works in order, so what it answers needs no waiting for.
      _ = target.hasExtensions ? try target.postOpenLibrary(library) : try? target.openLibrary(library)
    }
    guard !missing.isEmpty else { return found.map { ($0.key, $0.value) } }
    let process = try target.openProcess()
    func lookUp() throws(JITDebugError) {
      let addresses = try target.resolve(missing.map(\.name), in: process)
      for (symbol, address) in zip(missing, addresses) where address != nil { found[symbol.name] = address }
      missing.removeAll { found[$0.name] != nil }
    }
    try lookUp()
    for library in Self.fallbackLibraries where missing.contains(where: { !$0.isWeak }) {
      if (try? target.openLibrary(library)) != nil { try lookUp() }
    }
    if missing.contains(where: { !$0.isWeak }) {
      try resolution.takeMembers(of: compiler.supportArchives(), check: architecture.check)
      missing = resolution.externals.filter { found[$0.name] == nil && $0.name != "__dso_handle" }
      try lookUp()
    }
    let undefined = missing.filter { !$0.isWeak }
    if let first = undefined.first { throw error(undefined: first, and: undefined.dropFirst()) }
    return found.map { ($0.key, $0.value) }
  }

  private func error(
    undefined first: SymbolResolution.External, and others: ArraySlice<SymbolResolution.External>
  ) -> JITDebugError {
    var also = others.prefix(5).map { "'\(demangled($0.name))'" }.joined(separator: ", ")
    if others.count > 5 { also += " and \(others.count - 5) more" }
    return JITDebugError(
      .input, first.referrer, "undefined symbol '\(demangled(first.name))'" + (also.isEmpty ? "" : " (also \(also))"),
      remedy: options.archives.hint(for: first.name).map { "add \($0)" }
        ?? "add the file or archive that defines it, or load its library on the target with --dlopen")
  }

  // MARK: Actions

  private func frameAction(_ frame: TargetRange) throws(JITDebugError) -> AllocationAction {
    // Four zero bytes, the terminator, follow the records.
    let range = frame.start.rawValue..<frame.end.rawValue + 4
    return AllocationAction(
      finalize: WrapperCall(
        function: try target.connection.function(BootstrapSymbol.registerEHFrame), arguments: sps(range)),
      deallocate: WrapperCall(
        function: try target.connection.function(BootstrapSymbol.deregisterEHFrame), arguments: sps(range)))
  }

  private func registerAction(_ object: TargetRange) throws(JITDebugError) -> AllocationAction {
    let range = object.start.rawValue..<object.end.rawValue
    var undo = WrapperCall.none
    if let function = target.connection.setup.address(of: ExtensionSymbol.unregisterDebugObject) {
      undo = WrapperCall(function: function, arguments: sps(range))
    }
    return AllocationAction(
      finalize: WrapperCall(
        function: try target.connection.function(BootstrapSymbol.registerDebugObject),
        // Whether to call the hook at once.
        arguments: sps(range) + [1]),
      deallocate: undo)
  }

  private func sps(_ range: Range<UInt64>) -> [UInt8] {
    var writer = SPSWriter()
    writer.append(addressRange: range)
    return writer.bytes
  }
}

extension LinkGeneration {
  /// The function pointers in arrays of this generation, read from the content that went to the target (64-bit little-endian).
  func functions(in arrays: [TargetRange], _ layout: RegionLayout) -> [TargetAddress] {
    var result: [TargetAddress] = []
    for kind in [ORC_REGION_DATA, ORC_REGION_READ_ONLY] {
      let content = content(of: kind)
      let start = base + layout[kind].offset
      let region = TargetRange(start: start, size: UInt64(content.count))
      for array in arrays where region.contains(array.start) {
        let offset = Int(array.start.rawValue - start.rawValue)
        for position in stride(from: offset, to: offset + Int(array.size), by: 8) {
          var value: UInt64 = 0
          for i in 0..<8 { value |= UInt64(content[position + i]) << UInt64(8 * i) }
          if value != 0 && value != .max { result.append(TargetAddress(value)) }
        }
      }
    }
    return result
  }
}
