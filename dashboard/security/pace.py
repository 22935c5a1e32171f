"""How much one session may ask of a server's process: requests, and processor time; then 429 until it has recovered.

Both are buckets that fill up again: a person who works fast stays far below, a script that asks without end does not
keep others from being answered. Limits are house choices; each process counts for itself (docs/security.md): one count
for all of them would be a write to the disk with every request.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

CALLS, CALLS_A_SECOND = 300.0, 30.0
"""Requests at once, and for long; opening a page takes some ten."""
SECONDS, SECONDS_A_SECOND = 60.0, 0.5
"""Processor seconds at once, and for long: half a core."""
_MOST = 5_000
"""Sessions that are remembered; beyond it those that have recovered are forgotten."""


@dataclass
class _Left:
    calls: float
    seconds: float
    at: float


class Pace:
    """What every session has left.

    Args:
        now: a clock that is never set back.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic):
        self._now, self._lock = now, threading.Lock()
        self._left: dict[str, _Left] = {}

    def wait(self, session: str) -> int:
        """Count one request: 0 where it may go on, else after how many seconds the next one may."""
        with self._lock:
            left = self._of(session)
            if left.calls >= 1 and left.seconds > 0:
                left.calls -= 1
                return 0
            return math.ceil(max((1 - left.calls) / CALLS_A_SECOND, -left.seconds / SECONDS_A_SECOND, 1))

    def spent(self, session: str, seconds: float) -> None:
        """So much processor time went into an answer; the last one may cost more than was left."""
        with self._lock:
            self._of(session).seconds -= seconds

    def _of(self, session: str) -> _Left:
        now = self._now()
        left = self._left.get(session)
        if left is None:
            if len(self._left) >= _MOST:
                self._left = {name: kept for name, kept in self._left.items() if not self._full(kept, now)}
            left = self._left[session] = _Left(CALLS, SECONDS, now)
        gone, left.at = now - left.at, now
        left.calls = min(CALLS, left.calls + gone * CALLS_A_SECOND)
        left.seconds = min(SECONDS, left.seconds + gone * SECONDS_A_SECOND)
        return left

    @staticmethod
    def _full(left: _Left, now: float) -> bool:
        gone = now - left.at
        return left.calls + gone * CALLS_A_SECOND >= CALLS and left.seconds + gone * SECONDS_A_SECOND >= SECONDS
