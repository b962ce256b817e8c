// LLDB's debug server, started before there is anything to debug: its start takes as long as the linking of a small program.

import Glibc
import Synchronization

/// An lldb-server that waits to be told the process, on a connection that LLDB takes over once it holds that.
///
/// It ends when the connection does, whatever this process died of.
package final class PreparedLLDBServer: Sendable {
  private let process: ChildProcess
  private let connection: Descriptor
  private let isOver = Atomic(false)

  /// How long attaching may take, and the server's end, in seconds.
  private static let attachLimit = 10.0
  private static let endLimit = 2.0

  /// Where liblldb is told to look for it: by itself it looks beside the program it runs in, which is right for the lldb driver alone.
  static let path = "/usr/lib/llvm-22/bin/lldb-server"
  static let pathVariable = "LLDB_DEBUGSERVER_PATH"

  init() throws(JITDebugError) {
    let remote: Descriptor
    (connection, remote) = try Sockets.pair()
    var options = ChildProcess.Options()
    // As LLDB starts it: Ctrl-C is LLDB's to act on.
    options.ownProcessGroup = true
    let nothing = Descriptor(open("/dev/null", O_RDWR | O_CLOEXEC))
    options.descriptors = (0...2).map { (child: $0, here: nothing.raw) } + [(child: 3, here: remote.raw)]
    let program = getenv(Self.pathVariable).map { String(cString: $0) } ?? Self.path
    process = try ChildProcess(program, ["gdbserver", "--native-regs", "--fd", "3"], options)
    // It asks other programs what system this is, and remembers that.
    _ = send("qHostInfo")
  }

  /// Has it stop a process; the descriptor by which LLDB reaches it then, or nil if it could not.
  func attach(to pid: Int32) -> Int32? {
    let deadline = Deadline(secondsFromNow: Self.attachLimit)
    guard receive(until: deadline) != nil, send("vAttach;\(String(pid, radix: 16))"),
      let answer = receive(until: deadline), answer.first == UInt8(ascii: "T")
    else { return nil }
    return connection.raw
  }

  /// Ends it. A process that it has attached to and still holds goes on.
  func end() {
    guard !isOver.exchange(true, ordering: .relaxed) else { return }
    shutdown(connection.raw, Int32(SHUT_RDWR))
    _ = process.wait(killAfter: Self.endLimit)
  }

  // MARK: GDB's remote protocol

  private func send(_ packet: String) -> Bool {
    let sum = packet.utf8.reduce(UInt8(0), &+)
    let digits = String(sum, radix: 16)
    return write("$\(packet)#\(digits.utf8.count < 2 ? "0" : "")\(digits)")
  }

  /// The next packet's content, acknowledged; nil if none comes in time.
  private func receive(until deadline: Deadline) -> [UInt8]? {
    var packet: [UInt8] = []
    // Acknowledgements come between packets. Nothing follows an answer before the next request.
    while packet.dropLast(2).last != UInt8(ascii: "#") {
      var byte: UInt8 = 0
      guard waitFor(POLLIN, on: connection.raw, until: deadline), read(connection.raw, &byte, 1) == 1 else {
        return nil
      }
      if byte == UInt8(ascii: "$") || !packet.isEmpty { packet.append(byte) }
    }
    return write("+") ? Array(packet.dropFirst().dropLast(3)) : nil
  }

  private func write(_ text: String) -> Bool {
    var text = text
    // Not by `write`: the server may have gone, which is no reason to die of SIGPIPE.
    return text.withUTF8 { Glibc.send(connection.raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) == $0.count }
  }
}
