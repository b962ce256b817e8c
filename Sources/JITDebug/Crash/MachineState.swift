// A thread's registers, from the ucontext_t that a signal handler is given, in the layouts of Linux's headers.

/// What a crashed thread's registers held.
package struct MachineState: Sendable {
  /// In the order of the kernel's user_regs_struct, as core files have them.
  var registers: [UInt64]
  /// The core file's NT_FPREGSET; empty if it is not known.
  var floatingPoint: [UInt8] = []
  /// Nil if the processor does not tell: whether the access was a write, or of an instruction.
  var isWrite: Bool?
  var isFetch: Bool?
  private let layout: Layout

  private enum Layout: Sendable { case x86, arm, riscv }

  /// How much of a ucontext_t is needed, in bytes.
  static let contextSize: UInt64 = 2048

  private static let x86Names = [
    "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi", "rdi", "orig_rax",
    "rip", "cs", "rflags", "rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs",
  ]
  private static let riscvNames = [
    "pc", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "s2",
    "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
  ]

  /// Nil for a machine that is not supported, or a truncated context.
  init?(context bytes: [UInt8], machine: UInt16) {
    let context = TargetBytes(bytes)
    func words(_ offset: Int, _ count: Int) -> [UInt64]? {
      let words = (0..<count).compactMap { context.number(offset + 8 * $0) }
      return words.count == count ? words : nil
    }
    switch machine {
    case ELF.EM_X86_64:
      // uc_flags, uc_link and uc_stack take 40 bytes; gregs are REG_R8… of <sys/ucontext.h>.
      guard let g = words(40, 23) else { return nil }
      let selectors = g[18]
      registers = [
        g[7], g[6], g[5], g[4], g[10], g[11], g[3], g[2], g[1], g[0], g[13], g[14], g[12], g[9], g[8], .max, g[16],
        selectors & 0xffff, g[17], g[15], selectors >> 48, 0, 0, 0, 0, 0, 0,
      ]
      // REG_ERR of a page fault: bit 1 a write, bit 4 an instruction.
      if g[20] == 14 {
        isWrite = g[19] & 2 != 0
        isFetch = g[19] & 16 != 0
      }
      layout = .x86
    case ELF.EM_AARCH64:
      // A mask of 128 bytes follows; sigcontext is aligned to 16 and begins with the fault's address.
      guard let g = words(184, 34) else { return nil }
      registers = g
      layout = .arm
      // Records of magic and size, up to one of zeros.
      var position = 464
      while let magic = context.number(position, 4), let size = context.number(position + 4, 4), magic != 0, size >= 16
      {
        switch magic {
        case 0x4650_8001:
          floatingPoint =
            context.padded(position + 16, 512) + context.padded(position + 8, 8) + [UInt8](repeating: 0, count: 8)
        case 0x4553_5201:
          // ESR_EL1: class 0x24 is a data abort, whose bit 6 says write; 0x20 an instruction abort.
          if let esr = context.number(position + 8) {
            isFetch = esr >> 26 == 0x20
            if esr >> 26 == 0x24 { isWrite = esr & 64 != 0 }
          }
        default: break
        }
        position += Int(size)
      }
    case ELF.EM_RISCV:
      guard let g = words(176, 32) else { return nil }
      registers = g
      floatingPoint = context.padded(176 + 256, 264)
      layout = .riscv
    default: return nil
    }
  }

  /// Where x86-64 keeps the floating point state: outside of the context, 512 bytes.
  static func floatingPointAddress(context: [UInt8], machine: UInt16) -> UInt64? {
    guard machine == ELF.EM_X86_64, let address = TargetBytes(context).number(224), address != 0 else { return nil }
    return address
  }

  package var pc: UInt64 {
    switch layout {
    case .x86: registers[16]
    case .arm: registers[32]
    case .riscv: registers[0]
    }
  }
  package var sp: UInt64 {
    switch layout {
    case .x86: registers[19]
    case .arm: registers[31]
    case .riscv: registers[2]
    }
  }
  /// Where a called function returns to, if that is in a register.
  var returnAddress: UInt64? {
    switch layout {
    case .x86: nil
    case .arm: registers[30]
    case .riscv: registers[1]
    }
  }

  /// On x86-64 only, where a context does not have it.
  mutating func setThreadPointer(_ address: UInt64) {
    if layout == .x86 { registers[21] = address }
  }

  /// Names and values in the order people expect, the counter of instructions first.
  package var named: [(name: String, value: UInt64)] {
    switch layout {
    case .x86:
      let order = [16, 19, 4, 18, 10, 5, 11, 12, 13, 14, 9, 8, 7, 6, 3, 2, 1, 0]
      return order.map { (Self.x86Names[$0], registers[$0]) }
    case .arm:
      return [("pc", registers[32]), ("sp", registers[31]), ("lr", registers[30]), ("pstate", registers[33])]
        + (0..<30).map { ("x\($0)", registers[$0]) }
    case .riscv: return zip(Self.riscvNames, registers).map { ($0, $1) }
    }
  }
}
