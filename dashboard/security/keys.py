"""Secrets of this installation: random, made at first start, mode 0600, in a folder of mode 0700 outside the tables."""

from __future__ import annotations

import hmac
import os
import secrets
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.errors import RefusedStart
from dashboard.config import Config

if TYPE_CHECKING:
    from analytics.pseudonyms import Pseudonyms

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_BYTES = 32
_KEPT_FOR_EVER = ("pseudonym", "dates")
"""Another one gives all patients another name or other dates; one of sessions only ends them."""
PSEUDONYM = "pseudonym"
"""Name of the key of pseudonyms."""


def folder(config: Config) -> Path:
    """The folder of keys and accounts, made where it is not there.

    Raises:
        RefusedStart: others can read it.
    """
    path = config.beside_store(config.keys, "keys")
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    _private(path)
    return path


def secret(config: Config, name: str) -> bytes:
    """The secret of this name; 32 random bytes made at first use.

    Raises:
        RefusedStart: others can read it, or it is damaged.
        DamagedStore: all patients are known under it, and it is gone or another one.
    """
    from analytics.store.database import made_once  # late: `config check` reads no store

    path, noted = folder(config) / f"{name}.key", f"keys/{name}.key"
    if name in _KEPT_FOR_EVER:
        made_once.refuse_lost(config.folder, noted, path)
    if not path.exists():
        _write_once(path, secrets.token_bytes(_BYTES))
    _private(path)
    found = path.read_bytes()
    if len(found) != _BYTES:
        raise RefusedStart(f"{path} is not a key of {_BYTES} bytes; restore it from a backup")
    if name in _KEPT_FOR_EVER:
        made_once.refuse_other(config.folder, noted, found)
        made_once.remember(config.folder, noted, found)
    return found


def pseudonyms_of(config: Config, study: str | None = None) -> Pseudonyms:
    """The pseudonyms of a study (that of the site where none is named), under this installation's keys."""
    from analytics.pseudonyms import Pseudonyms  # late: they take columns, and pandas with them

    return Pseudonyms(study or config.study, secret(config, PSEUDONYM), secret(config, "dates"))


def has_pseudonyms(config: Config) -> bool:
    """Whether a pseudonym was ever made here; makes no key."""
    return (config.beside_store(config.keys, "keys") / f"{PSEUDONYM}.key").is_file()


def mac(key: bytes, *parts: str) -> bytes:
    """HMAC-SHA256 of the parts, kept apart by a zero byte."""
    return hmac.digest(key, b"\x00".join(p.encode() for p in parts), "sha256")


def _write_once(path: Path, content: bytes) -> None:
    """Two processes that start at once end with the same file: a hard link never replaces."""
    temp = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temp, path)
        except FileExistsError:
            return
    finally:
        temp.unlink()


def _private(path: Path) -> None:
    if os.name == "posix" and path.stat().st_mode & _OTHERS:
        raise RefusedStart(f"{path} can be read by others: chmod {'700' if path.is_dir() else '600'} {path}")
