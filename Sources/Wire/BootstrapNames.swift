// The names under which an executor offers its functions in the Setup message: LLVM's, then jitdebug's own.

/// Bootstrap symbols of LLVM's SimpleRemoteEPC (llvm/ExecutionEngine/Orc/Shared/OrcRTBridge.h).
package enum BootstrapSymbol {
  package static let dispatchContext = "__llvm_orc_SimpleRemoteEPC_dispatch_ctx"
  package static let dispatchFunction = "__llvm_orc_SimpleRemoteEPC_dispatch_fn"

  package static let memoryManager = "__llvm_orc_SimpleExecutorMemoryManager_Instance"
  package static let memoryReserve = "__llvm_orc_SimpleExecutorMemoryManager_reserve_wrapper"
  package static let memoryInitialize = "__llvm_orc_SimpleExecutorMemoryManager_initialize_wrapper"
  package static let memoryDeinitialize = "__llvm_orc_SimpleExecutorMemoryManager_deinitialize_wrapper"
  package static let memoryRelease = "__llvm_orc_SimpleExecutorMemoryManager_release_wrapper"

  package static let dylibManager = "__llvm_orc_SimpleExecutorDylibManager_Instance"
  package static let dylibOpen = "__llvm_orc_SimpleExecutorDylibManager_open_wrapper"
  package static let dylibResolve = "__llvm_orc_SimpleExecutorDylibManager_resolve_wrapper"

  package static let writeUInt8s = "__llvm_orc_bootstrap_mem_write_uint8s_wrapper"
  package static let writeUInt16s = "__llvm_orc_bootstrap_mem_write_uint16s_wrapper"
  package static let writeUInt32s = "__llvm_orc_bootstrap_mem_write_uint32s_wrapper"
  package static let writeUInt64s = "__llvm_orc_bootstrap_mem_write_uint64s_wrapper"
  package static let writePointers = "__llvm_orc_bootstrap_mem_write_pointers_wrapper"
  package static let writeBuffers = "__llvm_orc_bootstrap_mem_write_buffers_wrapper"
  package static let readUInt8s = "__llvm_orc_bootstrap_mem_read_uint8s_wrapper"
  package static let readUInt16s = "__llvm_orc_bootstrap_mem_read_uint16s_wrapper"
  package static let readUInt32s = "__llvm_orc_bootstrap_mem_read_uint32s_wrapper"
  package static let readUInt64s = "__llvm_orc_bootstrap_mem_read_uint64s_wrapper"
  package static let readPointers = "__llvm_orc_bootstrap_mem_read_pointers_wrapper"
  package static let readBuffers = "__llvm_orc_bootstrap_mem_read_buffers_wrapper"
  package static let readStrings = "__llvm_orc_bootstrap_mem_read_strings_wrapper"

  package static let registerEHFrame = "llvm_orc_registerEHFrameAllocAction"
  package static let deregisterEHFrame = "llvm_orc_deregisterEHFrameAllocAction"
  package static let registerDebugObject = "llvm_orc_registerJITLoaderGDBAllocAction"

  package static let runAsMain = "__llvm_orc_bootstrap_run_as_main_wrapper"
  package static let runAsVoidFunction = "__llvm_orc_bootstrap_run_as_void_function_wrapper"
  package static let runAsIntFunction = "__llvm_orc_bootstrap_run_as_int_function_wrapper"
}

/// Bootstrap symbols that only jitdebug's executor offers. Stock controllers ignore them; our controller takes their
/// absence to mean a stock executor. Arguments and results are SPS-serialised like LLVM's.
package enum ExtensionSymbol {
  /// Allocation action `SPSError(SPSExecutorAddrRange)`: takes a debug object off the GDB JIT interface's list again.
  package static let unregisterDebugObject = "jitdebug_unregister_debug_object"

  /// `SPSError(SPSString cwd, SPSSequence<SPSTuple<SPSString, SPSString>> environment, uint8_t stdioMode, uint8_t ttyMask,
  /// uint64_t stdoutTag, uint64_t stderrTag)`: prepares the process before anything runs. An empty cwd leaves the directory,
  /// environment entries are added or replaced. stdioMode 0 leaves the standard streams as inherited; 1 forwards them:
  /// output arrives at the controller as CallWrapper frames with sequence number 0 and the given tag as address, and
  /// input is sent with `stdinWrite`. Bits 0 to 2 of ttyMask say which of the controller's streams is a terminal:
  /// a C stdio stream forwarded to a terminal is made line-buffered. Bit 3: a program that runs when the controller goes is
  /// kept running; its input ends, and its output is dropped.
  package static let configure = "jitdebug_configure_wrapper"

  /// `SPSError(SPSSequence<char>)`: the next bytes for the program's standard input, answered once the pipe took them all
  /// (send one at a time); an empty sequence closes it. A reader that has gone is not an error: bytes are dropped.
  package static let stdinWrite = "jitdebug_stdin_write_wrapper"

  /// `SPSError(SPSExecutorAddr entry, SPSSequence<SPSString> arguments, SPSSequence<SPSExecutorAddrRange> initializers,
  /// SPSSequence<SPSExecutorAddrRange> finalizers, SPSSequence<SPSExecutorAddrRange> debugObjects, bool waitForDebugger)`:
  /// runs a whole program on the process's main thread: initializers (arrays of function pointers, called with
  /// argc, argv and envp, as a libc start-up does), then `exit(entry(argc, argv, envp))`. Finalizers (arrays too, last one first) run
  /// from `atexit`, and after them the named debug objects are unregistered. With waitForDebugger nothing of the program runs
  /// before a tracer is attached (TracerPid) or `resume` is called. Answered with success when that wait is over, just before
  /// the first initializer runs; how the program ended arrives as the Hangup message.
  package static let runProgram = "jitdebug_run_program_wrapper"

  /// `SPSError()`: ends the waiting of `runProgram`.
  package static let resume = "jitdebug_resume_wrapper"

  /// `SPSError(int32_t signal)`: sends a signal to the session's own process, or to the process whose number, an int32_t, may
  /// follow: another session's.
  package static let signal = "jitdebug_signal_wrapper"

  /// `SPSExpected<SPSSequence<char>>(SPSString path, uint64_t offset, uint64_t size)`: at most `size` bytes of a file, fewer
  /// than 1 MiB; none at its end. Files of /proc are read like others; a folder reads as the names in it, each with a zero byte
  /// behind it.
  package static let readFile = "jitdebug_read_file_wrapper"

  /// `SPSError(SPSSequence<SPSString> command)`: the session's process becomes this program, found along PATH, with the
  /// connection as its standard input and output. Once success is answered the connection carries no frame any more in
  /// either direction, so nothing may be sent before that. A debug server is started like this.
  package static let becomeProgram = "jitdebug_become_program_wrapper"

  /// `SPSError(SPSSequence<SPSString> command)`: the session's process becomes this program, found along PATH, which is to run
  /// the executor in its turn, with the option `--session`. An emulator's debug server is brought in like this. After the
  /// answer the first frame is the new process's Setup message, and all begins anew.
  package static let restart = "jitdebug_restart_wrapper"

  /// `SPSError(SPSSequence<SPSString> address)`: connects to the one address, `unix:PATH` or `HOST:PORT`, waiting a while for
  /// somebody to listen there; the file of a socket is removed. From the answer on the connection carries what passes through that socket, and no frame.
  package static let relay = "jitdebug_relay_wrapper"
}

/// Keys of the Setup message's bootstrap map that jitdebug's executor adds.
package enum BootstrapKey {
  /// The session process's id, 8 bytes little-endian, as seen on the target.
  package static let pid = "jitdebug.pid"
  /// The executor's version string.
  package static let version = "jitdebug.version"
  /// Its presence tells that segments may be `SegmentAccess.compressed`.
  package static let compression = "jitdebug.lz4"
}

/// How a session's process ended: jitdebug's executor puts it in the Hangup frame (stock controllers ignore these fields).
package enum SessionEnd: Equatable, Sendable {
  case exited(UInt8)
  case signaled(UInt8)

  /// The frame's sequence number: 1 for an exit, 2 for a signal. LLVM's executor sends 0.
  package var hangupSequenceNumber: UInt64 {
    switch self {
    case .exited: 1
    case .signaled: 2
    }
  }
  /// The frame's tag address: the exit status or the signal's number.
  package var hangupTag: UInt64 {
    switch self {
    case .exited(let v), .signaled(let v): UInt64(v)
    }
  }
  package init?(hangupSequenceNumber: UInt64, tag: UInt64) {
    guard tag <= 255 else { return nil }
    switch hangupSequenceNumber {
    case 1: self = .exited(UInt8(tag))
    case 2: self = .signaled(UInt8(tag))
    default: return nil
    }
  }
}
