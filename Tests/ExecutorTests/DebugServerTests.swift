// What a debug server on the target needs: sessions that become another program, and reading files.
import Foundation
import Glibc
import Testing
import Wire

@Suite struct DebugServerTests {
  private func read(_ controller: TestController, _ path: String, _ offset: UInt64, _ size: UInt64) throws
    -> Result<[UInt8], RemoteFailure>
  {
    var reader = try controller.call(ExtensionSymbol.readFile) {
      $0.append(string: WireString(path))
      $0.append(u64: offset)
      $0.append(u64: size)
    }
    return try reader.expected { (r: inout SPSReader) throws(WireError) in try r.byteSequence() }
  }

  private func become(_ controller: TestController, _ command: [String]) throws -> String? {
    try controller.callForError(ExtensionSymbol.becomeProgram) {
      $0.append(sequence: command) { writer, word in writer.append(string: WireString(word)) }
    }
  }

  @Test func filesAreReadInParts() throws {
    let controller = try Listener().connect()
    let executor = try Data(contentsOf: URL(filePath: try BuiltExecutor.path()))
    #expect(try read(controller, "/proc/self/exe", 0, 1 << 20).get() == [UInt8](executor))
    #expect(try read(controller, "/proc/self/exe", 1, 3).get() == [0x45, 0x4c, 0x46])
    #expect(try read(controller, "/proc/self/exe", UInt64(executor.count), 10).get() == [])
    // However much is asked for.
    #expect(try read(controller, "/dev/zero", 0, .max).get().count == 1 << 20)
    let maps = String(decoding: try read(controller, "/proc/self/maps", 0, 4096).get(), as: UTF8.self)
    #expect(maps.contains("jitdebug-executor"))
  }

  @Test func filesThatCannotBeReadAreNamed() throws {
    let controller = try Listener().connect()
    guard case .failure(let missing) = try read(controller, "/no/such/file", 0, 1) else {
      Issue.record("read what cannot be read")
      return
    }
    #expect(missing.message == "/no/such/file: No such file or directory")
    #expect(try read(controller, "/proc/self/comm", 0, 100).get() == Array("jitdebug-execut\n".utf8))
  }

  @Test func aSessionBecomesAProgramOnItsConnection() throws {
    let listener = try Listener()
    let controller = try listener.connect()
    #expect(try become(controller, ["cat", "-"]) == nil)
    try controller.send(bytes: Array("through and back".utf8))
    var bytes = [UInt8](repeating: 0, count: 16)
    var polled = pollfd(fd: controller.socket, events: Int16(POLLIN), revents: 0)
    #expect(poll(&polled, 1, 10_000) == 1)
    #expect(recv(controller.socket, &bytes, 16, Int32(MSG_WAITALL)) == 16)
    #expect(String(decoding: bytes, as: UTF8.self) == "through and back")
    // The program sees the end of its input, and of what follows nothing is a frame: not even how it ended.
    shutdown(controller.socket, Int32(SHUT_WR))
    #expect(poll(&polled, 1, 10_000) == 1)
    #expect(recv(controller.socket, &bytes, 16, 0) == 0)
    // The listener goes on.
    #expect(try listener.connect().reserve(1) != 0)
  }

  @Test func withoutThatProgramTheSessionGoesOn() throws {
    let controller = try Listener().connect()
    #expect(try become(controller, ["no-such-program"]) == "no-such-program: no such program")
    #expect(try become(controller, ["/no/such/program"]) == "/no/such/program: no such program")
    #expect(try become(controller, []) == "no program is named")
    #expect(try controller.reserve(1) != 0)
  }
}
