"""A small cache of what was read, per process. Keys name the generation, so nothing in it ever goes stale."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Thing = TypeVar("Thing")


class Latest:
    """The one big thing that is used now. The former one is let go before the next is made, and two threads never make
    it at once, so that memory holds one of them."""

    def __init__(self) -> None:
        self._key: Hashable = None
        self._thing: Any = None
        self._lock = threading.Lock()

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


class Cache:
    """The ``size`` things used last. Safe between threads; two threads may compute the same thing at once."""

    def __init__(self, size: int):
        self._size = size
        self._things: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, compute: Callable[[], Thing]) -> Thing:
        """What is kept under the key, else what ``compute`` gives."""
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)
                kept: Thing = self._things[key]
                return kept
        thing = compute()
        with self._lock:
            self._things[key] = thing
            while len(self._things) > self._size:
                self._things.popitem(last=False)
        return thing

    def forget(self, kind: str) -> None:
        """Forget everything whose key begins with this word."""
        with self._lock:
            for key in [k for k in self._things if isinstance(k, tuple) and k[0] == kind]:
                del self._things[key]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._things.clear()
