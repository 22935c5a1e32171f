"""What is cleared away after a publication: files of generations that no reader can still be using."""

from __future__ import annotations

from contextlib import suppress

import pandas as pd
import sqlalchemy as sa

from analytics.errors import BusyStore
from analytics.store.database.atomic_files import stale_temps
from analytics.store.database.clock import microseconds, utc_now
from analytics.store.database.location import Place
from analytics.store.database.lock import writing
from analytics.store.snapshot import analysis_cache, shared_files
from analytics.store.snapshot.generations import latest
from analytics.store.snapshot.manifest import Manifest
from analytics.store.tables.generations import GENERATIONS

KEEP_GENERATIONS = 10
KEEP_FOR = pd.Timedelta(hours=1)
"""A generation keeps its files while it is one of the newest ten or younger than an hour, whichever is longer."""


def clear_old(place: Place, connection: sa.Connection, now: pd.Timestamp) -> list[str]:
    """Remove what no kept generation names, and temp files of killed processes. Call under the writer's lock.

    Returns:
        Names of the files that were removed.
    """
    kept = kept_manifests(connection, now)
    shared_files.keep_only(place, _named(kept))
    return _clear_here(place, kept)


def latest_here(place: Place, connection: sa.Connection) -> Manifest:
    """The newest generation with its files on this host; where another host has made it, what it has cleared away goes
    here too."""
    manifest = latest(connection)
    if shared_files.fetch(place, manifest):
        with suppress(BusyStore), writing(place.lock, 0.0):
            _clear_here(place, kept_manifests(connection, utc_now()))
    return manifest


def _named(kept: list[Manifest]) -> set[str]:
    return {name for manifest in kept for name in manifest.files()}


def _clear_here(place: Place, kept: list[Manifest]) -> list[str]:
    named = _named(kept)
    gone = [p for p in place.snapshot.glob("*.parquet") if p.name not in named] + stale_temps(place.folder)
    for path in gone:
        with suppress(OSError):
            path.unlink()
    analysis_cache.clear_unused(place, kept)
    return [p.name for p in gone]


def kept_manifests(connection: sa.Connection, now: pd.Timestamp) -> list[Manifest]:
    """The generations whose files stay, newest first."""
    rows = connection.execute(sa.select(GENERATIONS).order_by(GENERATIONS.c.generation.desc())).all()
    young = microseconds(now - KEEP_FOR)
    kept = [r for i, r in enumerate(rows) if i < KEEP_GENERATIONS or r.created_utc > young]
    return [Manifest.from_json(r.generation, r.manifest) for r in kept if r.manifest]


def forget_manifests(connection: sa.Connection, now: pd.Timestamp) -> None:
    """Empty the manifests of generations whose files are gone; their rows stay. Call inside a transaction."""
    oldest = min((m.generation for m in kept_manifests(connection, now)), default=0)
    connection.execute(
        sa.update(GENERATIONS)
        .where(GENERATIONS.c.generation < oldest, GENERATIONS.c.manifest != "")
        .values(manifest="")
    )
