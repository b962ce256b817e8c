// What passes between a debugger and its debug server: followed, so that a debugger that vanishes leaves no breakpoint behind,
// and mended where debuggers and gdbserver 13 go wrong together.
//
// LLDB 22: gdbserver has no packets for single registers, so LLDB writes all of them (`G`) to change one. It takes the others
// from the stop reply, which tells three, and sends zeros for the rest. And after a `G`, gdbserver calls all registers
// unavailable until the thread has run. So expressions that need memory of the target (most do) crash the program. They do
// as well in a program that was stopped in a system call: sent elsewhere, it must be told not to begin the call again.
//
// GDB 13: a function called from GDB returns to its stack, which is a fault there that GDB understands; but gdbserver
// delivers the signal when GDB detaches, and the program dies of it.
//
// (GDB manual, "Packets", "Stop Reply Packets" and "General Query Packets".)

struct ServerConversation {
  /// The debugger to mend for; nil where nothing goes wrong.
  let mendedDebugger: Debugger?
  private var commands = PacketReader()
  private var replies = PacketReader()
  /// The thread that `g` and `G` are about.
  private var thread: [UInt8] = []
  /// What was written since the threads last ran, by thread, in hexadecimal digits.
  private var written: [[UInt8]: [UInt8]] = [:]
  /// What the server told of registers since the threads last ran, by thread, in hexadecimal digits.
  private var reported: [[UInt8]: [UInt8]] = [:]
  /// The reply to come is to a `g`.
  private var isReadingRegisters = false
  /// The last stop was for a fault, and a debugger that saw a crash would have left the registers alone.
  private var stoppedForFault = false
  /// Replies to packets that the debugger has not sent.
  private var ownReplies = 0

  /// Whether packets are acknowledged, as they are until the debugger asks otherwise.
  private(set) var hasAcknowledgements = true
  /// Packets that have not been answered; a running program has not answered yet.
  private(set) var unanswered = 0
  /// The program runs.
  private(set) var isRunning = false
  /// The process is the debug server's no more.
  private(set) var isOver = false
  /// The breakpoints and watchpoints in place: what follows `Z` in the packets that set them.
  private(set) var breakpoints: [[UInt8]] = []

  init(mendedDebugger: Debugger?, isX86_64: Bool) {
    self.mendedDebugger = mendedDebugger
    self.isX86_64 = isX86_64
  }

  /// What the server gets of the debugger's bytes: whole packets.
  mutating func toServer(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    for item in commands.read(bytes) {
      switch item {
      case .other(let byte): result.append(byte)
      case .packet(let content):
        if mendedDebugger == .gdb, content.first == UInt8(ascii: "D"), stoppedForFault, !written.isEmpty,
          !hasAcknowledgements
        {
          // No signal is to be delivered.
          result += PacketReader.packet(Array("QProgramSignals:".utf8))
          ownReplies += 1
        }
        let mended = mendedDebugger == .lldb && content.first == UInt8(ascii: "G") ? mendedWrite(content) : content
        result += PacketReader.packet(mended)
        note(command: mended)
      }
    }
    return result
  }

  private mutating func note(command: [UInt8]) {
    unanswered += 1
    isReadingRegisters = command == [UInt8(ascii: "g")]
    switch command.first {
    case UInt8(ascii: "H") where command.dropFirst().first == UInt8(ascii: "g"): thread = Array(command.dropFirst(2))
    case UInt8(ascii: "G"): written[thread] = Array(command.dropFirst())
    case UInt8(ascii: "Z"):
      // TYPE,ADDRESS,KIND, perhaps with conditions behind a semicolon.
      let place = Array(command.dropFirst().prefix { $0 != UInt8(ascii: ";") })
      if !breakpoints.contains(place) { breakpoints.append(place) }
    case UInt8(ascii: "z"): breakpoints.removeAll { $0 == Array(command.dropFirst()) }
    case UInt8(ascii: "c"), UInt8(ascii: "s"), UInt8(ascii: "C"), UInt8(ascii: "S"):
      written = [:]
      reported = [:]
      isRunning = true
    case UInt8(ascii: "v"):
      written = [:]
      reported = [:]
      isRunning = command.starts(with: Array("vCont;".utf8))
      if command.starts(with: Array("vKill".utf8)) { isOver = true }
    case UInt8(ascii: "D"): isOver = true
    case UInt8(ascii: "k"):
      isOver = true
      unanswered -= 1
    case UInt8(ascii: "Q") where command == Array("QStartNoAckMode".utf8): hasAcknowledgements = false
    default: break
    }
  }

  /// What the debugger gets of the server's bytes: whole packets.
  mutating func toDebugger(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    for item in replies.read(bytes) {
      switch item {
      case .other(let byte): result.append(byte)
      case .packet(let content):
        if ownReplies > 0 {
          ownReplies -= 1
          continue
        }
        note(reply: content)
        result += PacketReader.packet(mendedDebugger == .lldb ? mended(content) : content)
      }
    }
    return result
  }

  private mutating func note(reply: [UInt8]) {
    // Output of the program while it runs: `O` and hexadecimal digits.
    if reply.first == UInt8(ascii: "O"), reply != Array("OK".utf8) { return }
    unanswered = max(unanswered - 1, 0)
    switch reply.first {
    case UInt8(ascii: "T"), UInt8(ascii: "S"):
      isRunning = false
      // SIGSEGV, SIGILL.
      stoppedForFault = reply.starts(with: Array("T0b".utf8)) || reply.starts(with: Array("T04".utf8))
    case UInt8(ascii: "W") where isRunning, UInt8(ascii: "X") where isRunning: isOver = true
    default: break
    }
  }

  private mutating func mended(_ reply: [UInt8]) -> [UInt8] {
    if reply.first == UInt8(ascii: "T") { return Self.withoutRegisters(PacketReader.expanded(reply)) }
    guard isReadingRegisters else { return reply }
    let registers = PacketReader.expanded(reply)
    if let known = written[thread] { return Self.filled(registers, from: known) }
    reported[thread] = registers
    return registers
  }

  /// Where GDB's x86-64 registers have rip and orig_rax, in bytes.
  private static let rip = 128
  private static let orig_rax = 536
  let isX86_64: Bool

  /// Linux begins a system call again by going back two bytes, unless orig_rax is -1; debuggers set that with the program
  /// counter.
  private func mendedWrite(_ command: [UInt8]) -> [UInt8] {
    func digits(_ offset: Int) -> Range<Int> { 2 * offset..<2 * (offset + 8) }
    guard isX86_64, let reported = reported[thread], reported.count > digits(Self.orig_rax).upperBound,
      command.count > digits(Self.orig_rax).upperBound,
      reported[digits(Self.rip)] != command[(digits(Self.rip).lowerBound + 1)..<(digits(Self.rip).upperBound + 1)]
    else { return command }
    var result = command
    let place = digits(Self.orig_rax)
    result.replaceSubrange(
      (place.lowerBound + 1)..<(place.upperBound + 1), with: repeatElement(UInt8(ascii: "f"), count: 16))
    return result
  }

  /// Drops the registers from a stop reply `Tnn NAME:VALUE;…`: their names are hexadecimal numbers. LLDB then asks for all.
  private static func withoutRegisters(_ reply: [UInt8]) -> [UInt8] {
    var result = Array(reply.prefix(3))
    for field in reply.dropFirst(3).split(separator: UInt8(ascii: ";")) {
      let name = field.prefix { $0 != UInt8(ascii: ":") }
      if name.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0 })
      {
        continue
      }
      result += field + [UInt8(ascii: ";")]
    }
    return result
  }

  private static func filled(_ registers: [UInt8], from known: [UInt8]) -> [UInt8] {
    registers.indices.map { index in
      registers[index] == UInt8(ascii: "x") && index < known.count ? known[index] : registers[index]
    }
  }
}

/// Finds the packets `$CONTENT#CHECKSUM` in a stream of the remote serial protocol (GDB manual, "Overview").
struct PacketReader {
  enum Item {
    case packet([UInt8])
    /// An acknowledgement or an interrupt.
    case other(UInt8)
  }

  private var pending: [UInt8] = []

  /// Everything that is complete with these bytes.
  mutating func read(_ bytes: ArraySlice<UInt8>) -> [Item] {
    pending += bytes
    var items: [Item] = []
    var rest = pending[...]
    while let first = rest.first {
      guard first == UInt8(ascii: "$") else {
        items.append(.other(first))
        rest = rest.dropFirst()
        continue
      }
      guard let end = rest.firstIndex(of: UInt8(ascii: "#")), end + 2 < rest.endIndex else { break }
      items.append(.packet(Array(rest[(rest.startIndex + 1)..<end])))
      rest = rest[(end + 3)...]
    }
    pending = Array(rest)
    return items
  }

  static func packet(_ content: [UInt8]) -> [UInt8] {
    let sum = content.reduce(0 as UInt8, &+)
    let digits = Array("0123456789abcdef".utf8)
    return [UInt8(ascii: "$")] + content + [UInt8(ascii: "#"), digits[Int(sum >> 4)], digits[Int(sum & 15)]]
  }

  /// Without run-length encoding: a character, `*`, and the number of further ones plus 29.
  static func expanded(_ content: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var rest = content[...]
    while let character = rest.popFirst() {
      if character == UInt8(ascii: "*"), let last = result.last, let count = rest.popFirst(), count > 29 {
        result += repeatElement(last, count: Int(count) - 29)
      } else {
        result.append(character)
      }
    }
    return result
  }
}
