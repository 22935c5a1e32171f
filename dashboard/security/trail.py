"""What the audit log is told: pages opened, patients looked at, exports, sign-in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from flask import g, has_request_context, request

from analytics.errors import UnknownPatient
from dashboard.security.roles import User

if TYPE_CHECKING:
    from analytics.store import Store
    from dashboard.security.view import StoreView


class Context(Protocol):
    """What an entry is made from: who asks, and the store that keeps the log."""

    @property
    def whole_store(self) -> Store:
        """The store without a view."""

    @property
    def store(self) -> StoreView:
        """The store as the one who asks may see it."""

    @property
    def looks(self) -> dict[tuple[str, str], float]:
        """When each session last looked at each patient."""

    @property
    def user(self) -> User:
        """Who is asking."""


class Page(Protocol):
    """A page, by its name alone."""

    __name__: str


UNKNOWN = "unknown"
"""Stands for a patient of an address that is not here."""
_SAME_LOOK = 600.0
"""Seconds in which callbacks of a page that is open already make no further entry."""
_MOST_LOOKS = 10_000
_writers = ThreadPoolExecutor(4, thread_name_prefix="audit")


def record(context: Context, action: str, key: str = "", *, rows: int | None = None, detail: str = "") -> None:
    """One entry, on the disk before what it speaks of is shown.

    Args:
        context: who is asking, and the store that keeps the log.
        action: one of analytics.store.admin.audit.ACTIONS.
        key: what the address calls the patient, written down as the store's own opaque key whoever asks; or the name
            of an object; never a patient id.
        rows: how many rows were shown or given out.
        detail: what else helps to understand it; never a patient id.

    Raises:
        StoreError: the log cannot be written; then nothing may be shown (answered by 503).
    """
    context.whole_store.audit(action, **_by_whom(context), key=kept(context, key), rows=rows, detail=detail)


def kept(context: Context, key: str) -> str:
    """The key under which a patient of an address is written down; what is no patient of the viewer stays as it is."""
    store = context.store
    try:
        return store.kept_key_of(store.patient_of(key)) if key else key
    except UnknownPatient:
        return key


def _patient(context: Context, key: str) -> str:
    """As :func:`kept`; what an address has in the place of a patient and is none could be anything, even a name."""
    try:
        return context.store.kept_key_of(context.store.patient_of(key))
    except UnknownPatient:
        return UNKNOWN


def _by_whom(context: Context) -> dict[str, str]:
    """Who asks now, from where, in which request."""
    user, inside = context.user, has_request_context()
    return {
        "user": user.name,
        "role": user.role,
        "ip": (request.remote_addr or "") if inside else "",
        "request_id": g.get("request_id", "") if inside else "",
    }


@contextmanager
def page_opened(context: Context, page: Page, params: dict[str, Any]) -> Iterator[None]:
    """A page of one patient is written down before it is shown, each time.

    The disk is waited for at the end of the block, in which the page is made: it takes as long as making a page.

    Raises:
        StoreError: at the end of the block; what was made in it must then not be shown.
    """
    if "key" not in params:
        yield
        return
    key = _patient(context, str(params["key"]))
    entry = {**_by_whom(context), "key": key, "detail": page.__name__.rpartition(".")[2]}
    written = _writers.submit(context.whole_store.audit, "view_patient", **entry)
    _remember(context, key)
    try:
        yield
    finally:
        written.result()


def looked_at(context: Context, key: str) -> None:
    """A patient is shown by something other than opening a page: written down once in a while and session."""
    key = kept(context, key)
    if time.monotonic() - context.looks.get((_session(context), key), -_SAME_LOOK) >= _SAME_LOOK:
        record(context, "view_patient", key)
        _remember(context, key)


def _remember(context: Context, key: str) -> None:
    if len(context.looks) > _MOST_LOOKS:
        context.looks.clear()
    context.looks[_session(context), key] = time.monotonic()


def _session(context: Context) -> str:
    return f"{context.user.name} {context.user.session}"
