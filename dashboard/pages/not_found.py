"""Nothing has this address, or it is not for these eyes: both read alike. And the page that could not be made."""

from __future__ import annotations

from typing import Any

from dash import dcc

from dashboard.components.notices import empty, heading

TITLE = "Not found"


def layout() -> Any:
    """The same page for an unknown address, an unknown patient and a page that the role does not have."""
    return [
        heading("Not found"),
        empty(
            "Page not found, or not available to your role.",
            dcc.Link("To the start page", href="/"),
        ),
    ]


def failed(says: str) -> Any:
    """In the place of a page that could not be made, with why."""
    return [heading("Not available"), empty(says, dcc.Link("To the start page", href="/"))]
