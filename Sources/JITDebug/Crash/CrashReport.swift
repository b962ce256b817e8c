// What is known about a crash, as the document that `run --json` prints and the text is made of.

import FoundationEssentials
import Glibc
import SystemPackage

package struct CrashReport: Codable, Sendable {
  package struct Frame: Codable, Sendable, Equatable {
    /// 0 for the innermost.
    package var number: Int
    package var pc: TargetAddress
    package var isInlined: Bool
    package var module: String?
    package var function: String?
    package var file: String?
    package var line: Int?
    package var column: Int?
    /// `name=value, name=value`.
    package var arguments: String?
  }

  package struct Thread: Codable, Sendable {
    package var id: UInt64
    package var frames: [Frame]
    /// There are more frames than these.
    package var isCut: Bool
  }

  package struct Exception: Codable, Sendable {
    package var type: String
    package var what: String?
  }

  package var schemaVersion = 1
  package var session: String
  package var pid: UInt64
  package var signal: Int32
  /// Such as SIGSEGV.
  package var signalName: String
  /// What happened, in words.
  package var reason: String
  package var address: TargetAddress?
  package var exception: Exception?
  /// The frame that is the user's: of code linked at run time, where one is.
  package var place: Frame?
  /// The one that crashed first.
  package var threads: [Thread]
  package var registers: [String: TargetAddress]
  /// In the order to show them in.
  package var registerNames: [String]
  /// The folder with the core file and its scripts, if that was asked for.
  package var core: String?

  /// How many frames of a thread are looked at.
  private static let frameLimit: UInt32 = 64

  /// Writes the core file and has LLDB read it. With `core` the folder is named and stays.
  ///
  /// - Parameter warn: told of what could not be found out.
  package init(
    _ snapshot: CrashSnapshot, _ session: Session, core folder: String? = nil, warn: (JITDebugError) -> Void
  ) {
    self.session = session.id
    pid = snapshot.pid
    signal = snapshot.signal
    signalName = Self.name(of: snapshot.signal)
    address = snapshot.faultAddress.map { TargetAddress($0) }
    exception = snapshot.exception.map { Exception(type: $0.type, what: $0.what) }
    registers = Dictionary(
      snapshot.threads[0].state.named.map { ($0.name, TargetAddress($0.value)) }, uniquingKeysWith: { $1 })
    registerNames = snapshot.threads[0].state.named.map(\.name)
    threads = []
    do throws(JITDebugError) {
      threads = try CrashFiles.read(snapshot, session, folder, limit: Self.frameLimit)
      core = folder
    } catch {
      warn(JITDebugError(error.code, "the crash", "no backtrace: \(error.reason)", remedy: error.remedy))
    }
    let frames = threads.first?.frames ?? []
    place = frames.first { $0.file != nil && $0.isJITed } ?? frames.first { $0.file != nil }
    reason = CrashReason(snapshot).text
    if signal == SIGABRT, frames.contains(where: { $0.function?.hasPrefix("__assert") == true }) {
      reason = "an assertion failed"
    }
    if let exception {
      reason = "uncaught exception of type \(exception.type)" + (exception.what.map { ": \($0)" } ?? "")
    }
  }

  // MARK: In the session's folder

  private static let fileName = "crash.json"

  /// Leaves it with the session, for `jitdebug report`.
  package func keep(in session: Session) throws(JITDebugError) {
    try session.write(try JSONText.encode(self), to: session.folder.appending(Self.fileName))
  }

  /// The one that was left there; nil if there is none.
  static func kept(in session: Session) throws(JITDebugError) -> CrashReport? {
    let path = session.folder.appending(fileName).string
    guard access(path, F_OK) == 0 else { return nil }
    let bytes = try readFile(path)
    do {
      return try withExtendedLifetime(bytes) { try JSONDecoder().decode(CrashReport.self, from: Data(bytes.buffer)) }
    } catch {
      throw JITDebugError(.system, path, "is no crash report")
    }
  }

  package static func name(of signal: Int32) -> String {
    let names: [Int32: String] = [
      SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
      SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGUSR1: "SIGUSR1",
      SIGSEGV: "SIGSEGV", SIGUSR2: "SIGUSR2", SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM", SIGTERM: "SIGTERM",
      SIGXCPU: "SIGXCPU", SIGXFSZ: "SIGXFSZ", SIGSYS: "SIGSYS",
    ]
    return names[signal] ?? "signal \(signal)"
  }

  /// What a death without a report may have been; nil where everybody knows.
  package static func explanation(of signal: Int32) -> String? {
    switch signal {
    case SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT: nil
    case SIGKILL:
      "the program was killed by SIGKILL: somebody ended it, or the system did for want of memory (see `dmesg` there)"
    case SIGXCPU: "the program has used up its processor time (SIGXCPU)"
    case SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS:
      "the program died of \(name(of: signal)), and where cannot be told: it was under a debugger, or without a stack"
    default: "the program died of \(name(of: signal)), which it does not handle"
    }
  }

  /// In one line.
  package func json() throws(JITDebugError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    } catch {
      throw JITDebugError(.system, "", "this cannot be written as JSON: \(error)")
    }
  }
}

extension CrashReport.Frame {
  /// The function without its parameters' types: their values follow, where they are known.
  static func shortName(_ name: String) -> String {
    let text = name.hasSuffix(" const") ? name.dropLast(6) : name[...]
    guard text.hasSuffix(")") else { return name }
    var depth = 0
    for index in text.indices.reversed() {
      if text[index] == ")" { depth += 1 }
      if text[index] == "(" { depth -= 1 }
      if depth == 0 { return index == text.startIndex ? name : String(text[..<index]) }
    }
    return name
  }

  /// Of code linked at run time, as LLDB names its modules.
  var isJITed: Bool { module?.hasPrefix("JIT(") ?? false }
  var isExecutors: Bool { module?.hasPrefix("jitdebug-executor") ?? false }
}
