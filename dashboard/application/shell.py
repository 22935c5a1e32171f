"""What stands around every page, and how an address becomes a page inside it."""

from __future__ import annotations

import logging
import secrets
from contextlib import nullcontext
from typing import Any
from urllib.parse import parse_qsl

import dash_mantine_components as dmc
from dash import dcc, html

from analytics.errors import HepatrendError, UnknownPatient
from analytics.store.database.database_errors import of_database
from analytics.store.snapshot.request_scope import one_moment
from dashboard import theme
from dashboard.components import frame as parts
from dashboard.components.notices import flat
from dashboard.components.status import status_of
from dashboard.pages import not_found
from dashboard.security import trail
from dashboard.security.roles import EVERY
from dashboard.web import ids
from dashboard.web.attributes import wild
from dashboard.web.context import Context, Request, Scheme
from dashboard.web.router import Page, Router

NAME = "hepatrend"
log = logging.getLogger(__name__)


def frame(scheme: Scheme) -> Any:
    """What never changes while a reader goes from page to page."""
    return dmc.MantineProvider(
        [
            dcc.Location(id=ids.URL, refresh=False),
            dcc.Store(id=ids.TITLE),
            dcc.Store(id=ids.ADDRESS),
            html.Div(parts.loading(), id=ids.PAGE),
            parts.keyboard_help(),
            html.Div(id="announce", role="status", className="sr-only", **wild({"aria-live": "polite"})),
        ],
        theme=dict(theme.MANTINE),
        forceColorScheme=scheme,
    )


def page(router: Router, context: Context, path: str, search: str, *, is_same_look: bool = False) -> tuple[Any, str]:
    """The page at an address inside the frame, and the document's title.

    Args:
        router: knows the pages.
        context: who is asking, and the store.
        path: path of the address.
        search: query of the address.
        is_same_look: the audit log has this look already, in other colours.

    A page that the user's role may not see is not found, like one that does not exist.
    """
    path = _led(router, context, path)
    found = router.match(path)
    if found is None or not context.user.may(found[0].NEEDS):
        return _framed(not_found.layout(), router, context, path, not_found.TITLE)
    module, params = found
    request = Request(context, path, params, dict(parse_qsl(search.lstrip("?"), keep_blank_values=True)))
    try:
        with nullcontext() if is_same_look else trail.page_opened(context, module, params), one_moment():
            return _framed(module.layout(request), router, context, path, _title(module, context, params))
    except UnknownPatient:
        return _framed(not_found.layout(), router, context, path, not_found.TITLE)
    except HepatrendError as error:
        return _framed(not_found.failed(str(error)), router, context, path, module.TITLE)
    except Exception as error:
        if said := of_database(error):
            raise said from error
        number = secrets.token_hex(4)
        log.exception("error %s on the page %s", number, module.__name__)
        says = f"This page failed to load. Error {number} in the server log."
        return _framed(not_found.failed(says), router, context, path, module.TITLE)


def _led(router: Router, context: Context, path: str) -> str:
    """Where an address leads this user: the start to what the role begins with; and where the record opened one
    patient, every list of patients to that one."""
    user, found = context.user, router.match(path)
    if user.record and found and found[0].NEEDS == "patients" and "key" not in found[1]:
        return user.record.path
    if path == "/" and found and not user.may(found[0].NEEDS):
        return EVERY[user.role].start
    return path


def _title(module: Page, context: Context, params: dict[str, Any]) -> str:
    """Document title; a page of one patient names the patient as this viewer may."""
    return f"{context.store.patient_of(params['key'])}" if "key" in params else module.TITLE


def _framed(content: Any, router: Router, context: Context, path: str, title: str) -> tuple[Any, str]:
    record, sees = context.user.record, context.user.sees
    links = [
        (label, href)
        for label, href, needs in router.navigation()
        if context.user.may(needs) and not (record and needs == "patients")
    ]
    line = [parts.record_line(record.says)] if record else []
    if sees != "nothing" and not record:
        line = [parts.status_line(status_of(context.store, context.config, moved=sees == "pseudonymised"))]
    children = [
        parts.skip_link(),
        parts.header(links, path, context.user, signed_in=context.config.auth != "none"),
        *line,
        html.Main(flat(content), id="main", tabIndex=-1),
        parts.footer(),
    ]
    return children, f"{title} · {NAME}"
