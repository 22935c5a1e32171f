"""What who keeps the accounts sees and does: accounts, sessions, waiting tries, age of keys. No clinical data."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dashboard.config import Config
from dashboard.security.accounts import Account, Accounts

_DAY = 86_400.0


@dataclass(frozen=True)
class Known:
    """One account with what goes on in it; ``account`` has no date where a provider keeps it."""

    account: Account
    sessions: int
    seen: float | None
    """When one of its sessions was used last, seconds since 1970."""
    tries: int
    """Tries to sign in that failed and still count."""


@dataclass(frozen=True)
class Administration:
    """The accounts of one installation.

    Args:
        config: where they are.
        now: the clock, seconds.
    """

    config: Config
    now: Callable[[], float] = time.time

    @property
    def has_accounts(self) -> bool:
        """Whether sessions are kept here at all: not without sign-in, and not behind a gateway."""
        return self.config.auth in ("local", "oidc")

    def accounts(self) -> Accounts:
        """The database of accounts and sessions."""
        return Accounts.of(self.config)

    def known(self) -> list[Known]:
        """Every account, and who has a session without one (by the hospital's sign-in), by name."""
        accounts = self.accounts()
        named = {account.name: account for account in accounts.list()}
        since = self.now() - self.config.session_hours * 3600
        with accounts.open(write=False) as database:
            open_now = database.execute(
                "SELECT name, min(role), count(*), max(seen) FROM sessions WHERE began > ? GROUP BY name", (since,)
            ).fetchall()
        failed = accounts.tries()
        sessions = {name: (role, count, seen) for name, role, count, seen in open_now}
        out = []
        for name in sorted({*named, *sessions}):
            role, count, seen = sessions.get(name, ("", 0, None))
            account = named.get(name) or Account(name, role, "")
            out.append(Known(account, count, seen, failed.get(name, 0)))
        return out

    def end_sessions(self, name: str) -> int:
        """End every session of a name; gives how many there were."""
        with self.accounts().open() as database:
            return database.execute("DELETE FROM sessions WHERE name = ?", (name,)).rowcount

    def forget_tries(self, name: str) -> int:
        """No one waits any more who signs in to this account; gives how many tries there were."""
        return self.accounts().forget_tries(name)

    def keys(self) -> list[tuple[str, int]]:
        """Name and age in days of every secret of this installation."""
        folder = self.config.beside_store(self.config.keys, "keys")
        return [(path.name, self._days(path)) for path in sorted(folder.glob("*.key"))]

    def _days(self, path: Path) -> int:
        return int(max(0.0, self.now() - path.stat().st_mtime) // _DAY)
