"""Reads DWARF line tables (versions 2 to 5): the sources of an image, and the addresses of their lines."""

from __future__ import annotations

import posixpath
from typing import Iterator, NamedTuple

from jitdebug_elf import ELF, text


class Row(NamedTuple):
    """Code from `address` up to `end` that belongs to a line."""

    address: int
    end: int
    path: str
    line: int
    is_statement: bool


class _Reader:
    def __init__(self, data: bytes, at: int, end: int, order: str):
        self.data, self.at, self.end = data, at, end
        self.order = "little" if order == "<" else "big"

    def take(self, count: int) -> bytes:
        if count < 0 or self.at + count > self.end:
            raise IndexError("the line table ends early")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), self.order)

    def signed(self, size: int) -> int:
        return int.from_bytes(self.take(size), self.order, signed=True)

    def uleb(self) -> int:
        value = shift = 0
        while True:
            byte = self.number(1)
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def sleb(self) -> int:
        start = self.at
        value = self.uleb()
        bits = 7 * (self.at - start)
        return value - (1 << bits) if value >> (bits - 1) & 1 else value

    def string(self) -> str:
        value = text(self.data[: self.end], self.at)
        self.at = self.data.index(b"\0", self.at) + 1
        return value


class LineTable:
    """The table of one compile unit. Paths are as recorded, relative ones of DWARF 4 without their compilation directory."""

    def __init__(self, reader: _Reader, offset_size: int, strings: dict[int, bytes]):
        self._strings, self._offset_size = strings, offset_size
        self.version = reader.number(2)
        if not 2 <= self.version <= 5:
            raise IndexError(f"DWARF version {self.version}")
        self._address_size = 8
        if self.version >= 5:
            self._address_size = reader.number(1)
            reader.number(1)
        header_size = reader.number(offset_size)
        program = reader.at + header_size
        self._minimum = reader.number(1)
        if self.version >= 4:
            reader.number(1)
        self._default_is_statement = reader.number(1) != 0
        self._line_base, self._line_range = reader.signed(1), reader.number(1)
        self._opcode_base = reader.number(1)
        self._lengths = [0] + [reader.number(1) for _ in range(self._opcode_base - 1)]
        self.paths = self._read_paths(reader) if self.version >= 5 else self._read_old_paths(reader)
        self._program = _Reader(reader.data, program, reader.end, "<" if reader.order == "little" else ">")

    @property
    def primary(self) -> str:
        """The compile unit's own source."""
        return next(iter(self.paths[0 if self.version >= 5 else 1 :]), "?")

    def _read_old_paths(self, reader: _Reader) -> list[str]:
        folders = [""]
        while folder := reader.string():
            folders.append(folder)
        paths = [""]
        while name := reader.string():
            folder = reader.uleb()
            reader.uleb()
            reader.uleb()
            paths.append(_join(folders[folder] if folder < len(folders) else "", name))
        return paths

    def _read_paths(self, reader: _Reader) -> list[str]:
        folders = [name for name, _ in self._read_entries(reader)]
        base = folders[0] if folders else ""
        folders = [_join(base, folder) for folder in folders]
        return [
            _join(folders[folder] if folder < len(folders) else base, name) for name, folder in self._read_entries(reader)
        ]

    def _read_entries(self, reader: _Reader) -> list[tuple[str, int]]:
        """Section 6.2.4.1: names and their folders, each field in the form that the table itself describes."""
        formats = [(reader.uleb(), reader.uleb()) for _ in range(reader.number(1))]
        entries: list[tuple[str, int]] = []
        count = reader.uleb()
        # Without formats, any number of entries would take no room.
        for _ in range(count if formats else 0):
            name, folder = "", 0
            for content, form in formats:
                value = self._read_form(reader, form)
                if content == 1 and isinstance(value, str):
                    name = value
                elif content == 2 and isinstance(value, int):
                    folder = value
            entries.append((name, folder))
        return entries

    def _read_form(self, reader: _Reader, form: int) -> object:
        sizes = {0x0B: 1, 0x05: 2, 0x06: 4, 0x07: 8}
        if form in sizes:
            return reader.number(sizes[form])
        if form == 0x08:
            return reader.string()
        if form in (0x0E, 0x1F):  # DW_FORM_strp, DW_FORM_line_strp
            return text(self._strings[form], reader.number(self._offset_size))
        if form == 0x0F:
            return reader.uleb()
        if form == 0x1E:
            return reader.take(16)
        if form == 0x09:
            return reader.take(reader.uleb())
        raise IndexError(f"form {form:#x} in a line table")

    def rows(self) -> Iterator[Row]:
        """Runs the line program (section 6.2.5). Rows without extent, which end a sequence, are left out."""
        reader = self._program
        address, file, line, is_statement = 0, 1, 1, self._default_is_statement
        last = None

        def path(number: int) -> str:
            return self.paths[number] if number < len(self.paths) else ""

        while reader.at < reader.end:
            opcode = reader.number(1)
            emits = False
            if opcode >= self._opcode_base:
                adjusted = opcode - self._opcode_base
                address += adjusted // self._line_range * self._minimum
                line += self._line_base + adjusted % self._line_range
                emits = True
            elif opcode == 0:
                size = reader.uleb()
                next_at = reader.at + size
                extended = reader.number(1)
                if extended == 1:
                    if last and last[0] < address:
                        yield Row(last[0], address, path(last[1]), last[2], last[3])
                    address, file, line, is_statement = 0, 1, 1, self._default_is_statement
                    last = None
                elif extended == 2:
                    address = reader.number(size - 1)
                reader.at = next_at
            elif opcode == 1:
                emits = True
            elif opcode == 2:
                address += reader.uleb() * self._minimum
            elif opcode == 3:
                line += reader.sleb()
            elif opcode == 4:
                file = reader.uleb()
            elif opcode == 6:
                is_statement = not is_statement
            elif opcode == 8:
                address += (255 - self._opcode_base) // self._line_range * self._minimum
            elif opcode == 9:
                address += reader.number(2)
            else:
                for _ in range(self._lengths[opcode]):
                    reader.uleb()
            if emits:
                if last and last[0] < address:
                    yield Row(last[0], address, path(last[1]), last[2], last[3])
                last = (address, file, line, is_statement)


def line_tables(elf: ELF) -> Iterator[LineTable]:
    """Each compile unit's. A damaged one ends the list: what follows it cannot be found."""
    data = elf.content(elf.section(".debug_line"))
    strings = {0x0E: elf.content(elf.section(".debug_str")), 0x1F: elf.content(elf.section(".debug_line_str"))}
    at = 0
    while at + 4 < len(data):
        reader = _Reader(data, at, len(data), elf.order)
        length, offset_size = reader.number(4), 4
        if length == 0xFFFFFFFF:
            length, offset_size = reader.number(8), 8
        at = reader.at + length
        if at > len(data):
            return
        reader.end = at
        try:
            yield LineTable(reader, offset_size, strings)
        except (IndexError, ValueError):
            return


def _join(folder: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(folder, name)) if name else folder
