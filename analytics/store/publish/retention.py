"""What is cleared away after a publication: files of generations that no reader can still be using."""

from __future__ import annotations

from contextlib import suppress

import pandas as pd
import sqlalchemy as sa

from analytics.store.database.atomic_files import stale_temps
from analytics.store.database.clock import microseconds
from analytics.store.database.location import Place
from analytics.store.snapshot import analysis_cache
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
    named = {name for manifest in kept for name in manifest.files()}
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
