// Why the processor or the system ended a program, in words.

import Glibc

struct CrashReason {
  let text: String

  // si_code of <bits/siginfo-consts.h>.
  private static let SEGV_ACCERR: Int32 = 2
  private static let SI_KERNEL: Int32 = 0x80

  init(_ snapshot: CrashSnapshot) {
    let code = snapshot.code
    switch snapshot.signal {
    case SIGABRT: text = code <= 0 ? "abort was called" : "aborted"
    case _ where code <= 0:
      let sender = snapshot.senderPid ?? 0
      text = sender == snapshot.pid ? "the program sent itself the signal" : "process \(sender) sent the signal"
    case SIGSEGV: text = Self.fault(snapshot)
    case SIGBUS:
      let address = TargetAddress(snapshot.faultAddress ?? 0)
      text =
        code == 1
        ? "access to \(address), which is not aligned as it has to be"
        : "access to \(address): nothing lies there in the file that is mapped"
    case SIGFPE:
      let kinds: [Int32: String] = [
        1: "integer division by zero", 2: "integer overflow", 3: "floating point division by zero",
        4: "floating point overflow", 5: "floating point underflow", 6: "inexact floating point result",
        7: "invalid floating point operation", 8: "subscript out of range",
      ]
      text = kinds[code] ?? "arithmetic error"
    case SIGILL:
      text = "illegal instruction (compilers put one where a program must not get to, as __builtin_trap does)"
    case SIGTRAP: text = "a breakpoint instruction"
    case SIGSYS: text = "a system call that is not allowed"
    default: text = "signal \(snapshot.signal)"
    }
  }

  private static func fault(_ snapshot: CrashSnapshot) -> String {
    let state = snapshot.threads[0].state
    guard snapshot.code != SI_KERNEL, let address = snapshot.faultAddress else {
      return "access to an address that no memory can have, such as an uninitialised pointer's"
    }
    let place = TargetAddress(address)
    if isOverflow(snapshot, address) {
      return "stack overflow: the stack has no room left at \(TargetAddress(state.sp)) (access to \(place))"
    }
    let isFetch = state.isFetch == true || address == state.pc
    let verb = isFetch ? "jump to" : state.isWrite.map { $0 ? "write to" : "read of" } ?? "access to"
    let start = "\(verb) \(place)"
    if address < 65536 {
      return address == 0 ? "\(start), the null pointer" : "\(start): the null pointer plus \(address)"
    }
    guard let mapping = snapshot.mapping(at: address) else {
      return "\(start), which is not mapped: \(near(snapshot, address))"
    }
    let lack =
      isFetch ? "executable" : state.isWrite == true ? "writable" : !mapping.isReadable ? "accessible" : "writable"
    return "\(start), which is not \(lack): \(name(snapshot, mapping, address)) (\(mapping.access))"
  }

  /// Just below a stack, where the thread's own stack pointer is as well.
  private static func isOverflow(_ snapshot: CrashSnapshot, _ address: UInt64) -> Bool {
    let sp = snapshot.threads[0].state.sp
    // A frame may be large, and is accessed anywhere.
    guard address &+ (1 << 20) > sp, address < sp &+ (1 << 20) else { return false }
    if let mapping = snapshot.mapping(at: address), mapping.isWritable { return false }
    guard let stack = snapshot.mappings.first(where: { $0.range.lowerBound > address }), stack.isWritable else {
      return false
    }
    return stack.range.lowerBound - address < 2 << 20 && sp < stack.range.lowerBound &+ (64 << 10)
  }

  private static func near(_ snapshot: CrashSnapshot, _ address: UInt64) -> String {
    let below = snapshot.mappings.last { $0.range.upperBound <= address }
    let above = snapshot.mappings.first { $0.range.lowerBound > address }
    let distanceBelow = below.map { address - $0.range.upperBound } ?? .max
    let distanceAbove = above.map { $0.range.lowerBound - address } ?? .max
    guard min(distanceBelow, distanceAbove) < 1 << 24 else { return "far from everything that is" }
    if distanceBelow <= distanceAbove, let below {
      return "\(distanceBelow) bytes behind \(name(snapshot, below, below.range.upperBound - 1))"
    }
    return "\(distanceAbove) bytes before \(above.map { name(snapshot, $0, $0.range.lowerBound) } ?? "")"
  }

  private static func name(_ snapshot: CrashSnapshot, _ mapping: Mapping, _ address: UInt64) -> String {
    for image in snapshot.images {
      if image.code.contains(TargetAddress(address)) { return "the program's code" }
      if image.data.contains(TargetAddress(address)) { return "the program's data" }
    }
    switch mapping.name {
    case "[heap]": return "the heap"
    case let name where name.hasPrefix("[stack"): return "the stack"
    case "": return "memory without a name at \(TargetAddress(mapping.range.lowerBound))"
    case let name: return name.split(separator: "/").last.map(String.init) ?? name
    }
  }
}
