// Parity actions on -O2 -fomit-frame-pointer code: unwinding by tables alone, through qsort and through a signal.

let callbackProgram = DebuggedProgram(
  sources: ["parity/callback.c"], flags: ["-O2", "-fomit-frame-pointer"])

let callbackActions: [DebugAction] = [
  DebugAction(
    "breakpoint in a callback", lldb: "breakpoint set --file callback.c --line {compare}",
    gdb: "break callback.c:{compare}", shows: "Breakpoint 1"),
  DebugAction(
    "breakpoint in a signal handler", lldb: "breakpoint set --name on_signal", gdb: "break on_signal",
    shows: "Breakpoint 2"),
  DebugAction("start, to the callback", lldb: "{start}", gdb: "{start}", shows: "compare"),
  DebugAction(
    "let a signal pass", lldb: "process handle SIGUSR1 --stop false --notify false --pass true",
    gdb: "handle SIGUSR1 nostop noprint pass\ninfo signals SIGUSR1", shows: "SIGUSR1"),
  DebugAction(
    "backtrace through qsort and recursion", lldb: "thread backtrace", gdb: "backtrace",
    shows: "compare", "qsort", "sort_all", "main"),
  DebugAction("arguments in registers", lldb: "frame variable a b", gdb: "info args", shows: "a = ADDR"),
  DebugAction("locals in registers", lldb: "frame variable x y", gdb: "info locals", shows: "x = ADDR"),
  DebugAction("what they point to", lldb: "print *x\nprint y->name", gdb: "print *x\nprint y->name", shows: "ten"),
  DebugAction(
    "a caller's frame beyond libc", lldb: "frame select 6\nframe variable depth",
    gdb: "frame function sort_all\ninfo frame",
    shows: "sort_all"),
  DebugAction(
    "registers of the caller", lldb: "register read rip", gdb: "info symbol $pc", shows: "sort_all"),
  DebugAction("back to the innermost", lldb: "frame select 0", gdb: "frame 0", shows: "compare"),
  DebugAction(
    "step into inlined code", lldb: "step\nthread backtrace --count 2", gdb: "step\nbacktrace 2", shows: "order"),
  DebugAction("finish the inlined code", lldb: "finish", gdb: "finish"),
  DebugAction("finish into libc", lldb: "breakpoint disable 1\nfinish", gdb: "disable 1\nfinish"),
  DebugAction("backtrace from libc", lldb: "thread backtrace", gdb: "backtrace", shows: "sort_all", "main"),
  DebugAction(
    "temporary breakpoint after the sort", lldb: "tbreak callback.c:{sorted}\ncontinue",
    gdb: "tbreak callback.c:{sorted}\ncontinue", shows: "sort_all"),
  DebugAction("backtrace of the recursion", lldb: "thread backtrace", gdb: "backtrace", shows: "sort_all", "main"),
  DebugAction("sorted static data", lldb: "print records[2].name", gdb: "print records[2].name", shows: "thirty"),
  DebugAction("count in .bss", lldb: "print comparisons > 1", gdb: "print comparisons > 1"),
  DebugAction("finish a recursive frame", lldb: "finish", gdb: "finish", shows: "sort_all"),
  DebugAction("call a function", lldb: "print scale(3, 4)", gdb: "print scale(3, 4)", shows: "49164"),
  DebugAction(
    "disassemble a loop", lldb: "disassemble --name scale", gdb: "disassemble scale", shows: "ret", "imul"),
  DebugAction("continue to the handler", lldb: "continue", gdb: "continue", shows: "on_signal", "10"),
  DebugAction(
    "backtrace through the signal's frame", lldb: "thread backtrace", gdb: "backtrace", shows: "on_signal", "main"),
  DebugAction("assign to a volatile global", lldb: "expression signals = 5", gdb: "print signals = 5", shows: "5"),
  DebugAction("step in the handler", lldb: "step", gdb: "step"),
  DebugAction(
    "temporary breakpoint at main's end", lldb: "tbreak callback.c:{end}\ncontinue",
    gdb: "tbreak callback.c:{end}\ncontinue",
    shows: "main"),
  DebugAction("what the handler added", lldb: "print signals", gdb: "print signals", shows: "15"),
  DebugAction("to the end", lldb: "continue", gdb: "continue", shows: "exited with"),
]
