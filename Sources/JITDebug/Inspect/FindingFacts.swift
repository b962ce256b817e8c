// What each finding means and what helps against it: the content of the reference page.

extension FindingKind {
  package var facts: Facts {
    switch self {
    case .hookMissing:
      Facts(
        .error, "no hook",
        "No module of the process defines both __jit_debug_register_code and __jit_debug_descriptor, so no debugger can learn of JITed code.",
        "link the JIT with LLVM's or its own GDB JIT support, export both symbols (-rdynamic), and do not strip them")
    case .hookIncomplete:
      Facts(
        .warning, "half a hook",
        "A module defines one of the two symbols only. GDB passes it over; LLDB may combine it with another module's half.",
        "export both symbols from the same module")
    case .hookHidden:
      Facts(
        .warning, "hook in a debug file only",
        "The module is stripped, and the symbols are only in its separate debug file, which debuggers must find first.",
        "export both symbols into .dynsym: visibility default, and -rdynamic or a version script that lists them")
    case .hookSeveral:
      Facts(
        .note, "several hooks",
        "Several modules define the hook. LLDB goes by the first one alone; GDB by all of them.",
        "nothing, as long as only the first one is used; otherwise `jitdebug attach --pid`, which goes by all")
    case .hookUnwatched:
      Facts(
        .error, "code registered where LLDB does not look",
        "Code is registered with a module's hook that is not the first one, so LLDB never sees it. GDB does.",
        "use `jitdebug attach --pid`, or GDB; or load the module that registers code before the others (LD_PRELOAD)")
    case .descriptorUnreadable:
      Facts(
        .error, "descriptor unreadable", "The symbol __jit_debug_descriptor leads to memory that cannot be read.",
        "see that the module on disk is the one that was loaded")
    case .descriptorVersion:
      Facts(
        .error, "unknown version of the interface",
        "The descriptor's version must be 1; debuggers ignore the list otherwise.",
        "have the JIT set version to 1, or look for what overwrites the descriptor")
    case .descriptorAction:
      Facts(
        .error, "unknown action", "action_flag must be 0, 1 or 2; LLDB and GDB refuse others.",
        "look for what overwrites the descriptor")
    case .relevantEntry:
      Facts(
        .warning, "registered entry not in the list",
        "The descriptor announces an entry that is not in the list. A debugger that attaches later will not find it.",
        "have the JIT link the entry into the list before it calls __jit_debug_register_code")
    case .listLoop:
      Facts(
        .error, "the list is a loop",
        "A next_entry leads back to an entry before it. LLDB and GDB hang when they attach.",
        "look for an entry that was registered twice, or freed and used again, and for missing locks around registration"
      )
    case .listUnmapped:
      Facts(
        .error, "the list leads nowhere", "A pointer of the list points to memory that is not mapped.",
        "look for an entry that was freed without being taken out of the list, and for missing locks around registration"
      )
    case .listLinks:
      Facts(
        .warning, "the list's back links are wrong",
        "prev_entry is not the entry before. Unregistering such an entry damages the list, and other threads may have lost entries.",
        "hold one lock over the change of the list and the call of __jit_debug_register_code")
    case .listTooLong:
      Facts(
        .warning, "the list is too long",
        "More entries than are read at most, or reading them took too long. Debuggers need long to attach to such a process.",
        "have the JIT unregister code that is gone, and register larger pieces")
    case .entryUnmapped:
      Facts(
        .error, "object's memory is gone", "The entry's object is not mapped any more, or never was.",
        "have the JIT unregister an entry before it frees the object")
    case .entryTruncated:
      Facts(
        .error, "object cut short", "The memory behind the entry's object ends before symfile_size is reached.",
        "have the JIT set symfile_size to the object's size, and unregister before it frees memory")
    case .entryTooLarge:
      Facts(
        .warning, "object too large", "The object is larger than what is read of one.",
        "have the JIT register smaller pieces; check symfile_size if this is none of its objects' sizes")
    case .entryDuplicate:
      Facts(
        .warning, "object registered twice",
        "Two entries have the same object. Debuggers show everything in it twice, or lose it when one is unregistered.",
        "have the JIT register each object once")
    case .entryNotELF:
      Facts(
        .error, "not an ELF object",
        "The entry's object does not begin as an ELF file. GDB reports it as not understood; LLDB ignores it.",
        "have the JIT register ELF objects; GDB can read others by a reader plug-in (`jit-reader-load`)")
    case .entryUnexamined:
      Facts(
        .note, "not examined",
        "The limit of time or memory was reached before this, or it contradicts what was read before.",
        "look at an entry alone with --entry")
    case .objectDamaged:
      Facts(
        .error, "object damaged",
        "The ELF object's headers, sections or symbols contradict each other or reach beyond its end.",
        "see whether its memory was freed and used again while it is registered; --dump saves it for other tools")
    case .objectMachine:
      Facts(
        .error, "object for another machine",
        "The object's machine, class or byte order is not that of the process, so debuggers refuse it.",
        "have the JIT write e_machine, EI_CLASS and EI_DATA of the code's architecture")
    case .codeGone:
      Facts(
        .error, "stale entry: its code is gone",
        "No memory is mapped at the addresses of the entry's code: it was freed, and the entry was not unregistered.",
        "have the JIT unregister entries before it unmaps their code")
    case .sectionAddressZero:
      Facts(
        .error, "sections without addresses",
        "Sections that are loaded have address 0, so debuggers do not know where the code is.",
        "have the JIT set sh_addr of each loaded section (LLVM 19 leaves out .bss: use LLVM 22)")
    case .sectionUnmapped:
      Facts(
        .error, "section not mapped", "A section's addresses are not mapped, while others of the object are.",
        "have the JIT set sh_addr to where each section really lies")
    case .sectionOverlap:
      Facts(
        .error, "section overlaps another entry's",
        "Two entries claim the same addresses, so names and lines there may be another's: an entry was not unregistered before its addresses were used again.",
        "have the JIT unregister entries before it uses their memory for other code")
    case .sectionNotExecutable:
      Facts(
        .error, "code is not executable", "A section of code lies in memory that cannot be executed.",
        "see whether the code is finished: its protection is set last; if it is, sh_addr is wrong")
    case .functionsMissing:
      Facts(
        .warning, "no functions", "The object has code but names no function, so backtraces show ?? there.",
        "have the JIT write STT_FUNC symbols with sizes")
    case .debugInfoMissing:
      Facts(
        .note, "no debug info", "The object has names of functions but no lines or variables.",
        "have the producer generate debug info (-g); some never do")
    case .debugFileMissing:
      Facts(
        .error, "debug file missing",
        "The object is a stub that leads to a debug file by build-id, and the file is not here.",
        "use the machine and user that ran the session; if its folder was removed, run it again")
    case .debugFileWrong:
      Facts(
        .error, "debug file is another's",
        "The file found by build-id cannot be read, or has another build-id or other addresses than the object.",
        "remove it and run the session again")
    case .dwarfNotRelocated:
      Facts(
        .error, "debug info not relocated",
        "The debug info's functions lie outside the object's code: its addresses were never adjusted to where the code is.",
        "have the JIT apply relocations to the debug sections (JITLink: ELFDebugObjectPlugin of LLVM 22)")
    case .dwarfInvalid:
      Facts(
        .warning, "debug info does not verify",
        "LLVM's DWARF verifier finds errors, so debuggers may show wrong things.",
        "see them all with --dump and `llvm-dwarfdump-22 --verify`; report them to the producer of the code")
    case .dwarfUnreadable:
      Facts(
        .error, "debug info cannot be read",
        "Reading the debug info failed, took too long, or needed too much memory. A debugger may hang or crash on it.",
        "see it with --dump and `llvm-dwarfdump-22`; keep debuggers from it with --debug-info none or the producer's switch"
      )
    case .unwindMissing:
      Facts(
        .warning, "no unwind information",
        "No .eh_frame or .debug_frame covers the code, so backtraces through it depend on frame pointers.",
        "have the producer keep .eh_frame in the object it registers, or compile with -fno-omit-frame-pointer")
    case .sourceMissing:
      Facts(
        .warning, "source missing", "Source files that the debug info names are not on this machine.",
        "name where they are with --source-root, or see `jitdebug sourcemap`")
    case .sourceChanged:
      Facts(
        .warning, "source changed", "A source file's text is not the one that was compiled, so lines may be shifted.",
        "build and run again, or check out the text that was compiled")
    default: doctorFacts
    }
  }
}
