"""Asks the `jitdebug run --watch` of a session to look at the sources now."""

from __future__ import annotations

import json
import os
import socket
from typing import Iterable

# How long compiling may take, in seconds.
LIMIT = 120


def ask(debug_folders: Iterable[str]) -> list[str]:
    """What came of it, in lines; none if no session watches its sources. The sessions' folders hold their debug folders."""
    for folder in debug_folders:
        path = _socket_path(os.path.join(os.path.dirname(folder.rstrip("/")), "session.json"))
        if path is None:
            continue
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(LIMIT)
                connection.connect(path)
                return b"".join(iter(lambda: connection.recv(4096), b"")).decode(errors="replace").splitlines()
        except TimeoutError:
            return [f"warning: no answer from `jitdebug run --watch` within {LIMIT} seconds"]
        except OSError as error:
            return [f"warning: `jitdebug run --watch` does not answer: {error.strerror}"]
    return []


def _socket_path(description: str) -> str | None:
    try:
        with open(description, encoding="utf-8") as file:
            session = json.load(file)
    except (OSError, ValueError):
        return None
    return session.get("reloadSocket") if session.get("state") == "running" else None
