"""What a page derives from an Analysis or a frame is derived once: kept beside it, and gone with it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Of = TypeVar("Of")
Made = TypeVar("Made")

_kept: dict[int, dict[str, Any]] = {}


def once(make: Callable[[Of], Made]) -> Callable[[Of], Made]:
    """Call a function of one Analysis or frame once for each of them; neither ever changes."""
    name = f"{make.__module__}.{make.__qualname__}"

    @wraps(make)
    def kept(thing: Of) -> Made:
        beside = _beside(thing)
        if name not in beside:
            beside[name] = make(thing)
        made: Made = beside[name]
        return made

    return kept


def give(make: Callable[[Of], Made], thing: Of, made: Made) -> None:
    """Keep what a function of :func:`once` would make, where it was made for many patients at once already."""
    _beside(thing)[f"{make.__module__}.{make.__qualname__}"] = made


def _beside(thing: object) -> dict[str, Any]:
    beside = _kept.get(id(thing))
    if beside is None:
        beside = _kept[id(thing)] = {}
        weakref.finalize(thing, _kept.pop, id(thing), None)
    return beside
