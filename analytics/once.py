"""What follows from a thing that never changes is derived once: held by a Case itself, beside anything else."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from analytics.case import Case

Of = TypeVar("Of")
Made = TypeVar("Made")
More = ParamSpec("More")

_beside: dict[int, dict[tuple[Any, ...], Any]] = {}


def once(derive: Callable[Concatenate[Of, More], Made]) -> Callable[Concatenate[Of, More], Made]:
    """Call a function of one Case, Analysis or frame once for each of them; further arguments must be hashable.

    >>> calls = []
    >>> @once
    ... def length_of(frame):
    ...     calls.append(len(frame))
    ...     return len(frame)
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"a": [1, 2, 3]})
    >>> length_of(frame), length_of(frame), calls
    (3, 3, [3])
    """
    name = _name(derive)
    alone: tuple[Any, ...] = (name,)

    @wraps(derive)
    def kept(thing: Of, /, *args: More.args, **kwargs: More.kwargs) -> Made:
        held = thing.derived if isinstance(thing, Case) else _held_of(thing)
        key = (name, *args, *kwargs.values()) if args or kwargs else alone
        made: Made
        try:  # asked thousands of times a patient: one look
            made = held[key]
        except KeyError:
            made = held[key] = derive(thing, *args, **kwargs)
        return made

    return kept


def key_of(derive: Callable[..., Any], *args: Any) -> tuple[Any, ...]:
    """Under which key a Case holds what a function of :func:`once` derives."""
    return (_name(derive), *args)


def give(derive: Callable[[Of], Made], thing: Of, made: Made) -> None:
    """Keep what a function of :func:`once` would derive, where it was derived for many patients at once already."""
    _held_of(thing)[key_of(derive)] = made


def _name(derive: Callable[..., Any]) -> str:
    return f"{derive.__module__}.{derive.__qualname__}"


def _held_of(thing: object) -> dict[tuple[Any, ...], Any]:
    if isinstance(thing, Case):
        return thing.derived
    held = _beside.get(id(thing))
    if held is None:
        held = _beside[id(thing)] = {}
        weakref.finalize(thing, _beside.pop, id(thing), None)
    return held
