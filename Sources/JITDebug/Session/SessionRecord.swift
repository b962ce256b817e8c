// What a live session leaves on disk: its description, debug files and, for as long as they are needed, compiled objects.

import Glibc
import Synchronization
import SystemPackage

/// The writing side of one session's folder.
package final class SessionRecord: Sendable {
  private let state: Mutex<Session>
  package let timeLine: TimeLine
  package var session: Session { state.withLock { $0 } }
  private let store: SessionStore
  /// Held while they are written.
  private let launchFiles = Mutex(())
  private var objectFolder: FilePath { session.folder.appending("objects") }
  /// A place for what is compiled before it is asked for, which its owner makes and removes.
  var preparationFolder: FilePath { session.folder.appending("prepared") }

  /// How many ended sessions are kept for a look afterwards.
  private static let kept = 20

  init(_ options: SessionOptions) throws(JITDebugError) {
    var endpoint: String?
    var executor: String?
    if case .spawn(let path) = options.location.way { executor = path } else { endpoint = options.location.description }
    timeLine = options.timeLine
    store = try SessionStore()
    var description = SessionDescription(
      inputs: options.inputs, arguments: options.arguments, endpoint: endpoint, executorPath: executor,
      workingDirectory: SourceLookup.currentDirectory)
    if !options.location.access.isEmpty { description.access = options.location.access }
    if !options.sources.isEmpty { description.sourceMap = .init(lookup: options.sources) }
    if options.keepsRunning { description.keepsRunning = true }
    state = Mutex(try store.create(description))
  }

  /// A place for compiled objects until they are linked.
  func makeObjectFolder() throws(JITDebugError) -> String {
    guard mkdir(objectFolder.string, 0o700) == 0 || errno == EEXIST else {
      throw JITDebugError(.system, objectFolder.string, systemMessage(errno).lowercasedFirst)
    }
    return objectFolder.string
  }

  func removeObjectFolder() {
    _ = try? StoreFiles.removeTree(objectFolder)
  }

  /// Stores the debug file, before anything in the target refers to it.
  func publish(_ image: DebugImage) throws(JITDebugError) -> FilePath {
    try session.debugStore.add(image)
  }

  /// What `--dlopen` asked for has been loaded.
  func loaded(libraries: [SessionDescription.Library]) throws(JITDebugError) {
    try update { $0.libraries = libraries }
  }

  private func generation(_ program: LoadedProgram, _ mode: DebugInfoMode) -> SessionDescription.Generation {
    SessionDescription.Generation(
      code: program.code, data: program.data, mode: mode, buildID: program.image.map { BuildID.hex($0.buildID) },
      debugFile: program.image.map { session.debugStore.path(buildID: $0.buildID).string },
      registered: program.debugObject)
  }

  /// A part of the program has been linked again and is registered beside what was there.
  func replaced(by program: LoadedProgram, mode: DebugInfoMode) throws(JITDebugError) {
    let generation = generation(program, mode)
    try update { $0.generations.append(generation) }
  }

  /// The program is in the target's memory and registered.
  func loaded(
    _ program: LoadedProgram, pid: UInt64?, triple: String, mode: DebugInfoMode, debugServer: String? = nil,
    reloadSocket: String? = nil
  ) throws(JITDebugError) {
    let generation = generation(program, mode)
    let old = session.description.generations.compactMap(\.debugFile)
    defer {
      // Their code went with the memory that it was in.
      for file in old where file != generation.debugFile { unlink(file) }
    }
    try update { description in
      description.triple = triple
      description.debugServer = debugServer
      description.reloadSocket = reloadSocket
      description.pid = pid.map { Int32(truncatingIfNeeded: $0) }
      if description.executorPath == nil { description.executorPath = pid.flatMap(Self.localExecutor) }
      description.generations = [generation]
      description.timeLine = timeLine.spans
    }
  }

  /// The executor's file, if the session's process is one of this machine and ours to look at.
  static func localExecutor(_ pid: UInt64) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/\(pid)/exe", &buffer, buffer.count - 1)
    guard count > 0 else { return nil }
    let path = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // A remote target's process number may be anything here.
    return path.hasSuffix("/jitdebug-executor") ? path : nil
  }

  /// Launch scripts for use by hand; `attach` and `debug` write theirs anew, and say what is wrong if they cannot. Those for
  /// another machine need copies of its files.
  func writeLaunchFiles() {
    // Where sources are may be found out meanwhile, and who has attached has written its own.
    launchFiles.withLock { _ in
      guard access(session.folder.appending(Debugger.lldb.scriptName).string, F_OK) != 0,
        var target = try? DebugTarget(session, stop: .anywhere),
        target.server == nil || session.description.debugServer != nil
      else { return }
      if let rules = session.description.sourceMap?.rules { target.sourceMap = rules }
      _ = try? LaunchFiles.write(for: target)
    }
  }

  /// How the program ended; the folder stays for a look afterwards.
  ///
  /// - Parameter limit: the executor's limit that ended it, if one did.
  func ended(_ end: ProgramEnd, _ limit: String?) {
    switch end {
    case .exited(let status): close(.init(.exited, value: Int32(status), message: limit, time: Timestamp.now))
    case .signaled(let number): close(.init(.signaled, value: Int32(number), message: limit, time: Timestamp.now))
    }
  }

  /// The session failed before or while the program ran.
  func failed(_ error: JITDebugError) {
    close(.init(.failed, message: error.reason, time: Timestamp.now))
  }

  private func update(_ change: (inout SessionDescription) -> Void) throws(JITDebugError) {
    try state.withLock { (session) throws(JITDebugError) in try session.update(change) }
  }

  /// Where sources are, for readers of the description and for launch scripts run by hand.
  func found(_ rules: SourceRules) throws(JITDebugError) {
    try update { $0.sourceMap?.rules = rules }
    try launchFiles.withLock { (_) throws(JITDebugError) in
      guard var target = try? DebugTarget(session, stop: .anywhere), target.server == nil else { return }
      target.sourceMap = rules
      _ = try LaunchFiles.write(for: target)
    }
  }

  private func close(_ end: SessionDescription.End) {
    timeLine.finish()
    // The program's own end is what the user came for; that a full disk kept it from being noted is not.
    try? update { description in
      description.state = .ended
      description.end = end
      description.timeLine = timeLine.spans
    }
    // Tidying up is worth neither a slow start nor a failed run.
    try? store.tidy(keeping: Self.kept)
  }
}

extension LiveSession {
  /// What to tell a user whose program waits.
  package var waitingMessage: String {
    let id = record.session.id
    let enter = isatty(0) != 0 ? "; press Enter to go on without one" : ""
    return "waiting for a debugger before main: jitdebug attach --session \(id)\(enter)"
  }
}
