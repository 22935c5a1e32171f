"""The store as one user may see it. Pages never hold another reference to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.config import Config
from dashboard.security.roles import User

if TYPE_CHECKING:
    from analytics.store import Store


class StoreView:
    """Reads of the store through the eyes of a user; everything that is not overridden is the store's own."""

    def __init__(self, store: Store, user: User, config: Config):
        self._store, self._user, self._config = store, user, config

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def seen_by(store: Store, user: User, config: Config) -> StoreView:
    """The view of this user."""
    return StoreView(store, user, config)
