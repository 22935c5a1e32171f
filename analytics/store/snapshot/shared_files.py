"""The snapshot's files where each host has a folder of its own: an object store, or a folder that all hosts see.

Who publishes brings them there before the generation can be seen. Who reads fetches what is not here yet; each file is
checked against the digest that the database has. What a host computes from them it keeps for itself.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from analytics.errors import DamagedStore, StoreError
from analytics.store.database.atomic_files import make_folder, write_whole
from analytics.store.database.location import Place
from analytics.store.database.object_store import is_address, opened
from analytics.store.snapshot.manifest import Manifest, digest_of

_KNOWN = "shared-files.json"
"""In a host's folder: digest of each file that was brought or fetched, so that none is read for its digest again."""
_KEY = "host-key.mark"
"""Beside the shared files: what tells that a host has the same ``secret.key`` as the others, and nothing of it."""


def bring(place: Place, manifest: Manifest) -> None:
    """Put the files of a generation where the other hosts find them. Call before it can be seen.

    Raises:
        StoreError: that place cannot be written to; the generation must not be made.
    """
    if not place.shared:
        return
    known = _known(place)
    with _told(place):
        system, root = _system(place)
        for name, digest in digests_of(manifest).items():
            if known.get(name) != digest:
                system.pipe_file(f"{root}/{name}", (place.snapshot / name).read_bytes())
                known[name] = digest
    _remember(place, known, manifest)


def fetch(place: Place, manifest: Manifest) -> int:
    """Bring here what this host does not have of a generation; returns how many files that were.

    Raises:
        StoreError: a file cannot be had.
        DamagedStore: a file is not what was published.
    """
    if not place.shared:
        return 0
    known, named = _known(place), digests_of(manifest)
    before = dict(known)
    missing = [n for n, d in named.items() if known.get(n) != d or not (place.snapshot / n).is_file()]
    left_over = [n for n in missing if (place.snapshot / n).is_file()]
    right = {n for n in left_over if digest_of((place.snapshot / n).read_bytes()) == named[n]}
    absent = [n for n in missing if n not in right]
    if absent:  # a host that has everything reads on where that place is away
        with _told(place):
            system, root = _system(place)
    for name in absent:
        with _told(place):
            data = system.cat_file(f"{root}/{name}")
        if digest_of(data) != named[name]:
            raise DamagedStore(f"{name} in {place.shared} is not as it was published; run: hepatrend doctor --rebuild")
        write_whole(place.snapshot / name, data)
    known |= {name: named[name] for name in missing}
    if known != before or known.keys() - named.keys():
        _remember(place, known, manifest)
    return len(absent)


def keep_only(place: Place, names: Collection[str]) -> None:
    """Remove every other file of the snapshot from where all hosts see it."""
    if not place.shared:
        return
    with _told(place):
        system, root = _system(place)
        system.invalidate_cache(root)
        there = [str(path) for path in system.ls(root, detail=False)] if system.exists(root) else []
        for path in there:
            name = path.rpartition("/")[2]
            if name.endswith(".parquet") and name not in names:
                system.rm_file(path)


def refuse_other_key(place: Place) -> None:
    """Patients have the same keys in addresses, logs and files on all hosts: the first host's key is that of all.

    Raises:
        StoreError: this host has another ``secret.key``, or none where another host has one.
    """
    if not place.shared:
        return
    mark = b""
    if place.secret.is_file():
        mark = hmac.new(place.secret.read_bytes(), _KEY.encode(), hashlib.sha256).hexdigest().encode()
    with _told(place):
        system, root = _system(place)
        there = bytes(system.cat_file(f"{root}/{_KEY}")) if system.exists(f"{root}/{_KEY}") else b""
        if mark and not there:
            system.pipe_file(f"{root}/{_KEY}", mark)
    if there and not hmac.compare_digest(there, mark):
        raise StoreError(
            f"{place.secret} is not the key of this store's other hosts, which know each patient by a name made with "
            "it; begin with an empty folder and copy secret.key and keys/ from one of them"
        )


def digests_of(manifest: Manifest) -> dict[str, str]:
    """Digest of each file of a generation, by its name."""
    return {name: bucket.digests[part] for bucket in manifest.buckets for part, name in bucket.files.items()}


def _system(place: Place) -> tuple[Any, str]:
    if is_address(place.shared):
        return opened(place.shared, "a snapshot in")
    return _Folder(), str(make_folder(Path(place.shared)))


class _Folder:
    """A folder that all hosts see, as far as it is asked like an object store; a file in it is whole or not there."""

    def pipe_file(self, path: str, data: bytes) -> None:
        write_whole(Path(path), data)

    def cat_file(self, path: str) -> bytes:
        return Path(path).read_bytes()

    def exists(self, path: str) -> bool:
        return Path(path).exists()

    def ls(self, path: str, detail: bool) -> list[str]:
        return sorted(os.path.join(path, name) for name in os.listdir(path))

    def rm_file(self, path: str) -> None:
        Path(path).unlink(missing_ok=True)

    def invalidate_cache(self, path: str) -> None:
        """There is none."""


@contextmanager
def _told(place: Place) -> Iterator[None]:
    """What goes wrong there in one line; the libraries of object stores have errors of their own."""
    try:
        yield
    except StoreError:
        raise
    except Exception as error:
        says = str(error).partition("\n")[0] or type(error).__name__
        raise StoreError(f"the snapshot's files in {place.shared} cannot be reached: {says}") from error


def _known(place: Place) -> dict[str, str]:
    try:
        return dict(json.loads((place.folder / _KNOWN).read_text("utf-8")))
    except (OSError, ValueError):
        return {}


def _remember(place: Place, known: dict[str, str], manifest: Manifest) -> None:
    """Keep what is still in the folder, or belongs to this generation."""
    named = digests_of(manifest)
    kept = {name: digest for name, digest in known.items() if name in named or (place.snapshot / name).is_file()}
    write_whole(place.folder / _KNOWN, json.dumps(kept).encode())
