"""Loads code that is registered through hooks which LLDB does not watch: it takes the first that it finds, of one module."""

from __future__ import annotations

import re
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

    debugger = LLDB(frame.GetThread().GetProcess().GetTarget().GetDebugger())
    if location.GetLoadAddress() in own_hooks(debugger):
        return False
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


def own_hooks(debugger: LLDB) -> set[int]:
    """Where LLDB itself waits for registrations."""
    listing = debugger.output("breakpoint list --internal --verbose")
    found = set()
    for part in re.split(r"^Kind: ", listing, flags=re.M):
        if part.startswith("jit-debug-register"):
            found |= {int(address, 16) for address in re.findall(r"address = (0x[0-9a-f]+)", part)}
    return found
