"""One file taken in as an import takes it in, in memory alone: settled, counted, quarantined, and stored nowhere."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from analytics.ingest.one_table import Stream
from analytics.panel import Panel
from analytics.store import tables
from analytics.store.database import queries
from analytics.store.database.arrow import to_frame
from analytics.store.database.clock import utc_now
from analytics.store.publish import publish, unit_suspects
from analytics.store.publish.import_transaction import Landing
from analytics.store.publish.receipt import Receipt
from analytics.store.snapshot import buckets
from analytics.store.snapshot.change import Change
from analytics.store.snapshot.spill import Spill


@dataclass(frozen=True)
class TakenIn:
    """What a file holds, what became of each of its results, and table LEDGER with that one row."""

    panel: Panel
    receipt: Receipt
    ledger: pd.DataFrame


class _InMemory(Spill):
    """Rows that wait in memory however many they are: who calls has bounded the file."""

    def __init__(self) -> None:
        super().__init__(Path(os.devnull))

    def clear(self) -> None:
        """Forget the rows; there are no files."""
        self._held.clear()
        self._unsorted.clear()

    def _flush(self) -> None:
        """Nothing is written."""


def taken_in(source: Stream, by: str = "") -> TakenIn:
    """Take in one file by the code of an import, into tables that are gone when this returns.

    Args:
        source: of ``analytics.ingest.reader.stream_of``; small enough to be held in memory several times.
        by: who reads it.

    Raises:
        RefusedFile: it cannot be taken in.
    """
    tables.load()
    engine = sa.create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA temp_store = MEMORY")
            tables.TRUTH.create_all(connection)
            return _landed(connection, source, by)
    finally:
        engine.dispose()


def _landed(connection: sa.Connection, source: Stream, by: str) -> TakenIn:
    now, change, waiting = utc_now(), Change(_InMemory()), _InMemory()
    landing = Landing(connection, 1, source.file, change, waiting, now)
    try:
        for batch in source.batches():
            landing.take(batch)
        landing.settle(lambda done, total: None)
        receipt = publish.receipt_for(landing, source, by, now, 1)
        landing.finish()
        publish.reconcile(connection, landing, receipt)
        parts, manifest = buckets.all_shown(change)
        receipt = replace(
            receipt, unit_suspects=unit_suspects.note_first(connection, parts["suspects"], now), alike=landing.alike()
        )
        publish.write_import(connection, receipt, landing, source)
        frames = {name: to_frame(parts[name]) for name in ("labs", "events", "imaging", "patients")}
        for name in ("events", "imaging"):
            frames[name] = frames[name].drop(columns="row_id")
        clocks = frames["patients"]["clock"].unique()
        panel = Panel(**frames, held=queries.held_of(connection, None), as_of=manifest.as_of(clocks), generation=1)
        return TakenIn(panel, receipt, queries.ledger(connection))
    finally:
        landing.close()
