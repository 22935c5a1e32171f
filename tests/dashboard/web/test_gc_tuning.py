"""What was let go leaves memory, also what was out of sight of Python's search when it was let go."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
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


def pages_let_go() -> tuple[int, int, int]:
    """How many pages were made and let go, how many of them are alive, and how many objects are kept out of sight."""
    ballast = [Page() for _ in range(100)]
    settle_anew()
    kept = gc.get_freeze_count()
    alive = []
    for _ in range(3 * kept // 2_000):
        page = Page()
        alive.append(weakref.ref(page))
        settle()
        settle_grown()
        del page
    assert len(ballast) == 100
    return len(alive), sum(one() is not None for one in alive), kept


def test_pages_that_were_let_go_do_not_pile_up():
    # in a process of its own: the work grows with the square of what a process keeps, and that of all tests keeps much
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        made, left, kept = pool.submit(pages_let_go).result()
    assert made > 100
    assert left * 2_000 < 0.3 * kept + 2_000, "a quarter of what is kept may wait for the next search of all"
    assert left < made / 4


def test_memory_is_given_back_now_and_then():
    clock = iter([1_000_000.0, 1_000_000.0, 1_000_001.0, 1_000_030.0, 1_000_030.0])
    assert [give_back(lambda: next(clock)) for _ in range(3)] == [True, False, True]
