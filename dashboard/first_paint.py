"""The document already shows its page: the same components as HTML text, handed to the scripts when they come.

A page that says ``STILL = True`` is made when its address is asked for, and the first callback of the same viewer for
the same address takes what was made. So the reader sees it before any script has run, it is made once, and it is one
look in the audit log.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from dash import Dash
from flask import request as http

from dashboard import shell
from dashboard.context import SCHEME_COOKIE, Context
from dashboard.router import Router
from dashboard.serialise import serialised
from dashboard.still_html import still_html

_MOST, _SECONDS = 64, 30.0

_WITHOUT_SCRIPTS = (
    '<noscript><p class="still-note">Without JavaScript this page can be read and printed; '
    "its controls, tabs and filters do nothing.</p></noscript>"
)

Shown = tuple[Any, str]
"""Content of the frame, and the document's title."""


@dataclass(frozen=True)
class _Viewer:
    """Who asks for what: nothing is handed to anyone or anywhere else."""

    name: str
    role: str
    session: str
    scheme: str
    path: str
    search: str
    generation: int


class FirstPaint:
    """Pages that were made for a document and wait for its scripts: few, for a short time, each taken once."""

    def __init__(self, router: Router, context: Context):
        self._router, self._context = router, context
        self._waiting: OrderedDict[_Viewer, tuple[float, Shown]] = OrderedDict()
        self._lock = threading.Lock()

    def prepare(self, path: str, search: str) -> tuple[str, str] | None:
        """HTML text and title of the page at this address; None for one that does not say ``STILL``."""
        found = self._router.match(path)
        if found is None or not getattr(found[0], "STILL", False):
            return None
        children, title = shell.page(self._router, self._context, path, search)
        with self._lock:
            self._waiting[self._viewer(path, search)] = (time.monotonic(), (serialised(children), title))
            while len(self._waiting) > _MOST:
                self._waiting.popitem(last=False)
        return still_html(children), title

    def page(self, path: str, search: str) -> Shown:
        """What :meth:`prepare` made for this viewer just now, else the page made anew."""
        with self._lock:
            made, shown = self._waiting.pop(self._viewer(path, search), (0.0, None))
        if shown is not None and time.monotonic() - made < _SECONDS:
            return shown
        children, title = shell.page(self._router, self._context, path, search)
        return serialised(children), title

    def _viewer(self, path: str, search: str) -> _Viewer:
        user, context = self._context.user, self._context
        generation = context.whole_store.generation
        where = (path, search.lstrip("?"), generation)
        return _Viewer(user.name, user.role, user.session, context.scheme, *where)


class Document(Dash):
    """Dash whose document holds the first paint before the place where the scripts put the live page."""

    prepare: Callable[[str, str], tuple[str, str] | None] = staticmethod(lambda _path, _search: None)

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]
        """The document; called by Dash."""
        prepared = self.prepare(http.path, http.query_string.decode("utf-8", "replace"))
        if prepared is not None:
            still, title = prepared
            parts["app_entry"] = f'<div id="still">{_WITHOUT_SCRIPTS}{still}</div>{parts["app_entry"]}'
            parts["title"] = escape(title)
        scheme = http.cookies.get(SCHEME_COOKIE)
        chosen = f' data-scheme="{scheme}"' if scheme in ("light", "dark") else ""
        return super().interpolate_index(**parts).replace("<html", f"<html{chosen}", 1)
