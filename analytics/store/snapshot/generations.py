"""Which data version is the newest, and how the next one becomes it."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from analytics.store.database.clock import microseconds
from analytics.store.database.location import Place
from analytics.store.snapshot import shared_files
from analytics.store.snapshot.manifest import Manifest
from analytics.store.tables.generations import GENERATIONS


def latest(connection: sa.Connection) -> Manifest:
    """The newest generation; an empty one with number 0 for a new store."""
    query = sa.select(GENERATIONS.c.generation, GENERATIONS.c.manifest).order_by(GENERATIONS.c.generation.desc())
    row = connection.execute(query.limit(1)).first()
    return Manifest.from_json(*row) if row else Manifest(0)


def write_generation(
    place: Place, connection: sa.Connection, manifest: Manifest, reason: str, now: pd.Timestamp
) -> None:
    """Make a generation the newest one, visible with the commit; other hosts find its files by then."""
    shared_files.bring(place, manifest)
    connection.execute(
        sa.insert(GENERATIONS).values(
            generation=manifest.generation,
            created_utc=microseconds(now),
            reason=reason,
            manifest=manifest.to_json(),
        )
    )
