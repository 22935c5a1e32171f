"""What the column file of a bucket holds: its number results by analyte, what follows from them, and its people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from analytics.analysis import Analysis
from analytics.analytes import CODES
from analytics.arrays import Ints
from analytics.cohort.site_quality import counts_of, gaps_of
from analytics.derive.baseline import Baselines
from analytics.store.database.arrow import words_of
from analytics.store.database.database_errors import whole_file
from analytics.store.snapshot import column_file, derived_arrays, reader
from analytics.store.snapshot.analysis_cache import Task
from analytics.store.snapshot.column_file import Array, ColumnFile
from analytics.store.snapshot.packed_columns import CodedPoints, RunBaselines
from analytics.store.snapshot.population import LIMITS, PopulationPanel, of_bucket
from analytics.store.snapshot.turns import WAIT_SECONDS, my_turn
from analytics.tables import EVENTS, IMAGING, PATIENTS

NAME = f"results-2{column_file.ENDING}"
"""With the number of its form: of another one it is not found, and made anew."""
TEXTS = ("comparator", "unit", "lab", "method", "source_file")
"""Text columns of a result that are kept."""
FRAMES = (EVENTS, IMAGING, PATIENTS)
NEVER = np.iinfo(np.int64).min
"""The last time of a patient without any result. [microseconds]"""


def path_of(task: Task) -> Path:
    """The file of one bucket."""
    return derived_arrays.path_of(task).with_name(NAME)


def columns_of(task: Task, wait: float = WAIT_SECONDS) -> ColumnFile:
    """The column file of a bucket, made where it is not there.

    Raises:
        BusyStore: another thread or process was at it for the seconds of ``wait``.
    """
    path = path_of(task)
    if not path.is_file():
        derived_arrays.prepare(task, wait)  # before the turn is held here: it asks for the same one
        with my_turn(task.place, task.bucket.mark, wait):
            if not path.is_file():
                write(task)
    return column_file.opened(path)


@dataclass(frozen=True)
class _Results:
    """Number results of a bucket in the order of the file: analyte, patient, time."""

    order: Ints
    """Position of each in the points of the bucket."""
    first: Ints
    """Offsets of the analytes, shape (analytes + 1,)."""


def write(task: Task) -> None:
    """Write the file of one bucket anew."""
    found = of_bucket(task)
    points: CodedPoints = found.derived[derived_arrays.POINTS]
    order = np.argsort(points.analyte, kind="stable")
    results = _Results(order, np.searchsorted(points.analyte[order], np.arange(len(CODES) + 1)))
    arrays, words = _of_results(found, points, results)
    arrays |= _of_baselines(found.derived[derived_arrays.BASELINES], results)
    arrays |= _of_people(task, found)
    column_file.write(path_of(task), arrays, words)


def _of_results(
    found: Analysis, points: CodedPoints, results: _Results
) -> tuple[dict[str, tuple[Array, Ints]], dict[str, Any]]:
    panel = found.panel
    assert isinstance(panel, PopulationPanel)
    rows, at = panel.rows, points.row[results.order]
    columns: dict[str, Array] = {
        "patient": points.patient[results.order].astype(np.int32),
        "day": points.day[results.order],
        "value": points.value[results.order],
        "comparator": points.comparator[results.order].astype(np.int8),
        "source_line": rows.source_line[at].astype(np.int32),
    }
    columns |= {name: rows.limits[name].codes[at] for name in LIMITS}
    columns |= {text_of(name): rows.texts[name].codes[at] for name in TEXTS}
    for version in derived_arrays.VERSIONS:
        columns[f"grade {version}"] = found.derived[derived_arrays.graded(version)][results.order].astype(np.int8)
    arrays = {name: (values, results.first) for name, values in columns.items()}
    arrays |= {f"pool {name}": _one(rows.limits[name].pool) for name in LIMITS}
    return arrays, {name: list(rows.texts[name].words) for name in TEXTS}


def _of_baselines(baselines: RunBaselines, results: _Results) -> dict[str, tuple[Array, Ints]]:
    """Baselines once for each run of results of one analyte that share them, and the run of each result, counted from
    the first run of its analyte."""
    of = baselines.of[results.order]
    change = np.zeros(len(of), bool)
    change[:1] = True
    change[1:] = of[1:] != of[:-1]
    change[results.first[:-1][results.first[:-1] < len(of)]] = True
    begin, count = np.flatnonzero(change), np.append(0, np.cumsum(change))
    first = count[results.first]
    run = (count[1:] - 1 - np.repeat(first[:-1], np.diff(results.first))).astype(np.int32)
    kept = {f.name: getattr(baselines.runs, f.name)[of[begin]] for f in fields(Baselines)}
    return {"run": (run, results.first)} | {f"run {name}": (values, first) for name, values in kept.items()}


def _of_people(task: Task, found: Analysis) -> dict[str, tuple[Array, Ints]]:
    """Of each patient what all results say together, and the tables that are not of results."""
    n, points = len(found.panel), found.derived[derived_arrays.POINTS]
    first_day = np.full(n, np.inf)
    np.minimum.at(first_day, points.patient, points.day)
    last_day = np.full(n, -np.inf)
    np.maximum.at(last_day, points.patient, points.day)
    last_time, corrected = np.full(n, NEVER, np.int64), np.zeros(n, np.int32)
    if "labs" in task.bucket.files:
        path = task.place.snapshot / task.bucket.files["labs"]
        labs = whole_file(path, columns=["patient_id", "collected_at", "replaced"])
        codes, words = words_of(labs.column("patient_id"))
        who = found.panel.patient_ids.get_indexer(pd.Index(words[:-1], dtype="str"))[codes]
        time = labs.column("collected_at")
        known = time.is_valid().to_numpy()
        np.maximum.at(last_time, who[known], time.drop_null().to_numpy().astype("datetime64[us]").astype(np.int64))
        texts, told = words_of(labs.column("replaced"))
        filled = np.array([bool(word) for word in told])[texts]
        corrected = np.bincount(who[filled], minlength=n).astype(np.int32)
    each = {"first day": first_day, "last day": last_day, "last time": last_time, "corrected": corrected}
    each |= {counted(name): counts.astype(np.int32) for name, counts in counts_of(found.case).items()}
    gaps = gaps_of(found.case)
    each |= {"gap patient": gaps.patient, "gap days": gaps.days}
    frames = {
        f"frame {t.name}": np.frombuffer(_bytes(reader.whole(task.place, task.bucket, t)), np.uint8) for t in FRAMES
    }
    return {name: _one(values) for name, values in (each | frames).items()}


def _one(values: Array) -> tuple[Array, Ints]:
    """An array in one stretch."""
    return values, np.array([0, len(values)])


def counted(name: str) -> str:
    """What a count of each patient is called in the file."""
    return f"count {name}"


def text_of(name: str) -> str:
    """What the codes of a text column are called in the file."""
    return f"text {name}"


def _bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table.combine_chunks())
    return bytes(sink.getvalue())


def frame_of(file: ColumnFile, name: str) -> pa.Table:
    """A table that is not of results."""
    raw = column_file.read([file], f"frame {name}", [[0]])
    with pa.ipc.open_stream(pa.py_buffer(raw)) as stream:
        return stream.read_all()


def words_in(file: ColumnFile, name: str) -> list[str]:
    """Distinct texts of a column; codes of results count from 0, -1 is missing."""
    words: Mapping[str, list[str]] = file.words
    return words[name]
