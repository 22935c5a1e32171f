"""create_app: the only Dash(...), the pages by hand, the gate before all of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dash import ClientsideFunction, Dash, Input, Output
from flask import Flask, Response
from flask import request as http

from dashboard import asked, theme
from dashboard.application import shell, signin
from dashboard.application.document import Document, FirstPaint
from dashboard.application.prewarm import Ahead
from dashboard.config import Config, config_from
from dashboard.deployment.requests import observe
from dashboard.reporting import download
from dashboard.reporting.schedule_service import EXTENSION, ScheduleService
from dashboard.security import errors, gate, headers
from dashboard.security.bodies import checker
from dashboard.security.loopback import LoopbackOnly
from dashboard.security.proxy import Hops
from dashboard.security.who import needs
from dashboard.web import ids, quick_components
from dashboard.web.context import Context, scheme_of_request
from dashboard.web.router import Page, Router

if TYPE_CHECKING:
    from analytics.store import Store

log = logging.getLogger(__name__)

PAGES = (
    "home",
    "cohort",
    "patient",
    "beside",
    "quality",
    "imports",
    "schedules",
    "methods",
    "audit",
    "admin",
    "account",
)
"""Modules of dashboard.pages, listed by hand: adding a page means adding its name here."""

STORE = "hepatrend store"
"""Name of the extension of the Flask application that is the store which it serves."""

_INDEX = """<!DOCTYPE html>
<html lang="en">
<head>{%metas%}<title>{%title%}</title>
<link rel="icon" type="image/svg+xml" href="/assets/icon.svg">{%css%}
<style>@@CSS@@</style></head>
<body>{%app_entry%}<div hidden>{%config%}{%scripts%}{%renderer%}</div></body>
</html>"""


def create_app(
    store: Store,
    config: Config | None = None,
    *,
    now: Callable[[], float] = time.time,
) -> Dash:
    """The application over one store.

    Args:
        store: an open store; its thresholds are those of every page.
        config: options of the server; the defaults are loopback without sign-in.
        now: clock of sessions and of tries to sign in, seconds.

    Returns:
        The Dash application; ``.server`` is the Flask one for waitress or gunicorn.
    """
    quick_components.install()
    config = config or config_from()
    store.most_at_once = config.results_in_memory
    context = Context(store, config)
    server = Flask("dashboard", static_folder=None)
    server.config["MAX_CONTENT_LENGTH"] = 1 << 20
    observe(server, store, config)
    router = Router(_pages())
    app: Document | None = None
    headers.install(server, config, lambda: app.csp_hashes() if app else ())
    way = signin.way_of(config, now)
    gate.install(server, config, way.identify, lambda: checker(app.callback_map if app else {})(), way.csrf)
    asked.install(server, context, router)
    errors.install(server)
    signin.install(server, context, way)
    if config.proxy.networks:
        server.wsgi_app = Hops(server.wsgi_app, config)  # type: ignore[method-assign]
    if config.auth == "none":
        server.wsgi_app = LoopbackOnly(server.wsgi_app)  # type: ignore[method-assign]
    if not config.loopback:
        _compress(server)
    app = _dash(server)
    app.layout = _frame
    first = FirstPaint(router, context)
    app.prepare = first.prepare
    _connect(app, first)
    for page in router.pages.values():
        page.connect(app, context)
        if routes := getattr(page, "routes", None):
            routes(server, context)
    Ahead(context, [page for page in router.pages.values() if hasattr(page, "make_ahead")]).install(server)  # type: ignore[misc]
    download.routes(server, context)
    server.extensions[STORE] = store
    store.let_wait(max(1, config.threads - 3))
    server.extensions[EXTENSION] = ScheduleService(context.whole_store, context.config)
    _answer_unknown(server, router)
    return app


def _compress(server: Flask) -> None:
    """Smaller answers over a network; on this machine alone it would only cost time."""
    from flask_compress import Compress

    server.config["COMPRESS_ALGORITHM"] = ["br", "gzip"]
    server.config["COMPRESS_BR_LEVEL"] = 4
    Compress(server)


def _pages() -> list[Page]:
    return [import_module(f"dashboard.pages.{name}") for name in PAGES]


def _dash(server: Flask) -> Document:
    """Every argument that the environment could change is given."""
    return Document(
        "dashboard",
        server=server,  # type: ignore[arg-type]  # Dash takes the server itself
        assets_folder=str(Path(__file__).parent.parent / "assets"),
        enable_mcp=False,
        health_endpoint=None,
        serve_locally=True,
        use_pages=False,
        update_title=None,  # type: ignore[arg-type]  # None switches it off
        title="hepatrend",
        compress=False,
        suppress_callback_exceptions=True,
        add_log_handler=False,
        index_string=_INDEX.replace("@@CSS@@", theme.css()),
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )


def _frame() -> Any:
    """What never changes while a reader goes from page to page."""
    return shell.frame(scheme_of_request())


def _connect(app: Dash, first: FirstPaint) -> None:
    """The shell's own callbacks: the router, and what the browser does on arrival."""

    @app.callback(
        Output(ids.PAGE, "children"),
        Output(ids.TITLE, "data"),
        Input(ids.URL, "pathname"),
        Input(ids.URL, "search"),
    )
    @needs("enter")
    def _show(pathname: str | None, search: str | None) -> tuple[Any, str]:
        return first.page(pathname or "/", search or "")

    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("hepatrend", "arrived"), Output(ids.TITLE, "modified_timestamp"), Input(ids.TITLE, "data")
    )
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("hepatrend", "address"),
        Output(ids.ADDRESS, "modified_timestamp"),
        Input(ids.ADDRESS, "data"),
        prevent_initial_call=True,
    )


def _answer_unknown(server: Flask, router: Router) -> None:
    """An address that no page has is answered with status 404; the page itself says so too."""

    @server.after_request
    def _status(response: Response) -> Response:
        if http.endpoint == "/<path:path>" and response.status_code == 200 and router.match(http.path) is None:
            response.status_code = 404
        return response
