"""Ids of components: made from the page's own name, so that no page knows another's ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash import ctx

URL = "shell-url"
PAGE = "shell-page"
TITLE = "shell-title"
ADDRESS = "shell-address"
"""A dcc.Store of the frame: put a dict here and the query of the address becomes it, without a new page."""


def set_off_by(identity: Any) -> bool:
    """Whether this component is among those that set off the callback.

    A click can arrive together with the tick of a timer or with what another callback wrote; ``ctx.triggered_id`` names
    only the first of them, and the click would be lost.
    """
    return identity in ctx.triggered_prop_ids.values()


def ids_of(page: str) -> Callable[..., Any]:
    """The id maker of a page.

    ``ID = ids_of("patient")``: ``ID("chart")`` is the string ``patient-chart``; ``ID("figure", "edish")`` is the
    dict ``{"page": "patient", "part": "figure", "item": "edish"}`` for pattern-matching callbacks.
    """

    def make(part: str, item: Any = None) -> Any:
        return f"{page}-{part}" if item is None else {"page": page, "part": part, "item": item}

    return make
