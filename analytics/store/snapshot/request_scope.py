"""One moment of a store: while a page is made, the database is asked once for each thing that may change beside it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Thing = TypeVar("Thing")
_told: ContextVar[dict[Hashable, Any] | None] = ContextVar("told", default=None)


@contextmanager
def one_moment() -> Iterator[None]:
    """Within the block a store stays as it was when it was first asked: generation, marks, counts of the newest one.

    For what only reads. So what stands on one page is of one generation, even where an import ends meanwhile.
    """
    if _told.get() is not None:
        yield  # this moment has begun already
        return
    token = _told.set({})
    try:
        yield
    finally:
        _told.reset(token)


def at_one_moment(what: Hashable, ask: Callable[[], Thing]) -> Thing:
    """What was told of it before in this moment, else what ``ask`` gives; outside of a moment always that."""
    told = _told.get()
    if told is None:
        return ask()
    if what not in told:
        told[what] = ask()
    thing: Thing = told[what]
    return thing
