// LLDB's debug server, started before there is anything to debug: its start takes as long as the linking of a small program.

import Glibc
import Synchronization

/// An lldb-server that waits to be told the process, on a connection that LLDB takes over once it holds that.
///
/// It ends when the connection does, which is when this process ends at the latest: LLDB leaves the descriptor open.
package final class PreparedLLDBServer: Sendable {
  private let process: ChildProcess
  private let connection: Descriptor
  private let isOver = Atomic(false)

  /// How long its start may take still when it is needed, attaching, and its end, in seconds.
  private static let startLimit = 3.0
  private static let attachLimit = 10.0
  private static let endLimit = 2.0

  /// Where liblldb is told to look for it: by itself it looks beside the program it runs in, which is right for the lldb driver alone.
  static let path = "/usr/lib/llvm-22/bin/lldb-server"
  static let pathVariable = "LLDB_DEBUGSERVER_PATH"

  /// What users tell LLDB about the server that it starts by itself.
  private static let userVariables = [
    "LLDB_DEBUGSERVER_LOG_FILE", "LLDB_SERVER_LOG_CHANNELS", "LLDB_DEBUGSERVER_EXTRA_ARG_1",
  ]

  /// Nil where LLDB has to start it.
  init?() throws(JITDebugError) {
    guard Self.userVariables.allSatisfy({ getenv($0) == nil }) else { return nil }
    let remote: Descriptor
    (connection, remote) = try Sockets.pair()
    var options = ChildProcess.Options()
    // Ctrl-C is LLDB's to act on.
    options.ownProcessGroup = true
    let nothing = Descriptor(open("/dev/null", O_RDWR | O_CLOEXEC))
    options.descriptors = (0...2).map { (child: $0, here: nothing.raw) } + [(child: 3, here: remote.raw)]
    let program = getenv(Self.pathVariable).map { String(cString: $0) } ?? Self.path
    process = try ChildProcess(program, ["gdbserver", "--native-regs", "--fd", "3"], options)
    // It asks other programs what system this is, and remembers that.
    _ = send("qHostInfo")
  }

  /// By which LLDB reaches it.
  var descriptor: Int32 { connection.raw }

  /// Has it stop a process; false if it could not.
  func attach(to pid: Int32) throws(JITDebugError) -> Bool {
    guard receive(until: Deadline(secondsFromNow: Self.startLimit)) != nil,
      send("vAttach;\(String(pid, radix: 16))")
    else { return false }
    guard let answer = receive(until: Deadline(secondsFromNow: Self.attachLimit)) else {
      // It may have been stopped for a moment, and run since.
      throw JITDebugError(
        .debugger, "process \(pid)", "LLDB's debug server did not stop it within \(Int(Self.attachLimit)) seconds",
        remedy: "try again, or use --debugger gdb")
    }
    return answer.first == UInt8(ascii: "T")
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
    // Byte by byte: nothing of what follows is to be taken from LLDB. Acknowledgements come between packets; what a local socket
    // brings needs no checking of sums.
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
