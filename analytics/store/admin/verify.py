"""Does the store still say what was imported? Recomputes every digest and rebuilds what the snapshot must show."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from analytics.errors import StoreError
from analytics.store import tables
from analytics.store.admin.soundness import beside, small_tables
from analytics.store.database import bulk
from analytics.store.database.arrow import schema_of
from analytics.store.database.database_errors import whole_file
from analytics.store.database.held_digests import held_digests
from analytics.store.database.location import Place
from analytics.store.database.row_digest import added, row_digests, total
from analytics.store.database.stored_digests import stored_digests
from analytics.store.publish import publish, rebuild, retention, unit_suspects
from analytics.store.publish.stored_keys import stored_schema
from analytics.store.snapshot import buckets, column_file, generations
from analytics.store.snapshot.change import Change
from analytics.store.snapshot.manifest import DIGEST_BYTES, PARTS, Manifest
from analytics.store.tables.rows import IMPORTS, QUARANTINED, ROW_ID, ROWS
from analytics.tables import QUARANTINE


@dataclass
class Verdict:
    """What was checked and what does not hold."""

    rows: int = 0
    files: int = 0
    entries: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """True where nothing was found."""
        return not self.problems


def verify(place: Place, connection: sa.Connection) -> Verdict:
    """Check rows against their digests, imports against their sums, and the snapshot against both."""
    verdict = Verdict()
    with _going_on(verdict, "database"):
        verdict.problems += _integrity(connection)
    _check_rows(connection, verdict)
    with _going_on(verdict, "database"):
        verdict.problems += small_tables(connection, tables.TRUTH)
    verdict.problems += beside(place)
    with _going_on(verdict, "snapshot"):
        _check_files(place, retention.latest_here(place, connection), verdict)
    with _going_on(verdict, "snapshot"):
        _check_shown(place, connection, verdict)
    _check_analyses(place, verdict)
    return verdict


@contextmanager
def _going_on(verdict: Verdict, what: str) -> Iterator[None]:
    """What cannot be read to its end is a problem, and what comes after it is looked at all the same."""
    try:
        yield
    except (sa.exc.DBAPIError, sa.exc.NoSuchColumnError, StoreError, pa.ArrowException, OSError, ValueError) as error:
        said = str(error).splitlines()[0] if str(error) else ""
        verdict.problems.append(f"{what}: cannot be read to the end: {error.__class__.__name__}: {said}")


def snapshot_digest(place: Place, manifest: Manifest) -> str:
    """One digest of everything that a generation shows, however it is spread over buckets."""
    sums = {name: 0 for name in PARTS}
    for bucket in manifest.buckets:
        for name in PARTS:
            data = buckets.read_part(place, bucket, name)
            sums[name] = added(sums[name], total(row_digests(data, data.column_names)))
    return hashlib.sha256(json.dumps(sums, sort_keys=True).encode()).hexdigest()


def _integrity(connection: sa.Connection) -> Iterator[str]:
    if connection.dialect.name != "sqlite":
        return
    for (said,) in connection.exec_driver_sql("PRAGMA integrity_check(100)"):
        if said != "ok":
            yield f"database: {said}"


def _check_rows(connection: sa.Connection, verdict: Verdict) -> None:
    """Each row's digest, the sum of each import, and each row of the ledger."""
    sums: dict[tuple[str, int], int] = {}
    for name, table in ROWS.items():
        digests_of = partial(stored_digests, name)
        with _going_on(verdict, name):
            _check_table(connection, (name, table, ROW_ID), stored_schema(name), digests_of, sums, verdict)
    schema = schema_of(QUARANTINE)
    with _going_on(verdict, "quarantine"):
        _check_table(connection, ("quarantine", QUARANTINED, "quarantine_id"), schema, held_digests, sums, verdict)
    with _going_on(verdict, "ledger"):
        _check_sums(connection, sums, verdict)


def _check_sums(connection: sa.Connection, sums: dict[tuple[str, int], int], verdict: Verdict) -> None:
    """Each row of the ledger, and its sums."""
    expected: dict[tuple[str, int], int] = {}
    for row in connection.execute(sa.select(IMPORTS)).mappings():
        if row["digest"] != publish.import_digest(dict(row)):
            verdict.problems.append(f"ledger: import {row['import_id']} is not as it was written")
        for name, (_first, _last, digest) in json.loads(row["row_ranges"]).items():
            expected[name, row["import_id"]] = digest
    for name, number in sorted(expected.keys() | sums.keys()):
        if expected.get((name, number), 0) != sums.get((name, number), 0):
            verdict.problems.append(f"import {number}: its rows of {name} do not add up to the digest of the import")


def _check_table(
    connection: sa.Connection,
    what: tuple[str, sa.Table, str],
    schema: pa.Schema,
    digests_of: Callable[[pa.Table], npt.NDArray[np.int64]],
    sums: dict[tuple[str, int], int],
    verdict: Verdict,
) -> None:
    """Digests of one table; adds to the sums by import."""
    name, table, number = what
    wanted = schema.append(pa.field("digest", pa.int64()))
    query = sa.select(*(table.c[n] for n in wanted.names)).order_by(table.c[number])
    for data in bulk.read_parts(connection, query, wanted):
        verdict.rows += data.num_rows
        digests = digests_of(data)
        for i in np.flatnonzero(digests != data.column("digest").to_numpy())[:20]:
            verdict.problems.append(f"{name}: row {data.column(number)[int(i)]} is not as it was imported")
        if name == "quarantine":
            came_in = data.column("result_id").is_null()
            digests, data = digests[came_in.to_numpy()], data.filter(came_in)
        imports = data.column("import_id").to_numpy()
        for one in np.unique(imports):
            key = (name, int(one))
            sums[key] = added(sums.get(key, 0), total(digests[imports == one]))


def _check_files(place: Place, manifest: Manifest, verdict: Verdict) -> None:
    for bucket in manifest.buckets:
        for part, name in bucket.files.items():
            verdict.files += 1
            if _digest_of(place.snapshot / name) != bucket.digests[part]:
                verdict.problems.append(f"snapshot: {name} is not as it was written")


def _check_shown(place: Place, connection: sa.Connection, verdict: Verdict) -> None:
    """Rebuild the snapshot from the rows, in memory and spill alone, and compare what it shows."""
    manifest = generations.latest(connection)
    if not unit_suspects.in_line(connection, unit_suspects.of(place, manifest)):
        verdict.problems.append("quarantine: results kept out of view for their unit are not those of the snapshot")
    change = unit_suspects.change_of(connection, place.spill / "verify")
    try:
        rebuild.show_all(connection, change)
        rebuild.show_again(connection, change, rebuild.merged_among(change, change.resolve))
        expected = shown_digest(change)
    finally:
        change.spill.clear()
    if expected != stored_digest(place, manifest):
        verdict.problems.append("snapshot: it does not show what the database holds; run: hepatrend doctor --rebuild")


def _check_analyses(place: Place, verdict: Verdict) -> None:
    """Stored analyses can be read to their end; a file that an import removes meanwhile is none of them."""
    for path in sorted(place.analyses.rglob("*.parquet")):
        verdict.files += 1
        try:
            whole_file(path, use_threads=False)
        except FileNotFoundError:
            continue
        except StoreError as error:
            verdict.problems.append(f"analyses: {error}")
    for path in sorted(place.analyses.rglob(f"*{column_file.ENDING}")):
        verdict.files += 1
        try:
            column_file.check(path)
        except FileNotFoundError:
            continue
        except StoreError as error:
            verdict.problems.append(f"analyses: {error}")


def shown_digest(change: Change) -> dict[str, int]:
    """Sum of digests of the row numbers that are to be shown, by table."""
    sums: dict[str, int] = {}
    for name in ("labs", "events", "imaging"):
        drawers = range(change.spill.drawers)
        kept = [_without(data, change.rebuilt) for data in change.spill.take(name, drawers)]
        for data in (*kept, *change.again.get(name, [])):
            sums[name] = added(sums.get(name, 0), total(row_digests(data, [_number(name), "patient_id"])))
    return sums


def stored_digest(place: Place, manifest: Manifest) -> dict[str, int]:
    """The same of a generation; results that are kept out of view for their unit count with the others."""
    sums: dict[str, int] = {}
    for bucket in manifest.buckets:
        for name in ("labs", "suspects", "events", "imaging"):
            data, told = buckets.read_part(place, bucket, name), "labs" if name == "suspects" else name
            if data.num_rows:
                sums[told] = added(sums.get(told, 0), total(row_digests(data, [_number(told), "patient_id"])))
    return sums


def _number(name: str) -> str:
    """The column with a row's number in the database."""
    return "result_id" if name == "labs" else ROW_ID


def _without(data: pa.Table, patients: set[str]) -> pa.Table:
    if not patients:
        return data
    return data.filter(pc.invert(pc.is_in(data.column("patient_id"), value_set=pa.array(sorted(patients)))))


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=DIGEST_BYTES)).hexdigest()
