"""How often one may try to sign in: 5 a minute from one source, 10 in a quarter of an hour for one account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.security.accounts import Accounts

PER_SOURCE = (5, 60)
PER_ACCOUNT = (10, 900)


@dataclass(frozen=True)
class Attempts:
    """Counts tries in the accounts' database, so that several workers count together."""

    accounts: Accounts
    now: Callable[[], float]

    def wait(self, source: str, account: str) -> int:
        """Count this try; 0 where it may go on, else the seconds until the next one may."""
        now = self.now()
        with self.accounts.open() as database:
            database.execute("DELETE FROM attempts WHERE at < ?", (now - PER_ACCOUNT[1],))
            # the clock was set back: those tries count from now, so that nobody waits longer than ever
            database.execute("UPDATE attempts SET at = ? WHERE at > ?", (now, now))
            waits = [0]
            for column, value, (most, seconds) in (
                ("source", source, PER_SOURCE),
                ("account", account, PER_ACCOUNT),
            ):
                rows = database.execute(
                    f"SELECT at FROM attempts WHERE {column} = ? AND at > ? ORDER BY at DESC LIMIT ?",  # noqa: S608  names above
                    (value, now - seconds, most),
                ).fetchall()
                if len(rows) >= most:
                    waits.append(int(rows[-1][0] + seconds - now) + 1)
            if max(waits) == 0:
                database.execute("INSERT INTO attempts VALUES (?, ?, ?)", (source, account, now))
        return max(waits)

    def succeeded(self, source: str, account: str) -> None:
        """Forget the tries of this source for this account: they ended well."""
        with self.accounts.open() as database:
            database.execute("DELETE FROM attempts WHERE source = ? AND account = ?", (source, account))
