"""Sessions of local accounts: on the server, revocable, with an idle and an absolute end."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from hmac import compare_digest

from flask import Response, request

from dashboard.config import Config
from dashboard.security.accounts import Account, Accounts
from dashboard.security.keys import mac
from dashboard.security.record_store import OpenRecord, OpenRecords
from dashboard.security.roles import RECORD, User

CSRF_COOKIE = "_csrf_token"
CSRF_HEADER = "X-CSRFToken"
_SHOWN = 8
_REFRESH = 10.0
"""Seconds: a page asks for thirty files at once, and not each needs a write."""


_DEVICE_SECONDS = 180 * 86_400
_CLOCKS_DIFFER = 60.0
"""Seconds by which the clocks of several processes, or one that is being set right, may go back."""


def _digest(token: str) -> str:
    return sha256(token.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True)
class Sessions:
    """Begin, recognise and end sessions.

    Args:
        accounts: the database they live in; only the hash of a token is stored.
        config: idle and absolute limits, TLS.
        key: secret that the tokens against cross-site requests are made from.
        now: the clock, seconds.
    """

    accounts: Accounts
    config: Config
    key: bytes
    now: Callable[[], float]

    @property
    def cookie(self) -> str:
        """Name of the session cookie."""
        return "__Host-hepatrend" if self.config.tls else "hepatrend"

    @cached_property
    def records(self) -> OpenRecords:
        """What the hospital record gave for sessions of this process."""
        return OpenRecords(self._is_gone)

    def begin(self, account: Account, response: Response, record: OpenRecord | None = None) -> None:
        """A new token for this sign-in; whatever the browser had before ends.

        Raises:
            BusyStore: with a patient of the record, and too many of those are open.
        """
        self.end(response)
        token, now = secrets.token_urlsafe(32), self.now()
        if record is not None:
            account = replace(account, role=RECORD.name)
        with self.accounts.open() as database:
            database.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?)", (_digest(token), account.name, account.role, now, now)
            )
        if record is not None:
            self.records.put(_digest(token), record)
        put_cookie(response, self.cookie, token, self.config, hidden=True)
        put_cookie(response, CSRF_COOKIE, self.csrf_token(_digest(token)), self.config, hidden=False)
        self._remember_device(account.name, response)

    def device(self, name: str) -> str:
        """Mark of the browser that asks, where this account has signed in from it before; empty where it has not."""
        mark, _, proof = request.cookies.get(self._device_cookie(name), "").partition(".")
        wanted = mac(self.key, "device", name, mark).hex() if mark.isascii() else ""
        return mark if mark and compare_digest(wanted.encode(), proof.encode("utf-8", "replace")) else ""

    def _remember_device(self, name: str, response: Response) -> None:
        """It opens nothing; it only keeps tries from elsewhere from being counted against this browser."""
        mark = self.device(name) or secrets.token_hex(16)
        proof = mac(self.key, "device", name, mark).hex()
        cookie, tls = self._device_cookie(name), self.config.tls
        response.set_cookie(
            cookie,
            f"{mark}.{proof}",
            max_age=_DEVICE_SECONDS,
            path="/login",
            secure=tls,
            httponly=True,
            samesite="Strict",
        )

    def _device_cookie(self, name: str) -> str:
        """One for each account, under a name that does not tell which."""
        return f"hepatrend_device_{mac(self.key, 'device cookie', name).hex()[:8]}"

    def identify(self) -> User | None:
        """Whose session the request carries; None where there is none or it has ended. Refreshes its idle time."""
        token = request.cookies.get(self.cookie, "")
        if not token:
            return None
        digest, now = _digest(token), self.now()
        with self.accounts.open(write=False) as database:
            row = database.execute(
                "SELECT name, role, began, seen FROM sessions WHERE token_sha256 = ?", (digest,)
            ).fetchone()
            if row is None:
                self.records.forget(digest)
                return None
            record = self.records.of(digest)
            # what the record gave was in the memory of a process that is gone
            is_lost = row[1] == RECORD.name and record is None
            if is_lost or self._over(now, began=row[2], seen=row[3]):
                self.records.forget(digest)
                database.execute("DELETE FROM sessions WHERE token_sha256 = ?", (digest,))
                return None
            if now - row[3] > _REFRESH and not is_automatic():
                database.execute("UPDATE sessions SET seen = ? WHERE token_sha256 = ?", (now, digest))
        return User(row[0], row[1], digest[:_SHOWN], record)

    def _is_gone(self, digest: str) -> bool:
        """Whether the session of a digest has ended, or is over and has not been asked for since."""
        with self.accounts.open(write=False) as database:
            row = database.execute("SELECT began, seen FROM sessions WHERE token_sha256 = ?", (digest,)).fetchone()
        return row is None or self._over(self.now(), began=row[0], seen=row[1])

    def _over(self, now: float, *, began: float, seen: float) -> bool:
        """Idle or open for too long; or the clock was set back, after which neither can be told any more."""
        if now < max(began, seen) - _CLOCKS_DIFFER:
            return True
        return now - seen > self.config.idle_minutes * 60 or now - began > self.config.session_hours * 3600

    def end(self, response: Response) -> None:
        """End the session that the request carries and forget its cookies."""
        token = request.cookies.get(self.cookie, "")
        if token:
            self.records.forget(_digest(token))
            with self.accounts.open() as database:
                database.execute("DELETE FROM sessions WHERE token_sha256 = ?", (_digest(token),))
        response.delete_cookie(self.cookie, path="/", secure=self.config.tls, httponly=True, samesite="Lax")
        response.delete_cookie(CSRF_COOKIE, path="/", secure=self.config.tls, samesite="Lax")

    def end_others(self, name: str, *, but: str) -> None:
        """End the sessions of a person in any other role than this one: the groups of the provider have changed since.

        What the record opened for one session is not of those groups and goes on.
        """
        with self.accounts.open() as database:
            database.execute("DELETE FROM sessions WHERE name = ? AND role NOT IN (?, ?)", (name, but, RECORD.name))

    def first_time(self, errand: str, seconds: float) -> bool:
        """Whether an errand comes back for the first time; remembered for so long, by all processes."""
        now = self.now()
        with self.accounts.open() as database:
            database.execute("DELETE FROM errands WHERE at < ? OR at > ?", (now - seconds, now + seconds))
            added = "INSERT OR IGNORE INTO errands VALUES (?, ?)"
            return database.execute(added, (_digest(errand), now)).rowcount == 1

    def csrf_token(self, digest: str) -> str:
        """The token of a session: made from it, so that another session's does not fit."""
        return mac(self.key, "csrf", digest).hex()

    def csrf(self) -> bool:
        """True where the request carries the token of its own session."""
        wanted = self.csrf_token(_digest(request.cookies.get(self.cookie, "")))
        return compare_digest(wanted.encode(), request.headers.get(CSRF_HEADER, "").encode("utf-8", "replace"))


def put_cookie(response: Response, name: str, value: str, config: Config, *, hidden: bool) -> None:
    """A session cookie: this site only, TLS only where there is TLS, unreadable to scripts where hidden."""
    response.set_cookie(name, value, path="/", secure=config.tls, httponly=hidden, samesite="Lax")


def is_automatic() -> bool:
    """True where a timer of the page sent this, not a person: it must not keep an idle session alive."""
    body = request.get_json(silent=True) if request.method == "POST" and request.is_json else None
    changed = body.get("changedPropIds") if isinstance(body, dict) else None
    return isinstance(changed, list) and bool(changed) and all(str(c).endswith(".n_intervals") for c in changed)
