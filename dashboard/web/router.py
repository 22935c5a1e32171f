"""From an address to a page: our own werkzeug map, one per application."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from dash import Dash
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from dashboard.web.context import Context, Request


class Page(Protocol):
    """What a module of dashboard.pages offers; see the text there."""

    __name__: str
    PATH: str | tuple[str, ...]
    TITLE: str
    NEEDS: str
    NAVIGATION: tuple[int, str] | None

    def layout(self, request: Request) -> Any:
        """Content of <main>."""

    def connect(self, app: Dash, context: Context) -> None:
        """Register the callbacks."""


def paths_of(page: Page) -> tuple[str, ...]:
    """All rules of a page, the main one first."""
    return (page.PATH,) if isinstance(page.PATH, str) else page.PATH


class Router:
    """Matches addresses to pages."""

    def __init__(self, pages: Iterable[Page]):
        self.pages = {page.__name__: page for page in pages}
        rules = [Rule(path, endpoint=name) for name, page in self.pages.items() for path in paths_of(page)]
        self._map = Map(rules, strict_slashes=False, redirect_defaults=False)

    def match(self, path: str) -> tuple[Page, dict[str, Any]] | None:
        """The page and its path variables; None where no page has this address."""
        try:
            name, variables = self._map.bind("localhost").match(path)
        except HTTPException:
            return None
        return self.pages[name], dict(variables)

    def navigation(self) -> list[tuple[str, str, str]]:
        """(label, address, permission) of the pages of the header, in order."""
        shown = [(page.NAVIGATION, page) for page in self.pages.values() if page.NAVIGATION]
        return [(n[1], paths_of(p)[0], p.NEEDS) for n, p in sorted(shown, key=lambda pair: pair[0][0])]
