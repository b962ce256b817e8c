"""From nothing running to stopped at a breakpoint in the last of many objects, in both debuggers, by every way there is."""

from inputs import ENVIRONMENT, JITDEBUG, JITLINK, JITLINK_EXECUTOR, WORK
from processes import Failure, Running, await_listener, free_port

# So that what GDB prints comes while it runs.
LINE_BUFFERED = ["stdbuf", "-oL"]
STOPPED = r"stop reason = breakpoint \d|hit Breakpoint"
SUM = r"^sum \d+"


def breakpoints(debugger, functions):
    verb = {"lldb": "breakpoint set --name", "gdb": "break"}[debugger]
    return [f"{verb} {name}" for name in functions]


def follow(running, functions):
    """Waits for one stop after another; the seconds to the last, and how many there were."""
    hits = 0
    seconds = None
    for _ in functions:
        seconds, which = running.wait_for(STOPPED, SUM)
        if which == 1:
            break  # the program ran past them
        if which is None:
            raise Failure("the debugger ended: " + " | ".join(running.lines[-4:])[:300])
        hits += 1
    return seconds, hits


def stock(debugger, objects, functions, lookups=False):
    """LLVM's way: the debugger starts the executor, breakpoints are pending, then llvm-jitlink connects."""
    port = free_port()
    executor = [JITLINK_EXECUTOR, f"listen=127.0.0.1:{port}"]
    goes_on = ["continue"] * (len(functions) - 1)
    if debugger == "lldb":
        command = ["lldb-22", "--no-lldbinit", "--batch"]
        settings = ["settings set plugin.jit-loader.gdb.enable on"]
        if not lookups:
            settings.append("settings set symbols.enable-external-lookup false")
        for line in [*settings, *breakpoints(debugger, functions), "process launch", *goes_on]:
            command += ["-o", line]
        command += ["--", *executor]
    else:
        command = [*LINE_BUFFERED, "gdb", "-nx", "-batch"]
        settings = ["set breakpoint pending on", f"set debuginfod enabled {'on' if lookups else 'off'}", "set print thread-events off"]
        if not lookups:
            settings.append("set index-cache enabled on")
        for line in [*settings, *breakpoints(debugger, functions), "run", *goes_on]:
            command += ["-ex", line]
        command += ["--args", *executor]
    with Running(command, WORK, ENVIRONMENT) as running:
        await_listener(port, running)
        with Running([JITLINK, f"-oop-executor-connect=127.0.0.1:{port}", *objects], WORK, ENVIRONMENT):
            return follow(running, functions)


def ours(debugger, objects, functions):
    command = [JITDEBUG, "debug", "--debugger", debugger, "--batch"]
    for line in [*breakpoints(debugger, functions), *["continue"] * len(functions)]:
        command += ["-o", line]
    with Running([*command, *objects], WORK, ENVIRONMENT) as running:
        return follow(running, functions)
