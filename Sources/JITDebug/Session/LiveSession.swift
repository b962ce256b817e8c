// One run from the connection to the program's start, and its end; LiveEvents.swift serves the program in between.

import Glibc
import Synchronization
import Wire

/// How a program ended, as an exit code for `run`: its own, or 128 + the signal's number.
package enum ProgramEnd: Equatable, Sendable {
  case exited(UInt8)
  case signaled(UInt8)

  package var exitCode: Int32 {
    switch self {
    case .exited(let status): Int32(status)
    case .signaled(let number): 128 + Int32(number)
    }
  }
}

/// A session on an executor.
///
/// `init` connects, compiles, links, loads and registers; `start` lets the program run (or wait for a debugger);
/// `passOn` serves it until it ends. Not for use by several threads at a time, but for `stop`.
package final class LiveSession: @unchecked Sendable {
  package let options: SessionOptions
  package internal(set) var target: Target
  package internal(set) var statistics = SessionStatistics()
  package internal(set) var program: LoadedProgram!
  package let record: SessionRecord
  let timeLine: TimeLine
  let architecture: Architecture
  let compiler: Compiler
  /// Where the session is between one program and the next, if its sources are being watched.
  var reload: Reload?
  /// What is linked, and how it is kept up to date, if the program has a reload point.
  var linked: ProgramInputs!
  var replacement: Replacement?
  /// What is to be replaced next, and what the program is taking over.
  var replacing: SourceNews?
  var takingOver: SourceNews?
  let process: ChildProcess?
  /// The debug server of the emulator that the session is in, where one is wanted.
  let stub: EmulatorStub?
  /// What works less well than it could.
  package private(set) var warnings: [JITDebugError] = []
  /// The tags under which our executor sends the program's output.
  static let standardOutputTag: UInt64 = 1
  static let standardErrorTag: UInt64 = 2

  /// The session process on the target, as far as it is known.
  package var pid: UInt64? { target.connection.setup.pid ?? process.map { UInt64($0.pid) } }

  package init(_ options: SessionOptions) throws(JITDebugError) {
    self.options = options
    let inputs = try options.inputs.map { (path) throws(JITDebugError) in try Input(path: path) }
    let executor: PendingExecutor
    if options.isDetachedFromTerminal {
      executor = PendingExecutor(
        options.location, ownProcessGroup: true, standardInput: isatty(0) != 0 ? try Self.nullDevice() : nil)
    } else {
      executor = HeadStart.take(for: options.location) ?? PendingExecutor(options.location)
    }
    let record: SessionRecord
    do throws(JITDebugError) {
      record = try SessionRecord(options)
    } catch {
      executor.abandon()
      throw error
    }
    self.record = record
    let timeLine = record.timeLine
    self.timeLine = timeLine

    let handle: ExecutorHandle
    do throws(JITDebugError) {
      handle = try timeLine.measure("connect", .controller) { () throws(JITDebugError) in try ExecutorHandle(executor) }
    } catch {
      record.failed(error)
      throw error
    }
    process = handle.process
    do throws(JITDebugError) {
      stub = try Self.stub(Target(handle.connection), options, record)
    } catch {
      record.failed(error)
      handle.connection.disconnect()
      throw error
    }
    target = stub?.target ?? Target(handle.connection)
    statistics.connectTime = timeLine.duration(of: "connect")
    let triple = target.connection.setup.triple
    do throws(JITDebugError) {
      architecture = try Architecture(triple: triple)
      compiler = try Compiler(options: options.compiler, triple: triple, profiles: options.sources.profiles)
    } catch {
      record.failed(error)
      handle.connection.disconnect()
      stub?.end()
      if let process { _ = process.wait(killAfter: 2) }
      throw error
    }
    do throws(JITDebugError) {
      if options.watch != nil { reload = try Reload(of: target, options) }
      let program = try timeLine.measure("read inputs", .controller) { () throws(JITDebugError) in
        try read(inputs + (try profilerInputs()))
      }
      statistics.compileTime = timeLine.duration(of: "read inputs")
      statistics.compiled = timeLine.count(of: Compiler.spanName)
      statistics.cached = timeLine.count(of: Compiler.cachedSpanName)
      try load(program)
    } catch {
      record.failed(error)
      stop()
      throw error
    }
  }

  /// Links the program, sends it to the target and describes it there and here.
  func load(_ inputs: ProgramInputs) throws(JITDebugError) {
    try timeLine.measure("link", .controller) { () throws(JITDebugError) in
      // Carried out before all that follows, and answered before it: so waiting comes for free, and a failure explains others.
      let configuration = try postConfiguration()
      let link = ProgramLink(
        target: target, architecture: architecture, options: options, compiler: compiler, timeLine: timeLine,
        replaceable: options.reloadPoint.map { ReplaceableProgram(reloadPoint: $0) })
      let loaded = Result { () throws(JITDebugError) in
        statistics.libraries = try loadLibraries()
        let (objects, archives) = try parse(inputs)
        return try link.load(objects, archives, statistics: &statistics) { image throws(JITDebugError) in
          _ = try record.publish(image)
        }
      }
      if let (call, request) = configuration { try target.finishConfigure(call, request) }
      program = try loaded.get()
      expectReplacements(link, of: inputs)
    }
    statistics.linkTime = timeLine.duration(of: "link")
    if let stub {
      warnings = try stub.copyFiles(into: record.session.folder.appending("target").string)
      try stub.start()
    }
    // As good as begun: the description tells of it, and is not written once more.
    timeLine.begin("run", .target, pid.map { ["pid": "\($0)"] })
    try record.loaded(
      program, pid: pid, triple: target.connection.setup.triple, mode: options.debugInfo, debugServer: stub?.path,
      reloadSocket: options.watch?.socket)
  }

  /// What is linked into the program for profilers' sake. They look at processes of their own machine only.
  private func profilerInputs() throws(JITDebugError) -> [Input] {
    guard !options.profilers.isEmpty else { return [] }
    guard let pid, options.location.isSpawned || SessionRecord.localExecutor(pid) != nil else {
      throw JITDebugError(
        .usage, options.profilers.contains(.jitDump) ? "--jitdump" : "--perf-map",
        "the program does not run on this machine", remedy: "use a local run, or an executor here, for profiling")
    }
    guard options.profilers.contains(.jitDump) else { return [] }
    let path = "\(try record.makeObjectFolder())/jitdump-marker.ll"
    try writeFile(JITDump.marker(pid: Int32(truncatingIfNeeded: pid)), to: path)
    return [try Input(path: path)]
  }

  /// Loads what `--dlopen` asks for, and returns which files that were.
  private func loadLibraries() throws(JITDebugError) -> [String] {
    guard !options.libraries.isEmpty else { return [] }
    let loaded = try timeLine.measure("load libraries", .target) { () throws(JITDebugError) in
      try TargetLibraries.load(
        options.libraries, into: target, TargetFileSystem(target, options.location), note: options.note)
    }
    try record.loaded(libraries: zip(options.libraries, loaded).map { .init(request: $0.text, path: $1) })
    return loaded
  }

  /// Begins the session anew with a debug server, if it is to be debugged and runs in an emulator, or was told to.
  private static func stub(_ target: Target, _ options: SessionOptions, _ record: SessionRecord) throws(JITDebugError)
    -> EmulatorStub?
  {
    guard options.waitsForDebugger || options.debugServer != nil, target.hasExtensions else { return nil }
    let named = options.debugServer.flatMap { Emulator.isEmulator($0) ? $0 : nil }
    guard var emulator = try Emulator(around: target) else {
      guard named == nil else {
        throw JITDebugError(
          .usage, "--debug-server", "the executor at \(options.location.description) runs in no emulator",
          remedy: "leave it out; what runs on a machine itself can be attached to at any time")
      }
      return nil
    }
    guard options.watch == nil else {
      throw JITDebugError(
        .usage, "--watch", "a program in an emulator that is being debugged cannot begin anew",
        remedy: "leave --watch out, or use an executor that runs on a machine itself")
    }
    if let named { emulator.command = named.split(separator: " ").map(String.init) }
    let session = record.session
    return try EmulatorStub(emulator, target, at: options.location, folder: session.folder.string, id: session.id)
  }

  private static func nullDevice() throws(JITDebugError) -> Int32 {
    let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw JITDebugError(.system, "/dev/null", systemMessage(errno).lowercasedFirst) }
    return descriptor
  }

  /// Compiles the sources and reads everything that is to be linked.
  private func read(_ inputs: [Input]) throws(JITDebugError) -> ProgramInputs {
    if let watch = options.watch {
      return try watch.begin(inputs, compiler, record, timeLine, options.report)
    }
    var program = ProgramInputs(inputs)
    defer { record.removeObjectFolder() }
    // Compiling is what takes time; Ctrl-C meanwhile is to end the session in good order.
    try program.read(
      inputs.indices, compiler, folder: { () throws(JITDebugError) in try record.makeObjectFolder() },
      { SignalWatch().interruption }, timeLine: timeLine, report: options.report)
    return program
  }

  /// Directory, environment and streams; nil when all stays as it is, or nothing of it can fail.
  private func postConfiguration() throws(JITDebugError) -> (call: UInt64, request: ConfigureRequest)? {
    var request = ConfigureRequest()
    request.workingDirectory = options.workingDirectory ?? ""
    request.environment = options.environment.map { .init(name: $0.name, value: $0.value) }
    request.forwardsStandardStreams = !options.location.isSpawned
    request.standardOutputTag = Self.standardOutputTag
    request.standardErrorTag = Self.standardErrorTag
    if options.keepsRunning { request.terminalMask |= ConfigureRequest.keepsRunning }
    if options.crashAction != .none { request.terminalMask |= ConfigureRequest.reportsCrashes }
    if options.watch != nil { request.terminalMask |= ConfigureRequest.beginsAnew }
    for stream: Int32 in 0...2 where isatty(stream) != 0 { request.terminalMask |= 1 << UInt8(stream) }
    guard target.hasExtensions else {
      guard request.workingDirectory.isEmpty, request.environment.isEmpty else {
        throw JITDebugError(
          .usage, target.connection.peer, "this executor can not change directory or environment",
          remedy: "leave --cwd and --env out, or use jitdebug-executor")
      }
      guard !options.keepsRunning else {
        throw JITDebugError(
          .usage, target.connection.peer, "this executor keeps no program running",
          remedy: "leave --keep-running out, or use jitdebug-executor")
      }
      return nil
    }
    let canFail = request.forwardsStandardStreams || !request.workingDirectory.isEmpty || !request.environment.isEmpty
    guard canFail || request.terminalMask > 0b111 else { return nil }
    let call = try target.postConfigure(request)
    return canFail ? (call, request) : nil
  }

  // MARK: Running

  /// The program's crash, if it was held at one.
  package internal(set) var crash: HeldCrash?
  /// Threads that told of themselves before the one that crashed.
  var stoppedThreads: [CrashNotice] = []
  /// The limit of the executor that ended the program.
  var limit: String?
  /// The program goes on without this process.
  var isLeftRunning = false
  var startCall: UInt64?
  var input: InputForwarder!
  var mainCall: UInt64?

  /// Lets the program run, or wait for a debugger.
  package func start() throws(JITDebugError) {
    let arguments = [options.programName] + options.arguments
    // jitdebug's executor works in order and refuses to run what it could not load, so there is no need to wait in between.
    if !target.hasExtensions || program.profile != nil { try finishLoading() }
    try writeProfile()
    defer {
      statistics.startTime = timeLine.now
      statistics.roundTrips = target.connection.roundTrips + 1
      statistics.bytesSent = Int(target.connection.bytesSent)
    }
    if target.hasExtensions {
      var request = RunProgramRequest(entry: program.entry.rawValue)
      request.arguments = arguments
      request.initializers = program.initializers.map { $0.start.rawValue..<$0.end.rawValue }
      request.finalizers = program.finalizers.map { $0.start.rawValue..<$0.end.rawValue }
      request.debugObjects = program.debugObject.map { [$0.start.rawValue..<$0.end.rawValue] } ?? []
      request.waitsForDebugger = options.waitsForDebugger && reload?.hasRun != true
      startCall = try target.postRunProgram(request)
      try finishLoading()
    } else {
      for function in program.initializerFunctions { try target.runVoidFunction(function) }
      mainCall = try target.postRunAsMain(program.entry, arguments)
    }
  }

  /// perf takes the newest it was told of an address, so this comes after the memory's own announcement.
  private func writeProfile() throws(JITDebugError) {
    guard let profile = program.profile.take(), let pid else { return }
    try profile.write(options.profilers, pid: Int32(truncatingIfNeeded: pid))
  }

  /// Waits until the program is in the target's memory; it is only on its way when the initializer returns.
  package func finishLoading() throws(JITDebugError) {
    for call in program.loading { try target.finishInitialize(call) }
    program.loading = []
    if let span = program.loadingSpan.take() { timeLine.end(span) }
  }

  /// Ends the session whatever state it is in; may be called from another thread and more than once.
  package func stop() {
    target.connection.disconnect()
    stub?.end()
    if let process { _ = reapProcess(process) }
  }

  private let ending = Mutex<ChildProcess.Ending?>(nil)

  /// Waits for the executor's process, which ends by itself once the connection is closed; a stock one may hang at that point.
  func reapProcess(_ process: ChildProcess) -> ChildProcess.Ending? {
    ending.withLock { ending in
      if ending == nil { ending = process.wait(killAfter: 2) }
      return ending
    }
  }
}
