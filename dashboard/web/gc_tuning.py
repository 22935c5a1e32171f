"""When Python searches for objects that only hold each other: while no one waits for an answer."""

from __future__ import annotations

import ctypes
import gc
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

_YOUNG, _MIDDLE, _ALL = 2_000, 5, 1_000
"""New objects after which Python looks through the new ones; so many of these looks before the next older, then all."""
_GIVE_SECONDS = 20.0
_GROWN = 1.25
"""Once as many times the objects are out of sight as after the last search of all, all are searched again."""


@dataclass
class _Sight:
    """How many objects were out of sight after the last search of all, and when memory was given back."""

    kept: int = 0
    given: float = float("-inf")


_sight = _Sight()


def settle() -> None:
    """Look through all that is new since the last time, and take what is kept out of sight.

    From the first call on everything is hardly ever looked through by itself: that takes a tenth of a second where
    fifty pages are kept, and a reader would wait for it. So whoever serves calls this again whenever it is quiet.
    """
    gc.set_threshold(_YOUNG, _MIDDLE, _ALL)
    gc.collect()
    gc.freeze()
    give_back()


def give_back(now: Callable[[], float] = time.monotonic) -> bool:
    """Give memory that was let go back to the system, at most once in some seconds; says whether that was tried.

    After an import glibc keeps most of what was used for it, for ever. Elsewhere than on Linux with glibc nothing is
    done.
    """
    if now() - _sight.given < _GIVE_SECONDS:
        return False
    _sight.given = now()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    return True


def settle_grown() -> None:
    """Search all again where much more is out of sight than after the last such search: pages were let go since."""
    if gc.get_freeze_count() >= _GROWN * _sight.kept:
        settle_anew()


def settle_anew() -> None:
    """As :func:`settle`, and search what was kept before too: for when much of it has just been let go."""
    gc.unfreeze()
    settle()
    _sight.kept = gc.get_freeze_count()
