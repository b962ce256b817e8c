// LLDB as a debugger of sessions: in this process, from a library that is opened only now.

import Glibc

package struct LLDBSession: DebuggerSession {
  /// The folder that holds libLLDBBridge.so.
  package var libraryFolder: String
  /// One that was started beforehand, and waits.
  private let server: PreparedLLDBServer?

  /// - Parameter libraryFolder: by default the folder of the running program.
  package init(libraryFolder: String? = nil, server: PreparedLLDBServer? = nil) {
    self.libraryFolder = libraryFolder ?? ExecutorBinary.ownFolder()
    self.server = server
  }

  /// Loads LLDB. What is wrong with it, `run` will tell.
  static func prepare() {
    guard let prepare = try? LLDBLibrary.function("lldb_session_prepare") else { return }
    unsafeBitCast(prepare, to: (@convention(c) () -> Void).self)()
  }

  package func run(_ request: DebuggerRequest) throws(JITDebugError) -> DebuggerOutcome {
    let runSession = unsafeBitCast(try LLDBLibrary.function("lldb_session_run", in: libraryFolder), to: RunSession.self)
    var flags = Flag.requireProcess
    if request.batch { flags |= Flag.batch }
    if request.ending == .kill { flags |= Flag.killAtEnd }

    var status: Int32 = 0
    var crashSignal: Int32 = 0
    var text = [CChar](repeating: 0, count: 1024)
    defer { server?.end() }
    let script = try script(for: request.target)
    let sources = CStrings([script?.path ?? "\(request.target.sessionFolder)/\(Debugger.lldb.scriptName)"])
    if access(PreparedLLDBServer.path, X_OK) == 0 {
      setenv(PreparedLLDBServer.pathVariable, PreparedLLDBServer.path, 0)
    }
    let commands = CStrings(request.commands)
    let end = withExtendedLifetime((script, sources, commands)) {
      request.target.greeting.withCString { greeting in
        runSession(
          sources.pointers, sources.count, commands.pointers, commands.count, greeting, request.input, flags, &status,
          &crashSignal, &text, text.count)
      }
    }
    switch end {
    case End.quit, End.crash: return DebuggerOutcome(status: status)
    case End.commandError: return DebuggerOutcome(status: 1)
    case End.noProcess:
      throw JITDebugError(
        .debugger, "process \(request.target.pid)", "LLDB did not attach",
        remedy: "see LLDB's message above; \(TraceCheck.permissionRemedy)")
    default:
      throw JITDebugError(
        .debugger, "LLDB", String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
  }

  /// The launch script for a process that the prepared server has stopped; nil if it has not, being no process of this machine, or
  /// could not: LLDB will tell why when it tries itself.
  private func script(for target: DebugTarget) throws(JITDebugError) -> TemporaryFile? {
    guard let server else { return nil }
    guard target.server == nil else {
      server.end()
      return nil
    }
    var connected = target
    connected.approach = .connect(server.descriptor)
    // Its warnings were given when the launch files were written.
    _ = LaunchFiles.check(&connected)
    let file = try TemporaryFile()
    guard file.write(try LaunchScript.lldb(connected, path: nil)) else {
      throw TemporaryFile.failure("temporary file", errno)
    }
    // Last: what is let go again after it was stopped runs.
    if try server.attach(to: target.pid) { return file }
    server.end()
    return nil
  }

  // `lldb_session_run` and its numbers, as in Sources/LLDBBridge/include/LLDBBridge.h.

  private typealias RunSession =
    @convention(c) (
      UnsafePointer<UnsafePointer<CChar>>?, Int, UnsafePointer<UnsafePointer<CChar>>?, Int, UnsafePointer<CChar>?,
      Int32, UInt32, UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>, UnsafeMutablePointer<CChar>, Int
    ) -> Int32

  enum End {
    static let quit: Int32 = 0
    static let commandError: Int32 = 1
    static let crash: Int32 = 2
    static let noProcess: Int32 = 3
  }

  enum Flag {
    static let batch: UInt32 = 1
    static let requireProcess: UInt32 = 2
    static let killAtEnd: UInt32 = 4
  }
}

/// An array of C strings for the time of a call.
private final class CStrings {
  let count: Int
  private let storage: UnsafeMutableBufferPointer<UnsafePointer<CChar>>
  var pointers: UnsafePointer<UnsafePointer<CChar>>? { UnsafePointer(storage.baseAddress) }

  init(_ strings: [String]) {
    count = strings.count
    storage = .allocate(capacity: strings.count)
    for (index, string) in strings.enumerated() {
      storage.initializeElement(at: index, to: UnsafePointer(strdup(string)!))
    }
  }

  deinit {
    for pointer in storage { free(UnsafeMutablePointer(mutating: pointer)) }
    storage.deallocate()
  }
}
