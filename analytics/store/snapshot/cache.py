"""A small cache of what was read, per process. Keys name the generation, so nothing in it ever goes stale."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast
from weakref import WeakValueDictionary

from analytics.errors import BusyStore, HepatrendError

log = logging.getLogger(__name__)
Thing = TypeVar("Thing")


class Latest:
    """The one big thing that is used now. The former one is let go before the next is made, and two threads never make
    it at once, so that memory holds one of them."""

    def __init__(self) -> None:
        self._key: Hashable = None
        self._thing: Any = None
        self._lock = threading.Lock()
        self._beside: tuple[Hashable, threading.Thread] | None = None
        self._beside_lock = threading.Lock()

    def being_made(self, key: Hashable, make: Callable[[], object]) -> bool:
        """Whether a thread is making it, which begins here where it is not there; false once it is there, or was tried
        in vain: who asks then gets it, or meets the error.

        Args:
            key: what is asked for.
            make: calls :meth:`get` under this key, and makes what else is wanted of it.
        """
        with self._beside_lock:
            if self._key != key and (self._beside is None or self._beside[0] != key):
                thread = threading.Thread(target=_tried, args=(make,), name="all patients", daemon=True)
                self._beside = (key, thread)
                thread.start()
            return self._beside is not None and self._beside[0] == key and self._beside[1].is_alive()

    def get(self, key: Hashable, compute: Callable[[], Thing]) -> Thing:
        """What is kept under the key, else what ``compute`` gives; others who ask meanwhile wait for it."""
        with self._lock:
            if key != self._key:
                self._key = self._thing = None
                self._thing = compute()
                self._key = key
            kept: Thing = self._thing
            return kept

    def clear(self) -> None:
        """Forget it."""
        with self._lock:
            self._key = self._thing = None


def _tried(make: Callable[[], object]) -> None:
    try:
        make()
    except HepatrendError as error:
        log.error("all patients cannot be read: %s", error)


PATIENCE_SECONDS = 20.0
"""A reader waits so long for what another thread computes."""
STILL = "results that came in just now are still being analysed; ask again in a moment"
_MOST_WAITING = 1_000


class _Turn:
    """Whose turn it is to compute one thing; a thread that asks for it while it computes it gets on."""

    def __init__(self) -> None:
        self.lock = threading.RLock()


class Cache:
    """The ``size`` things used last. Safe between threads: who asks for what another thread computes waits for it."""

    def __init__(self, size: int):
        self._size = size
        self._things: OrderedDict[Hashable, Any] = OrderedDict()
        self._waiters = threading.BoundedSemaphore(_MOST_WAITING)
        self._turns: WeakValueDictionary[Hashable, _Turn] = WeakValueDictionary()
        self._lock = threading.Lock()

    def get(self, key: Hashable, compute: Callable[[], Thing]) -> Thing:
        """What is kept under the key, else what ``compute`` gives.

        Raises:
            BusyStore: another thread was at it for longer than a reader waits, or too many wait already.
        """
        with self._lock:
            if key in self._things:
                return cast(Thing, self._kept(key))
            turn = self._turns.get(key)
            if turn is None:
                turn = self._turns[key] = _Turn()
        self._wait_for(turn)
        try:
            with self._lock:
                if key in self._things:
                    return cast(Thing, self._kept(key))
            thing = compute()
            with self._lock:
                self._things[key] = thing
                while len(self._things) > self._size:
                    self._things.popitem(last=False)
            return thing
        finally:
            turn.lock.release()

    def let_wait(self, most: int) -> None:
        """Let so many threads wait at once; others are told to ask again, so that a server has threads for the rest."""
        self._waiters = threading.BoundedSemaphore(most)

    def _wait_for(self, turn: _Turn) -> None:
        if turn.lock.acquire(blocking=False):
            return
        waiters = self._waiters
        if not waiters.acquire(blocking=False):
            raise BusyStore(STILL)
        try:
            if not turn.lock.acquire(timeout=PATIENCE_SECONDS):
                raise BusyStore(STILL)
        finally:
            waiters.release()

    def _kept(self, key: Hashable) -> Any:
        self._things.move_to_end(key)
        return self._things[key]

    def forget(self, kind: str) -> None:
        """Forget everything whose key begins with this word."""
        with self._lock:
            for key in [k for k in self._things if isinstance(k, tuple) and k[0] == kind]:
                del self._things[key]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._things.clear()
