"""Files and lines of all images: which recorded paths a name means, and where there is code for a line."""

from __future__ import annotations

import posixpath
from typing import Iterable, Optional

from jitdebug_list import Image
from jitdebug_lines import Row

SHOWN = 10


def parse_place(text: str) -> Optional[tuple[str, int]]:
    name, colon, line = text.rpartition(":")
    return (name, int(line)) if colon and name and line.isdigit() else None


class Sources:
    def __init__(self, images: list[Image], rules: list[tuple[str, str]]):
        self.images, self._rules = images, rules
        self.paths = {row.path for image in images for row in image.rows}

    def matching(self, name: str) -> set[str]:
        """The recorded paths that a user's name for a file means: its last components, or the whole path, here or there."""
        name = posixpath.normpath(name)
        return {path for path in self.paths if any(_is_same(candidate, name) for candidate in (path, self.here(path)))}

    def here(self, path: str) -> str:
        """Where the debugger's source map leads."""
        for prefix, replacement in self._rules:
            if path == prefix or path.startswith(prefix.rstrip("/") + "/"):
                return replacement.rstrip("/") + path[len(prefix.rstrip("/")) :]
        return path

    def _rows(self, paths: set[str]) -> Iterable[tuple[Image, Row]]:
        return ((image, row) for image in self.images for row in image.rows if row.path in paths and row.line > 0)

    def code(self, paths: set[str], line: int) -> list[tuple[Image, Row]]:
        """The beginnings of all code for a line: what follows without a gap is the same place."""
        result: list[tuple[Image, Row]] = []
        end = None
        for image, row in self._rows(paths):
            if row.line != line:
                continue
            if row.address != end:
                result.append((image, row))
            end = row.end
        return result

    def nearest_text(self, paths: set[str], line: int) -> str:
        lines = sorted({row.line for _, row in self._rows(paths)})
        before = [str(number) for number in lines if number < line][-2:]
        after = [str(number) for number in lines if number > line][:2]
        return f"nearest lines with code: {', '.join(before + after)}" if before + after else "it has no code at all"

    def absence(self, name: str) -> list[str]:
        """What is known instead of a file of this name."""
        base = posixpath.basename(name)
        same = sorted(path for path in self.paths if posixpath.basename(path) == base)
        if same:
            return [f"but of {path}" for path in same[:SHOWN]]
        names = sorted({posixpath.basename(path) for path in self.paths})
        if not names:
            return ["no image here has line tables"]
        import difflib  # takes longer to load than all the rest

        close = difflib.get_close_matches(base, names)
        if close:
            return [f"similar names: {', '.join(close)}"]
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        return [f"known files: {', '.join(names[:SHOWN])}{more}"]


def _is_same(path: str, name: str) -> bool:
    # A relative recorded path (DWARF 4) has its folder elsewhere.
    return path == name or path.endswith("/" + name) and not name.startswith("/") or (
        name.startswith("/") and not path.startswith("/") and name.endswith("/" + posixpath.normpath(path)))
