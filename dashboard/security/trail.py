"""What the audit log is told: pages opened, patients looked at, exports, sign-in."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from flask import g, has_request_context, request

if TYPE_CHECKING:
    from dashboard.context import Context
    from dashboard.router import Page


_SAME_LOOK = 600.0
"""Seconds in which callbacks of a page that is open already make no further entry."""
_MOST_LOOKS = 10_000


def record(context: Context, action: str, key: str = "", *, rows: int | None = None, detail: str = "") -> None:
    """One entry, on the disk before what it speaks of is shown.

    Args:
        context: who is asking, and the store that keeps the log.
        action: one of analytics.store.audit.ACTIONS.
        key: opaque key of the patient, or the name of an object; never a patient id.
        rows: how many rows were shown or given out.
        detail: what else helps to understand it; never a patient id.

    Raises:
        StoreError: the log cannot be written; then nothing may be shown (answered by 503).
    """
    user = context.user
    inside = has_request_context()
    context.whole_store.audit(
        action,
        user=user.name,
        role=user.role,
        key=key,
        rows=rows,
        ip=(request.remote_addr or "") if inside else "",
        request_id=g.get("request_id", "") if inside else "",
        detail=detail,
    )


def page_opened(context: Context, page: Page, params: dict[str, Any]) -> None:
    """A page of one patient is written down before it is shown, each time."""
    if "key" in params:
        _look(context, str(params["key"])[:64], page.__name__.rpartition(".")[2])


def looked_at(context: Context, key: str) -> None:
    """A patient is shown by something other than opening a page: written down once in a while and session."""
    if time.monotonic() - context.looks.get((_session(context), key), -_SAME_LOOK) >= _SAME_LOOK:
        _look(context, key, "")


def _look(context: Context, key: str, detail: str) -> None:
    record(context, "view_patient", key, detail=detail)
    if len(context.looks) > _MOST_LOOKS:
        context.looks.clear()
    context.looks[_session(context), key] = time.monotonic()


def _session(context: Context) -> str:
    return f"{context.user.name} {context.user.session}"
