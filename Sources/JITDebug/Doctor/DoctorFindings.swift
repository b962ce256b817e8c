// What doctor's own findings mean: the rest of the reference page.

extension FindingKind {
  var doctorFacts: Facts {
    switch self {
    case .debuggerMissing:
      Facts(
        .warning, "debugger not installed", "Without it there is one debugger less to choose from.",
        "apt-get install lldb-22 python3-lldb-22 gdb")
    case .debuggerOld:
      Facts(
        .error, "debugger too old", "Older versions misread what LLVM 22 registers, or miss breakpoints in it.",
        "apt-get install lldb-22 python3-lldb-22 gdb")
    case .loaderOff:
      Facts(
        .error, "LLDB does not look for JITed code",
        "With its JIT loader off, LLDB never reads what programs register: breakpoints stay pending, frames are ??.",
        "lldb-22 -o 'settings set plugin.jit-loader.gdb.enable on', or the same line in ~/.lldbinit")
    case .lookupsExternal:
      Facts(
        .warning, "debuggers ask a server about each module",
        "Each module without debug info is looked up at a debuginfod server; where that is slow or out of reach, the debugger stands still for seconds, for each.",
        "unset DEBUGINFOD_URLS; or in LLDB `settings set symbols.enable-external-lookup false`, in GDB `set debuginfod enabled off`"
      )
    case .traceRestricted:
      Facts(
        .warning, "attaching is restricted",
        "The kernel's Yama module lets this user debug only what the debugger itself has started, or nothing.",
        "sudo sysctl kernel.yama.ptrace_scope=0")
    case .traceRefused:
      Facts(
        .error, "attaching is refused",
        "The process is another user's, holds rights that this user lacks, or the kernel or container forbids ptrace.",
        TraceCheck.permissionRemedy)
    case .traceTaken:
      Facts(
        .error, "another debugger holds the process", "A process has one tracer at a time: a debugger, strace, rr.",
        "detach the other one")
    case .targetUnreachable:
      Facts(
        .error, "the executor does not answer", "No executor listens there, or something on the way keeps it away.",
        "start it there: jitdebug-executor --listen HOST:PORT")
    case .debugServerMissing:
      Facts(
        .error, "no debug server on the target",
        "What runs on another machine is debugged through a debug server there, and there is none along its PATH.",
        "apt-get install gdbserver on the target; or name one with --debug-server PATH")
    case .debugServerOld:
      Facts(
        .error, "debug server of another version",
        "The debug server on the target is older than what the debuggers here were tried with.",
        "install gdbserver 12 or newer on the target, or lldb-server of the version of LLDB here")
    case .inputTriple:
      Facts(
        .error, "input for another machine",
        "An input was compiled for another machine than the one that is to run it.",
        "compile it with --target= for the machine that runs it")
    case .inputVersion:
      Facts(
        .error, "input of a newer LLVM", "Bitcode can be read by the LLVM that wrote it and by newer ones.",
        "write it with the LLVM that is to read it, or an older one")
    case .commandEnded:
      Facts(
        .warning, "the command ended before it was looked at",
        "Registered code can be read only while its process lives.",
        "give the command something to do for some seconds, or start it and use `jitdebug doctor --pid`")
    case .registrationOff:
      Facts(
        .error, "the JIT registers nothing",
        "The program is known to be able to register its code with debuggers, and has not done so.",
        "turn registration on, as the producer's line says")
    case .entriesNone:
      Facts(
        .error, "no code is registered",
        "The list of the GDB JIT interface is empty, or there is none: nothing has been compiled yet, or the JIT was not told to register it.",
        "have the JIT register its code; in LLVM: ORC's debugger support (enableDebuggerSupport), MCJIT's createGDBRegistrationListener"
      )
    case .registrationRate:
      Facts(
        .warning, "many registrations a second",
        "A debugger stops the process at each registration, for about ten milliseconds: the program becomes slow, and LLDB may lose entries that come while it is busy.",
        "have the JIT register larger pieces, or attach once the code is there")
    default:
      Facts(.note, rawValue, "", "")
    }
  }
}
