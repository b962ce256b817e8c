// What was found of a program that was about to die of a signal, while its executor held it.

package struct CrashSnapshot: Sendable {
  package struct Thread: Sendable {
    package var id: UInt64
    package var state: MachineState
  }

  /// An exception that nobody caught.
  package struct Exception: Sendable, Equatable {
    package var type: String
    /// What `what()` returned, of a std::exception.
    package var what: String?
  }

  package var machine: UInt16
  package var pid: UInt64
  /// The one that crashed first.
  package var threads: [Thread]
  package var mappings: [Mapping]
  package var memory = SnapshotMemory()
  /// The siginfo_t.
  var information: TargetBytes
  var auxiliaryVector: [UInt8]
  package var commandLine: [String]
  package var exception: Exception?
  /// Threads that were not stopped, and are not among `threads`.
  package var unseenThreads = 0
  /// Whether the process was killed because it could not go on to its end, so that its end does not tell the signal of the crash.
  package var wasKilled = false
  /// The code that was linked at run time, and its data.
  package var images: [(code: TargetRange, data: TargetRange)] = []
  /// The executor's program file and, if it is another machine's, the folder here that stands for its `/`.
  package var executable = ""
  package var sysroot: String?

  /// siginfo_t: si_signo, si_errno, si_code, then from offset 16 on si_addr, or the sender's pid.
  package var signal: Int32 { Int32(truncatingIfNeeded: information.number(0, 4) ?? 0) }
  package var code: Int32 { Int32(truncatingIfNeeded: information.number(8, 4) ?? 0) }
  /// What a fault is about; nil for signals that were sent.
  package var faultAddress: UInt64? { code > 0 && code != 0x80 ? information.number(16) : nil }
  package var senderPid: UInt64? { information.number(16, 4) }

  /// RISC-V's float ABI, with which debuggers know the registers: compressed instructions, doubles in registers.
  var flags: UInt32 { machine == ELF.EM_RISCV ? 5 : 0 }

  package func mapping(at address: UInt64) -> Mapping? { mappings.first { $0.range.contains(address) } }
}

/// What happens when the program crashes.
package enum CrashAction: String, Sendable, CaseIterable {
  /// A report on standard error.
  case report
  /// The process is held for a debugger.
  case attach
  /// The report, and a core file.
  case core
  /// Nothing: the program just dies.
  case none
}
