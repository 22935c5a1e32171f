"""The browser of a worker: one for all its tests, and another one after a test that failed.

A test that ran out of time leaves behind whatever it waited for: a page in a loop, a driver that does not answer, or
Playwright's own loop cut off in the middle. Asking such a browser to close can wait for ever, so it is not asked: its
driver is ended, and the next test gets a browser that knows nothing of it.

A page of a test that passed is emptied and lent to the next one that asks for such a page: its process has read the
scripts of the house already, and opens an address in about half of the processor time. A page that tests only look at
is ``kept`` as it stands for the next test that asks for the same.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, sync_playwright

_given_up: list[object] = []
"""Loops that were cut off. Kept: Python would wake one to throw it away, and so put an end to the one in use."""

HEARD = (
    "close", "console", "crash", "dialog", "download", "filechooser", "framenavigated", "load", "pageerror", "popup",
    "request", "requestfailed", "requestfinished", "response",
)  # fmt: skip
"""Events of a page that a test may have listened to."""
HOW = ["--no-sandbox", "--js-flags=--no-opt"]
"""No page lives long enough to earn back the last and dearest pass of the compiler: an eighth of its processor time."""
VIEWPORT = {"width": 1280, "height": 720}
PATIENCE_MS = 30_000
"""Both as Playwright has them for a page of which nothing is said."""


class OneBrowser:
    """What tests ask of a playwright ``Browser``, whichever runs now; it starts when it is first asked."""

    def __init__(self, path: str):
        self._path = path
        self._manager: Any = None
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._own: list[BrowserContext] = []
        self._lent: list[tuple[str, Page]] = []
        self._free: dict[str, list[Page]] = defaultdict(list)
        self._kept: dict[str, tuple[str, Page]] = {}
        self._looked_at: set[str] = set()

    def new_context(self, **how: Any) -> BrowserContext:
        """As Browser.new_context; closed after the test, and never lent again."""
        context = self._running().new_context(**how)
        self._own.append(context)
        return context

    def new_page(self, *, viewport: Mapping[str, int] = VIEWPORT, color_scheme: str = "light", **how: Any) -> Page:
        """As Browser.new_page: a page in a context of its own, new or emptied, without cookies or listeners.

        A test that speaks to the browser by a session of its own (``new_cdp_session``) asks for a ``new_context``:
        what such a session set outlives it.
        """
        self._give_back(self._kept.keys() - self._looked_at)
        kind = repr(sorted(how.items()))
        page = self._free[kind].pop() if self._free[kind] else self._running().new_context(**how).new_page()
        self._lent.append((kind, page))
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=color_scheme)  # type: ignore[arg-type]
        return page

    def keep(self, name: str, page: Page) -> None:
        """Leave a page that was lent as it stands, for ``kept`` in this test and the next."""
        self._kept[name] = next(lent for lent in self._lent if lent[1] is page)
        self._lent.remove(self._kept[name])
        self._looked_at.add(name)

    def kept(self, name: str) -> Page | None:
        """The page that was kept by this name and that no test has passed over."""
        if name not in self._kept:
            return None
        self._looked_at.add(name)
        return self._kept[name][1]

    def take_back(self) -> None:
        """After a test that passed: its contexts are closed, its pages emptied for the next, but for those kept."""
        for context in self._own:
            with contextlib.suppress(Error):
                context.close()
        for kind, page in self._lent:
            self._empty(kind, page)
        self._give_back(self._kept.keys() - self._looked_at)
        self._own, self._lent, self._looked_at = [], [], set()

    def _give_back(self, names: Iterable[str]) -> None:
        for name in list(names):
            self._empty(*self._kept.pop(name))

    def _empty(self, kind: str, page: Page) -> None:
        if page.is_closed():
            return
        try:
            self._free[kind].append(_emptied(page))
        except Error:
            page.context.close()

    def _running(self) -> Browser:
        if self._browser is None:
            self._manager = sync_playwright()
            self._playwright = self._manager.__enter__()
            self._browser = self._playwright.chromium.launch(executable_path=self._path, args=HOW)
        return self._browser

    def give_up(self) -> None:
        """End the driver, and its browser with it, without asking either; the next test begins with another."""
        self._own, self._lent = [], []
        self._free.clear()
        self._kept.clear()
        if self._playwright is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._manager._client._transport._proc.kill()
        _given_up.append((self._manager, self._playwright, self._browser))
        self._manager = self._playwright = self._browser = None
        asyncio._set_running_loop(None)

    def close(self) -> None:
        """At the end of the session."""
        if self._browser is not None:
            self._browser.close()
            self._manager.__exit__()


def _emptied(page: Page) -> Page:
    """The page with nothing of a test left in it: pages that it opened, requests it held back, stores, cookies."""
    inside: Any = page._impl_obj
    page.unroute_all(behavior="ignoreErrors")
    for other in page.context.pages:
        if other is not page:
            other.close()
    for event in HEARD:
        for listener in list(inside.listeners(event)):
            inside.remove_listener(event, listener)
    with contextlib.suppress(Error):  # about:blank has no store
        page.evaluate("localStorage.clear(), sessionStorage.clear()")
    if page.url.startswith("http"):  # an empty page of the same site: with another site's it would get a new process
        empty = "/".join([*page.url.split("/")[:3], "emptied"])
        page.route(empty, lambda route: route.fulfill(body="", content_type="text/html"))
        page.goto(empty)
        page.unroute_all()  # which lets the browser keep files again
    else:
        page.goto("about:blank")
    page.context.clear_cookies()
    page.mouse.move(0, 0)
    page.emulate_media(media="null", color_scheme="null")
    page.set_default_timeout(PATIENCE_MS)
    return page
