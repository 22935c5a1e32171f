"""What drawing derives from an Analysis is derived once: kept beside it, and gone with it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from analytics.analysis import Analysis

Made = TypeVar("Made")

_kept: dict[int, dict[str, Any]] = {}


def once(make: Callable[[Analysis], Made]) -> Callable[[Analysis], Made]:
    """Call a function of one Analysis once for each Analysis; an Analysis never changes."""
    name = f"{make.__module__}.{make.__qualname__}"

    @wraps(make)
    def kept(analysis: Analysis) -> Made:
        beside = _beside(analysis)
        if name not in beside:
            beside[name] = make(analysis)
        made: Made = beside[name]
        return made

    return kept


def give(make: Callable[[Analysis], Made], analysis: Analysis, made: Made) -> None:
    """Keep what a function of :func:`once` would make, where it was made for many patients at once already."""
    _beside(analysis)[f"{make.__module__}.{make.__qualname__}"] = made


def _beside(analysis: Analysis) -> dict[str, Any]:
    beside = _kept.get(id(analysis))
    if beside is None:
        beside = _kept[id(analysis)] = {}
        weakref.finalize(analysis, _kept.pop, id(analysis), None)
    return beside
