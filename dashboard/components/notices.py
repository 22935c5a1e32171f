"""Boxes that say something once: an empty page that looks intended, a banner, a heading with a line under it."""

from __future__ import annotations

from typing import Any

from dash import html


def flat(*content: Any) -> list[Any]:
    """Children as one list: lists within are opened, None is left out (Dash shows neither)."""
    found: list[Any] = []
    for part in content:
        if isinstance(part, (list, tuple)):
            found += flat(*part)
        elif part is not None:
            found.append(part)
    return found


def empty(title: str, *lines: Any) -> html.Div:
    """What stands where there is nothing to show, and why."""
    return html.Div(
        [html.P(title, className="empty-title"), *[html.P(line) for line in flat(*lines)]], className="empty"
    )


def banner(*content: Any, level: str = "information", identity: str | None = None) -> html.Div:
    """A line across the page; grey for what is old, never an alarm."""
    optional: dict[str, Any] = {"id": identity} if identity else {}
    return html.Div(flat(*content), className=f"banner banner-{level}", role="status", **optional)


def heading(title: str, lead: Any = None, *actions: Any) -> html.Div:
    """The page's H1 with one line under it and its actions to the right."""
    return html.Div(
        [
            html.Div([html.H1(title), *([html.P(lead, className="lead")] if lead else [])]),
            html.Div(flat(*actions), className="actions"),
        ],
        className="page-heading",
    )


def card(*content: Any, title: str | None = None, identity: Any = None, class_name: str = "") -> html.Section:
    """A surface with an optional H2."""
    optional = {"id": identity} if identity is not None else {}
    head = [html.H2(title)] if title else []
    return html.Section(flat(head, *content), className=f"card {class_name}".strip(), **optional)
