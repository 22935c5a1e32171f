"""Stored results that are kept out of view for their unit: listed in the quarantine, released, judged by people.

What is held follows from the settled results alone (analytics.ingest.unit_suspects), and is computed with each
bucket of the snapshot. The quarantine has a row for each, which names the result; the row is closed when
the result is shown again.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from analytics.analytes import ANALYTES
from analytics.store.database import bulk
from analytics.store.database.arrow import to_arrow
from analytics.store.database.clock import microseconds
from analytics.store.database.held_digests import held_digests
from analytics.store.database.location import Place
from analytics.store.database.patient_merge import present_ids
from analytics.store.snapshot import buckets
from analytics.store.snapshot.change import Change
from analytics.store.snapshot.manifest import Manifest
from analytics.store.snapshot.spill import Spill
from analytics.store.tables.rows import QUARANTINED, ROW_ID, ROWS
from analytics.tables import QUARANTINE

ACCEPTED, DISMISSED, RELEASED = "accepted: ", "dismissed: ", "shown again: "
_SOME = 500

Held = Mapping[int, Mapping[str, Any]]


def change_of(connection: sa.Connection, spill: Path) -> Change:
    """An empty change that knows who is merged and what people decided on held results."""
    return Change(Spill(spill), resolve=present_ids(connection), judged=judged(connection))


def judged(connection: sa.Connection) -> dict[int, bool]:
    """Decisions of people by result: True, it is right; False, it is wrong. The last one counts."""
    decided = sa.or_(QUARANTINED.c.resolution.startswith(ACCEPTED), QUARANTINED.c.resolution.startswith(DISMISSED))
    query = sa.select(QUARANTINED.c.result_id, QUARANTINED.c.resolution).where(
        QUARANTINED.c.result_id.is_not(None), decided
    )
    return {r: said.startswith(ACCEPTED) for r, said in connection.execute(query.order_by(QUARANTINED.c.quarantine_id))}


def of(place: Place, manifest: Manifest) -> Held:
    """What a generation keeps out of view, by result number: fits, converted, before."""
    held: dict[int, Mapping[str, Any]] = {}
    for bucket in manifest.buckets:
        if "suspects" in bucket.files:
            data = buckets.read_part(place, bucket, "suspects")
            held |= {row["result_id"]: row for row in data.to_pylist()}
    return held


def noted(connection: sa.Connection, *, dismissed: bool = True) -> set[int]:
    """Results that the quarantine says are kept out of view: open rows, and those that a person dismissed."""
    stays: sa.ColumnElement[bool] = QUARANTINED.c.resolution.is_(None)
    if dismissed:
        stays = sa.or_(stays, QUARANTINED.c.resolution.startswith(DISMISSED))
    query = sa.select(QUARANTINED.c.result_id).where(QUARANTINED.c.result_id.is_not(None), stays)
    return {int(number) for number in connection.scalars(query) if number is not None}


def in_line(connection: sa.Connection, held: Held) -> bool:
    """Whether the quarantine and a generation name the same results (a dismissed one may be corrected since)."""
    return noted(connection, dismissed=False) <= held.keys() <= noted(connection)


def note(connection: sa.Connection, place: Place, manifest: Manifest, now: pd.Timestamp) -> int:
    """Bring the quarantine in line with a generation that is about to be published.

    Returns:
        How many results are kept out of view that were not before.
    """
    held, before = of(place, manifest), noted(connection)
    _release(connection, sorted(before - held.keys()), now)
    fresh = sorted(held.keys() - before)
    for start in range(0, len(fresh), _SOME):
        _hold(connection, {i: held[i] for i in fresh[start : start + _SOME]}, now)
    return len(fresh)


def note_first(connection: sa.Connection, suspects: pa.Table, now: pd.Timestamp) -> int:
    """Quarantine the suspects of the first file that comes into tables that were empty; returns how many."""
    if len(suspects):
        _hold(connection, {row["result_id"]: row for row in suspects.to_pylist()}, now)
    return len(suspects)


def _release(connection: sa.Connection, results: list[int], now: pd.Timestamp) -> None:
    said = f"{RELEASED}other results speak for its unit, or another version took its place"
    for start in range(0, len(results), _SOME):
        mine = QUARANTINED.c.result_id.in_(results[start : start + _SOME])
        closed = {"resolved_by": "hepatrend", "resolved_utc": microseconds(now), "resolution": said}
        connection.execute(sa.update(QUARANTINED).where(mine, QUARANTINED.c.resolution.is_(None)).values(**closed))


def _hold(connection: sa.Connection, held: Held, now: pd.Timestamp) -> None:
    """A row for each result, under the id that it came with."""
    table = ROWS["labs"]
    rows = connection.execute(sa.select(table).where(table.c[ROW_ID].in_(list(held))).order_by(table.c[ROW_ID]))
    first = int(connection.scalar(sa.select(sa.func.max(QUARANTINED.c.quarantine_id))) or 0) + 1
    told = [_told({**row}, held[row[ROW_ID]]) for row in rows.mappings()]
    frame = QUARANTINE.conform(pd.DataFrame(told)).assign(created_utc=now)
    data = to_arrow(QUARANTINE, frame.assign(quarantine_id=range(first, first + len(told))))
    digests = held_digests(data)
    bulk.insert(connection, QUARANTINED, data.append_column("digest", pa.array(digests)))


def _told(row: Mapping[str, Any], why: Mapping[str, Any]) -> dict[str, Any]:
    code, unit = row["analyte"], ANALYTES[row["analyte"]].unit
    suspect = max(row["value"] / why["before"], why["before"] / row["value"])
    message = (
        f"{row['value']:.4g} {unit} after {why['before']:.4g}: {suspect:.3g} times; "
        f"if it was written in {why['fits']}, "
        f"it is {why['converted']:.4g} {unit}"
    )
    return {
        "import_id": row["import_id"],
        "file": row["source_file"] or "",
        "line": row["source_line"] or 0,
        "column": None,
        "raw_cell": f"{row['raw_value'] or ''} {row['raw_unit'] or ''}".strip(),
        "reason_code": "UNIT_SUSPECT",
        "message": message,
        "hint": f"ask the laboratory whether the unit is {why['fits']}; if the value is right, accept it",
        "patient_id": row["patient_id"],
        "analyte": code,
        "collected_at": pd.Timestamp(row["collected_at"], unit="us"),
        "result_id": row[ROW_ID],
    }
