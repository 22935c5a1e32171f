"""Whether a benchmark had the machine to itself: numbers of a run beside other work are told, and are no result."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

MOST_LOAD = 0.5
"""Load at the beginning for each core, above which other work was going on (house)."""
MOST_ELSEWHERE = 0.15
"""Share of the cores that other processes may have used meanwhile (house)."""


@dataclass(frozen=True)
class Run:
    """What else went on during a run.

    Attributes:
        load: of the machine for each core when it began.
        elsewhere: share of the cores that other processes used while it ran; missing where it cannot be told.
    """

    load: float
    elsewhere: float | None = None

    @property
    def is_result(self) -> bool:
        """Whether the machine was quiet enough."""
        return self.load <= MOST_LOAD and (self.elsewhere or 0.0) <= MOST_ELSEWHERE

    def __str__(self) -> str:
        used = "" if self.elsewhere is None else f", other processes used {self.elsewhere:.0%} of the cores"
        said = f"load at the beginning {self.load:.2f} for each core{used}"
        return said if self.is_result else f"NOT A RESULT, other work went on: {said}"


class Watch:
    """Begins when it is made."""

    def __init__(self) -> None:
        self._cores = os.cpu_count() or 1
        self.load = os.getloadavg()[0] / self._cores
        self._began, self._busy, self._own = time.perf_counter(), _busy_seconds(), _own_seconds()

    def ended(self) -> Run:
        """What went on since."""
        busy = _busy_seconds()
        if busy is None or self._busy is None:
            return Run(self.load)
        others = busy - self._busy - (_own_seconds() - self._own)
        return Run(self.load, max(others, 0.0) / (self._cores * max(time.perf_counter() - self._began, 1e-9)))


def _own_seconds() -> float:
    """Seconds of the processor of this process and of those that it started and that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _busy_seconds() -> float | None:
    """Seconds of all cores in which something ran; missing where the system does not tell."""
    try:
        fields = Path("/proc/stat").read_text().splitlines()[0].split()
    except OSError:
        return None
    user, nice, system, _, _, irq, soft, steal = map(int, fields[1:9])
    return (user + nice + system + irq + soft + steal) / os.sysconf("SC_CLK_TCK")
