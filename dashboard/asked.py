"""What people ask of pages is written down before it is answered: lists, cohorts, quarantined rows, previews, uploads.

One place for every page and callback, so that a new one has its entry without a line of its own. What speaks of one
patient, gives something out or decides something has a fuller entry besides (dashboard.security.trail). Callbacks of a
page that is open make one entry in ten minutes, as one look at a patient does.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from flask import Flask, g, request

from dashboard.security import trail
from dashboard.security.gate import CALLBACKS
from dashboard.web import ids

if TYPE_CHECKING:
    from dashboard.web.context import Context
    from dashboard.web.router import Router

ACTIONS = {
    "home": "view_worklist",
    "cohort": "view_cohort",
    "quality": "view_quality",
    "imports": "preview",
    "schedules": "view_schedules",
    "audit": "view_audit",
    "admin": "view_administration",
}
"""Action by the name of a page."""
OWN_ENTRY = {"patient": "each look at a patient has its entry, by opaque key"}
NO_DATA = {
    "account": "shows nothing but the own name; a new password has its own entry",
    "methods": "tells how results are had, and holds none",
    "shell": "the frame: what it shows is a page's",
}
UPLOAD = "upload"
_PER_PART = frozenset({"imports"})
"""Pages of which each part has its own entry: what a file holds, a profile that is read, one that is saved."""
_SAME_SECONDS = 600.0


def install(server: Flask, context: Context, router: Router) -> None:
    """Write down what is asked, after the gate has let it in."""

    @server.before_request
    def _note() -> None:
        if g.get("user") is None:
            return
        if request.endpoint == UPLOAD:
            trail.record(context, "upload")
            return
        page, part = _asked_for(router)
        action = ACTIONS.get(page)
        if action is not None:
            _once(context, action, f"{page} {part}" if page in _PER_PART and part else page)


def page_and_part(output: str) -> tuple[str, str]:
    """Page and part of the first output of a callback, as the browser names it."""
    first = output.strip(".").split("...")[0]
    if first.startswith("{"):
        told = json.loads(first[: first.rindex("}") + 1])
        return str(told.get("page", "")), str(told.get("part", ""))
    page, _, part = first.partition(".")[0].partition("-")
    return page, part


def _asked_for(router: Router) -> tuple[str, str]:
    """Page and part that a request is about; empty where it is about none."""
    if request.path != CALLBACKS:
        return _page_of(router, request.path), ""
    body = request.get_json(silent=True) or {}
    output = str(body.get("output", ""))
    if ids.PAGE in output:
        values = [i.get("value") for i in body.get("inputs", []) if i.get("property") == "pathname"]
        return _page_of(router, str(values[0] or "/") if values else "/"), ""
    try:
        return page_and_part(output)
    except ValueError:
        return "", ""  # a body out of form: whoever reads it next refuses it


def _page_of(router: Router, path: str) -> str:
    found = router.match(path)
    return found[0].__name__.rpartition(".")[2] if found else ""


def _once(context: Context, action: str, key: str) -> None:
    user = context.user
    mark = (f"{user.name} {user.session}", f"asked {key}")
    if time.monotonic() - context.looks.get(mark, -_SAME_SECONDS) >= _SAME_SECONDS:
        trail.record(context, action, key)
        context.looks[mark] = time.monotonic()
