"""What takes longer than a page waits for is made by a thread beside it, once, and the page is told how far it is."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any

from analytics.errors import NotRead

WAIT_SECONDS = 2.0
"""A page waits so long before it says that it will continue by itself."""
KEEP_SECONDS = 120.0
"""What nobody has fetched for so long is let go: its page was closed."""


class Beside:
    """Work of one application that goes on beside its pages, by key; each key is made once at a time."""

    def __init__(self) -> None:
        self._works: dict[Hashable, _Work] = {}
        self._lock = threading.Lock()
        self._inside = threading.local()

    def get(self, owner: Hashable, key: Hashable, make: Callable[[], Any], told: Callable[[int], str]) -> Any:
        """What ``make`` gives; asked for from within such work it is made there and then.

        Args:
            owner: whose it is.
            key: what it is.
            make: makes it, as the one who asks now.
            told: how far the work of a thread (its number) is, in words.

        Raises:
            NotRead: it is not made yet; whoever asks again under this key gets it.
        """
        if getattr(self._inside, "work", False):
            return make()
        with self._lock:
            now = time.monotonic()
            for old in [k for k, w in self._works.items() if w.made.done() and now - w.asked > KEEP_SECONDS]:
                del self._works[old]
            work = self._works.get(key)
            if work is None:
                work = self._works[key] = _Work(owner)
                target, around = self._work, contextvars.copy_context()
                thread = threading.Thread(target=around.run, args=(target, work, make), name="cohort", daemon=True)
                thread.start()
            work.asked = now
        try:
            made = work.made.result(WAIT_SECONDS)
        except TimeoutError as error:
            if not work.made.done():
                raise NotRead(told(work.thread)) from error
            self._forget(key)
            raise
        except BaseException:
            self._forget(key)
            raise
        self._forget(key)
        return made

    def busy(self, owner: Hashable) -> bool:
        """Whether work of this owner goes on; not asked from within it."""
        if getattr(self._inside, "work", False):
            return False
        with self._lock:
            return any(work.owner == owner and not work.made.done() for work in self._works.values())

    def _work(self, work: _Work, make: Callable[[], Any]) -> None:
        self._inside.work, work.thread = True, threading.get_ident()
        try:
            work.made.set_result(make())
        except BaseException as error:
            work.made.set_exception(error)

    def _forget(self, key: Hashable) -> None:
        with self._lock:
            self._works.pop(key, None)


class _Work:
    """One piece of work: whose, by which thread, when it was asked for last, and what it gives."""

    def __init__(self, owner: Hashable):
        self.owner, self.thread, self.asked = owner, 0, time.monotonic()
        self.made: Future[Any] = Future()
