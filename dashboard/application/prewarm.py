"""Pages that will be asked for soon, made while no one asks for anything; first those of the worklist's first patients.

A page that is made is not a page that was looked at: it lies in ``Context.finished`` under the name of everything it
follows from, and is written down in the audit log when a user opens it, as ever. It is made for the kinds of viewers
that there are: the roles and colour schemes of those who have asked for something since the start.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Protocol

from flask import Flask, g

from analytics.errors import HepatrendError
from dashboard.security.pseudonymised import PseudonymisedStore
from dashboard.security.roles import LOCAL, User
from dashboard.security.view import StoreView, seen_by
from dashboard.web.context import Context, Request, Scheme, scheme_of_request
from dashboard.web.gc_tuning import settle, settle_anew, settle_grown

EXTENSION = "hepatrend ahead"
_MOST_KINDS = 2
_QUIET_SECONDS, _LOOK_SECONDS, _LONG_SECONDS = 0.3, 2.0, 5.0
_DONE = object()
log = logging.getLogger(__name__)

Kind = tuple[str, Scheme]
"""Role of a viewer, and the scheme that was chosen."""
Variables = tuple[tuple[str, str], ...]
"""Variables of a page's path and what they are, such as ``(("key", "k3x…"),)``."""
Wanted = tuple[str, Kind, Variables]
"""Module of a page, for whom, and which."""


class MadeAhead(Protocol):
    """What a page offers that is made ahead, beside what dashboard.web.router.Page asks for."""

    __name__: str
    PATH: str
    NEEDS: str

    def soon(self, context: Context) -> Iterable[Variables]:
        """Which of its addresses will be asked for, the first first."""

    def make_ahead(self, request: Request) -> Iterator[None]:
        """Make what stands at an address, step by step: between two steps a reader who comes goes first."""


@dataclass(frozen=True)
class _Ahead(Context):
    """A context of no user: the view of a role, and no one who looks."""

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
    def pseudonymised(self) -> PseudonymisedStore:
        assert self.of is not None
        return self.of.pseudonymised

    @property
    def scheme(self) -> Scheme:
        return self.look


class Ahead:
    """Knows when the server is idle and what is not made yet."""

    def __init__(self, context: Context, pages: Iterable[MadeAhead]):
        self._context, self._pages = context, {page.__name__: page for page in pages}
        self._kinds: dict[Kind, None] = {(LOCAL.role, "light"): None} if context.config.auth == "none" else {}
        self._made: set[tuple[Wanted, object]] = set()
        self._busy, self._last, self._asked = 0, time.monotonic(), False
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

    def waiting(self) -> Iterator[Wanted]:
        """What is not made yet: page by page, kind of viewer by kind, the first first."""
        kinds, state = list(self._kinds)[-_MOST_KINDS:], self._state()
        for name, page in self._pages.items():
            for kind in kinds:
                context = self._as(kind)
                if not context.user.may(page.NEEDS):
                    continue
                for variables in page.soon(context):
                    wanted = (name, kind, variables)
                    if (wanted, state) not in self._made:
                        yield wanted

    def make(self, wanted: Wanted) -> Iterator[None]:
        """One page, kept where the page of that address looks first; step by step."""
        name, kind, variables = wanted
        self._made.add((wanted, self._state()))
        page = self._pages[name]
        address = page.PATH
        for variable, value in variables:
            address = address.replace(f"<{variable}>", value)
        yield from page.make_ahead(Request(self._as(kind), address, dict(variables), {}))

    def _as(self, kind: Kind) -> _Ahead:
        shared = {f.name: getattr(self._context, f.name) for f in fields(Context)}
        return _Ahead(**shared, of=self._context, role=kind[0], look=kind[1])

    def _state(self) -> tuple[int, object]:
        store = self._context.whole_store
        return store.generation, store.seen_state()

    def _begins(self) -> None:
        user = g.get("user")
        with self._lock:
            self._busy, self._asked = self._busy + 1, True
            if user is not None and user.record is None:  # of what a record gave there is nothing to make ahead
                kind = (user.role, scheme_of_request())
                self._kinds.pop(kind, None)
                self._kinds[kind] = None

    def _ends(self, _error: BaseException | None = None) -> None:
        with self._lock:
            self._busy, self._last = max(self._busy - 1, 0), time.monotonic()

    def _idle(self) -> bool:
        return self._idle_for(_QUIET_SECONDS)

    def _idle_for(self, seconds: float) -> bool:
        return not self._busy and time.monotonic() - self._last >= seconds

    def _run(self) -> None:
        while self._wait_for_quiet():
            try:
                self._forget_what_is_past()
                for wanted in self.waiting():
                    steps = self.make(wanted)
                    while self._wait_for_quiet():
                        if next(steps, _DONE) is _DONE:
                            break
                    else:
                        return
                    settle()
                if self._asked and self._idle():
                    self._asked = False
                    settle()
                if self._idle_for(_LONG_SECONDS):  # whoever looks at a page is likely to do something with it soon
                    settle_grown()
            except HepatrendError as error:
                log.error("pages cannot be made ahead: %s", error)
            except Exception:
                log.exception("a page could not be made ahead")
            self._over.wait(_LOOK_SECONDS)

    def _wait_for_quiet(self) -> bool:
        """Wait while a request is answered; false where all is over."""
        while not self._idle():
            if self._over.wait(_QUIET_SECONDS / 3):
                return False
        return not self._over.is_set()

    def _forget_what_is_past(self) -> None:
        state = self._state()
        kept = {made for made in self._made if made[1] == state}
        if len(kept) < len(self._made):
            settle_anew()  # what was made of the data as they were has been let go, or will be soon
        self._made = kept
