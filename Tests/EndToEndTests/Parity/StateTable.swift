// Parity actions on the C fixture at -O0: breakpoints of every kind, stepping, data of every kind, calls, a watchpoint.

let stateProgram = DebuggedProgram(
  sources: ["parity/state.c", "parity/elsewhere.c"], arguments: ["hello"])

let stateActions: [DebugAction] = [
  DebugAction(
    "breakpoint by file and line", lldb: "breakpoint set --file state.c --line {inspect}",
    gdb: "break state.c:{inspect}", shows: "Breakpoint 1"),
  DebugAction(
    "breakpoint by function", lldb: "breakpoint set --name square", gdb: "break square", shows: "Breakpoint 2"),
  DebugAction(
    "breakpoint by regular expression", lldb: "breakpoint set --func-regex ^step_", gdb: "rbreak state.c:^step_",
    shows: "Breakpoint 3"),
  DebugAction(
    "breakpoint with a condition", lldb: "breakpoint set --file state.c --line {loop} --condition 'i == 3'",
    gdb: "break state.c:{loop} if i == 3", shows: "state.c"),
  DebugAction(
    "breakpoint by function in one of two files", lldb: "breakpoint set --name inspect --file elsewhere.c",
    gdb: "break elsewhere.c:inspect", shows: "elsewhere.c"),
  DebugAction("start, to the first breakpoint", lldb: "{start}", gdb: "{start}", shows: "inspect", "count=2"),
  DebugAction("backtrace", lldb: "thread backtrace", gdb: "backtrace", shows: "inspect", "main", "state.c"),
  DebugAction(
    "locals", lldb: "frame variable --no-args", gdb: "info locals", shows: "local = 20", "1099511627776", "real = 1.5"),
  DebugAction(
    "arguments", lldb: "frame variable count text by_value", gdb: "info args", shows: "count = 2", "\"hello\"", "x = 9"),
  DebugAction("a local that another shadows", lldb: "frame variable local", gdb: "print local", shows: "20"),
  DebugAction(
    "struct through a pointer", lldb: "print *shape", gdb: "print *shape", shows: "triangle", "12.5", "green"),
  DebugAction(
    "array of structs", lldb: "frame variable shape->corners", gdb: "print shape->corners", shows: "x = 5"),
  DebugAction("element of an array", lldb: "print letters[2]", gdb: "print letters[2]", shows: "'t'"),
  DebugAction("two-dimensional static array", lldb: "print matrix[1][2]", gdb: "print matrix[1][2]", shows: "6"),
  DebugAction(
    "enumeration", lldb: "print (int)colour", gdb: "print (int)colour", shows: "5"),
  DebugAction(
    "bit-field and union", lldb: "print shape->flags\nprint shape->as", gdb: "print shape->flags\nprint shape->as",
    shows: "5", "number = 9"),
  DebugAction(
    "global in .data", lldb: "target variable initialised ratio", gdb: "print initialised\nprint ratio",
    shows: "42", "0.75"),
  DebugAction("global in .bss", lldb: "target variable zeroed", gdb: "print zeroed", shows: "0"),
  DebugAction("const global", lldb: "print constant", gdb: "print constant", shows: "1234"),
  DebugAction("static of the file", lldb: "print file_static", gdb: "print file_static", shows: "7"),
  DebugAction("static of the function", lldb: "frame variable calls", gdb: "print calls", shows: "2"),
  DebugAction("const table of strings", lldb: "print words[2]", gdb: "print words[2]", shows: "\"two\""),
  DebugAction(
    "pointer to a function", lldb: "target variable operation", gdb: "print operation", shows: "square"),
  DebugAction(
    "a variable of another file by its name", lldb: "target variable elsewhere_name", gdb: "print elsewhere_name",
    shows: "elsewhere"),
  DebugAction(
    "type of a struct", lldb: "image lookup --type shape", gdb: "ptype struct shape", shows: "corners[3]", "flags"),
  DebugAction(
    "type of a function", lldb: "print sizeof(struct shape)", gdb: "print sizeof(struct shape)\nptype square",
    shows: "56"),
  DebugAction(
    "memory", lldb: "memory read --format d --size 4 --count 6 `&matrix`", gdb: "x/6dw &matrix", shows: "4"),
  DebugAction("call a function", lldb: "print cube(3)", gdb: "print cube(3)", shows: "27"),
  DebugAction("call with a float", lldb: "print half(5.0)", gdb: "print half(5.0)", shows: "2.5"),
  DebugAction(
    "call with a struct, returning one", lldb: "print mirrored(by_value)", gdb: "print mirrored(by_value)",
    shows: "x = 8"),
  DebugAction("call with a pointer", lldb: "print name_of(shape)", gdb: "print name_of(shape)", shows: "triangle"),
  DebugAction(
    "call into libc", lldb: "print (int)strlen(text)", gdb: "print (int)strlen(text)", shows: "5"),
  DebugAction(
    "expression over locals and globals", lldb: "print count * 100 + initialised + corner->y",
    gdb: "print count * 100 + initialised + corner->y", shows: "246"),
  DebugAction(
    "assign to a local", lldb: "expression local = 31\nframe variable local",
    gdb: "set variable local = 31\nprint local",
    shows: "31"),
  DebugAction(
    "assign to globals",
    lldb: "expression initialised = 43\nexpression zeroed[2] = 1\ntarget variable initialised zeroed",
    gdb: "set variable initialised = 43\nset variable zeroed[2] = 1\nprint initialised\nprint zeroed", shows: "43"),
  DebugAction(
    "assign to a member", lldb: "expression shape->corners[0].x = 77\nprint global_shape.corners[0]",
    gdb: "set variable shape->corners[0].x = 77\nprint global_shape.corners[0]", shows: "x = 77"),
  DebugAction(
    "look up a function's address", lldb: "image lookup --address `&square`", gdb: "info symbol square", shows: "square"
  ),
  DebugAction(
    "look up a global's address", lldb: "image lookup --address `&zeroed`", gdb: "info symbol &zeroed", shows: "zeroed"),
  DebugAction(
    "look up an address's line", lldb: "image lookup --verbose --address `&square`", gdb: "info line square",
    shows: "state.c"),
  DebugAction(
    "look up the program counter", lldb: "image lookup --address $pc", gdb: "info symbol $pc\ninfo line *$pc",
    shows: "inspect"),
  DebugAction(
    "disassemble a function", lldb: "disassemble --name square", gdb: "disassemble square", shows: "imul", "ret"),
  DebugAction(
    "disassemble calls and globals", lldb: "disassemble --name step_one", gdb: "disassemble step_one",
    shows: "call", "step_two"),
  DebugAction(
    "source of a function", lldb: "source list --name step_two", gdb: "list step_two", shows: "x += 10"),
  DebugAction("the caller's frame", lldb: "up\nframe variable argc", gdb: "up\nprint argc", shows: "2"),
  DebugAction("back down", lldb: "down", gdb: "down", shows: "inspect"),
  DebugAction("finish, with the value returned", lldb: "finish", gdb: "finish", shows: "main"),
  DebugAction("continue to a function", lldb: "continue", gdb: "continue", shows: "square", "x=5"),
  DebugAction("next", lldb: "next", gdb: "next", shows: "return result"),
  DebugAction("a local just assigned", lldb: "frame variable result", gdb: "print result", shows: "25"),
  DebugAction("finish out of a called pointer", lldb: "finish", gdb: "finish", shows: "25"),
  DebugAction("continue to the regular expression's first", lldb: "continue", gdb: "continue", shows: "step_one"),
  DebugAction("step over a line", lldb: "next", gdb: "next", shows: "step_two(y)"),
  DebugAction("step into a function", lldb: "step", gdb: "step", shows: "x += 10"),
  DebugAction("step to the next line", lldb: "step", gdb: "step", shows: "return x"),
  DebugAction("step out at its end", lldb: "step\nstep", gdb: "step\nstep", shows: "step_one"),
  DebugAction("step one instruction", lldb: "stepi", gdb: "stepi", shows: "return y"),
  DebugAction("continue to the condition", lldb: "continue", gdb: "continue", shows: "loop"),
  DebugAction("the variables of the condition", lldb: "frame variable i sum", gdb: "print i\nprint sum", shows: "3"),
  DebugAction(
    "until a line after the loop", lldb: "thread until {after_loop}", gdb: "until {after_loop}", shows: "sum += 100"),
  DebugAction("the loop's result", lldb: "frame variable sum", gdb: "print sum", shows: "45"),
  DebugAction(
    "watchpoint on a global", lldb: "watchpoint set variable watched_later", gdb: "watch watched_later",
    shows: "atchpoint"),
  DebugAction("continue to a static function of another file", lldb: "continue", gdb: "continue", shows: "x=2003"),
  DebugAction("continue to the change", lldb: "continue", gdb: "continue", shows: "atchpoint", "elsewhere.c"),
  DebugAction("the second change", lldb: "continue", gdb: "continue", shows: "atchpoint", "elsewhere.c"),
  DebugAction("remove the watchpoint", lldb: "watchpoint delete --force", gdb: "delete 7"),
  DebugAction(
    "a static of the same name in another file", lldb: "print file_static\nprint matrix[1]",
    gdb: "print file_static\nprint matrix[1]", shows: "9"),
  DebugAction("breakpoints and their hits", lldb: "breakpoint list", gdb: "info breakpoints", shows: "state.c"),
  DebugAction(
    "temporary breakpoint in main", lldb: "tbreak state.c:{end}\ncontinue", gdb: "tbreak state.c:{end}\ncontinue",
    shows: "main"),
  DebugAction("to the end, with the changed status", lldb: "continue", gdb: "continue", shows: "exited with"),
]
