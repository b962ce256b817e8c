"""The `jit` commands for LLDB: `command script import` this file."""

from __future__ import annotations

import json
import os
import re
import sys

import lldb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import jitdebug_commands as commands
from jitdebug_elf import ELF
from jitdebug_follow import follow, registered
from jitdebug_list import Breakpoint, ReadError

# What was loaded here and not by LLDB itself, by process and symbol file: a debug file keeps its name.
_loaded: dict[tuple[int, int], lldb.SBModule] = {}


class LLDB:
    reopens_files = False

    def __init__(self, debugger: lldb.SBDebugger):
        self.debugger = debugger
        self.target = debugger.GetSelectedTarget()
        self.process = self.target.GetProcess()

    def has_process(self) -> bool:
        return self.process.IsValid() and self.process.is_alive

    def pointer_size(self) -> int:
        return self.target.GetAddressByteSize()

    def byte_order(self) -> str:
        return "big" if self.target.GetByteOrder() == lldb.eByteOrderBig else "little"

    def read(self, address: int, size: int) -> bytes:
        error = lldb.SBError()
        data = self.process.ReadMemory(address, size, error)
        if error.Fail() or data is None or len(data) != size:
            raise ReadError(error.GetCString() or f"no memory at {address:#x}")
        return data

    def symbol_addresses(self, name: str) -> list[int]:
        found = []
        for context in self.target.FindSymbols(name):
            address = context.GetSymbol().GetStartAddress().GetLoadAddress(self.target)
            if address not in found and address not in (0, lldb.LLDB_INVALID_ADDRESS):
                found.append(address)
        return found

    def evaluate(self, text: str) -> int:
        try:
            return int(text, 0)
        except ValueError:
            pass
        value = self.target.EvaluateExpression(f"(unsigned long long)({text})")
        if value.GetError().Fail():
            raise ValueError((value.GetError().GetCString() or "no value").splitlines()[0])
        return value.GetValueAsUnsigned()

    def _setting(self, name: str) -> str:
        return self.output(f"settings show {name}")

    def output(self, command: str) -> str:
        result = lldb.SBCommandReturnObject()
        self.debugger.GetCommandInterpreter().HandleCommand(command, result)
        if not result.Succeeded():
            raise commands.CommandError((result.GetError() or f"{command} failed").strip())
        return result.GetOutput() or ""

    def debug_folders(self) -> list[str]:
        own = re.findall(r"^ *\[\d+\]: (.*)$", self._setting("target.debug-file-search-paths"), re.M)
        return own + ["/usr/lib/debug"]

    def source_rules(self) -> list[tuple[str, str]]:
        return re.findall(r'^\[\d+\] "(.*)" -> "(.*)"$', self._setting("target.source-map"), re.M)

    def loader_problem(self) -> tuple[str, str] | None:
        if not self._setting("plugin.jit-loader.gdb.enable").rstrip().endswith("off"):
            return None
        return ("LLDB's setting plugin.jit-loader.gdb.enable is off",
                "`settings set plugin.jit-loader.gdb.enable on`, then attach again or `jit reload`")

    def _modules(self) -> dict[int, lldb.SBModule]:
        found = {}
        for module in self.target.module_iter():
            name = re.fullmatch(r"JIT\(0x([0-9a-f]+)\)", module.GetFileSpec().GetFilename() or "")
            if name:
                found[int(name[1], 16)] = module
        for (process, symbol_file), module in _loaded.items():
            if process == self.process.GetUniqueID() and module.IsValid():
                found[symbol_file] = module
        return found

    def loaded(self) -> dict[int, bool]:
        return {address: module.GetNumCompileUnits() > 0 for address, module in self._modules().items()}

    def load(self, symbol_file: int, path: str) -> None:
        module = self.target.AddModule(path, None, None)
        if not module.IsValid():
            raise commands.CommandError(f"LLDB cannot read {path}")
        elf = ELF.from_file(path)
        if not elf.is_relocatable:
            self.target.SetModuleLoadAddress(module, 0)
        # Of a relocatable object LLDB believes no address: it lays the sections out from 0 on. (It leaves out the first, which
        # is none.)
        for number, section in enumerate(elf.sections[1:] if elf.is_relocatable else []):
            if section.is_loaded and module.GetSectionAtIndex(number).GetName() == section.name:
                self.target.SetSectionLoadAddress(module.GetSectionAtIndex(number), section.address)
        _loaded[self.process.GetUniqueID(), symbol_file] = module

    def add_debug_file(self, symbol_file: int, path: str) -> None:
        escaped = path.replace("\\", "\\\\").replace('"', '\\"')
        self.output(f'target symbols add "{escaped}"')

    def drop(self, symbol_file: int) -> bool:
        module = self._modules().get(symbol_file)
        _loaded.pop((self.process.GetUniqueID(), symbol_file), None)
        return module is not None and self.target.RemoveModule(module)

    def follow(self) -> str:
        return follow(self)

    def breakpoints(self) -> dict[str, Breakpoint]:
        found = {}
        for breakpoint in self.target.breakpoint_iter():
            stream = lldb.SBStream()
            breakpoint.SerializeToStructuredData().GetAsJSON(stream)
            resolver = json.loads(stream.GetData() or "{}").get("Breakpoint", {}).get("BKPTResolver", {})
            options = resolver.get("Options", {})
            addresses = [location.GetLoadAddress() for location in breakpoint]
            addresses = [address for address in addresses if address != lldb.LLDB_INVALID_ADDRESS]
            id, name = str(breakpoint.GetID()), next(iter(options.get("SymbolNames", [])), None)
            if resolver.get("Type") == "FileAndLine":
                file, line = options.get("FileName", ""), options.get("LineNumber", 0)
                found[id] = Breakpoint(id, f"{file}:{line}", addresses, file=file, line=line)
            else:
                found[id] = Breakpoint(id, name or resolver.get("Type", "?"), addresses, function=name)
        return found


class _Command:
    name = ""

    def __init__(self, debugger: lldb.SBDebugger, _: dict):
        pass

    def __call__(self, debugger, argument, context, result):
        try:
            result.AppendMessage(commands.run(LLDB(debugger), self.name, argument))
        except commands.CommandError as error:
            result.SetError(str(error))

    def get_short_help(self):
        return commands.HELP[self.name][1]

    def get_long_help(self):
        return commands.usage(self.name)


# LLDB makes commands of classes that it finds by name.
for _name in commands.HELP:
    globals()[f"Jit_{_name}"] = type(f"Jit_{_name}", (_Command,), {"name": _name})


def __lldb_init_module(debugger: lldb.SBDebugger, _: dict) -> None:
    interpreter, result = debugger.GetCommandInterpreter(), lldb.SBCommandReturnObject()
    lines = [f'command container add --overwrite --help "{commands.SUMMARY}" jit']
    lines += [f"command script add --overwrite --class {__name__}.Jit_{name} jit {name}" for name in commands.HELP]
    for line in lines:
        interpreter.HandleCommand(line, result)
        if not result.Succeeded():
            print(f"warning: {line}: {(result.GetError() or '').strip()}")
