"""What the snapshot must show, had from the database alone: after a merge or restore, or to check it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from analytics.ingest.versions import CONFLICT, STORED, WITHDRAWN, settle
from analytics.store.database import bulk, engines
from analytics.store.database.arrow import to_arrow, to_frame
from analytics.store.database.atomic_files import step
from analytics.store.database.clock import utc_now
from analytics.store.database.location import Place
from analytics.store.publish import retention, unit_suspects
from analytics.store.publish.stored_keys import shown, stored_query, stored_schema
from analytics.store.snapshot import buckets
from analytics.store.snapshot.change import Change
from analytics.store.snapshot.generations import latest, write_generation
from analytics.store.snapshot.manifest import Manifest
from analytics.store.tables.rows import REPLACEMENTS, ROW_ID, ROWS
from analytics.tables import LABS, STATUSES, TABLES

_WITHDRAWN = [status for status, rank in STATUSES.items() if rank >= WITHDRAWN]
_SOME = 500


def rebuild(place: Place, reason: str, *, after: int = 0) -> int:
    """Make the snapshot anew from the rows alone, as a new generation. Call under the writer's lock."""
    engine = engines.truth_writer(place)
    with engine.connect() as connection:
        generation = max(latest(connection).generation, after) + 1
        change = unit_suspects.change_of(connection, place.spill / f"rebuild-{generation}")
        try:
            show_all(connection, change)
            show_again(connection, change, merged_among(change, change.resolve))
            manifest = buckets.build(place, Manifest(0), change, generation)
            now = utc_now()
            unit_suspects.note(connection, place, manifest, now)
            write_generation(place, connection, manifest, reason, now)
            step("commit", "store")
            connection.commit()
            retention.clear_old(place, connection, now)
        finally:
            change.spill.clear()
    engines.checkpoint(engine)
    return generation


def show_all(connection: sa.Connection, change: Change) -> None:
    """Everything that the store shows, as if it came in now."""
    change.replaced.update(_corrections(connection, None))
    for labs in _shown(connection, "labs", None):
        change.show("labs", to_arrow(LABS, _as_labs(labs)))
    for name in ("events", "imaging", "patients"):
        for frame in _shown(connection, name, None):
            change.show(name, _with_ids(name, frame))


def show_again(connection: sa.Connection, change: Change, present: Iterable[str]) -> None:
    """All rows of some patients, given by present id, with those of everyone who is merged into them.

    The same result under two merged ids is shown once; where the two differ, both are shown.
    """
    groups = set(present)
    ids = sorted(groups | {old for old, new in change.resolve.items() if new in groups})
    change.rebuilt |= groups | set(ids)
    change.touch(ids)
    change.replaced.update(_corrections(connection, ids))
    labs = _joined("labs", _shown(connection, "labs", ids))
    change.show_again("labs", to_arrow(LABS, _once(_as_labs(labs), change)))
    for name in ("events", "imaging", "patients"):
        frame = _joined(name, _shown(connection, name, ids))
        if name == "patients":
            frame = frame.sort_values(ROW_ID)
        change.show_again(name, _with_ids(name, frame))


def merged_among(change: Change, patient_ids: Iterable[str]) -> set[str]:
    """Present ids of those patients that are merged with another."""
    merged = set(change.resolve.values())
    return {change.resolve.get(p, p) for p in patient_ids} & merged


def _once(labs: pd.DataFrame, change: Change) -> pd.DataFrame:
    """Results under present ids, each once."""
    if not change.resolve:
        return labs
    ids = labs["patient_id"]
    present = labs.assign(patient_id=ids.map(change.resolve).fillna(ids).astype("str"))
    decided = settle(present.sort_values("result_id", ignore_index=True))
    keep = decided.became(STORED, CONFLICT)
    return present.sort_values("result_id", ignore_index=True)[keep]


def _shown(connection: sa.Connection, name: str, ids: list[str] | None) -> Iterator[pd.DataFrame]:
    """Shown rows in stretches, in the order of their import."""
    table, schema = ROWS[name], stored_schema(name)
    query = stored_query(name).order_by(table.c[ROW_ID])
    if name != "patients":
        query = query.where(shown(name))
    if name == "labs":
        query = query.where(sa.func.coalesce(table.c.status, "").not_in(_WITHDRAWN))
    for part in _queries(query, table, ids):
        for data in bulk.read_parts(connection, part, schema):
            yield to_frame(data)


def _queries(query: sa.Select[Any], table: sa.Table, ids: list[str] | None) -> Iterator[sa.Select[Any]]:
    if ids is None:
        yield query
        return
    for start in range(0, len(ids), _SOME):
        yield query.where(table.c.patient_id.in_(ids[start : start + _SOME]))


def _corrections(connection: sa.Connection, ids: list[str] | None) -> dict[int, str]:
    """What each shown result corrects, by its row number: from all versions of the keys that have more than one."""
    table, schema = ROWS["labs"], stored_schema("labs")
    of_labs = REPLACEMENTS.c.table == "labs"
    versions = sa.union(
        sa.select(REPLACEMENTS.c.old_id).where(of_labs), sa.select(REPLACEMENTS.c.new_id).where(of_labs)
    )
    query = stored_query("labs").where(table.c[ROW_ID].in_(versions))
    frames = [
        to_frame(data) for part in _queries(query, table, ids) for data in bulk.read_parts(connection, part, schema)
    ]
    if not frames:
        return {}
    rows = pd.concat(frames, ignore_index=True).sort_values(ROW_ID, ignore_index=True)
    decided = settle(LABS.conform(rows))
    mark = decided.current & (decided.replaced != "")
    return dict(zip(rows[ROW_ID][mark].astype(int), decided.replaced[mark], strict=True))


def _as_labs(frame: pd.DataFrame) -> pd.DataFrame:
    return LABS.conform(frame.assign(result_id=frame[ROW_ID], replaced=pd.Series("", frame.index, dtype="str")))


def _joined(name: str, frames: Iterator[pd.DataFrame]) -> pd.DataFrame:
    filled = list(frames)
    return pd.concat(filled, ignore_index=True) if filled else to_frame(stored_schema(name).empty_table())


def _with_ids(name: str, frame: pd.DataFrame) -> pa.Table:
    """Rows as the snapshot holds them: with their row number, but for patients."""
    rows = to_arrow(TABLES[name], TABLES[name].conform(frame))
    return rows if name == "patients" else rows.append_column(ROW_ID, pa.array(frame[ROW_ID].to_numpy("int64")))
