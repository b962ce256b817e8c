// Parity actions on the C++ fixture: member functions, references, dynamic types, templates, a caught exception.

let classesProgram = DebuggedProgram(
  sources: ["parity/classes.cpp", "parity/classes_more.cpp"], flags: ["-std=c++20"])

let classesActions: [DebugAction] = [
  DebugAction(
    "breakpoint by qualified member function", lldb: "breakpoint set --name zoo::Dog::noise",
    gdb: "break zoo::Dog::noise", shows: "Breakpoint 1"),
  DebugAction(
    "breakpoint by line in a member function", lldb: "breakpoint set --file classes_more.cpp --line {noise}",
    gdb: "break classes_more.cpp:{noise}", shows: "Breakpoint 2"),
  DebugAction(
    "breakpoint in a template of two instances", lldb: "breakpoint set --file classes.h --line {largest}",
    gdb: "break classes.h:{largest}", shows: "2 locations"),
  DebugAction(
    "breakpoint in a lambda", lldb: "breakpoint set --file classes.cpp --line {lambda}",
    gdb: "break classes.cpp:{lambda}", shows: "Breakpoint 4"),
  DebugAction(
    "breakpoint with references in scope", lldb: "breakpoint set --file classes.cpp --line {adopt}",
    gdb: "break classes.cpp:{adopt}", shows: "Breakpoint 5"),
  DebugAction(
    "breakpoint by method's regular expression", lldb: "breakpoint set --func-regex zoo::.*fail",
    gdb: "rbreak classes_more.cpp:zoo::fail", shows: "Breakpoint 6"),
  DebugAction("start, to the member function", lldb: "{start}", gdb: "{start}", shows: "zoo::Dog::noise", "times=2"),
  DebugAction("backtrace", lldb: "thread backtrace", gdb: "backtrace", shows: "adopt", "main"),
  DebugAction("continue to its line", lldb: "continue", gdb: "continue", shows: "trick * times"),
  DebugAction("locals of a range loop", lldb: "frame variable sum trick", gdb: "print sum\nprint trick", shows: "1"),
  DebugAction("this", lldb: "print *this", gdb: "print *this", shows: "Rex", "legs_ = 4"),
  DebugAction("members without this", lldb: "print legs_\nprint tricks", gdb: "print legs_\nprint tricks", shows: "4"),
  DebugAction("static member", lldb: "print zoo::Dog::population", gdb: "print zoo::Dog::population", shows: "11"),
  DebugAction("call a member function", lldb: "print legs()", gdb: "print legs()", shows: "4"),
  DebugAction(
    "type of the class", lldb: "image lookup --type Dog", gdb: "ptype zoo::Dog", shows: "population", "tricks"),
  DebugAction(
    "finish with a value", lldb: "breakpoint disable 1 2\nfinish", gdb: "disable 1 2\nfinish", shows: "16"),
  DebugAction("continue", lldb: "continue", gdb: "continue", shows: "attempts = 0"),
  DebugAction("reference to a base class", lldb: "frame variable animal.legs_", gdb: "print animal.legs_", shows: "4"),
  DebugAction(
    "its dynamic type", lldb: "frame variable --dynamic-type run-target animal",
    gdb: "set print object on\nprint animal",
    shows: "Dog", "tricks"),
  DebugAction("reference to a string", lldb: "print greeting", gdb: "print greeting", shows: "good morning"),
  DebugAction("reference to an int", lldb: "print attempts", gdb: "print attempts", shows: "0"),
  DebugAction("rvalue reference to a vector", lldb: "print scores", gdb: "print scores", shows: "3"),
  DebugAction(
    "virtual call through the reference", lldb: "print animal.noise(1)", gdb: "print animal.noise(1)", shows: "10"),
  DebugAction(
    "assign through a reference", lldb: "expression attempts = 3\nprint last_code",
    gdb: "print attempts = 3\nprint last_code",
    shows: "3"),
  DebugAction(
    "static vector of the file", lldb: "frame variable numbers", gdb: "print numbers", shows: "14"),
  DebugAction(
    "look up a vtable", lldb: "image lookup --symbol '_ZTVN3zoo3DogE'", gdb: "info symbol &'vtable for zoo::Dog'",
    shows: "vtable for zoo::Dog"),
  DebugAction("continue into the lambda", lldb: "continue", gdb: "continue", shows: "noise * by"),
  DebugAction("its capture and argument", lldb: "print noise\nprint by", gdb: "print noise\nprint by", shows: "16"),
  DebugAction("finish the lambda", lldb: "finish", gdb: "finish", shows: "48"),
  DebugAction("continue into the template", lldb: "continue", gdb: "continue", shows: "largest<int>"),
  DebugAction("its reference and value", lldb: "print best\nprint value", gdb: "print best\nprint value", shows: "3"),
  DebugAction(
    "the other instance's breakpoint, past the other function", lldb: "breakpoint disable 3.1\ncontinue",
    gdb: "disable 3.1\ncontinue", shows: "fail"),
  DebugAction("step over a declaration", lldb: "next", gdb: "next", shows: "largest(weights)"),
  DebugAction("continue into the instance for double", lldb: "continue", gdb: "continue", shows: "largest<double>"),
  DebugAction(
    "catch the throw",
    lldb: "breakpoint disable 3\nbreakpoint set --language-exception c++ --on-throw true --on-catch false\ncontinue",
    gdb: "disable 3\ncatch throw\ncontinue", shows: "__cxa_throw"),
  DebugAction(
    "backtrace of the throw", lldb: "thread backtrace", gdb: "backtrace", shows: "zoo::fail", "recover", "main"),
  DebugAction(
    "catch the catch", lldb: "breakpoint set --language-exception c++ --on-throw false --on-catch true\ncontinue",
    gdb: "catch catch\ncontinue", shows: "__cxa_begin_catch"),
  DebugAction("backtrace of the catch", lldb: "thread backtrace", gdb: "backtrace", shows: "recover", "main"),
  DebugAction("finish into the handler", lldb: "finish", gdb: "finish", shows: "recover"),
  DebugAction("step in the handler", lldb: "next", gdb: "next", shows: "failure.code"),
  DebugAction("the exception by reference", lldb: "print failure.code", gdb: "print failure.code", shows: "21"),
  DebugAction(
    "the exception object", lldb: "frame variable failure", gdb: "print failure", shows: "code = 21"),
  DebugAction(
    "assign to the exception", lldb: "expression failure.code = 30", gdb: "print failure.code = 30", shows: "30"),
  DebugAction("step on", lldb: "next\nnext", gdb: "next\nnext", shows: "result"),
  DebugAction("what the handler computed", lldb: "print result", gdb: "print result", shows: "31"),
  DebugAction("to the end", lldb: "continue", gdb: "continue", shows: "exited with"),
]
