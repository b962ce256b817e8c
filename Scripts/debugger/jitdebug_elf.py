"""Reads ELF files, from disk or out of a target's memory: as much as debugger commands need, trusting nothing in them."""

from __future__ import annotations

import struct
import zlib
from typing import Callable, NamedTuple, Optional

ET_REL = 1
SHT_SYMTAB, SHT_RELA, SHT_NOTE, SHT_NOBITS = 2, 4, 7, 8
SHF_WRITE, SHF_ALLOC, SHF_EXECINSTR, SHF_COMPRESSED = 1, 2, 4, 0x800
STT_OBJECT, STT_FUNC = 1, 2
NT_GNU_BUILD_ID = 3
# What is larger is taken for damage.
MAX_SECTIONS, MAX_SECTION_SIZE = 70_000, 1 << 30

# Absolute relocations and their sizes in bytes, as debug sections have them: x86-64, AArch64, RISC-V.
ABSOLUTE = {62: {1: 8, 10: 4}, 183: {257: 8, 258: 4}, 243: {2: 8, 1: 4}}


class BadFile(Exception):
    """The bytes are no ELF file, or a damaged one."""


class Section(NamedTuple):
    name: str
    type: int
    flags: int
    address: int
    offset: int
    size: int
    link: int

    @property
    def is_loaded(self) -> bool:
        return bool(self.flags & SHF_ALLOC) and self.size > 0

    @property
    def is_code(self) -> bool:
        return self.is_loaded and bool(self.flags & SHF_EXECINSTR)


class Symbol(NamedTuple):
    name: str
    address: int
    size: int
    is_function: bool


class ELF:
    """An ELF file of `size` bytes, of which `read(offset, count)` gives a part."""

    def __init__(self, read: Callable[[int, int], bytes], size: int):
        self._read, self._size = read, size
        ident = self._bytes(0, 16)
        if ident[:4] != b"\x7fELF":
            raise BadFile("not an ELF file")
        if ident[4] not in (1, 2) or ident[5] not in (1, 2):
            raise BadFile("an ELF file of unknown class or byte order")
        self.is_64 = ident[4] == 2
        self.order = "<" if ident[5] == 1 else ">"
        header = struct.Struct(self.order + ("HHIQQQIHHHHHH" if self.is_64 else "HHIIIIIHHHHHH"))
        values = header.unpack(self._bytes(16, header.size))
        self.is_relocatable, self._machine = values[0] == ET_REL, values[1]
        self.sections = self._sections(offset=values[5], count=values[11], names=values[12])

    @classmethod
    def from_bytes(cls, data: bytes) -> ELF:
        return cls(lambda offset, count: data[offset : offset + count], len(data))

    @classmethod
    def from_file(cls, path: str) -> ELF:
        with open(path, "rb") as file:
            return cls.from_bytes(file.read())

    def _bytes(self, offset: int, count: int) -> bytes:
        if count > MAX_SECTION_SIZE or offset + count > self._size:
            raise BadFile("its parts lie outside of it")
        data = self._read(offset, count)
        if len(data) != count:
            raise BadFile("it ends early")
        return data

    def _sections(self, offset: int, count: int, names: int) -> list[Section]:
        if offset == 0:
            return []
        header = struct.Struct(self.order + ("IIQQQQIIQQ" if self.is_64 else "IIIIIIIIII"))
        first = header.unpack(self._bytes(offset, header.size))
        # Numbers that do not fit the file's header are in the first section's.
        count = count or first[5]
        names = first[6] if names == 0xFFFF else names
        if count > MAX_SECTIONS:
            raise BadFile(f"it claims {count} sections")
        raw = list(header.iter_unpack(self._bytes(offset, header.size * count)))
        table = b""
        if names < count and raw[names][1] != SHT_NOBITS:
            table = self._bytes(raw[names][4], raw[names][5])
        return [Section(text(table, s[0]), s[1], s[2], s[3], s[4], s[5], s[6]) for s in raw]

    def section(self, name: str) -> Optional[Section]:
        return next((section for section in self.sections if section.name == name), None)

    def content(self, section: Optional[Section]) -> bytes:
        """Its bytes, decompressed; none if there is no such section, or nothing of it in the file.

        Those of an object that a JIT has placed, by giving its sections addresses, are relocated accordingly.
        """
        if section is None or section.type == SHT_NOBITS:
            return b""
        data = self._decompressed(section)
        relocations = self.section(".rela" + section.name)
        if self.is_relocatable and self.is_64 and relocations and relocations.type == SHT_RELA:
            data = self._relocated(data, relocations)
        return data

    def _relocated(self, data: bytes, relocations: Section) -> bytes:
        result, sizes = bytearray(data), ABSOLUTE.get(self._machine, {})
        values = self._symbol_values(self.sections[relocations.link])
        item = struct.Struct(self.order + "QQq")
        for offset, info, addend in item.iter_unpack(self._whole(relocations, item)):
            size, symbol = sizes.get(info & 0xFFFFFFFF, 0), info >> 32
            if size and offset + size <= len(result) and symbol < len(values):
                value = values[symbol] + addend & (1 << 8 * size) - 1
                result[offset : offset + size] = value.to_bytes(size, "little" if self.order == "<" else "big")
        return bytes(result)

    def _symbol_values(self, table: Section) -> list[int]:
        item = struct.Struct(self.order + "IBBHQQ")
        return [self._value(index, value) for _, _, _, index, value, _ in item.iter_unpack(self._whole(table, item))]

    def _value(self, index: int, value: int) -> int:
        in_section = self.is_relocatable and index < len(self.sections)
        return value + self.sections[index].address if in_section else value

    def _whole(self, section: Section, item: struct.Struct) -> bytes:
        return self._decompressed(section)[: section.size // item.size * item.size]

    def _decompressed(self, section: Section) -> bytes:
        data = self._bytes(section.offset, section.size)
        if not section.flags & SHF_COMPRESSED:
            return data
        header = struct.Struct(self.order + ("IIQQ" if self.is_64 else "III"))
        kind, *rest = header.unpack_from(data)
        if kind != 1 or rest[-2] > MAX_SECTION_SIZE:
            raise BadFile(f"section {section.name} is compressed in an unknown way")
        return zlib.decompressobj().decompress(data[header.size :], rest[-2])

    @property
    def has_line_tables(self) -> bool:
        section = self.section(".debug_line")
        return section is not None and section.type != SHT_NOBITS and section.size > 0

    @property
    def build_id(self) -> Optional[str]:
        for section in self.sections:
            if section.type != SHT_NOTE:
                continue
            data = self.content(section)
            at = 0
            while at + 12 <= len(data):
                name_size, size, kind = struct.unpack_from(self.order + "III", data, at)
                start = at + 12 + (name_size + 3) // 4 * 4
                if kind == NT_GNU_BUILD_ID and data[at + 12 : at + 16] == b"GNU\0":
                    return data[start : start + size].hex()
                at = start + (size + 3) // 4 * 4
        return None

    @property
    def symbols(self) -> list[Symbol]:
        """Functions and variables, by address."""
        result = []
        item = struct.Struct(self.order + ("IBBHQQ" if self.is_64 else "IIIBBH"))
        for section in self.sections:
            if section.type != SHT_SYMTAB or section.link >= len(self.sections):
                continue
            names = self.content(self.sections[section.link])
            for entry in item.iter_unpack(self._whole(section, item)):
                if self.is_64:
                    name, info, _, index, value, size = entry
                else:
                    name, value, size, info, _, index = entry
                if info & 15 in (STT_OBJECT, STT_FUNC) and index != 0:
                    result.append(Symbol(text(names, name), self._value(index, value), size, info & 15 == STT_FUNC))
        return sorted(result, key=lambda symbol: symbol.address)


def text(table: bytes, offset: int) -> str:
    end = table.find(b"\0", offset)
    return table[offset : end if end >= 0 else len(table)].decode("utf-8", "replace")
