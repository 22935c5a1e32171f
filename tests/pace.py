"""How much slower this machine is now than the one that limits were written on; time-outs of tests follow it."""

from __future__ import annotations

import os
import time
from functools import cache

USUAL_MS = 40.0
"""What :func:`_work` takes on a quiet machine of the kind that the limits were written on."""
MOST = 6.0
"""A test that hangs still ends: no limit is stretched further."""


def _work() -> int:
    return sum(i * i % 7 for i in range(600_000))


@cache
def pace() -> float:
    """Factor for time-outs, 1 to MOST: measured speed times the programs that wait for each processor."""
    began = time.perf_counter()
    _work()
    return factor(1_000 * (time.perf_counter() - began), os.getloadavg()[0] / (os.cpu_count() or 1))


def milliseconds(seconds: float) -> float:
    """A time-out of the browser, written in seconds of a quiet machine."""
    return 1_000 * seconds * pace()


def factor(took_ms: float, waiting: float) -> float:
    """The factor of a measured time and of a load a processor.

    >>> factor(40.0, 0.5), factor(80.0, 0.5), factor(80.0, 8.0)
    (1.0, 2.0, 6.0)
    """
    return min(max(took_ms / USUAL_MS, waiting, 1.0), MOST)
