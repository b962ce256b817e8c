// The executor's services as typed calls.

import Wire

/// What can be asked of the process at the other end.
package struct Target: Sendable {
  package let connection: Connection

  package init(_ connection: Connection) { self.connection = connection }

  /// Whether the other end is jitdebug's own executor, which forwards streams and reports how a session ended.
  package var hasExtensions: Bool { connection.setup.address(of: ExtensionSymbol.runProgram) != nil }

  // MARK: Libraries

  /// A handle for the process itself and all that it has loaded.
  package func openProcess() throws(JITDebugError) -> UInt64 {
    // jitdebug's executor takes 0 for the loader's default scope, which saves asking.
    hasExtensions ? 0 : try openLibrary(nil)
  }

  /// Opens a library in the target; nil stands for the process itself.
  package func openLibrary(_ path: String?) throws(JITDebugError) -> UInt64 {
    let answer = try connection.result(of: try postOpenLibrary(path))
    switch try decode(answer, { (r: inout SPSReader) throws(WireError) in try r.address() }) {
    case .success(let handle): return handle
    case .failure(let failure):
      throw JITDebugError(
        .input, path ?? "the executor", "cannot be loaded by the executor: \(failure.message)",
        remedy: "name a library that exists on the target, for its architecture, with everything it needs")
    }
  }

  /// The same without waiting for the answer.
  @discardableResult
  package func postOpenLibrary(_ path: String?) throws(JITDebugError) -> UInt64 {
    var writer = SPSWriter()
    writer.append(address: try connection.function(BootstrapSymbol.dylibManager))
    writer.append(string: path ?? "")
    writer.append(u64: 0)
    return try connection.post(try connection.function(BootstrapSymbol.dylibOpen), writer.bytes)
  }

  /// The addresses of the names, nil for those that no library defines; in one round trip.
  ///
  /// - Parameter limit: how long that may take, in seconds.
  package func resolve(_ names: [String], in handle: UInt64, within limit: Double = Connection.callLimit)
    throws(JITDebugError) -> [TargetAddress?]
  {
    guard !names.isEmpty else { return [] }
    var writer = SPSWriter()
    writer.append(address: handle)
    writer.append(sequence: names) { w, name in SymbolQuery(name: name, isRequired: false).encode(to: &w) }
    let answer = try connection.call(
      try connection.function(BootstrapSymbol.dylibResolve), writer.bytes, within: limit)
    let found = try decode(answer) { (reader: inout SPSReader) throws(WireError) in
      try reader.sequence(minimumSize: 1) { (r: inout SPSReader) throws(WireError) in
        try SymbolDefinition.decodeOptional(from: &r)
      }
    }
    switch found {
    case .success(let definitions) where definitions.count == names.count:
      return definitions.map { definition in
        definition.flatMap { $0.address == 0 ? nil : TargetAddress($0.address) }
      }
    case .success(let definitions):
      throw connection.lost("answered \(definitions.count) of \(names.count) symbol look-ups")
    case .failure(let failure): throw connection.lost(failure.message)
    }
  }

  // MARK: Memory

  /// Reserves memory, of whole pages.
  package func postReserve(size: UInt64) throws(JITDebugError) -> UInt64 {
    var writer = SPSWriter()
    writer.append(address: try connection.function(BootstrapSymbol.memoryManager))
    writer.append(u64: size)
    return try connection.post(try connection.function(BootstrapSymbol.memoryReserve), writer.bytes)
  }

  package func reservation(of call: UInt64, size: UInt64) throws(JITDebugError) -> TargetAddress {
    let answer = try decode(try connection.result(of: call)) { (r: inout SPSReader) throws(WireError) in
      try r.address()
    }
    switch answer {
    case .success(let address): return TargetAddress(address)
    case .failure(let failure):
      throw JITDebugError(
        .connection, connection.peer, "cannot reserve \(size) bytes: \(failure.message)",
        remedy: "free memory on the target, or raise its limits")
    }
  }

  /// Fills memory, sets its protections and runs its actions; answered in order with what is posted before and after.
  package func postInitialize(_ request: FinalizeRequest) throws(JITDebugError) -> UInt64 {
    var writer = SPSWriter(reservingCapacity: request.storage.count + 1024)
    writer.append(address: try connection.function(BootstrapSymbol.memoryManager))
    request.encode(to: &writer)
    return try connection.post(try connection.function(BootstrapSymbol.memoryInitialize), writer.bytes)
  }

  package func finishInitialize(_ call: UInt64) throws(JITDebugError) {
    try checkInitialize(try connection.result(of: call))
  }

  /// Fails if the answer to `postInitialize` tells of a failure.
  package func checkInitialize(_ payload: [UInt8]) throws(JITDebugError) {
    let answer = try decode(payload) { (r: inout SPSReader) throws(WireError) in
      try r.address()
    }
    if case .failure(let failure) = answer {
      throw JITDebugError(.connection, connection.peer, "cannot set up the program's memory: \(failure.message)")
    }
  }

  /// Writes to memory that the target's process may write.
  package func postWrite(_ bytes: [UInt8], to address: TargetAddress) throws(JITDebugError) -> UInt64 {
    var writer = SPSWriter()
    writer.append(u64: 1)
    writer.append(address: address.rawValue)
    writer.append(bytes: bytes)
    return try connection.post(try connection.function(BootstrapSymbol.writeBuffers), writer.bytes)
  }

  /// Writes words (64-bit) in this order, each at once.
  package func postWriteWords(_ words: [(address: UInt64, value: UInt64)]) throws(JITDebugError) -> UInt64 {
    var writer = SPSWriter()
    writer.append(sequence: words) { w, word in
      w.append(u64: word.address)
      w.append(u64: word.value)
    }
    return try connection.post(try connection.function(BootstrapSymbol.writeUInt64s), writer.bytes)
  }

  /// Reads words (64-bit); see `words(in:count:)`.
  package func postReadWords(at addresses: [UInt64]) throws(JITDebugError) -> UInt64 {
    var writer = SPSWriter()
    writer.append(sequence: addresses) { w, address in w.append(u64: address) }
    return try connection.post(try connection.function(BootstrapSymbol.readUInt64s), writer.bytes)
  }

  /// The answer to `postReadWords`.
  package func words(in payload: [UInt8], count: Int) throws(JITDebugError) -> [UInt64] {
    do {
      var reader = try SPSReader(result: payload)
      let words = try reader.sequence(minimumSize: 8) { (r: inout SPSReader) throws(WireError) in try r.u64() }
      if words.count == count { return words }
    } catch {
      throw connection.lost("malformed answer: \(error)")
    }
    throw connection.lost("answered with another number of words")
  }

  // MARK: jitdebug's own executor

  package func configure(_ request: ConfigureRequest) throws(JITDebugError) {
    try finishConfigure(try postConfigure(request), request)
  }

  /// Carried out before what is posted later; see `finishConfigure`.
  package func postConfigure(_ request: ConfigureRequest) throws(JITDebugError) -> UInt64 {
    try connection.post(try connection.function(ExtensionSymbol.configure), request.encoded)
  }

  package func finishConfigure(_ call: UInt64, _ request: ConfigureRequest) throws(JITDebugError) {
    let answer = try connection.result(of: call)
    do {
      try expectSuccess(answer, subject: connection.peer)
    } catch {
      let start = "\(request.workingDirectory): "
      guard error.reason.hasPrefix(start) else { throw error }
      throw JITDebugError(
        .input, request.workingDirectory,
        "cannot be the program's directory: \(String(error.reason.dropFirst(start.count)).lowercasedFirst)",
        remedy: "name a directory that exists on the target with --cwd")
    }
  }

  /// Answered when the program starts, which with `waitsForDebugger` may be never; see `checkAnswer`.
  package func postRunProgram(_ request: RunProgramRequest) throws(JITDebugError) -> UInt64 {
    try connection.post(try connection.function(ExtensionSymbol.runProgram), request.encoded)
  }

  /// Fails if the answer to a call without a result tells of a failure.
  package func checkAnswer(_ payload: [UInt8]) throws(JITDebugError) {
    try expectSuccess(payload, subject: connection.peer)
  }

  /// Sends the next bytes of standard input; none close it.
  package func postStandardInput(_ bytes: [UInt8]) throws(JITDebugError) -> UInt64 {
    var writer = SPSWriter(reservingCapacity: bytes.count + 8)
    writer.append(bytes: bytes)
    return try connection.post(try connection.function(ExtensionSymbol.stdinWrite), writer.bytes)
  }

  /// - Parameter pid: another session's process on the target; nil for this one's.
  package func postSignal(_ number: Int32, to pid: Int32? = nil) throws(JITDebugError) {
    var writer = SPSWriter()
    writer.append(i32: number)
    if let pid { writer.append(i32: pid) }
    try connection.post(try connection.function(ExtensionSymbol.signal), writer.bytes)
  }

  /// The names in a folder of the target, each with a zero byte behind it.
  package func readFolder(_ path: String) throws(JITDebugError) -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      // Unlike a file it is given in full, as far as there is room.
      let part = try readFile(path, offset: UInt64(bytes.count), size: 1 << 20)
      bytes += part
      if part.count < 1 << 20 || bytes.count > 1 << 28 { return bytes }
    }
  }

  /// A whole file of the target, or as much as `limit` of its bytes.
  package func readFile(_ path: String, limit: Int = .max) throws(JITDebugError) -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let part = try readFile(path, offset: UInt64(bytes.count), size: 1 << 20)
      if part.isEmpty { return bytes }
      bytes += part
      if bytes.count >= limit { return Array(bytes.prefix(limit)) }
      guard bytes.count < 1 << 30 else {
        throw JITDebugError(.connection, connection.peer, "\(path) has more than a gigabyte, or does not end")
      }
    }
  }

  /// Whether the executor reads files at all.
  package var readsFiles: Bool { connection.setup.address(of: ExtensionSymbol.readFile) != nil }

  /// The first bytes of several files, in one round trip; nil where one cannot be read.
  package func readHeads(of paths: some Collection<String>, size: UInt64) throws(JITDebugError) -> [[UInt8]?] {
    let function = try extensionFunction(ExtensionSymbol.readFile)
    var calls: [UInt64] = []
    for path in paths { calls.append(try connection.post(function, Self.readRequest(path, 0, size))) }
    var heads: [[UInt8]?] = []
    for call in calls {
      let answer = try decode(try connection.result(of: call)) { (r: inout SPSReader) throws(WireError) in
        try r.byteSequence()
      }
      heads.append(try? answer.get())
    }
    return heads
  }

  /// Parts of one file, in one round trip; what cannot be read is empty, or shorter.
  package func readParts(of path: String, _ parts: some Collection<Range<UInt64>>) throws(JITDebugError) -> [[UInt8]] {
    let function = try extensionFunction(ExtensionSymbol.readFile)
    var calls: [UInt64] = []
    for part in parts {
      let size = part.upperBound - part.lowerBound
      calls.append(try connection.post(function, Self.readRequest(path, part.lowerBound, size)))
    }
    var contents: [[UInt8]] = []
    for call in calls {
      let answer = try decode(try connection.result(of: call)) { (r: inout SPSReader) throws(WireError) in
        try r.byteSequence()
      }
      contents.append((try? answer.get()) ?? [])
    }
    return contents
  }

  private static func readRequest(_ path: String, _ offset: UInt64, _ size: UInt64) -> [UInt8] {
    var writer = SPSWriter()
    writer.append(string: path)
    writer.append(u64: offset)
    writer.append(u64: size)
    return writer.bytes
  }

  /// At most `size` bytes of a file of the target, none at its end. The executor may give fewer.
  package func readFile(_ path: String, offset: UInt64, size: UInt64) throws(JITDebugError) -> [UInt8] {
    let answer = try connection.call(
      try extensionFunction(ExtensionSymbol.readFile), Self.readRequest(path, offset, size))
    switch try decode(answer, { (r: inout SPSReader) throws(WireError) in try r.byteSequence() }) {
    case .success(let bytes): return bytes
    case .failure(let failure): throw JITDebugError(.connection, connection.peer, failure.message)
    }
  }

  /// Makes the process at the other end another program. Afterwards the connection is that program's standard input and
  /// output, and carries frames no more. Throws, and all stays as it was, if the target has no such program.
  package func becomeProgram(_ command: [String]) throws(JITDebugError) {
    var writer = SPSWriter()
    writer.append(sequence: command) { w, word in w.append(string: word) }
    try checkAnswer(try connection.call(try extensionFunction(ExtensionSymbol.becomeProgram), writer.bytes))
  }

  /// Makes the process at the other end begin anew in a program that runs the executor. A new `Connection` of the same
  /// descriptor is to follow.
  package func restart(_ command: [String]) throws(JITDebugError) {
    try checkAnswer(try connection.result(of: try postRestart(command)))
  }

  /// The same, without waiting for the answer: a debugger may hold the process. A setup message follows it, see `Connection.Event`.
  /// An environment takes the place of the process's own.
  package func postRestart(_ command: [String], environment: [[UInt8]] = []) throws(JITDebugError) -> UInt64 {
    var writer = SPSWriter()
    // After an empty word.
    let words = command.map { Array($0.utf8) } + (environment.isEmpty ? [] : [[]] + environment)
    writer.append(sequence: words) { w, word in w.append(bytes: word) }
    return try connection.post(try extensionFunction(ExtensionSymbol.restart), writer.bytes)
  }

  /// Makes the connection one to an address of the target, `unix:PATH` or `HOST:PORT`.
  package func relay(_ address: String) throws(JITDebugError) {
    var writer = SPSWriter()
    writer.append(sequence: [address]) { w, word in w.append(string: word) }
    try checkAnswer(try connection.call(try extensionFunction(ExtensionSymbol.relay), writer.bytes))
  }

  private func extensionFunction(_ name: String) throws(JITDebugError) -> UInt64 {
    if let address = connection.setup.address(of: name) { return address }
    throw JITDebugError(
      .connection, connection.peer, "this executor cannot start a debug server",
      remedy: "use a jitdebug-executor of this version there, or attach on the target itself")
  }

  /// Ends the wait for a debugger.
  package func postResume() throws(JITDebugError) {
    try connection.post(try connection.function(ExtensionSymbol.resume), [])
  }

  // MARK: Any executor

  package func postRunAsMain(_ entry: TargetAddress, _ arguments: [String]) throws(JITDebugError) -> UInt64 {
    var writer = SPSWriter()
    writer.append(address: entry.rawValue)
    writer.append(sequence: arguments) { w, argument in w.append(string: argument) }
    return try connection.post(try connection.function(BootstrapSymbol.runAsMain), writer.bytes)
  }

  package func postRunAsInt(_ function: TargetAddress, _ argument: Int32) throws(JITDebugError) {
    var writer = SPSWriter()
    writer.append(address: function.rawValue)
    writer.append(i32: argument)
    try connection.post(try connection.function(BootstrapSymbol.runAsIntFunction), writer.bytes)
  }

  package func runVoidFunction(_ function: TargetAddress) throws(JITDebugError) {
    var writer = SPSWriter()
    writer.append(address: function.rawValue)
    _ = try connection.call(try connection.function(BootstrapSymbol.runAsVoidFunction), writer.bytes)
  }

  // MARK: Answers

  private func decode<Value>(_ payload: [UInt8], _ body: (inout SPSReader) throws(WireError) -> Value)
    throws(JITDebugError) -> Result<Value, RemoteFailure>
  {
    do {
      var reader = try SPSReader(result: payload)
      return try reader.expected(body)
    } catch {
      throw connection.lost("malformed answer: \(error)")
    }
  }

  private func expectSuccess(_ payload: [UInt8], subject: String) throws(JITDebugError) {
    let message: String?
    do {
      var reader = try SPSReader(result: payload)
      message = try reader.error()
    } catch {
      throw connection.lost("malformed answer: \(error)")
    }
    if let message { throw JITDebugError(.connection, subject, message) }
  }
}
