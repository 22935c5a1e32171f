"""Pieces of the frame: skip link, header with navigation, status line, footer, keyboard help."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from dash import dcc, html

from dashboard.components.purpose import PURPOSE
from dashboard.components.status import Status
from dashboard.security.roles import User
from dashboard.web.attributes import wild
from dashboard.wording import count_of, text

KEYS = (
    ("?", "this help"),
    ("g then h", "worklist"),
    ("g then c", "cohort"),
    ("g then q", "data quality"),
    ("g then m", "methods"),
    ("/", "search or first filter of the page"),
    ("j / k", "next / previous patient, on a patient's page"),
    ("t", "dark mode on or off"),
    ("Esc", "close"),
)
"""Keys of the whole application; assets/keys.js does them. Pages document their own on the page."""


def patient_href(key: str, query: str = "") -> str:
    """Address of a patient's page, by opaque key."""
    return f"/patient/{key}{'?' + query if query else ''}"


def beside_href(key: str, other: str = "", *, clock: str = "") -> str:
    """Address of a patient beside another one, both by opaque key; without the other one it is asked for."""
    return f"/beside/{key}{'/' + other if other else ''}{'?clock=' + clock if clock else ''}"


def skip_link() -> html.A:
    """First stop of the tab key."""
    return html.A("Skip to content", href="#main", className="skip-link")


def header(links: Sequence[tuple[str, str]], path: str, user: User, *, signed_in: bool) -> html.Header:
    """Name, navigation, and tools."""
    return html.Header(
        [
            dcc.Link(
                [html.Span(className="mark", **wild({"aria-hidden": "true"})), "hepatrend"], href="/", className="brand"
            ),
            html.Nav(
                html.Ul([html.Li(_nav_link(label, href, path)) for label, href in links]),
                className="navigation",
                **wild({"aria-label": "Main"}),
            ),
            html.Div([_scheme_button(), _help_button(), *_account(user, signed_in)], className="tools"),
        ],
        className="site-header",
    )


def _nav_link(label: str, href: str, path: str) -> dcc.Link:
    here = (
        path == href or (href != "/" and path.startswith(href + "/")) or (href == "/" and path.startswith("/patient/"))
    )
    return dcc.Link(label, href=href, className="nav-link here" if here else "nav-link")


def _scheme_button() -> html.Button:
    return html.Button(
        html.Span("◐", **wild({"aria-hidden": "true"})),
        id="scheme-toggle",
        className="tool",
        title="Toggle dark mode (T)",
        **wild({"aria-label": "Switch between light and dark"}),
    )


def _help_button() -> html.Button:
    return html.Button(
        "?", id="keys-open", className="tool", title="Keyboard (?)", **wild({"aria-label": "Keyboard help"})
    )


def _account(user: User, signed_in: bool) -> list[Any]:
    if not signed_in:
        return [html.Span("Local access", className="who", title="Loopback without sign-in")]
    return [
        *([dcc.Link("Administration", href="/admin", className="who")] if user.may("users") else []),
        dcc.Link(f"{user.name} · {user.role.replace('_', ' ')}", href="/account", className="who", title="Own account"),
        html.Button("Sign out", id="sign-out", className="tool wide-tool"),
    ]


def status_line(status: Status) -> html.Div:
    """Newest result, marked where it is old, quarantined, last import; a grey banner where that is long ago."""
    facts = [
        html.Span(
            [
                *([html.Span("▲ ", **wild({"aria-hidden": "true"}))] if status.is_old else []),
                "Newest result ",
                html.B(status.data_up_to),
                f" ({status.age})" if status.age else "",
            ],
            className="fact old" if status.is_old else "fact",
        ),
        dcc.Link(count_of(status.held, "result") + " quarantined", href="/quality", className="fact"),
        html.Span(f"last import {status.last_import}", className="fact"),
        html.Span(status.note, className="fact quiet"),
    ]
    children: list[Any] = [html.Div(facts, className="facts")]
    if status.stale:
        children.append(html.Div(status.stale, className="stale", role="status"))
    return html.Div(
        children, className="status-line", role="complementary", **wild({"aria-label": "State of the data"})
    )


def record_line(says: Sequence[str]) -> html.Div:
    """In place of the state of the store: what is open was read from the hospital record, when, and how much of it."""
    facts = [html.Span([html.B(says[0]), *(f" {one}" for one in says[1:])], className="sentence")]
    return html.Div(
        html.Div(facts, className="facts"),
        className="status-line",
        role="complementary",
        **wild({"aria-label": "State of the data"}),
    )


def footer() -> html.Footer:
    """Intended purpose, on every page."""
    return html.Footer(
        [html.P(PURPOSE), html.P([dcc.Link("Methods and sources", href="/methods"), f" · hepatrend {_version()}"])],
        className="site-footer",
    )


@cache
def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return text(version("hepatrend"))
    except PackageNotFoundError:
        return ""


def keyboard_help() -> html.Dialog:
    """The dialog behind ``?``; opened and closed by assets/keys.js."""
    rows = [html.Div([html.Dt([html.Kbd(key)]), html.Dd(does)]) for key, does in KEYS]
    return html.Dialog(
        [
            html.H2("Keyboard", id="keys-title"),
            html.Dl(rows, className="keys"),
            html.Div(id="keys-of-page"),
            html.Button("Close", id="keys-close", className="button"),
        ],
        id="keys",
        className="dialog",
        **wild({"aria-labelledby": "keys-title"}),
    )


def loading() -> list[Any]:
    """What stands until the first page has come."""
    return [html.Main(html.P("Loading …", className="empty"), id="main", **wild({"aria-busy": "true"}))]
