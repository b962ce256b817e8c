// The real executor, built when the first test needs it.
import TestSupport
import Foundation
import Glibc

enum BuiltExecutor {
  private static let built: Result<String, TestFailure> = {
    do {
      try TestProcess.run(packageRoot + "/Scripts/build-executor", [], within: 600)
      return .success(packageRoot + "/.build/executors/x86_64-unknown-linux-gnu/jitdebug-executor")
    } catch { return .failure(TestFailure("\(error)")) }
  }()

  static func path() throws -> String { try built.get() }
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
  init(_ arguments: [String] = [], isQuiet: Bool = true) throws {
    folder = try TemporaryFolder()
    let portFile = folder.file("port")
    let process = try TestProcess(
      try BuiltExecutor.path(), ["--port-file", portFile] + (isQuiet ? ["--quiet"] : []) + arguments)
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
