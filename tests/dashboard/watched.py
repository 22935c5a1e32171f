"""The file system, watched while a test runs: what was opened, written, moved, made or given another mode."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {
    "os.chmod": (0,), "os.chown": (0,), "os.mkdir": (0,), "os.rmdir": (0,), "os.remove": (0,), "os.truncate": (0,),
    "os.utime": (0,), "os.rename": (0, 1), "os.link": (1,), "os.symlink": (1,), "shutil.rmtree": (0,),
}  # fmt: skip
"""Events of Python's audit hooks that change something, and which of their arguments are places."""

_seen: list[tuple[str, str, bool]] | None = None


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _seen is None:
        return
    if event == "open":
        _note(event, arguments[0], bool((arguments[2] or 0) & _WRITES))
    elif event == "sqlite3.connect":
        _note(event, arguments[0], True)
    elif event in _CHANGES:
        for at in _CHANGES[event]:
            _note(event, arguments[at], True)


def _note(event: str, place: Any, changes: bool) -> None:
    """Names relative to an open folder are passed over: that folder itself was opened, and is noted."""
    if isinstance(place, int) or place is None or _seen is None:
        return
    name = os.fsdecode(place)
    if os.path.isabs(name) or event in ("open", "sqlite3.connect"):
        _seen.append((event, os.path.realpath(name.removeprefix("file:")) if "\0" not in name else name, changes))


sys.addaudithook(_hook)


class Watch:
    """What happened since it began."""

    def __init__(self, seen: list[tuple[str, str, bool]]):
        self._seen = seen

    def touched(self, *places: Path) -> list[tuple[str, str]]:
        """Events at or below these places."""
        real = _real(places)
        return [(event, name) for event, name, _ in list(self._seen) if _below(name, real)]

    def changed_outside(self, *allowed: Path) -> list[tuple[str, str]]:
        """Events that change something at none of these places."""
        real = _real(allowed)
        return [(event, name) for event, name, changes in list(self._seen) if changes and not _below(name, real)]


def _real(places: tuple[Path, ...]) -> tuple[str, ...]:
    return tuple(str(place.resolve()) for place in places)


def _below(name: str, real: tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(f"{place}{os.sep}") for place in real)


@contextmanager
def watching() -> Iterator[Watch]:
    """Watch this process, all its threads, until the block ends."""
    global _seen
    _seen = []
    try:
        yield Watch(_seen)
    finally:
        _seen = None
