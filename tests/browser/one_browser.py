"""The browser of a worker: one for all its tests, and another one after a test that failed.

A test that ran out of time leaves behind whatever it waited for: a page in a loop, a driver that does not answer, or
Playwright's own loop cut off in the middle. Asking such a browser to close can wait for ever, so it is not asked: its
driver is ended, and the next test gets a browser that knows nothing of it.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

_given_up: list[object] = []
"""Loops that were cut off. Kept: Python would wake one to throw it away, and so put an end to the one in use."""


class OneBrowser:
    """What tests ask of a playwright ``Browser``, whichever runs now; it starts when it is first asked."""

    def __init__(self, path: str):
        self._path = path
        self._manager: Any = None
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    def new_context(self, **how: Any) -> BrowserContext:
        """As Browser.new_context."""
        return self._running().new_context(**how)

    def new_page(self, **how: Any) -> Page:
        """As Browser.new_page."""
        return self._running().new_page(**how)

    def _running(self) -> Browser:
        if self._browser is None:
            self._manager = sync_playwright()
            self._playwright = self._manager.__enter__()
            self._browser = self._playwright.chromium.launch(executable_path=self._path, args=["--no-sandbox"])
        return self._browser

    def give_up(self) -> None:
        """End the driver, and its browser with it, without asking either; the next test begins with another."""
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
