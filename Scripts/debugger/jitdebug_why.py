"""`jit why`: the one reason why a breakpoint is pending, what shows it, and what helps."""

from __future__ import annotations

import json
import os
import posixpath
from typing import Iterator, NamedTuple, Optional

from jitdebug_commands import CommandError, debug_file
from jitdebug_list import DESCRIPTOR, HOOK, Breakpoint, Debugger, Image, ImageList, read_list
from jitdebug_sources import Sources


class Answer(NamedTuple):
    reason: str
    evidence: list[str]
    remedy: Optional[str]


def why(debugger: Debugger, id: str) -> str:
    breakpoints = debugger.breakpoints()
    # LLDB and GDB name a location of a breakpoint 1.2.
    id = id.partition(".")[0]
    if id not in breakpoints:
        known = ", ".join(breakpoints) or "none"
        raise CommandError(f"jit why: there is no breakpoint {id} (there are: {known})")
    breakpoint = breakpoints[id]
    answer = explain(debugger, breakpoint)
    lines = [f"breakpoint {id} ({breakpoint.text})", f"  reason: {answer.reason}"]
    lines += [f"  evidence: {text}" for text in answer.evidence]
    if answer.remedy:
        lines.append(f"  remedy: {answer.remedy}")
    return "\n".join(lines)


def explain(debugger: Debugger, breakpoint: Breakpoint) -> Answer:
    if breakpoint.addresses:
        places = ", ".join(hex(address) for address in breakpoint.addresses[:4])
        return Answer("none, it is resolved", [f"it is at {places}"], None)
    if not debugger.has_process():
        return Answer("not linked yet", ["there is no process"], "attach, or start the program")
    answer = _hook(debugger)
    if answer:
        return answer
    found = read_list(debugger)
    if not found.images:
        return Answer(
            "not linked yet",
            ["the process has the JIT interface, but nothing is registered there"] + found.problems,
            "continue: the breakpoint resolves when the code is linked")
    if breakpoint.file is not None:
        return _file(debugger, breakpoint.file, breakpoint.line, found)
    if breakpoint.function is not None:
        return _function(debugger, breakpoint.function, found)
    return Answer("unknown", ["it is set neither by file and line nor by function"], None)


def _hook(debugger: Debugger) -> Optional[Answer]:
    for symbol in (HOOK, DESCRIPTOR):
        if not debugger.symbol_addresses(symbol):
            return Answer(
                "hook missing", [f"no module of the process has the symbol {symbol}"],
                "debug a process that registers its code, such as jitdebug-executor, and load its program file before attaching")
    problem = debugger.loader_problem()
    return Answer("hook missing", [problem[0]], problem[1]) if problem else None


def _file(debugger: Debugger, name: str, line: int, found: ImageList) -> Answer:
    sources = Sources(found.images, debugger.source_rules())
    paths = sources.matching(name)
    code = sources.code(paths, line)
    if code:
        image, row = code[0]
        return _unread(debugger, image, f"{image.name} has code for {row.path}:{row.line} at {row.address:#x}")
    if paths:
        return Answer(
            "file known, line has no code", [f"{sorted(paths)[0]}: {sources.nearest_text(paths, line)}"],
            "set it on a line that has code; `jit where FILE:LINE` shows where")
    return _nowhere(debugger, found, name, "no such file in any image", sources.absence(name))


def _function(debugger: Debugger, name: str, found: ImageList) -> Answer:
    names: set[str] = set()
    for image in found.images:
        symbol = image.named(name)
        if symbol:
            return _unread(debugger, image, f"{image.name} has {symbol.name} at {symbol.address:#x}")
        names |= {symbol.name for symbol in image.symbols}
    import difflib  # takes longer to load than all the rest

    close = difflib.get_close_matches(name, sorted(names))
    evidence = [f"similar names: {', '.join(close)}"] if close else [f"{len(names)} functions and variables are known"]
    return _nowhere(debugger, found, None, "no such function in any image", evidence)


def _unread(debugger: Debugger, image: Image, evidence: str) -> Answer:
    """The code is there, so it is the debugger that does not know."""
    loaded = debugger.loaded()
    if image.symbol_file not in loaded:
        return Answer("image not read by the debugger", [evidence], "`jit reload`")
    if image.debug_path and not loaded[image.symbol_file]:
        return Answer(
            "debug file not found", [evidence, f"when the debugger looked, {image.debug_path} was not there"],
            "`jit reload`: it is there now")
    return Answer("image not read by the debugger", [evidence, "though it has read the image"], "set the breakpoint again")


def _nowhere(debugger: Debugger, found: ImageList, file: Optional[str], reason: str, evidence: list[str]) -> Answer:
    """In no image that can be looked into: in one that cannot, in one still to come, or nowhere."""
    for image in found.images:
        if image.lacks_debug_file:
            return Answer(
                "debug file not found", [f"{image.name}, build-id {image.build_id}: {debug_file(image)}"],
                "add the folder that holds .build-id to the searched ones, then `jit reload`")
    known = {image.build_id for image in found.images}
    for session in _sessions(debugger):
        if not session.build_ids <= known:
            return Answer(
                "not linked yet", [f"the session has code that is not registered: build-id {min(session.build_ids - known)}"],
                "continue: the breakpoint resolves when the code is linked")
        if file is not None and posixpath.basename(file) in session.inputs:
            evidence = [
                f"{posixpath.basename(file)} is an input of the session, but no image has lines of it: "
                "it was compiled without -g, or nothing in it is used"
            ]
    return Answer(reason, evidence, "check the spelling and the path; `jit list` shows the sources of each image")


class _Session(NamedTuple):
    inputs: set[str]
    build_ids: set[str]


def _sessions(debugger: Debugger) -> Iterator[_Session]:
    """What is written beside the searched folders by the sessions that they belong to."""
    for folder in debugger.debug_folders():
        try:
            with open(os.path.join(os.path.dirname(folder.rstrip("/")), "session.json"), encoding="utf-8") as stream:
                session = json.load(stream)
            generations = [generation for generation in session.get("generations", []) if "registered" in generation]
            yield _Session(
                {posixpath.basename(path) for path in session["inputs"]},
                {generation["buildID"] for generation in generations if "buildID" in generation})
        except (OSError, ValueError, AttributeError, TypeError, KeyError):
            continue  # Another folder than a session's.
