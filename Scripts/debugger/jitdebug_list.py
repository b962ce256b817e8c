"""The list of the GDB JIT interface in a process, read with care, and the images that its entries lead to."""

from __future__ import annotations

import os
import struct
import zlib
from functools import cached_property, lru_cache
from typing import Callable, NamedTuple, Optional, Protocol

from jitdebug_elf import ELF, BadFile, Section, Symbol
from jitdebug_lines import LineTable, Row, line_tables

DESCRIPTOR, HOOK = "__jit_debug_descriptor", "__jit_debug_register_code"
# More is taken for damage.
MAX_ENTRIES, MAX_FILE_SIZE = 100_000, 1 << 32
# Symbol files up to this size are read at once, larger ones by the part.
WHOLE_FILE_SIZE = 1 << 20


class ReadError(Exception):
    """Memory that cannot be read."""


# What reading a damaged file ends in: nothing in it is certain.
DAMAGE = (BadFile, ReadError, struct.error, zlib.error, IndexError, ValueError, ZeroDivisionError, OverflowError)


class Breakpoint(NamedTuple):
    id: str
    # As the user set it.
    text: str
    # Where it is, if it is anywhere.
    addresses: list[int]
    # Of the file as it was named, and the line; or of the function.
    file: Optional[str] = None
    line: int = 0
    function: Optional[str] = None


class Debugger(Protocol):
    """What the commands need of a debugger; jitdebug_lldb.py and jitdebug_gdb.py have it."""

    # Whether it may close a file it works with, and open it again later.
    reopens_files: bool

    def has_process(self) -> bool: ...
    def pointer_size(self) -> int: ...
    def byte_order(self) -> str: ...  # "little" or "big"
    def read(self, address: int, size: int) -> bytes: ...  # raises ReadError
    def symbol_addresses(self, name: str) -> list[int]: ...
    def evaluate(self, text: str) -> int: ...  # raises ValueError
    def debug_folders(self) -> list[str]: ...
    def source_rules(self) -> list[tuple[str, str]]: ...

    def loader_problem(self) -> Optional[tuple[str, str]]:
        """What keeps the debugger from reading the list by itself, and its remedy."""

    def loaded(self) -> dict[int, bool]:
        """The addresses of the symbol files it has read, and whether it has debug info for each."""

    def load(self, symbol_file: int, path: str) -> None:
        """Reads an image it missed, from a file that says at which addresses it lies."""

    def add_debug_file(self, symbol_file: int, path: str) -> None:
        """Gives an image it has read its debug file."""

    def drop(self, symbol_file: int) -> bool:
        """Forgets an image, if that can be done."""

    def follow(self) -> str:
        """Loads, from now on, what is registered through hooks that the debugger does not watch; says what it does."""

    def breakpoints(self) -> dict[str, Breakpoint]: ...


class Image:
    """An entry of the list, and what its symbol file and debug file say."""

    def __init__(self, number: int, entry: int, symbol_file: int, size: int):
        self.number, self.entry, self.symbol_file, self.size = number, entry, symbol_file, size
        self.elf: Optional[ELF] = None
        self.problem: Optional[str] = None
        self.build_id: Optional[str] = None
        self.debug_path: Optional[str] = None
        self.searched: list[str] = []

    def read(self, debugger: Debugger) -> None:
        try:
            if not 0 < self.size < MAX_FILE_SIZE:
                raise BadFile(f"a size of {self.size} bytes cannot be right")
            if self.size <= WHOLE_FILE_SIZE:
                elf = ELF.from_bytes(debugger.read(self.symbol_file, self.size))
            else:
                elf = ELF(lambda offset, count: debugger.read(self.symbol_file + offset, count), self.size)
            self.build_id = elf.build_id
            self.elf = elf
        except DAMAGE as error:
            self.problem = str(error)
            return
        if self.is_inline or not self.build_id:
            return
        for folder in debugger.debug_folders():
            path = os.path.join(folder, ".build-id", self.build_id[:2], self.build_id[2:] + ".debug")
            self.searched.append(path)
            if self.debug_path is None and os.path.isfile(path):
                self.debug_path = path

    @property
    def name(self) -> str:
        return f"image {self.number}"

    @property
    def is_inline(self) -> bool:
        return self.elf is not None and self.elf.has_line_tables

    @property
    def lacks_debug_file(self) -> bool:
        """Whether there would be more to know if its debug file were here."""
        return self.elf is not None and not self.is_inline and self.build_id is not None and self.debug_path is None

    @cached_property
    def symbols(self) -> list[Symbol]:
        return _undamaged(lambda: self.elf.symbols if self.elf else [])

    def range(self, is_code: bool) -> Optional[tuple[int, int]]:
        sections = [s for s in self.elf.sections if s.is_loaded and s.is_code == is_code] if self.elf else []
        # A relocatable object's sections that were not placed are at 0.
        sections = [s for s in sections if s.address]
        if not sections:
            return None
        return min(s.address for s in sections), max(s.address + s.size for s in sections)

    def section(self, address: int) -> Optional[Section]:
        sections = self.elf.sections if self.elf else []
        return next((s for s in sections if s.is_loaded and s.address <= address < s.address + s.size), None)

    @cached_property
    def debug(self) -> Optional[ELF]:
        """The file with its debug info."""
        if self.is_inline:
            return self.elf
        if self.debug_path is None:
            return None
        try:
            info = os.stat(self.debug_path)
            return _file(self.debug_path, info.st_mtime_ns, info.st_size)
        except (OSError, *DAMAGE):
            return None

    @property
    def has_debug_info(self) -> bool:
        return self.debug is not None and self.debug.has_line_tables

    @property
    def _line_tables(self) -> list[LineTable]:
        debug = self.debug
        return _undamaged(lambda: list(line_tables(debug)) if debug else [])

    @property
    def units(self) -> list[str]:
        """The source of each compile unit."""
        return list(dict.fromkeys(table.primary for table in self._line_tables))

    @cached_property
    def rows(self) -> list[Row]:
        """The line table's rows for code of this image, in the order of addresses."""
        code, rows = self.range(is_code=True), []
        for table in self._line_tables if code else ():
            rows += _undamaged(lambda: [row for row in table.rows() if code[0] <= row.address < code[1]])
        return sorted(rows)

    def symbol(self, address: int) -> Optional[Symbol]:
        inside = [s for s in self.symbols if s.address <= address < s.address + max(s.size, 1)]
        return inside[-1] if inside else None

    def named(self, name: str) -> Optional[Symbol]:
        """The function of this name. One of C++ is found by its own name inside the mangled one (Itanium C++ ABI, 5.1.3)."""
        base = name.partition("(")[0].split("::")[-1]
        mangled = f"{len(base.encode())}{base}"
        return next(
            (s for s in self.symbols if s.name == name or s.name.startswith("_Z") and base and mangled in s.name), None)

    def function(self, address: int) -> str:
        symbol = self.symbol(address)
        if symbol is None:
            return ""
        offset = address - symbol.address
        return f"{symbol.name}+{offset}" if offset else symbol.name


def _undamaged(read: Callable[[], list]) -> list:
    """What can be read, or nothing if that is damaged."""
    try:
        return read()
    except DAMAGE:
        return []


@lru_cache(maxsize=64)
def _file(path: str, _modified: int, _size: int) -> ELF:
    return ELF.from_file(path)


class ImageList(NamedTuple):
    # The descriptors' addresses.
    descriptors: list[int]
    images: list[Image]
    # Damage met on the way.
    problems: list[str]


UNREGISTERED = 2


class Descriptor(NamedTuple):
    action: int
    relevant: int
    first: int


class Memory:
    """The structures of the interface, in a process of any pointer size and byte order."""

    def __init__(self, debugger: Debugger):
        self._debugger, self._size, self._order = debugger, debugger.pointer_size(), debugger.byte_order()

    def _pointer(self, data: bytes, index: int, start: int = 0) -> int:
        return int.from_bytes(data[start + index * self._size : start + (index + 1) * self._size], self._order)

    def descriptor(self, address: int) -> Descriptor:
        # uint32_t version, action_flag; pointers to the relevant and to the first entry.
        data = self._debugger.read(address, 8 + 2 * self._size)
        return Descriptor(int.from_bytes(data[4:8], self._order), self._pointer(data, 0, 8), self._pointer(data, 1, 8))

    def entry(self, address: int, number: int) -> tuple[Image, int]:
        """The entry's image, not read yet, and the next entry."""
        # Pointers to the next and previous entry and to the symbol file; its size, a uint64_t, aligned to 8 bytes.
        data = self._debugger.read(address, (3 * self._size + 7) // 8 * 8 + 8)
        size = int.from_bytes(data[-8:], self._order)
        return Image(number, address, self._pointer(data, 2), size), self._pointer(data, 0)


def read_list(debugger: Debugger) -> ImageList:
    descriptors = debugger.symbol_addresses(DESCRIPTOR)
    images: list[Image] = []
    problems: list[str] = []
    memory = Memory(debugger)
    seen: set[int] = set()
    for descriptor in descriptors:
        try:
            entry = memory.descriptor(descriptor).first
        except ReadError as error:
            problems.append(f"the descriptor at {descriptor:#x} cannot be read: {error}")
            continue
        while entry:
            if entry in seen:
                problems.append(f"the list leads back to the entry at {entry:#x}: it ends here")
                break
            if len(images) == MAX_ENTRIES:
                problems.append(f"the list has more than {MAX_ENTRIES} entries: it ends here")
                break
            seen.add(entry)
            try:
                image, following = memory.entry(entry, len(images) + 1)
            except ReadError as error:
                problems.append(f"the entry at {entry:#x} cannot be read: the list ends here ({error})")
                break
            image.read(debugger)
            images.append(image)
            entry = following
    return ImageList(descriptors, images, problems)


def read_changes(debugger: Debugger, known: dict[int, int]) -> tuple[list[Image], list[int]]:
    """The images that are new, not read yet, and the symbol files that are gone, if `known` has the symbol file of each
    entry; brings that up to date. Where a hook has just been called, this finds what it was called for, whatever the length
    of the list: JITs put what is new at its head. Raises ReadError."""
    memory = Memory(debugger)
    new: list[Image] = []
    gone: list[int] = []

    def is_new(image: Image) -> bool:
        if known.get(image.entry) == image.symbol_file:
            return False
        if image.entry in known:
            gone.append(known[image.entry])
        if len(known) >= MAX_ENTRIES:
            return False
        known[image.entry] = image.symbol_file
        new.append(image)
        return True

    for address in debugger.symbol_addresses(DESCRIPTOR):
        descriptor = memory.descriptor(address)
        if descriptor.action == UNREGISTERED and descriptor.relevant in known:
            gone.append(known.pop(descriptor.relevant))
        entry = descriptor.first
        while entry:
            image, entry = memory.entry(entry, len(known) + 1)
            if not is_new(image):
                break
    return new, gone
