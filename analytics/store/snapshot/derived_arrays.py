"""What follows from every result, by bucket: baselines and grades, kept beside the other stored analyses.

They do not depend on the data cut-off, so that a new generation computes only the buckets that changed, and a restart
computes nothing. Results stand in the order of the bucket's labs, those that are not numbers left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analytics.case import Case
from analytics.derive.baseline import Baselines, baselines_of
from analytics.derive.points import points_of
from analytics.errors import BusyStore
from analytics.grades.ctcae import grades_of
from analytics.once import key_of
from analytics.store.database.atomic_files import make_folder, write_whole
from analytics.store.database.database_errors import whole_file
from analytics.store.snapshot import reader
from analytics.store.snapshot.analysis_cache import Task, compute
from analytics.store.snapshot.buckets import ROW_GROUP
from analytics.store.snapshot.cache import PATIENCE_SECONDS, STILL
from analytics.store.snapshot.turns import WAIT_SECONDS, my_turn

FOLDER = "arrays"
VERSIONS = ("5.0", "6.0")
"""Grades that the pages of cohorts ask for."""

POINTS, BASELINES = key_of(points_of), key_of(baselines_of)
"""Under which keys a Case holds them."""

SCHEMA = pa.schema(
    {
        "line": pa.int16(),
        "value": pa.float64(),
        "x_uln": pa.float64(),
        "n": pa.int8(),
        "since": pa.float64(),
        **{f"grade {version}": pa.int8() for version in VERSIONS},
    }
)


def graded(version: str) -> tuple[Any, ...]:
    """Under which key a Case holds grades."""
    return key_of(grades_of, version)


def path_of(task: Task) -> Path:
    """The file of one bucket."""
    return task.folder / FOLDER / "arrays.parquet"


def prepare(task: Task, wait: float = WAIT_SECONDS) -> bool:
    """Compute and store the arrays of a bucket where they are not there; says whether that was so.

    Raises:
        BusyStore: another thread or process was at it for the seconds of ``wait``.
    """
    path = path_of(task)
    if path.is_file():
        return False
    with my_turn(task.place, task.bucket.mark, wait):
        return False if path.is_file() else _prepared(task, path)


def _prepared(task: Task, path: Path) -> bool:
    case = Case(reader.bucket_panel(task.place, task.manifest, [task.number]), task.settings)
    make_folder(path.parent)
    write_whole(path, _bytes(_table(case)))
    return True


def prepare_and_compute(task: Task, wait: float = WAIT_SECONDS) -> int:
    """All that a bucket lacks, arrays too; returns how many parts that were."""
    return int(prepare(task, wait)) + compute(task, wait)


def at_hand(tasks: Sequence[Task], most: int) -> list[Task]:
    """Tasks that are computed. Up to ``most`` that are not are computed now; more are left to a job.

    Raises:
        BusyStore: another thread or process is at one for longer than a reader waits; a list without it would mislead.
    """
    waiting = [t for t in tasks if t.missing()]
    if len(waiting) > most:
        return [t for t in tasks if not t.missing()]
    for task in waiting:
        try:
            prepare_and_compute(task, PATIENCE_SECONDS)
        except BusyStore as error:
            raise BusyStore(STILL) from error
    return list(tasks)


def read(task: Task) -> pa.Table:
    """The arrays of a bucket, made where they are not there."""
    prepare(task)
    return whole_file(path_of(task))


def baselines_in(columns: dict[str, np.ndarray]) -> Baselines:
    """The columns of arrays as Baselines."""
    return Baselines(**{name: columns[name] for name in ("line", "value", "x_uln", "n", "since")})


def _table(case: Case) -> pa.Table:
    kept = baselines_of(case)
    columns = {name: getattr(kept, name) for name in ("line", "value", "x_uln", "n", "since")}
    columns |= {f"grade {version}": grades_of(case, version) for version in VERSIONS}
    return pa.table({name: pa.array(columns[name], SCHEMA.field(name).type) for name in SCHEMA.names})


def _bytes(table: pa.Table) -> memoryview:
    """Few distinct numbers a patient: words of a dictionary, which are read back to the same bits."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        table, sink, compression="lz4", row_group_size=16 * ROW_GROUP, use_dictionary=True, write_page_checksum=True
    )
    return memoryview(sink.getvalue())
