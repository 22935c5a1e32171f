"""Local accounts: names, roles and argon2id hashes in a small database of their own."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from analytics.errors import InputError
from analytics.store.database import made_once, reserve
from dashboard.config import Config
from dashboard.security import keys
from dashboard.security.roles import GRANTED

SHORTEST = 12
_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_TABLES = """
CREATE TABLE IF NOT EXISTS accounts (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, hash TEXT NOT NULL, created_utc TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS sessions (
    token_sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, began REAL NOT NULL, seen REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS errands (state_sha256 TEXT PRIMARY KEY, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS attempts (source TEXT NOT NULL, account TEXT NOT NULL, at REAL NOT NULL);
"""

_ON_KNOWN_DEVICE = "known device of "  # no name has a blank
_hasher = PasswordHasher()
_HASHES_AT_ONCE = threading.BoundedSemaphore(2)
"""A hash takes 64 MiB: more at once would let sign-ins exhaust the memory."""


@dataclass(frozen=True)
class Account:
    """One account as listed."""

    name: str
    role: str
    created_utc: str


def end_sessions(config: Config) -> None:
    """End every session of accounts that came back from a backup: who had signed out by then stays signed out."""
    path = config.beside_store(config.keys, "keys") / "accounts.db"
    if path.is_file():
        with Accounts(path).open() as database:
            database.execute("DELETE FROM sessions")


class Accounts:
    """The accounts of one installation.

    Args:
        path: their database.
        room: the store's folder, whose reserve gives room where the disk is full; None: nothing gives any.
    """

    def __init__(self, path: Path, room: Path | None = None):
        self.path, self._room = path, room
        with self.open() as database:
            database.executescript(_TABLES)
        path.chmod(0o600)

    @classmethod
    def of(cls, config: Config) -> Accounts:
        """Those of a site, made where there were none yet.

        Raises:
            DamagedStore: there were some, and their database is gone.
        """
        path, noted = keys.folder(config) / "accounts.db", "keys/accounts.db"
        made_once.refuse_lost(config.folder, noted, path)
        found = cls(path, config.folder)
        made_once.remember(config.folder, noted)
        return found

    @contextmanager
    def open(self, *, write: bool = True) -> Iterator[sqlite3.Connection]:
        """A connection in one transaction, closed after; one that writes takes its turn at the first statement."""
        if self._room is not None:
            reserve.give_room(self._room)
        database = sqlite3.connect(self.path, timeout=5, isolation_level="IMMEDIATE" if write else "DEFERRED")
        try:
            with database:
                yield database
        finally:
            database.close()

    def add(self, name: str, role: str, password: str) -> None:
        """Make an account.

        Raises:
            InputError: the name is taken or out of form, the role unknown, or the password too short.
        """
        if not _NAME.fullmatch(name):
            raise InputError(f"the name {name!r} is out of form; accepted: a-z 0-9 . _ @ -, up to 64")
        _check_role(role)
        _check_password(name, password)
        row = (name, role, _hash(password), datetime.now(UTC).isoformat(timespec="seconds"))
        try:
            with self.open() as database:
                database.execute("INSERT INTO accounts VALUES (?, ?, ?, ?)", row)
        except sqlite3.IntegrityError as error:
            raise InputError(f"there is an account {name!r} already") from error

    def list(self) -> list[Account]:
        """All accounts by name."""
        with self.open() as database:
            rows = database.execute("SELECT name, role, created_utc FROM accounts ORDER BY name").fetchall()
        return [Account(*row) for row in rows]

    def remove(self, name: str) -> None:
        """Delete an account and end its sessions."""
        self._change(name, "DELETE FROM accounts WHERE name = ?", ())

    def set_password(self, name: str, password: str) -> None:
        """Another password; ends the sessions."""
        _check_password(name, password)
        self._change(name, "UPDATE accounts SET hash = ? WHERE name = ?", (_hash(password),))

    def set_role(self, name: str, role: str) -> None:
        """Another role; ends the sessions."""
        _check_role(role)
        self._change(name, "UPDATE accounts SET role = ? WHERE name = ?", (role,))

    def unlock(self, name: str) -> int:
        """Forget all tries to sign in to an account, so that no one waits any more; gives how many there were.

        Raises:
            InputError: there is no such account.
        """
        if name not in [account.name for account in self.list()]:
            raise InputError(f"there is no account {name!r}")
        return self.forget_tries(name)

    def forget_tries(self, name: str) -> int:
        """Forget all tries to sign in under a name, those on devices that are known too; gives how many there were."""
        with self.open() as database:
            gone = "DELETE FROM attempts WHERE account IN (?, ?)"
            return database.execute(gone, (name, on_known_device(name))).rowcount

    def tries(self) -> dict[str, int]:
        """How many tries count by now, by the name that they were for."""
        with self.open(write=False) as database:
            rows = database.execute("SELECT account, count(*) FROM attempts GROUP BY account").fetchall()
        found: dict[str, int] = {}
        for account, count in rows:
            name = account.removeprefix(_ON_KNOWN_DEVICE)
            found[name] = found.get(name, 0) + count
        return found

    def _change(self, name: str, statement: str, values: tuple[str, ...]) -> None:
        with self.open() as database:
            if database.execute(statement, (*values, name)).rowcount != 1:
                raise InputError(f"there is no account {name!r}")
            database.execute("DELETE FROM sessions WHERE name = ?", (name,))

    def check(self, name: str, password: str) -> Account | None:
        """The account if name and password fit; takes as long where there is no such name."""
        with self.open() as database:
            row = database.execute(
                "SELECT name, role, created_utc, hash FROM accounts WHERE name = ?", (name,)
            ).fetchone()
        with _HASHES_AT_ONCE:
            nobodys = _nobodys()  # made for the first of a process, whoever signs in
            try:
                _hasher.verify(row[3] if row else nobodys, password)
            except (VerifyMismatchError, InvalidHashError):
                return None
        return Account(*row[:3]) if row else None


def on_known_device(name: str) -> str:
    """What stands for an account in tries on a device where it has signed in: they count against the device alone."""
    return f"{_ON_KNOWN_DEVICE}{name}"


@cache
def _nobodys() -> str:
    """What the password of a name without an account is compared with; not at import: it takes as long as a sign-in."""
    return _hasher.hash("nobody has this password")


def _hash(password: str) -> str:
    with _HASHES_AT_ONCE:
        return _hasher.hash(password)


def _check_role(role: str) -> None:
    if role not in GRANTED:
        raise InputError(f"unknown role {role!r}. Available: {', '.join(GRANTED)}")


def _check_password(name: str, password: str) -> None:
    if len(password) < SHORTEST or password.lower() == name.lower():
        raise InputError(f"a password has {SHORTEST} characters or more and is not the name")
