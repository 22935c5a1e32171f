"""What pages are given: the store as the current user may see it, thresholds, options, and the request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from flask import has_request_context
from flask import request as http

from analytics.settings import Settings
from analytics.store.snapshot.cache import Cache
from dashboard.config import Config
from dashboard.security import keys, trail
from dashboard.security.pseudonymised import PseudonymisedStore
from dashboard.security.roles import User
from dashboard.security.view import StoreView, seen_by
from dashboard.security.who import who

if TYPE_CHECKING:
    from analytics.store import Store

KEEP_FINISHED = 768
"""A page of one patient is about a third of a megabyte, what stands in its tab a tenth of that, its head a hundredth:
three things a patient."""
Scheme = Literal["light", "dark"]
SCHEME_COOKIE = "hepatrend_scheme"


def scheme_of_request() -> Scheme:
    """Light or dark, as the browser's cookie says; light outside a request."""
    return "dark" if has_request_context() and http.cookies.get(SCHEME_COOKIE) == "dark" else "light"


@dataclass(frozen=True)
class Context:
    """One per application. Ask it anew in each callback: who is asking differs."""

    whole_store: Store
    """The store without a view. For the shell only; pages use ``store``."""
    config: Config
    of_store: Cache = field(default_factory=lambda: Cache(KEEP_FINISHED))
    """Pages as they were written last, under the name of everything they follow from: who sees what is part of it."""
    looks: dict[tuple[str, str], float] = field(default_factory=dict)
    """When each session last looked at each patient, so that one look is one entry of the audit log."""

    @property
    def settings(self) -> Settings:
        """Thresholds: those that the store was opened with."""
        return self.whole_store.settings

    @property
    def user(self) -> User:
        """Who is asking."""
        return who()

    @property
    def finished(self) -> Cache:
        """Pages that were written: those of the store, or of what the record gave for the session that asks."""
        record = self.user.record if has_request_context() else None
        return self.of_store if record is None else record.finished

    @property
    def store(self) -> StoreView:
        """The store as the one who is asking may see it."""
        return seen_by(self.user, self.whole_store, lambda: self.pseudonymised, lambda key: trail.looked_at(self, key))

    @cached_property
    def pseudonymised(self) -> PseudonymisedStore:
        """The store that coordinators see; one for all of them."""
        return PseudonymisedStore(self.whole_store, keys.pseudonyms_of(self.config))

    @property
    def scheme(self) -> Scheme:
        """Light or dark, as chosen in the browser."""
        return scheme_of_request()


@dataclass(frozen=True)
class Request:
    """One navigation to one page."""

    context: Context
    path: str
    params: Mapping[str, Any]
    query: Mapping[str, str]

    @property
    def store(self) -> StoreView:
        """The store as the current user may see it."""
        return self.context.store

    @property
    def user(self) -> User:
        """Who is asking."""
        return self.context.user

    @property
    def scheme(self) -> Scheme:
        """Light or dark."""
        return self.context.scheme

    @property
    def settings(self) -> Settings:
        """Thresholds."""
        return self.context.settings

    @property
    def config(self) -> Config:
        """Options of the server."""
        return self.context.config
