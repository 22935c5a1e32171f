"""What was let go leaves memory, also what was out of sight of Python's search when it was let go."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.web.gc_tuning import give_back, settle, settle_anew, settle_grown


class Page:
    """Objects that hold each other, as a page's components and tables do."""

    def __init__(self) -> None:
        self.parts: list[Any] = [[self, i] for i in range(2_000)]


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Python's own habits again afterwards."""
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def test_pages_that_were_let_go_do_not_pile_up():
    settle_anew()
    kept = gc.get_freeze_count()
    alive = []
    for _ in range(3 * kept // 2_000):
        page = Page()
        alive.append(weakref.ref(page))
        settle()
        settle_grown()
        del page
    left = sum(one() is not None for one in alive)
    assert left * 2_000 < 0.3 * kept + 2_000, "a quarter of what is kept may wait for the next search of all"
    assert left < len(alive) / 4


def test_memory_is_given_back_now_and_then():
    clock = iter([1_000_000.0, 1_000_000.0, 1_000_001.0, 1_000_030.0, 1_000_030.0])
    assert [give_back(lambda: next(clock)) for _ in range(3)] == [True, False, True]
