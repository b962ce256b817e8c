"""Loads code that is registered through hooks which LLDB does not watch: it takes the first that it finds, of one module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lldb

import jitdebug_commands as commands
from jitdebug_list import HOOK, ReadError, read_changes, read_list

if TYPE_CHECKING:
    from jitdebug_lldb import LLDB

# The breakpoints on hooks are the user's to see, under this name.
NAME = "jitdebug-follow"
# The symbol file of each entry known so far, by process.
_known: dict[int, dict[int, int]] = {}
# Whether LLDB itself waits for registrations at an address, by process and address.
_own: dict[tuple[int, int], bool] = {}
# How many of LLDB's own breakpoints are looked at: the one that waits is set when its library is loaded, so among the first.
LIMIT = 1000


def follow(debugger: LLDB) -> str:
    target = debugger.target
    for breakpoint in target.breakpoint_iter():
        if breakpoint.MatchesName(NAME):
            return "the hooks are watched already"
    # Pending until a library brings one.
    breakpoint = target.BreakpointCreateByName(HOOK)
    breakpoint.AddName(NAME)
    # By the name of the module that LLDB has imported: it looks for the function there.
    breakpoint.SetScriptCallbackFunction("jitdebug_lldb.registered")
    if debugger.has_process():
        _known[debugger.process.GetUniqueID()] = {image.entry: image.symbol_file for image in read_list(debugger).images}
    return f"breakpoint {breakpoint.GetID()} watches the hooks that LLDB does not"


def registered(frame: lldb.SBFrame, location: lldb.SBBreakpointLocation, _extra: object, _dict: dict) -> bool:
    """Called where a process calls a hook; the result says whether to stop."""
    from jitdebug_lldb import LLDB

    process = frame.GetThread().GetProcess()
    place = process.GetUniqueID(), location.GetLoadAddress()
    if place not in _own:
        _own[place] = is_own_hook(process.GetTarget(), location.GetLoadAddress())
    if _own[place]:
        return False
    debugger = LLDB(process.GetTarget().GetDebugger())
    try:
        new, gone = read_changes(debugger, _known.setdefault(debugger.process.GetUniqueID(), {}))
        for symbol_file in gone:
            debugger.drop(symbol_file)
        # LLDB has seen those of its own hook meanwhile.
        loaded = debugger.loaded()
        for image in new:
            if image.symbol_file not in loaded:
                commands.load_entry(debugger, image)
    except (ReadError, commands.CommandError) as error:
        print(f"warning: what was registered cannot be loaded: {error}")
    return False


def is_own_hook(target: lldb.SBTarget, address: int) -> bool:
    """Whether LLDB itself has a breakpoint there.

    Not by a command, which would list them: after commands in a breakpoint's callback LLDB 22 now and then shows the frame of that
    stop at the next one.
    """
    breakpoints = (target.FindBreakpointByID(-number) for number in range(1, LIMIT))
    return any(breakpoint.FindLocationByAddress(address) for breakpoint in breakpoints)
