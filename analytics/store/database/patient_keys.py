"""Opaque patient keys for addresses, logs and file names: HMAC of the id under a key that is kept outside the store."""

from __future__ import annotations

import base64
import hmac
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from analytics.errors import StoreError
from analytics.store.database import made_once
from analytics.store.database.atomic_files import write_whole

KEY_LENGTH = 10
_BYTES = 32


def secret_of(path: Path) -> bytes:
    """The store's secret, made at first use (32 random bytes, readable by its owner alone).

    Raises:
        StoreError: others may read it, or it is cut short.
        DamagedStore: it is gone, or another one than the store was made with.
    """
    made_once.refuse_lost(path.parent, path.name, path)
    if not path.exists():
        write_whole(path, secrets.token_bytes(_BYTES))
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise StoreError(f"{path.name} can be read by others; run: chmod 600 {path}")
    secret = path.read_bytes()
    if len(secret) != _BYTES:
        raise StoreError(f"{path.name} has {len(secret)} bytes, should have {_BYTES}; restore it from a backup")
    made_once.refuse_other(path.parent, path.name, secret)
    made_once.remember(path.parent, path.name, secret)
    return secret


def key_of(secret: bytes, patient_id: str) -> str:
    """The key of one patient: 10 characters a-z, 2-7 (50 bits)."""
    tag = hmac.digest(secret, b"patient\x00" + patient_id.encode("utf-8", "surrogatepass"), "sha256")
    return base64.b32encode(tag).decode("ascii")[:KEY_LENGTH].lower()


def keys_of(secret: bytes, patient_ids: Iterable[str], known: Mapping[str, str] | None = None) -> dict[str, str]:
    """Keys of many patients, by id; those that are known already are not computed again.

    Raises:
        StoreError: two patients have one key (less than one in a million for 50,000 patients).
    """
    before = known or {}
    keys = {p: before.get(p) or key_of(secret, p) for p in patient_ids}
    if len(set(keys.values())) < len(keys):
        raise StoreError("two patients have the same opaque key; make a new secret.key")
    return keys
