"""The application in a real browser: served in this process, watched for errors and for calls to anywhere else.

``open_page("/quality", scheme="dark", width=390)`` gives a Playwright page that has arrived, ``look_at`` one that the
tests before may have looked at too, resized in place: an opening costs two seconds. At the end of each test
every page that was opened must have made no request to another origin, logged no error and stored nothing.
A failing test leaves a screenshot of each open page in ``artefacts/screens``; with ``HEPATREND_SCREENS=1`` every test
leaves those that it takes (a whole page costs half a second).
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_timeout
from playwright.sync_api import Error, Page, Request, expect

from analytics.store import Store
from dashboard.config import Config
from tests.browser.beside import jobs_in_threads
from tests.browser.find_browser import find
from tests.browser.one_browser import OneBrowser
from tests.browser.serving import Site, serve
from tests.pace import milliseconds, pace
from tests.stores import sample_store_in

SCREENS = Path(__file__).resolve().parent.parent.parent / "artefacts" / "screens"
_READY = "main h1"
CLEARING_UP_SECONDS = 20
ONE = pytest.StashKey[OneBrowser]()
expect.set_options(timeout=milliseconds(20))
"""What is awaited comes late on a machine that runs other tests beside; what does not come fails all the same."""


@dataclass
class Watch:
    """What a page did that it must not do."""

    elsewhere: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)
    """Parts of error texts that the test provokes on purpose."""
    under_way: set[Request] = field(default_factory=set)
    """What was asked for and has not come."""

    def complaints(self) -> list[str]:
        """Everything that was not provoked."""
        return self.elsewhere + [e for e in self.errors if not any(part in e for part in self.allowed)]


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest) -> Iterator[OneBrowser]:
    """One browser for the worker, anew after a failure; without one the tests fail, they are never skipped."""
    path = find()
    if path is None:
        pytest.fail("no Chromium: run python tests/browser/find_browser.py, or set HEPATREND_BROWSER")
    one = request.config.stash[ONE] = OneBrowser(path)
    yield one
    one.close()


@pytest.fixture(scope="session")
def sample_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The sample data, analysed."""
    return sample_store_in(tmp_path_factory.mktemp("sample") / "store")


@pytest.fixture(scope="session")
def site(sample_store: Store) -> Iterator[Site]:
    """The application over the sample data, without sign-in."""
    yield from serve(sample_store, Config(store=str(sample_store.place.folder)))


def watch(page: Page, address: str) -> Watch:
    """Note requests to other origins, errors of the console and of scripts."""
    seen = Watch()
    own = (address, "data:", "blob:", "about:")
    page.on("request", lambda r: None if r.url.startswith(own) else seen.elsewhere.append(r.url))
    page.on("request", lambda r: seen.under_way.add(r))
    page.on("requestfinished", lambda r: seen.under_way.discard(r))
    page.on("requestfailed", lambda r: seen.under_way.discard(r))
    page.on("console", lambda m: seen.errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: seen.errors.append(str(e)))
    return seen


def calm(page: Page, seen: Watch) -> None:
    """Wait until nothing is under way and the page has had time for what it does with what came.

    The page itself counts the time, so that on a busy machine it is as much longer as the page is slower.
    """
    until, still = time.monotonic() + milliseconds(20) / 1000, 0
    while still < 4:
        page.evaluate("() => new Promise(done => setTimeout(done, 40))")
        still = 0 if seen.under_way else still + 1
        assert time.monotonic() < until, f"still under way: {[r.url for r in seen.under_way]}"


@pytest.fixture
def true_worker() -> None:
    """For a test of the process that a page starts to work beside it."""


@pytest.fixture(autouse=True)
def _jobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """Work that pages ask for is done in this process, but for a test that asks for a ``true_worker``.

    It ends before ``tmp_path`` is cleared away, where its store may be.
    """
    with nullcontext() if "true_worker" in request.fixturenames else jobs_in_threads():
        yield


Open = Callable[..., Page]


@dataclass
class Opened:
    """The pages that a test has opened or looked at."""

    browser: OneBrowser
    site: Site
    pages: list[tuple[Page, Watch]] = field(default_factory=list)

    def open(
        self, path: str, *, scheme: str = "light", width: int = 1280, height: int = 800, zoom: float = 1, **more: object
    ) -> Page:
        """A page that has come."""
        page = self.browser.new_page(
            viewport={"width": int(width / zoom), "height": int(height / zoom)},
            device_scale_factor=zoom,
            color_scheme=scheme,
            **more,
        )
        page.set_default_timeout(milliseconds(20))
        seen = watch(page, self.site.address)
        page.watch = seen  # type: ignore[attr-defined]
        self.pages.append((page, seen))
        page.goto(self.site.address + path)
        page.wait_for_selector("#still", state="detached")
        page.wait_for_selector(_READY)
        calm(page, seen)
        return page

    def look(self, path: str, *, scheme: str = "light", width: int = 1280, height: int = 800, zoom: float = 1) -> Page:
        """A page that has come, maybe in the test before; then it gets the width and height in place."""
        name = f"{self.site.address}{path} {scheme} {zoom}"
        page = self.browser.kept(name)
        if page is None:
            page = self.open(path, scheme=scheme, width=width, height=height, zoom=zoom)
            self.browser.keep(name, page)
            return page
        seen: Watch = page.watch  # type: ignore[attr-defined]
        self.pages.append((page, seen))
        page.set_viewport_size({"width": int(width / zoom), "height": int(height / zoom)})
        page.evaluate("scrollTo(0, 0)")
        calm(page, seen)
        return page

    def complaints(self) -> list[str]:
        """What the pages did that they must not do, and what they left in the browser."""
        found: list[str] = []
        for page, seen in self.pages:
            found += seen.complaints()
            stored = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
            found += [f"stored in the browser: {name}" for name in stored]
        return found


@pytest.fixture
def opened(browser: OneBrowser, site: Site, request: pytest.FixtureRequest) -> Iterator[Opened]:
    """The pages of a test; at its end they must have nothing to complain of."""
    pages = Opened(browser, site)
    yield pages
    if getattr(request.node, "failed", False):
        _last_looks(pages.pages, request.node.name)
        return  # the browser goes with its pages
    assert not pages.complaints()


@pytest.fixture
def open_page(opened: Opened) -> Open:
    """A function that opens an address of the site and waits until its page has come."""
    return opened.open


@pytest.fixture
def look_at(opened: Opened) -> Open:
    """The same for tests that change nothing: those that follow one another share one page, in any width."""
    return opened.look


def _last_looks(opened: list[tuple[Page, Watch]], name: str) -> None:
    """A picture of each page of a failed test, as far as there is one to be had, and what the pages complained of."""
    for i, (page, seen) in enumerate(opened):
        with suppress(Error):
            shot(page, f"failed-{name}-{i}", always=True)
        print(*seen.complaints(), sep="\n")


def shot(page: Page, name: str, *, full: bool = False, always: bool = False) -> None:
    """Keep a picture of the page under artefacts/screens, where pictures are asked for or ``always``."""
    if always or os.environ.get("HEPATREND_SCREENS"):
        SCREENS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENS / f"{re.sub(r'[^A-Za-z0-9_-]+', '-', name)}.png", full_page=full)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Tell the fixtures whether the test itself failed."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.failed and report.when != "teardown":
        item.failed = True  # type: ignore[attr-defined]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """A browser that a test broke may never answer those who clear up after it: they have a time-out of their own."""
    if getattr(item, "failed", False):
        limit = pytest_timeout.get_env_settings(item.config)._replace(timeout=CLEARING_UP_SECONDS * pace())
        item.config.pluginmanager.hook.pytest_timeout_set_timer(item=item, settings=limit)


@pytest.fixture(autouse=True)
def _anew_after_a_failure(request: pytest.FixtureRequest) -> Iterator[None]:
    """The browser of a test that failed is not the browser of the next; one that passed gives back its pages."""
    yield
    one = request.config.stash.get(ONE, None)
    if one is not None and getattr(request.node, "failed", False):
        one.give_up()
    elif one is not None:
        one.take_back()
