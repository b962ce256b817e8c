// The executor as a service: limits, another user's rights, and its log, each with real sessions.
import TestSupport
import Foundation
import Glibc
import Testing
import Wire

@Suite struct ServiceTests {
  private static let loop = "int main(void) { for (volatile int i = 0;; i++); }\n"

  /// The text of the frame that ended a session.
  private func reason(_ frame: Frame?) throws -> String {
    var reader = SPSReader(try #require(frame).payload)
    return try #require(try reader.error())
  }

  private func run(_ source: String, in controller: TestController) throws {
    let code = try controller.load(source)
    let request = RunProgramRequest(entry: try code.address("main"))
    _ = try controller.post(ExtensionSymbol.runProgram, request.encoded)
  }

  @Test func sessionsBeyondTheLimitAreToldAndTurnedAway() throws {
    let listener = try Listener(["--max-sessions", "2"])
    let first = try listener.connect()
    let second = try listener.connect()
    var bytes: [UInt8] = []
    let socket = try listener.connectSocket()
    defer { close(socket) }
    while true {
      var chunk = [UInt8](repeating: 0, count: 4096)
      let count = recv(socket, &chunk, chunk.count, 0)
      if count <= 0 { break }
      bytes += chunk[..<count]
    }
    let header = try FrameHeader(decoding: bytes)
    #expect(header.opcode == .hangup && bytes.count == FrameHeader.size + Int(header.payloadSize))
    let frame = Frame(header.opcode, payload: Array(bytes[FrameHeader.size...]))
    #expect(try reason(frame) == "too many sessions (--max-sessions)")
    #expect(listener.process.errors.contains("too many sessions: one was refused\n"))
    #expect(try second.reserve(1) != 0)
    first.close()
    // Its place is free once its processes have gone.
    var third: TestController?
    #expect(
      eventually {
        third = try? listener.connect()
        return third != nil
      })
    #expect(try third?.reserve(1) != 0)
  }

  @Test func anIdleSessionEndsAndOneWithAProgramDoesNot() throws {
    let listener = try Listener(["--idle-timeout", "4"])
    let busy = try listener.connect()
    try run(Self.loop, in: busy)
    for _ in 0..<2 {
      let idle = try listener.connect()
      _ = try idle.reserve(1)
      try idle.waitForEnd()
      #expect(try reason(idle.hangup) == "idle: --idle-timeout is over")
    }
    #expect(isAlive(busy.pid))
    #expect(try busy.reserve(1) != 0)
  }

  @Test func aLongCallIsNotIdle() throws {
    let controller = try Listener(["--idle-timeout", "3"]).connect()
    let code = try controller.load(
      """
      unsigned sleep(unsigned);
      struct buffer { char inlined[8]; unsigned long size; } pause_long(void) {
        sleep(5);
        return (struct buffer){{0}, 1};
      }
      """)
    // An allocation action, which the session's own sequence waits for.
    let base = try controller.reserve(4096)
    var request = FinalizeRequest()
    request.append(access: .read, address: base, size: 4096, content: [])
    request.actions = [
      AllocationAction(finalize: WrapperCall(function: try code.address("pause_long"), arguments: []))
    ]
    #expect(try controller.initialize(request) == .success(base))
    #expect(try controller.reserve(1) != 0)
  }

  @Test func aSessionEndsWhenItsTimeIsUp() throws {
    let listener = try Listener(["--session-timeout", "5"])
    let controller = try listener.connect()
    try run(Self.loop, in: controller)
    #expect(try controller.waitForEnd() == .signaled(9))
    #expect(try reason(controller.hangup) == "the program was killed by signal 9: --session-timeout is over")
    #expect(try listener.connect().reserve(1) != 0)
  }

  @Test func processorTimeIsLimited() throws {
    let listener = try Listener(["--limit-cpu=1"])
    let controller = try listener.connect()
    try run(Self.loop, in: controller)
    #expect(try controller.waitForEnd() == .signaled(24))
    #expect(try reason(controller.hangup) == "the program was killed by signal 24: --limit-cpu is used up")
  }

  /// A limit is blamed for what it did only.
  @Test func aKilledProgramMayHaveHadTimeLeft() throws {
    let listener = try Listener(["--limit-cpu=60"])
    let controller = try listener.connect()
    try run("int raise(int);\nint main(void) { return raise(9); }\n", in: controller)
    #expect(try controller.waitForEnd() == .signaled(9))
    #expect(try reason(controller.hangup) == "the program was killed by signal 9")
  }

  @Test func memoryIsLimited() throws {
    let listener = try Listener(["--limit-memory", "256M"])
    let controller = try listener.connect()
    let large = try controller.callForAddress(BootstrapSymbol.memoryReserve) {
      $0.append(address: 0)
      $0.append(u64: 1 << 30)
    }
    guard case .failure(let failure) = large else {
      Issue.record("reserved a gigabyte")
      return
    }
    #expect(failure.message.contains("Cannot allocate memory"))
    try run(
      """
      void *malloc(unsigned long);
      void abort(void);
      void *volatile last;
      int main(void) { while ((last = malloc(1 << 20))); abort(); }
      """, in: controller)
    #expect(try controller.waitForEnd() == .signaled(6))
    #expect(
      try reason(controller.hangup)
        == "the program was killed by signal 6: its memory has a limit, --limit-memory")
  }

  @Test(arguments: [
    (["--limit-memory", "1X"], "--limit-memory: not a number"), (["--limit-memory=M"], "--limit-memory: not a number"),
    (["--limit-memory", "99999999G"], "--limit-memory: not a number"),
    (["--max-sessions"], "--max-sessions: missing value"),
    (["--idle-timeout", "1s"], "--idle-timeout: not a number"),
  ])
  func misuse(arguments: [String], message: String) throws {
    let process = try TestProcess(try BuiltExecutor.path(), arguments)
    #expect(try process.wait() == .exited(64))
    #expect(process.errors == "error: \(message)\nnote: see jitdebug-executor --help\n")
  }

  /// As root it becomes the user for good; anybody else may not.
  @Test(arguments: ["nobody", "4711"]) func anotherUser(name: String) throws {
    let process = try TestProcess(try BuiltExecutor.path(), ["--user", name, "--quiet"])
    guard geteuid() == 0 else {
      #expect(try process.wait() == .exited(1))
      #expect(process.errors == "error: \(name): Operation not permitted\n")
      return
    }
    #expect(eventually { process.output.hasSuffix("\n") }, "\(process.errors)")
    let port = try #require(UInt16(process.output.dropLast().split(separator: ":").last ?? ""))
    let controller = try TestController(try connectSocket(to: port))
    let user = name == "4711" ? "4711" : String(getpwnam(name).pointee.pw_uid)
    for pid in [process.pid, controller.pid] {
      let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8).split(separator: "\n")
      let users = status.first { $0.hasPrefix("Uid:") }?.split(separator: "\t").dropFirst().map(String.init)
      #expect(users == [user, user, user, user])
      let groups = status.first { $0.hasPrefix("Groups:") }?.dropFirst(7).split(separator: " ").map(String.init)
      #expect(groups?.contains("0") == false)
      // Its files are its own, so that a debugger of the same user gets in.
      var info = stat()
      #expect(stat("/proc/\(pid)/mem", &info) == 0 && String(info.st_uid) == user)
    }
    controller.close()
    process.signal(SIGTERM)
    #expect(try process.wait() == .exited(0))
  }

  /// The user's controllers can connect, which nobody else can.
  @Test func anotherUsersSocket() throws {
    guard geteuid() == 0 else { return }
    let folder = try TemporaryFolder()
    let path = folder.file("socket")
    let process = try TestProcess(
      try BuiltExecutor.path(), ["--user", "4711", "--listen", "unix:\(path)", "--quiet"])
    #expect(eventually { process.output.hasSuffix("\n") }, "\(process.errors)")
    var info = stat()
    #expect(lstat(path, &info) == 0 && info.st_uid == 4711 && info.st_mode & 0o777 == 0o600)
    process.signal(SIGTERM)
    #expect(try process.wait() == .exited(0))
  }

  @Test func aUserThatDoesNotExist() throws {
    let process = try TestProcess(try BuiltExecutor.path(), ["--user", "no-such-user"])
    #expect(try process.wait() == .exited(1))
    #expect(process.errors == "error: no-such-user: no such user\n")
    #expect(process.output == "")
  }

  @Test func everySessionIsLoggedWhenItStartsAndEnds() throws {
    let listener = try Listener(isQuiet: false)
    let controller = try listener.connect()
    try run("int main(void) { return 7; }\n", in: controller)
    #expect(try controller.waitForEnd() == .exited(7))
    let pid = controller.pid
    #expect(eventually { listener.process.errors.split(separator: "\n").count == 2 })
    let lines = listener.process.errors.split(separator: "\n").map(String.init)
    let session = "jitdebug-executor: session \(pid), "
    #expect(lines[0].contains(try Regex("^\(session)\\d+ ms: starts for 127\\.0\\.0\\.1:\\d+$")))
    #expect(lines[1].contains(try Regex("^\(session)\\d+ ms: the program exited with status 7$")))
  }
}
