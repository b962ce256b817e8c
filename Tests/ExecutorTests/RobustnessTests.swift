// Whatever a peer or a program does, it ends one session: the executor serves the next, and no process stays behind.
import Foundation
import Glibc
import Testing
import Wire

@Suite struct RobustnessTests {
  /// Bytes that are no frame, with what the executor says about them.
  static let garbage: [(name: String, bytes: [UInt8], message: String)] = [
    (
      "text", Array("GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n".utf8),
      "malformed frame: impossible frame size:"
    ),
    ("zeros", [UInt8](repeating: 0, count: 32), "malformed frame: impossible frame size: 0, limit: 1073741824"),
    ("ones", [UInt8](repeating: 0xff, count: 4096), "malformed frame: impossible frame size: 18446744073709551615"),
    ("opcode", header(size: 32, opcode: 4), "malformed frame: unknown opcode: 4"),
    ("setup", header(size: 32, opcode: 0), "malformed frame: a setup message from the controller"),
    ("result", header(size: 32, opcode: 2), "malformed frame: a result for call 0, which was not made"),
    ("partial header", [32, 0, 0], "connection lost: Connection reset by peer"),
    ("partial payload", header(size: 64, opcode: 3) + [1, 2, 3], "connection lost: Connection reset by peer"),
    ("huge frame", header(size: 1 << 30, opcode: 3), "connection lost inside a frame"),
  ]

  static func header(size: UInt64, opcode: UInt64) -> [UInt8] {
    var writer = SPSWriter()
    for word in [size, opcode, 0, 0] { writer.append(u64: word) }
    return writer.bytes
  }

  @Test(arguments: garbage.indices) func garbageEndsOneSession(index: Int) throws {
    let (_, bytes, message) = Self.garbage[index]
    let listener = try Listener()
    let other = try listener.connect()
    let controller = try listener.connect()
    try controller.send(bytes: bytes)
    shutdown(controller.socket, Int32(SHUT_WR))
    // Whether or not it says why, it closes the connection.
    while let frame = try controller.readFrame() { #expect(frame.opcode == .hangup) }
    #expect(eventually { listener.process.errors.contains(message) }, "\(listener.process.errors)")
    #expect(listener.process.errors.split(separator: "\n").count == 1)
    #expect(try other.reserve(1) != 0)
    #expect(try listener.connect().reserve(1) != 0)
  }

  @Test func aMalformedFrameIsToldToThePeer() throws {
    let controller = try Listener().connect()
    try controller.send(bytes: Self.header(size: 32, opcode: 9))
    let frame = try #require(try controller.readFrame())
    #expect(frame.opcode == .hangup)
    var reader = SPSReader(frame.payload)
    #expect(try reader.error() == "malformed frame: unknown opcode: 9")
  }

  @Test func everyTruncationOfAnInitializeRequestIsSurvived() throws {
    let controller = try Listener().connect()
    let base = try controller.reserve(4096)
    var request = FinalizeRequest()
    request.append(access: [.read, .write], address: base, size: 4096, content: [1, 2, 3])
    request.actions = [
      AllocationAction(
        finalize: WrapperCall(
          function: try controller.address(ExtensionSymbol.unregisterDebugObject), arguments: [1, 2]))
    ]
    let bytes = controller.encodedInitialize(request)
    let calls = try (0..<bytes.count).map {
      try controller.post(BootstrapSymbol.memoryInitialize, Array(bytes.prefix($0)))
    }
    for call in calls { #expect(try controller.result(of: call) == []) }
    // Complete, but its action has malformed arguments.
    var reader = SPSReader(try controller.result(of: try controller.post(BootstrapSymbol.memoryInitialize, bytes)))
    #expect(try reader.bool() == false)
    #expect(try reader.string().hasPrefix("malformed arguments: "))
  }

  @Test func absurdMemoryRequestsAreErrors() throws {
    let controller = try Listener().connect()
    for size in [0, UInt64.max, UInt64.max - 4094, 1 << 63, 1 << 48] {
      let result = try controller.callForAddress(BootstrapSymbol.memoryReserve) {
        $0.append(address: 0)
        $0.append(u64: size)
      }
      guard case .failure(let failure) = result else {
        Issue.record("reserved \(size) bytes")
        continue
      }
      #expect(failure.message.hasPrefix("cannot reserve \(size) bytes"))
    }
    let base = try controller.reserve(8192)
    for (address, size, content) in [
      (base + 1, 4096, 0), (base, .max, 0), (base, UInt64.max - 4094, 0), (base, 8193, 0), (base, 4096, 4097),
      (base &- 4096, 4096, 0), (.max - 4095, 8192, 0), (0, 4096, 0),
    ] as [(UInt64, UInt64, Int)] {
      var request = FinalizeRequest()
      request.append(
        access: [.read, .write], address: address, size: size, content: [UInt8](repeating: 1, count: content))
      guard case .failure = try controller.initialize(request) else {
        Issue.record("initialized \(size) bytes at \(address)")
        continue
      }
    }
    guard case .failure = try controller.initialize(FinalizeRequest()) else {
      Issue.record("initialized nothing")
      return
    }
  }

  @Test func twentySessionsAtOnce() throws {
    let listener = try Listener()
    let controllers = try (0..<20).map { _ in try listener.connect() }
    #expect(Set(controllers.map(\.pid)).count == 20)
    for (i, controller) in controllers.enumerated() {
      let code = try controller.load("int main(int argc, char **argv) { return argc; }")
      let arguments = [String](repeating: "x", count: i)
      #expect(try controller.runAsMain(try code.address("main"), arguments) == Int64(i))
    }
    controllers.forEach { $0.close() }
    #expect(listener.hasBecomeIdle())
    #expect(listener.process.errors == "")
  }

  /// Programs that do not end by themselves, some with processes of their own.
  static let stubborn = [
    "for (;;);", "for (;;) pause();", "if (fork() == 0) for (;;) pause(); for (;;);",
    "signal(SIGTERM, SIG_IGN); signal(SIGHUP, SIG_IGN); for (;;) pause();",
    "if (fork() == 0) { setsid(); if (fork() == 0) for (;;) pause(); _exit(0); } for (;;) pause();",
    "raise(SIGSTOP); for (;;);",
  ]

  private func startStubborn(_ statement: String, in listener: Listener) throws -> TestController {
    let controller = try listener.connect()
    let code = try controller.load(
      """
      #include <signal.h>
      #include <stdlib.h>
      #include <unistd.h>
      int main(void) { write(1, "x", 1); \(statement) }
      """)
    #expect(try controller.forwardStreams() == nil)
    #expect(try controller.run(code) == nil)
    _ = try controller.waitForOutput(1) { $0 == "x" }
    return controller
  }

  @Test(arguments: stubborn) func nothingOutlivesItsController(statement: String) throws {
    let listener = try Listener()
    let controller = try startStubborn(statement, in: listener)
    let processes = descendants(of: listener.pid)
    #expect(processes.count >= 2)
    controller.close()
    #expect(listener.hasBecomeIdle())
    #expect(eventually { !processes.contains(where: isAlive) && !isAlive(controller.pid) })
    #expect(try listener.connect().reserve(1) != 0)
  }

  @Test(arguments: stubborn) func nothingOutlivesTheListener(statement: String) throws {
    let listener = try Listener()
    let controller = try startStubborn(statement, in: listener)
    let processes = descendants(of: listener.pid)
    listener.process.signal(SIGTERM)
    #expect(try listener.process.wait() == .exited(0))
    #expect(!processes.contains(where: isAlive) && !isAlive(controller.pid))
    #expect(!FileManager.default.fileExists(atPath: listener.portFile))
  }

  @Test func sessionsEndWithAKilledListener() throws {
    let listener = try Listener()
    let controller = try startStubborn("for (;;);", in: listener)
    let processes = descendants(of: listener.pid)
    listener.process.signal(SIGKILL)
    #expect(try listener.process.wait() == .signaled(SIGKILL))
    #expect(eventually { !processes.contains(where: isAlive) && !isAlive(controller.pid) })
  }

  @Test func nothingFollowsATornFrame() throws {
    let listener = try Listener()
    let controller = try listener.connect()
    let size = 64 << 20
    let code = try controller.load(
      """
      #include <stdlib.h>
      typedef struct { union { char *pointer; char inlined[8]; } data; size_t size; } buffer;
      buffer much(const char *bytes, size_t size) {
        buffer result = {.size = \(size)};
        result.data.pointer = calloc(1, result.size);
        return result;
      }
      """)
    _ = try controller.post(try code.address("much"), [])
    // The frame has begun, and cannot be sent whole before it is read.
    var first = pollfd(fd: controller.socket, events: Int16(POLLIN), revents: 0)
    #expect(poll(&first, 1, 30_000) == 1)
    kill(controller.pid, SIGKILL)
    #expect(eventually { !isAlive(controller.pid) })
    var received: [UInt8] = []
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = recv(controller.socket, &bytes, bytes.count, 0), count > 0 { received += bytes[..<count] }
    #expect(received.count > FrameHeader.size && received.count < FrameHeader.size + size)
    // A hangup would be taken for a part of the result, which is all zeros.
    #expect(received[FrameHeader.size...].allSatisfy { $0 == 0 })
    controller.close()
    #expect(listener.hasBecomeIdle())
  }

  @Test func processesOfAProgramEndWithIt() throws {
    let listener = try Listener()
    let controller = try listener.connect()
    let code = try controller.load(
      """
      #include <unistd.h>
      int main(void) { if (fork() == 0) for (;;) pause(); return 8; }
      """)
    #expect(try controller.run(code) == nil)
    #expect(try controller.waitForEnd() == .exited(8))
    #expect(listener.hasBecomeIdle())
  }

  @Test func anIdleSessionWritesOutWhatItsProgramHasBuffered() throws {
    let listener = try Listener()
    let controller = try listener.connect()
    // As stock controllers do it: no streams are forwarded, and the connection ends without a word.
    let code = try controller.load(
      """
      #include <stdio.h>
      #include <stdlib.h>
      void late(void) { printf("late"); }
      int main(void) { atexit(late); printf("early "); return 0; }
      """)
    #expect(try controller.runAsMain(try code.address("main")) == 0)
    controller.close()
    #expect(listener.hasBecomeIdle())
    #expect(listener.process.output.hasSuffix("early late"))
  }

  @Test func aProgramThatReadsOnlyTheTerminalSeesItsEnd() throws {
    let controller = try Listener().connect()
    let code = try controller.load("#include <stdio.h>\nint main(void) { return getchar(); }")
    #expect(try controller.runAsMain(try code.address("main")) == -1)
  }

  @Test func manyThreadsMayWriteAtOnce() throws {
    let controller = try Listener().connect()
    let code = try controller.load("int id(int x) { return x; }")
    let function = try code.address("id")
    let calls = try (0..<200).map { i in
      var writer = SPSWriter()
      writer.append(address: function)
      writer.append(i32: Int32(i))
      return try controller.post(BootstrapSymbol.runAsIntFunction, writer.bytes)
    }
    for (i, call) in calls.enumerated() {
      var reader = SPSReader(try controller.result(of: call))
      #expect(try reader.i32() == Int32(i))
    }
  }

  @Test func aHandedOverSocketIsServed() throws {
    var pair: [Int32] = [0, 0]
    #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair) == 0)
    let process = try TestProcess(try BuiltExecutor.path(), ["--fd", "7"], descriptors: [(7, pair[1])])
    close(pair[1])
    let controller = try TestController(pair[0])
    let code = try controller.load(
      """
      #include <fcntl.h>
      #include <stdio.h>
      int main(void) { printf("own streams"); return open("/dev/null", 0); }
      """
    )
    #expect(try controller.run(code) == nil)
    // The program's first file has the number it has in any program.
    #expect(try controller.waitForEnd() == .exited(3))
    controller.close()
    #expect(try process.wait() == .exited(3))
    #expect(process.output == "own streams")
    #expect(process.errors == "")
  }

  @Test func aHandedOverSocketEndsWithItsController() throws {
    var pair: [Int32] = [0, 0]
    #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair) == 0)
    let process = try TestProcess(try BuiltExecutor.path(), ["--fd=9"], descriptors: [(9, pair[1])])
    close(pair[1])
    let controller = try TestController(pair[0])
    let code = try controller.load("int main(void) { for (;;); }")
    #expect(try controller.run(code) == nil)
    let session = controller.pid
    controller.close()
    #expect(try process.wait() == .exited(128 + SIGKILL))
    #expect(!isAlive(session))
  }
}
