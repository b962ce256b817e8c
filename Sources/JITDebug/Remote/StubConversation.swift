// What is said between a debugger, an emulator's debug server and the one who holds that for the debugger, as plain states and
// bytes. (GDB manual, "Packets" and "Stop Reply Packets"; QEMU 7.2, gdbstub.)

import Glibc

struct StubConversation {
  /// What is to be done next, in order.
  enum Action: Equatable {
    case toServer([UInt8])
    case toDebugger([UInt8])
    /// Write to the program's memory by way of the executor, and tell when that is done.
    case write(TargetAddress, [UInt8])
    /// Send a signal to the program by way of the executor.
    case signal(Int32)
    /// The program need not wait for a debugger any more.
    case resume
    case hangUp
  }

  /// What debuggers may use; not to be changed later.
  var memory: TargetRange? {
    get { lender.map(\.memory) }
    set { lender = newValue.map(MemoryLender.init) }
  }
  private var lender: MemoryLender?

  /// The number of the program's main thread, where a debugger expects it to stop; nil if that is not known.
  var mainThread: UInt64?
  /// How often the program was stopped in another thread, and let go again.
  private var misses = 0

  private enum Debugger {
    case none
    /// The program is being stopped for it.
    case waiting
    case connected
    /// The program is being stopped because it went without a word.
    case gone
  }
  private var debugger = Debugger.none
  private var commands = PacketReader()
  private var replies = PacketReader()
  private var isRunning = false
  /// What follows `Z` in the packets that set the breakpoints in place.
  private var breakpoints: [[UInt8]] = []
  /// Replies to packets that the debugger has not sent.
  private var ownReplies = 0
  /// Interrupts of our own that have not stopped the program yet.
  private var ownInterrupts = 0
  private var isAcknowledging = true
  /// The reply to come is to a `z`.
  private var isRemoving = false
  /// The debugger waits for the end of a write.
  private var isWriting = false

  /// The number that the remote protocol, and Linux, have for it.
  private static let interrupt: Int32 = SIGINT

  /// Whether the debugger may be read from.
  var hearsDebugger: Bool { debugger == .connected }

  /// Lets the program run from its first instruction.
  mutating func begin() -> [UInt8] {
    isRunning = true
    return Self.packet("c")
  }

  // MARK: The debugger

  mutating func debuggerCame() -> [Action] {
    debugger = .waiting
    misses = 0
    isAcknowledging = true
    commands = PacketReader()
    return isRunning ? stop() : welcome()
  }

  /// It has gone without a word: the program is left as if it had detached.
  mutating func debuggerWent() -> [Action] {
    guard debugger == .connected else {
      debugger = .none
      return []
    }
    guard isRunning else { return release() }
    debugger = .gone
    return stop()
  }

  private mutating func stop() -> [Action] {
    ownInterrupts += 1
    return [.signal(Self.interrupt)]
  }

  private mutating func welcome() -> [Action] {
    debugger = .connected
    return [.resume]
  }

  /// Takes out the breakpoints and lets the program run.
  private mutating func release() -> [Action] {
    debugger = .none
    ownReplies += breakpoints.count
    let removals = breakpoints.map { Action.toServer(Self.packet(Array("z".utf8) + $0)) }
    breakpoints = []
    isRunning = true
    return removals + [.toServer(Self.packet("c"))]
  }

  mutating func debuggerSaid(_ bytes: ArraySlice<UInt8>) -> [Action] {
    var actions: [Action] = []
    for item in commands.read(bytes) {
      switch item {
      case .other(3): if isRunning { actions.append(.signal(Self.interrupt)) }
      // Acknowledgements; what comes here comes complete.
      case .other: break
      case .packet(let content):
        if isAcknowledging { actions.append(.toDebugger([UInt8(ascii: "+")])) }
        actions += carryOut(content)
      }
    }
    return actions
  }

  private mutating func carryOut(_ command: [UInt8]) -> [Action] {
    func answer(_ text: String) -> Action { .toDebugger(Self.packet(text)) }
    func isNamed(_ name: String) -> Bool { command.starts(with: name.utf8) }
    switch command.first {
    case UInt8(ascii: "D"): return [answer("OK"), .hangUp] + release()
    case UInt8(ascii: "k"): return kill("X09")
    case UInt8(ascii: "v") where isNamed("vKill"): return kill("OK")
    case UInt8(ascii: "Q") where isNamed("QStartNoAckMode"):
      isAcknowledging = false
      return [answer("OK")]
    case UInt8(ascii: "_"):
      if lender == nil { return [answer("")] }
      return [answer(lender!.answer(String(decoding: command, as: UTF8.self)))]
    case UInt8(ascii: "M"):
      if let (address, bytes) = lender?.write(command) {
        isWriting = true
        return [.write(address, bytes)]
      }
    case UInt8(ascii: "Z"):
      let place = Array(command.dropFirst().prefix { $0 != UInt8(ascii: ";") })
      if !breakpoints.contains(place) { breakpoints.append(place) }
    case UInt8(ascii: "z"):
      isRemoving = true
      breakpoints.removeAll { $0 == Array(command.dropFirst()) }
    case UInt8(ascii: "c"), UInt8(ascii: "s"), UInt8(ascii: "C"), UInt8(ascii: "S"): isRunning = true
    case UInt8(ascii: "v") where isNamed("vCont;"): isRunning = true
    default: break
    }
    return [.toServer(PacketReader.packet(command))]
  }

  /// Whether a write has ended well.
  mutating func wrote(_ isDone: Bool) -> [Action] {
    guard isWriting else { return [] }
    isWriting = false
    return [.toDebugger(Self.packet(isDone ? "OK" : "E14"))]
  }

  /// The executor's supervisor then tells of a signal, where the emulator would exit as if the program had ended well.
  private mutating func kill(_ text: String) -> [Action] {
    debugger = .none
    // It stays connected until the program has gone: GDB has something to acknowledge.
    return [.signal(SIGKILL), .toDebugger(Self.packet(text))]
  }

  // MARK: The debug server

  mutating func serverSaid(_ bytes: ArraySlice<UInt8>) -> [Action] {
    var actions: [Action] = []
    for case .packet(let content) in replies.read(bytes) {
      actions.append(.toServer([UInt8(ascii: "+")]))
      actions += take(content)
    }
    return actions
  }

  private mutating func take(_ reply: [UInt8]) -> [Action] {
    if ownReplies > 0 {
      ownReplies -= 1
      return []
    }
    // QEMU has a breakpoint once for each thread, and a thread that begins at that moment may lack it: the others had it.
    let isGone = isRemoving && reply.first == UInt8(ascii: "E")
    isRemoving = false
    let forward = [Action.toDebugger(PacketReader.packet(isGone ? Array("OK".utf8) : reply))]
    guard isRunning, let kind = reply.first else { return debugger == .connected ? forward : [] }
    switch kind {
    case UInt8(ascii: "W"), UInt8(ascii: "X"):
      isRunning = false
      return forward
    case UInt8(ascii: "T"), UInt8(ascii: "S"): break
    // Output of the program, perhaps.
    default: return debugger == .connected ? forward : []
    }
    isRunning = false
    let number = Int32(String(decoding: reply.dropFirst().prefix(2), as: UTF8.self), radix: 16) ?? 0
    let isOurs = number == Self.interrupt && ownInterrupts > 0
    if isOurs { ownInterrupts -= 1 }
    switch debugger {
    case .waiting:
      // The system chooses a thread for an interrupt, and may take one of the executor's.
      if isOurs, let mainThread, let thread = Self.thread(of: reply), thread != mainThread, misses < 50 {
        misses += 1
        isRunning = true
        return [.toServer(Self.packet("c"))] + stop()
      }
      return welcome()
    case .gone: return release()
    case .connected: return forward
    case .none:
      isRunning = true
      // A trap is left over from a breakpoint; all others are the program's own.
      let isDropped = isOurs || number == SIGTRAP || number == 0
      return [.toServer(isDropped ? Self.packet("c") : Self.packet("C" + Self.hex(number)))]
    }
  }

  /// The thread in `Tnn thread:pPROCESS.THREAD;`.
  private static func thread(of reply: [UInt8]) -> UInt64? {
    let fields = String(decoding: reply.dropFirst(3), as: UTF8.self).split(separator: ";")
    return fields.first { $0.hasPrefix("thread:") }.flatMap {
      UInt64($0.split { $0 == "." || $0 == ":" }.last!, radix: 16)
    }
  }

  private static func hex(_ number: Int32) -> String {
    let digits = String(number, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }

  private static func packet(_ text: String) -> [UInt8] { packet(Array(text.utf8)) }
  private static func packet(_ content: [UInt8]) -> [UInt8] { PacketReader.packet(content) }
}

/// Lends memory of the target to a debugger: LLDB's packets `_M SIZE,PERMISSIONS` and `_m ADDRESS`.
struct MemoryLender {
  let memory: TargetRange
  /// In order.
  private var lent: [Range<UInt64>] = []
  private static let alignment: UInt64 = 4096

  init(_ memory: TargetRange) { self.memory = memory }

  mutating func answer(_ command: String) -> String {
    if command.hasPrefix("_M"), let size = UInt64(command.dropFirst(2).prefix { $0 != "," }, radix: 16) {
      return lend(size).map { String($0, radix: 16) } ?? "E0c"
    }
    guard command.hasPrefix("_m"), let address = UInt64(command.dropFirst(2), radix: 16) else { return "" }
    lent.removeAll { $0.lowerBound == address }
    return "OK"
  }

  private mutating func lend(_ size: UInt64) -> UInt64? {
    guard size > 0, size <= memory.size else { return nil }
    let needed = (size + Self.alignment - 1) / Self.alignment * Self.alignment
    var start = memory.start.rawValue
    var index = 0
    while index < lent.count, lent[index].lowerBound - start < needed {
      start = lent[index].upperBound
      index += 1
    }
    guard start + needed <= memory.end.rawValue else { return nil }
    lent.insert(start..<(start + needed), at: index)
    return start
  }

  /// What a packet `M ADDRESS,LENGTH:DIGITS` writes, if it is in this memory.
  func write(_ command: [UInt8]) -> (TargetAddress, [UInt8])? {
    guard let comma = command.firstIndex(of: UInt8(ascii: ",")), let colon = command.firstIndex(of: UInt8(ascii: ":")),
      let address = UInt64(String(decoding: command[1..<comma], as: UTF8.self), radix: 16),
      address >= memory.start.rawValue, address < memory.end.rawValue
    else { return nil }
    let digits = command[(colon + 1)...].map { UInt8(Character(Unicode.Scalar($0)).hexDigitValue ?? 0) }
    return (
      TargetAddress(address), stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    )
  }
}
