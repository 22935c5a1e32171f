"""Pages of the first patients of the worklist, made while nobody asks for anything.

A page that is made is not a page that was looked at: it lies in ``Context.finished`` under the name of everything it
follows from, and is written down in the audit log when somebody opens it, as ever. It is made for the kinds of viewers
that there are: the roles and colour schemes of those who have asked for something since the start.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

from flask import Flask, g

from analytics.errors import HepatrendError
from dashboard.context import Context, Request, Scheme, scheme_of_request
from dashboard.security.pseudonymised import PseudonymisedStore
from dashboard.security.roles import LOCAL, User
from dashboard.security.view import StoreView, seen_by

EXTENSION = "hepatrend ahead"
PATIENTS = 200
"""From the top of the worklist; all are kept at once (dashboard.context.KEEP_FINISHED)."""
_MOST_KINDS = 2
_QUIET_SECONDS, _LOOK_SECONDS = 0.3, 2.0
log = logging.getLogger(__name__)

Kind = tuple[str, Scheme]
"""Role of a viewer, and the scheme that was chosen."""
Make = Callable[[Request], None]


@dataclass(frozen=True)
class _Ahead(Context):
    """A context of nobody: the view of a role, without anybody who looks."""

    of: Context | None = None
    role: str = LOCAL.role
    look: Scheme = "light"

    @property
    def user(self) -> User:
        return User("", self.role)

    @property
    def store(self) -> StoreView:
        return seen_by(self.user, self.whole_store, lambda: self.pseudonymised, lambda _key: None)

    @property
    def pseudonymised(self) -> PseudonymisedStore:  # type: ignore[override]
        assert self.of is not None
        return self.of.pseudonymised

    @property
    def scheme(self) -> Scheme:
        return self.look


class Ahead:
    """Knows when the server is idle and what is not made yet."""

    def __init__(self, context: Context, make: Make):
        self._context, self._make = context, make
        self._kinds: dict[Kind, None] = {(LOCAL.role, "light"): None} if context.config.auth == "none" else {}
        self._made: set[object] = set()
        self._busy, self._last = 0, time.monotonic()
        self._lock, self._over = threading.Lock(), threading.Event()

    def install(self, server: Flask) -> None:
        """Watch the requests of a server."""
        server.before_request(self._begins)
        server.teardown_request(self._ends)
        server.extensions[EXTENSION] = self

    def start(self) -> None:
        """Work until the process ends."""
        threading.Thread(target=self._run, name="ahead", daemon=True).start()

    def stop(self) -> None:
        """Begin nothing more."""
        self._over.set()

    def waiting(self) -> Iterator[tuple[Kind, str]]:
        """What is not made yet, from the top of the worklist."""
        kinds = list(self._kinds)[-_MOST_KINDS:]
        for kind in kinds:
            context = self._as(kind)
            if not context.user.may("patients"):
                continue
            for key in context.store.worklist(context.settings)["key"].head(PATIENTS).tolist():
                if (kind, key, *self._state()) not in self._made:
                    yield kind, key

    def make(self, kind: Kind, key: str) -> None:
        """One page, kept where the page of that address looks first."""
        self._made.add((kind, key, *self._state()))
        self._make(Request(self._as(kind), f"/patient/{key}", {"key": key}, {}))

    def _as(self, kind: Kind) -> _Ahead:
        shared = {f.name: getattr(self._context, f.name) for f in fields(Context)}
        return _Ahead(**shared, of=self._context, role=kind[0], look=kind[1])

    def _state(self) -> tuple[int, object]:
        store = self._context.whole_store
        return store.generation, store.seen_state()

    def _begins(self) -> None:
        user = g.get("user")
        with self._lock:
            self._busy += 1
            if user is not None:
                kind = (user.role, scheme_of_request())
                self._kinds.pop(kind, None)
                self._kinds[kind] = None

    def _ends(self, _error: BaseException | None = None) -> None:
        with self._lock:
            self._busy, self._last = max(self._busy - 1, 0), time.monotonic()

    def _idle(self) -> bool:
        return not self._busy and time.monotonic() - self._last >= _QUIET_SECONDS

    def _run(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            try:
                self._made = {m for m in self._made if m[2:] == self._state()}  # type: ignore[index]
                for kind, key in self.waiting():
                    while not self._idle():
                        if self._over.wait(_QUIET_SECONDS / 3):
                            return
                    self.make(kind, key)
            except HepatrendError as error:
                log.error("pages cannot be made ahead: %s", error)
            except Exception:
                log.exception("a page could not be made ahead")
