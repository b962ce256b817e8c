"""The `jit` commands for GDB, and a word when a pending breakpoint resolves: `source` this file."""

from __future__ import annotations

import os
import re
import sys

import gdb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
# GDB's printers for the C++ library look for their module from the library's folder on, which for a target's copy leads nowhere.
sys.path.append("/usr/share/gcc/python")

import jitdebug_commands as commands
from jitdebug_list import Breakpoint, ReadError

# What `jit reload` has loaded, by process and symbol file: such a file has a name of its own.
_loaded: dict[tuple[int, int], str] = {}


class GDB:
    reopens_files = True

    def __init__(self) -> None:
        self.process = gdb.selected_inferior()

    def has_process(self) -> bool:
        return self.process.pid != 0

    def pointer_size(self) -> int:
        return gdb.lookup_type("char").pointer().sizeof

    def byte_order(self) -> str:
        return "big" if "big" in gdb.execute("show endian", to_string=True) else "little"

    def read(self, address: int, size: int) -> bytes:
        try:
            return bytes(self.process.read_memory(address, size))
        except gdb.error as error:
            raise ReadError(str(error)) from None

    def symbol_addresses(self, name: str) -> list[int]:
        # All modules' symbols that have no debug info; and one that has, by its value.
        found = []
        listing = gdb.execute(f"info variables ^{name}$", to_string=True)
        listing += gdb.execute(f"info functions ^{name}$", to_string=True)
        for address in re.findall(rf"^(0x[0-9a-f]+) +{name}$", listing, re.M):
            found.append(int(address, 16))
        try:
            found.append(int(gdb.parse_and_eval(f"(long) &{name}")) & (1 << 8 * self.pointer_size()) - 1)
        except gdb.error:
            pass  # There is none.
        return list(dict.fromkeys(found))

    def evaluate(self, text: str) -> int:
        try:
            value = gdb.parse_and_eval(text)
            if value.type.code == gdb.TYPE_CODE_FUNC:
                value = value.address
            return int(value) & (1 << 8 * self.pointer_size()) - 1
        except gdb.error as error:
            raise ValueError(str(error)) from None

    def debug_folders(self) -> list[str]:
        return [folder for folder in (gdb.parameter("debug-file-directory") or "").split(":") if folder]

    def source_rules(self) -> list[tuple[str, str]]:
        return re.findall(r"^ *`(.*)' -> `(.*)'\.$", gdb.execute("show substitute-path", to_string=True), re.M)

    def loader_problem(self) -> tuple[str, str] | None:
        return None

    def _objfiles(self) -> dict[int, gdb.Objfile]:
        found = {}
        for objfile in gdb.objfiles():
            name = re.fullmatch(r"<in-memory@0x([0-9a-f]+)>", objfile.filename or "")
            if name and objfile.owner is None:
                found[int(name[1], 16)] = objfile
        return found

    def loaded(self) -> dict[int, bool]:
        owners = {o.owner.filename for o in gdb.objfiles() if o.owner is not None}
        result = {address: objfile.filename in owners for address, objfile in self._objfiles().items()}
        paths = {o.filename for o in gdb.objfiles()}
        for (process, symbol_file), path in _loaded.items():
            if process == self.process.pid and path in paths:
                result[symbol_file] = True
        return result

    def load(self, symbol_file: int, path: str) -> None:
        # GDB splits this line at spaces, and knows quotes.
        escaped = path.replace("\\", "\\\\").replace('"', '\\"')
        _execute(f'add-symbol-file "{escaped}" -o 0')
        _loaded[self.process.pid, symbol_file] = os.path.realpath(path)

    def add_debug_file(self, symbol_file: int, path: str) -> None:
        try:
            self._objfiles()[symbol_file].add_separate_debug_file(path)
        except gdb.error as error:
            raise commands.CommandError(str(error)) from None

    def drop(self, symbol_file: int) -> bool:
        # GDB forgets by itself what it has read by itself.
        path = _loaded.pop((self.process.pid, symbol_file), None)
        if path is None:
            return False
        escaped = path.replace("\\", "\\\\").replace('"', '\\"')
        _execute(f'remove-symbol-file "{escaped}"')
        return True

    def follow(self) -> str:
        return "GDB watches the hooks of all modules by itself"

    def breakpoints(self) -> dict[str, Breakpoint]:
        kinds = (gdb.BP_BREAKPOINT, getattr(gdb, "BP_HARDWARE_BREAKPOINT", gdb.BP_BREAKPOINT))
        found = {}
        for breakpoint in gdb.breakpoints():
            if breakpoint.type not in kinds or not breakpoint.visible or not breakpoint.location:
                continue
            addresses = []
            if not breakpoint.pending:
                listing = gdb.execute(f"info breakpoints {breakpoint.number}", to_string=True)
                addresses = [int(a, 16) for a in re.findall(r"\b(0x[0-9a-f]+)\b", listing)]
            id = str(breakpoint.number)
            found[id] = Breakpoint(id, breakpoint.location, addresses, **_parse(breakpoint.location))
        return found


def _parse(location: str) -> dict:
    """GDB's linespecs and explicit locations, as far as they can be pending."""
    explicit = dict(re.findall(r"-(source|line|function) (\S+)", location))
    if "function" in explicit:
        return {"function": explicit["function"]}
    if "source" in explicit:
        return {"file": explicit["source"], "line": int(explicit.get("line", "0"))}
    location = location.replace("-qualified ", "").strip()
    place = re.fullmatch(r"(.+):(\d+)", location)
    if place:
        return {"file": place[1].strip("\"'"), "line": int(place[2])}
    if location.startswith(("*", "-")):
        return {}
    return {"function": re.split(r"(?<!:):(?!:)", location)[-1]}


def _execute(command: str) -> None:
    try:
        gdb.execute(command, to_string=True)
    except gdb.error as error:
        raise commands.CommandError(f"{command}: {error}") from None


class _Prefix(gdb.Command):
    __doc__ = commands.SUMMARY

    def __init__(self) -> None:
        super().__init__("jit", gdb.COMMAND_SUPPORT, prefix=True)

    def invoke(self, argument: str, from_tty: bool) -> None:
        _run("help" if not argument else argument, "")


def _run(name: str, argument: str) -> None:
    try:
        gdb.write(commands.run(GDB(), name, argument) + "\n")
    except commands.CommandError as error:
        raise gdb.GdbError(str(error)) from None


def _add_command(name: str) -> None:
    def invoke(self: gdb.Command, argument: str, from_tty: bool) -> None:
        _run(name, argument)

    # GDB shows the documentation string as the command's help.
    members = {"__doc__": commands.usage(name), "invoke": invoke}
    type(f"Jit_{name}", (gdb.Command,), members)(f"jit {name}", gdb.COMMAND_SUPPORT)


class _Announcer:
    """GDB says that a breakpoint is pending, but not that it no longer is."""

    def __init__(self) -> None:
        self.pending = {b.number for b in gdb.breakpoints() if b.pending}

    def changed(self, breakpoint: gdb.Breakpoint) -> None:
        if breakpoint.pending:
            self.pending.add(breakpoint.number)
        elif breakpoint.number in self.pending:
            self.pending.discard(breakpoint.number)
            gdb.write(f"Breakpoint {breakpoint.number} ({breakpoint.location}) resolved.\n")


class _Restarts:
    """A process that becomes its program anew has none of the code linked at run time at first. GDB complains of each breakpoint
    there, and disables it for good; so they rest until their code is there again."""

    def __init__(self) -> None:
        self.resting: set[int] = set()
        self.are_places_old = False

    def cleared(self, _: gdb.ClearObjFilesEvent) -> None:
        if not gdb.selected_inferior().pid:
            return
        self.are_places_old = True
        # Sources may have changed with the program.
        gdb.execute("maintenance flush source-cache", to_string=True)
        for breakpoint in gdb.breakpoints():
            if breakpoint.enabled and not breakpoint.pending:
                self.resting.add(breakpoint.number)
                breakpoint.enabled = False

    def loaded(self, event: gdb.NewObjFileEvent) -> None:
        # With the program itself come no new places yet.
        if event.new_objfile.filename != gdb.current_progspace().filename:
            self.are_places_old = False
            self.restore()

    def restore(self, _: object = None) -> None:
        for breakpoint in gdb.breakpoints() if self.resting and not self.are_places_old else ():
            if breakpoint.number in self.resting and (breakpoint.enabled or not breakpoint.pending):
                self.resting.discard(breakpoint.number)
                breakpoint.enabled = True


class _LibraryIndex:
    """Finding out what is in the C library's debug info takes GDB a tenth of a second, each time. It keeps an index of that in its own
    cache if it may: for a session's process, until that library has been loaded, and not for the code linked at run time, which is new
    each time."""

    def begin(self) -> None:
        program = gdb.current_progspace().filename or ""
        if gdb.selected_inferior().pid or not os.path.basename(program).startswith("jitdebug-executor"):
            return
        try:
            # GDB makes the folder and all that it is in; not for users without a home.
            home = os.path.dirname(os.path.dirname(gdb.parameter("index-cache directory")))
            if os.path.isdir(home) and not gdb.parameter("index-cache enabled"):
                gdb.execute("set index-cache enabled on", to_string=True)
                gdb.events.new_objfile.connect(self.loaded)
                gdb.events.stop.connect(self.end)
                gdb.events.exited.connect(self.end)
        except (RuntimeError, gdb.error):
            pass  # This GDB has no such cache.

    def loaded(self, event: gdb.NewObjFileEvent) -> None:
        if re.search(r"/(libc|ld-musl-[^/]*)\.so", event.new_objfile.filename):
            self.end()

    def end(self, _: object = None) -> None:
        gdb.execute("set index-cache enabled off", to_string=True)
        gdb.events.new_objfile.disconnect(self.loaded)
        gdb.events.stop.disconnect(self.end)
        gdb.events.exited.disconnect(self.end)


# Sourced a second time, only the commands are made anew.
if not hasattr(gdb, "jitdebug_announcer"):
    gdb.jitdebug_announcer = _Announcer()
    gdb.events.breakpoint_created.connect(gdb.jitdebug_announcer.changed)
    gdb.events.breakpoint_modified.connect(gdb.jitdebug_announcer.changed)
    gdb.jitdebug_restarts = _Restarts()
    gdb.events.clear_objfiles.connect(gdb.jitdebug_restarts.cleared)
    gdb.events.new_objfile.connect(gdb.jitdebug_restarts.loaded)
    gdb.events.breakpoint_modified.connect(gdb.jitdebug_restarts.restore)
    _LibraryIndex().begin()
_Prefix()
for _name in commands.HELP:
    _add_command(_name)
