// The real executor, built when the first test needs it.
import TestSupport
import Foundation
import Glibc
import Synchronization
import Testing

enum BuiltExecutor {
  private static let built = Mutex<[String: Result<String, TestFailure>]>([:])

  static func path(_ triple: String = Platform.host.triple) throws -> String {
    try built.withLock { built in
      if let known = built[triple] { return known }
      let result: Result<String, TestFailure>
      do {
        try TestProcess.run(packageRoot + "/Scripts/build-executor", [triple], within: 900)
        result = .success("\(packageRoot)/.build/executors/\(triple)/jitdebug-executor")
      } catch { result = .failure(TestFailure("\(error)")) }
      built[triple] = result
      return result
    }.get()
  }
}

/// What an executor runs on: this machine, or one that is emulated process by process.
struct Platform: Sendable, CustomTestStringConvertible {
  let triple: String

  static let host = Platform(triple: "x86_64-unknown-linux-gnu")
  static let all = ["x86_64", "aarch64", "riscv64"].flatMap { architecture in
    ["gnu", "musl"].map { Platform(triple: "\(architecture)-unknown-linux-\($0)") }
  }

  var testDescription: String { triple }
  var architecture: String { String(triple.prefix { $0 != "-" }) }
  var isMusl: Bool { triple.hasSuffix("musl") }
  var isEmulated: Bool { architecture != Self.host.architecture }

  /// The words that start a program of this platform.
  func command(_ program: String) -> [String] {
    let musl = "\(packageRoot)/.build/musl/\(architecture)"
    if isEmulated {
      return ["qemu-\(architecture)-static", "-L", isMusl ? musl : "/usr/\(architecture)-linux-gnu", program]
    }
    return isMusl ? ["\(musl)/lib/libc.so", program] : [program]
  }
}

/// An executor that listens on a port of this machine.
final class Listener {
  let process: TestProcess
  let port: UInt16
  private let folder: TemporaryFolder

  var portFile: String { folder.file("port") }
  var pid: pid_t { process.pid }

  /// - Parameters:
  ///   - arguments: given to the executor besides.
  ///   - isQuiet: whether it leaves sessions out of its log.
  init(_ arguments: [String] = [], isQuiet: Bool = true, on platform: Platform = .host) throws {
    folder = try TemporaryFolder()
    let portFile = folder.file("port")
    let command = platform.command(try BuiltExecutor.path(platform.triple))
    let process = try TestProcess(
      command[0],
      command.dropFirst() + ["--port-file", portFile] + (isQuiet ? ["--quiet"] : []) + arguments)
    self.process = process
    guard
      eventually({ FileManager.default.fileExists(atPath: portFile) || process.hasEnded }),
      let text = try? String(contentsOfFile: portFile, encoding: .utf8),
      let port = UInt16(text.trimmingCharacters(in: .newlines))
    else { throw TestFailure("the executor does not listen: \(process.errors)") }
    self.port = port
  }

  deinit { try? stop() }

  /// Asks it to end, and waits until it has.
  func stop() throws {
    if process.hasEnded { return }
    process.signal(SIGTERM)
    try process.wait()
  }

  /// Waits until no session is left.
  func hasBecomeIdle() -> Bool { eventually { descendants(of: pid).isEmpty } }

  /// Connects, and takes a new session through its setup.
  func connect() throws -> TestController {
    let controller = try TestController(try connectSocket())
    controller.listener = self
    return controller
  }

  /// Connects only.
  func connectSocket() throws -> Int32 { try ExecutorTests.connectSocket(to: port) }
}

/// Connects to a port of this machine.
func connectSocket(to port: UInt16) throws -> Int32 {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
  let status = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
  guard status == 0 else { throw TestFailure("connect: \(String(cString: strerror(errno)))") }
  return descriptor
}
