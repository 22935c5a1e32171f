"""How often one may try to sign in: 5 a minute from one source, 10 in a quarter of an hour for one account.

Whoever goes on waits twice as long each time. No one can be locked out by others: a device on which an account has
signed in before is a source of its own, which no try from elsewhere counts against.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from dashboard.security.accounts import Accounts, on_known_device

PER_SOURCE = (5, 60)
PER_ACCOUNT = (10, 900)
_WITH_PORT = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")
_DAY = 86_400
"""Seconds for which tries are remembered: the delay grows with them."""
_DOUBLED = {"source": 4, "account": 2}
"""How often a delay is doubled at most: 16 minutes for a source, an hour for an account."""


def place_of(address: str) -> str:
    """What one client cannot change of its address: without the port that some proxies add, of IPv6 the network of 64
    bits, which one client has whole; ``elsewhere`` for what is no address."""
    found = _WITH_PORT.fullmatch(address.strip())
    try:
        known = ip_address(next(part for part in found.groups() if part) if found else address.strip())
    except ValueError:
        return "elsewhere"
    if not isinstance(known, IPv6Address):
        return str(known)
    return str(known.ipv4_mapped) if known.ipv4_mapped else f"{IPv6Address(int(known) >> 64 << 64)}/64"


@dataclass(frozen=True)
class Attempts:
    """Counts tries in the accounts' database, so that several workers count together."""

    accounts: Accounts
    now: Callable[[], float]

    def wait(self, source: str, account: str, *, device: str = "") -> int:
        """Count this try; 0 where it may go on, else the seconds until the next one may.

        Args:
            source: address that it comes from.
            account: name that it is for.
            device: mark of a device on which this account has signed in before; empty for any other.
        """
        if device:
            own = f"device {device}"
            return self._wait((("source", own, PER_SOURCE),), own, on_known_device(account))
        place = place_of(source)
        limits = (("source", place, PER_SOURCE), ("account", account, PER_ACCOUNT))
        return self._wait(limits, place, account)

    def _wait(self, limits: Iterable[tuple[str, str, tuple[int, int]]], source: str, account: str) -> int:
        now = self.now()
        with self.accounts.open() as database:
            database.execute("DELETE FROM attempts WHERE at < ?", (now - _DAY,))
            # the clock was set back: those tries count from now, so that no one waits longer than ever
            database.execute("UPDATE attempts SET at = ? WHERE at > ?", (now, now))
            waits = [0]
            for column, value, (most, first) in limits:
                tries = database.execute(
                    f"SELECT count(*) FROM attempts WHERE {column} = ?",  # noqa: S608  names above
                    (value,),
                ).fetchone()[0]
                seconds = first * 2 ** min(max(tries // most - 1, 0), _DOUBLED[column])
                rows = database.execute(
                    f"SELECT at FROM attempts WHERE {column} = ? AND at > ? ORDER BY at DESC LIMIT ?",  # noqa: S608  names above
                    (value, now - seconds, most),
                ).fetchall()
                if len(rows) >= most:
                    waits.append(int(rows[-1][0] + seconds - now) + 1)
            if max(waits) == 0:
                database.execute("INSERT INTO attempts VALUES (?, ?, ?)", (source, account, now))
        return max(waits)

    def succeeded(self, source: str, account: str, *, device: str = "") -> None:
        """Forget the tries of this source for this account, or of this device: they ended well."""
        with self.accounts.open() as database:
            database.execute("DELETE FROM attempts WHERE source = ? AND account = ?", (place_of(source), account))
            database.execute("DELETE FROM attempts WHERE source = ?", (f"device {device}",))
