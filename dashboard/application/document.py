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
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from dash import Dash
from flask import request as http

from analytics.store.snapshot.request_scope import one_moment
from dashboard.application import shell
from dashboard.web.component_json import serialised
from dashboard.web.context import SCHEME_COOKIE, Context
from dashboard.web.router import Router
from dashboard.web.static_html import still_html

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
        with one_moment():
            viewer = self._viewer(path, search)
            children, title = shell.page(self._router, self._context, path, search)
        with self._lock:
            self._waiting[viewer] = (time.monotonic(), (serialised(children), title))
            while len(self._waiting) > _MOST:
                self._waiting.popitem(last=False)
        return still_html(children), title

    def page(self, path: str, search: str) -> Shown:
        """What :meth:`prepare` made for this viewer just now, else the page made anew.

        A browser that comes for the first time says only after its document whether it is dark: then the page is drawn
        again in those colours, and is still one look.
        """
        with one_moment():
            viewer = self._viewer(path, search)
            shown = self._take(viewer)
            if shown is not None:
                return shown
            bright = replace(viewer, scheme="light")
            is_same_look = viewer != bright and self._take(bright) is not None
            children, title = shell.page(self._router, self._context, path, search, is_same_look=is_same_look)
        return serialised(children), title

    def _take(self, viewer: _Viewer) -> Shown | None:
        with self._lock:
            made, shown = self._waiting.pop(viewer, (0.0, None))
        return shown if time.monotonic() - made < _SECONDS else None

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
        document = str(super().interpolate_index(**parts))  # type: ignore[no-untyped-call]
        return document.replace("<html", f"<html{chosen}", 1)
