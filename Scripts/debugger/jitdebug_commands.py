"""The commands `jit list|info|where|reload|follow|help` as text, the same for every debugger; `why` has a file of its own."""

from __future__ import annotations

import os
from typing import Callable, Iterable

from jitdebug_list import DESCRIPTOR, Debugger, Image, read_list
from jitdebug_reload import ask
from jitdebug_sources import Sources, parse_place

HELP = {
    "list": ("", "List the code linked at run time: ranges, sources, build-id, and the debug file or why it is missing."),
    "info": ("ADDRESS", "Tell what is at an address: image, section, symbol and source line."),
    "where": ("FILE:LINE", "List every address with code for a line, or the nearest lines that have code."),
    "why": ("BREAKPOINT-ID", "Tell why a breakpoint is pending, and what helps."),
    "reload": ("", "Look at the sources now, under `run --watch`; load what the debugger missed, forget what is gone."),
    "follow": ("", "Load what is registered from now on through hooks that the debugger does not watch by itself."),
    "help": ("", "List these commands."),
}
SUMMARY = "Commands for code that was linked at run time and registered through the GDB JIT interface."
SHOWN_SOURCES = 8


class CommandError(Exception):
    """What the user reads instead of a result."""


def help_text() -> str:
    lines = [SUMMARY, ""]
    for name, (argument, summary) in HELP.items():
        lines.append(f"  jit {name} {argument}".ljust(24) + f"  {summary}")
    return "\n".join(lines)


def usage(name: str) -> str:
    argument, summary = HELP[name]
    return f"{summary}\nUsage: jit {name} {argument}".rstrip()


def run(debugger: Debugger, name: str, argument: str) -> str:
    """The output of a command. Raises CommandError."""
    from jitdebug_why import why

    commands: dict[str, Callable[[Debugger, str], str]] = {
        "list": show_list, "info": info, "where": where, "why": why, "reload": reload, "follow": follow,
        "help": lambda *_: help_text(),
    }
    argument = argument.strip()
    if name not in commands:
        raise CommandError(f"jit {name}: there is no such command; `jit help` lists them")
    if bool(argument) != bool(HELP[name][0]):
        raise CommandError(f"usage: jit {name} {HELP[name][0]}".rstrip())
    if name not in ("help", "why", "follow") and not debugger.has_process():
        raise CommandError(f"jit {name}: there is no process")
    return commands[name](debugger, argument)


# ---- list


def show_list(debugger: Debugger, _: str) -> str:
    found = read_list(debugger)
    if not found.descriptors:
        return f"no module of this process has the symbol {DESCRIPTOR}: it registers no code with debuggers"
    lines = [counted(len(found.images), "image") + " in the list of the process"]
    loaded = debugger.loaded()
    for image in found.images:
        lines += image_lines(image, loaded)
    return "\n".join(lines + [f"warning: {problem}" for problem in found.problems])


def image_lines(image: Image, loaded: dict[int, bool]) -> Iterable[str]:
    yield f"{image.name}: entry {image.entry:#x}, symbol file {image.symbol_file:#x}, {counted(image.size, 'byte')}"
    if image.elf is None:
        yield f"  symbol file: {image.problem}; perhaps another JIT's own format"
        return
    for title, is_code in (("code", True), ("data", False)):
        bounds = image.range(is_code)
        if bounds:
            yield f"  {title}: {bounds[0]:#x}-{bounds[1]:#x} ({counted(bounds[1] - bounds[0], 'byte')})"
    units = image.units
    if units:
        more = f" and {len(units) - SHOWN_SOURCES} more" if len(units) > SHOWN_SOURCES else ""
        yield f"  sources: {', '.join(units[:SHOWN_SOURCES])}{more}"
    yield f"  build-id: {image.build_id or 'none'}"
    yield f"  debug file: {debug_file(image)}"
    if image.symbol_file not in loaded:
        yield "  the debugger has not read it: `jit reload` does"
    elif image.debug_path and image.has_debug_info and not loaded[image.symbol_file]:
        yield "  the debugger has not read the debug file: `jit reload` does"


def debug_file(image: Image) -> str:
    if image.is_inline:
        return "none needed, its debug info is in the symbol file"
    if image.debug_path:
        return image.debug_path if image.debug else f"{image.debug_path} is damaged"
    if not image.build_id:
        return "none, as the symbol file has no build-id to find it by"
    if not image.searched:
        return "not found, as the debugger searches no folder"
    return "not found; searched " + ", ".join(image.searched)


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


# ---- info


def info(debugger: Debugger, argument: str) -> str:
    try:
        address = debugger.evaluate(argument)
    except ValueError as error:
        raise CommandError(f"jit info: {argument}: {error}") from None
    for image in read_list(debugger).images:
        section = image.section(address)
        if section is None:
            continue
        lines = [
            f"{address:#x}: {image.name}, section {section.name} + {address - section.address}",
            f"  symbol: {image.function(address) or 'none'}",
        ]
        row = next((row for row in image.rows if row.address <= address < row.end), None)
        if row:
            lines.append(f"  line: {row.path}:{row.line}")
        elif section.is_code:
            lines.append("  line: unknown" + (f" (debug file {debug_file(image)})" if image.lacks_debug_file else ""))
        return "\n".join(lines)
    return f"{address:#x}: in no image that was linked at run time"


# ---- where


def where(debugger: Debugger, argument: str) -> str:
    place = parse_place(argument)
    if place is None:
        raise CommandError("usage: jit where FILE:LINE")
    name, line = place
    images = read_list(debugger).images
    sources = Sources(images, debugger.source_rules())
    paths = sources.matching(name)
    found = sources.code(paths, line)
    if found:
        lines = [f"{counted(len(found), 'place')} with code for {name}:{line}"]
        for image, row in found:
            lines.append(f"  {row.address:#x}  {image.name}  {image.function(row.address) or '?'}  {row.path}:{row.line}")
        return "\n".join(lines)
    if paths:
        return f"no code for line {line} of {', '.join(sorted(paths))}\n  {sources.nearest_text(paths, line)}"
    return "\n".join([f"no image has code of a file {name}"] + ["  " + text for text in sources.absence(name)])


# ---- reload


def reload(debugger: Debugger, _: str) -> str:
    lines = ask(debugger.debug_folders())
    found = read_list(debugger)
    loaded = debugger.loaded()
    pending = {id for id, b in debugger.breakpoints().items() if not b.addresses}
    for symbol_file in loaded.keys() - {image.symbol_file for image in found.images}:
        if debugger.drop(symbol_file):
            lines.append(f"forgotten: the image whose symbol file was at {symbol_file:#x}")
    for image in found.images:
        if image.elf is None:
            continue
        if image.symbol_file not in loaded:
            load_entry(debugger, image)
            lines.append(f"loaded: {image.name}" + (f", {debug_file(image)}" if image.debug_path else ""))
        elif image.debug_path and image.has_debug_info and not loaded[image.symbol_file]:
            debugger.add_debug_file(image.symbol_file, image.debug_path)
            lines.append(f"debug file loaded: {image.name}, {image.debug_path}")
        elif image.lacks_debug_file:
            lines.append(f"still without its debug file: {image.name}, {debug_file(image)}")
    resolved = [b for id, b in debugger.breakpoints().items() if id in pending and b.addresses]
    lines += [f"resolved: breakpoint {b.id} ({b.text}) at {b.addresses[0]:#x}" for b in resolved]
    return "\n".join(lines + [f"warning: {problem}" for problem in found.problems]) or "nothing has changed"


def load_entry(debugger: Debugger, image: Image) -> bool:
    """Loads one image, if it can be read."""
    image.read(debugger)
    if image.elf is None:
        return False
    with symbol_file_path(debugger, image) as path:
        debugger.load(image.symbol_file, path)
    return True


class symbol_file_path:
    """A file for the debugger to read an image from: its debug file, or else a copy of its symbol file."""

    def __init__(self, debugger: Debugger, image: Image):
        self._debugger = debugger
        self._folder = None
        if image.debug_path is not None and image.debug is not None:
            self._path = image.debug_path
            return
        import tempfile  # rarely needed, and long to load

        self._folder = tempfile.mkdtemp(prefix="jitdebug-")
        # LLDB's own name for it.
        self._path = os.path.join(self._folder, f"JIT({image.symbol_file:#x})")
        with open(self._path, "wb") as file:
            file.write(debugger.read(image.symbol_file, image.size))

    def __enter__(self) -> str:
        return self._path

    def __exit__(self, *_: object) -> None:
        if self._folder is None:
            return
        import atexit
        import shutil

        if self._debugger.reopens_files:
            atexit.register(shutil.rmtree, self._folder, ignore_errors=True)
        else:
            shutil.rmtree(self._folder, ignore_errors=True)


# ---- follow


def follow(debugger: Debugger, _: str) -> str:
    text = debugger.follow()
    return f"{reload(debugger, '')}\n{text}" if debugger.has_process() else text
