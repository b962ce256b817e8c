"""LLDB's command `jit-connect COMMAND...`: connects to a debug server that COMMAND reaches.

GDB can talk to a command's standard input and output (`target remote | COMMAND`); LLDB needs a port. COMMAND, which is
`jitdebug debug-server --listen ...`, prints one and passes on what goes through it.
"""

import shlex
import subprocess

import lldb


def connect(debugger, command, exe_ctx, result, internal_dict):
    """Start COMMAND, which prints HOST:PORT, and connect to the debug server there."""
    try:
        relay = subprocess.Popen(shlex.split(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        address = relay.stdout.readline().strip()
    except (OSError, ValueError) as error:
        result.SetError(f"the debug server cannot be reached: {error}")
        return
    if not address:
        result.SetError("there is no debug server to connect to; the message above says why")
        return
    connected = lldb.SBCommandReturnObject()
    debugger.GetCommandInterpreter().HandleCommand(f"gdb-remote {address}", connected)
    result.AppendMessage((connected.GetOutput() or "").rstrip("\n"))
    if not connected.Succeeded():
        relay.terminate()
        result.SetError((connected.GetError() or "").strip())


def __lldb_init_module(debugger, internal_dict):
    debugger.HandleCommand(
        "command script add --overwrite --function jitdebug_connect.connect"
        " --help 'Connect to the debug server that a command reaches.' jit-connect"
    )
