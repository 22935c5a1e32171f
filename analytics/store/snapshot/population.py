"""A Panel and the arrays of all patients, for cohorts: read column by column into small types, never as one wide frame.

A hundred thousand patients with twenty million results take about one and a half gibibytes: texts and limits are codes
of a few bits, baselines runs of equal ones, and of the columns of a result only those are held that views and answers
show. Times, values and limits are as stored, to the last bit. Who asks for ``labs`` gets the whole frame, read then.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from analytics.analysis import Analysis
from analytics.analytes import CODES, INDEX
from analytics.arrays import Ints
from analytics.case import Derived
from analytics.derive.baseline import baselines_of
from analytics.derive.lines import index_days_of, lines_of
from analytics.derive.points import points_of
from analytics.grades.ctcae import grades_of
from analytics.once import key_of
from analytics.panel import Panel
from analytics.store.database.arrow import words_of
from analytics.store.database.database_errors import whole_file
from analytics.store.database.location import Place
from analytics.store.snapshot import derived_arrays
from analytics.store.snapshot import reader as reading
from analytics.store.snapshot.analysis_cache import Stored, Task
from analytics.store.snapshot.cache import Latest
from analytics.store.snapshot.held_parts import held_frame
from analytics.store.snapshot.manifest import Manifest
from analytics.store.snapshot.packed_columns import CodedPoints, Numbers, Runs, Texts, joint, signs
from analytics.store.snapshot.worklist import read_summary
from analytics.tables import EVENTS, IMAGING, LABS, PATIENTS
from analytics.wall_time import changes, never_back

AT_ONCE = 1_000_000
"""Results that are read within a second or two, for which a page simply waits; more are read beside."""

TEXTS = ("comparator", "unit", "lab", "method", "replaced", "source_file")
LIMITS = ("lln", "uln")
_READ = ("patient_id", "analyte", "collected_at", "value", *LIMITS, *TEXTS, "source_line")
DAY_US = 86_400_000_000
"""Microseconds of a day."""


@dataclass(frozen=True)
class PseudonymisedView:
    """How all patients look to a user who may not know who is who.

    Attributes:
        names: pseudonym of each patient id.
        shift_days: whole days by which every time of a patient moves, by patient id.
        hidden: text columns of a result that are left empty; ``source_line`` is left out with ``source_file``.
        texts: dates in the texts of some rows moved by so many days each.
        panel: a panel of a few or of all patients without results, as it is shown.
        true_ids: patient id of each pseudonym.
    """

    names: Mapping[str, str]
    shift_days: Mapping[str, int]
    hidden: frozenset[str]
    texts: Callable[[pd.Series, npt.NDArray[np.int64]], pd.Series]
    panel: Callable[[Panel], Panel]
    true_ids: Mapping[str, str]


@dataclass(frozen=True)
class _Rows:
    """Columns of every result in the order of ``labs``; each of shape (n,)."""

    patient: Ints
    analyte: Ints
    day: npt.NDArray[np.float64]
    value: npt.NDArray[np.float64]
    limits: dict[str, Numbers]
    texts: dict[str, Texts]
    source_line: Ints


class PopulationPanel(Panel):
    """A Panel of all patients whose results stay in small types; ``labs`` is read when it is asked for."""

    def __init__(self, small: Panel, rows: _Rows, whole: Callable[[], Panel], some: Callable[[Sequence[str]], Panel]):
        """Take everything but the results from ``small``; ``whole`` and ``some`` read frames from the snapshot."""
        for name in ("events", "imaging", "patients", "held", "as_of", "generation"):
            object.__setattr__(self, name, getattr(small, name))
        for name, value in {"_rows": rows, "_whole": whole, "_some": some}.items():
            object.__setattr__(self, name, value)

    _rows: _Rows

    @property
    def rows(self) -> _Rows:
        """The columns as they are held."""
        return self._rows

    _whole: Callable[[], Panel]
    _some: Callable[[Sequence[str]], Panel]

    @property
    def labs(self) -> pd.DataFrame:
        """Every result in every column: of a hundred thousand patients, several gibibytes. Not kept."""
        return self._whole().labs

    def lab_rows(self, at: npt.NDArray[np.integer[Any]], columns: Sequence[str]) -> pd.DataFrame:
        """As Panel.lab_rows, from the columns that are held; others are read with the whole frame."""
        if not set(columns) <= _HELD:
            return super().lab_rows(at, columns)
        return pd.DataFrame({name: self._column(name, at) for name in columns})

    def _column(self, name: str, at: Ints) -> pd.Series:
        rows = self._rows
        if name == "patient_id":
            return self.patients["patient_id"].take(rows.patient[at]).reset_index(drop=True)
        if name == "analyte":
            return pd.Series(pd.array(CODES, dtype="str").take(rows.analyte[at]))
        if name == "source_line":
            line = rows.source_line[at]
            return pd.Series(pd.arrays.IntegerArray(line.astype(np.int64), line < 0))
        if name in LIMITS:
            return pd.Series(rows.limits[name].pool[rows.limits[name].codes[at]])
        return pd.Series(rows.value[at]) if name == "value" else rows.texts[name].texts(at)

    def filled(self, column: str) -> npt.NDArray[np.integer[Any]]:
        """As Panel.filled."""
        if column not in self._rows.texts:
            return super().filled(column)
        coded = self._rows.texts[column]
        has = np.array([word != "" for word in coded.words] + [False])
        return np.flatnonzero(has[coded.codes])

    def select(self, patient_ids: Sequence[str]) -> Panel:
        """A Panel of some patients, read from the snapshot, with the cut-off of all patients."""
        some = self._some(patient_ids)
        held = self.held[self.held["patient_id"].isin(list(patient_ids))].reset_index(drop=True)
        return replace(some, as_of=self.as_of, held=held)

    def __repr__(self) -> str:
        """How many; the frames are not read for it."""
        return f"PopulationPanel({len(self.patients)} patients, generation {self.generation})"


_HELD = frozenset(("patient_id", "analyte", "source_line", "value", *LIMITS, *TEXTS))


def opening(kept: Latest, key: Hashable, summary: pd.DataFrame, read: Callable[[], Analysis]) -> bool:
    """Whether all patients are being read by a thread of its own, which begins here where it has not begun.

    Args:
        kept: where what is read is kept, under ``key``.
        key: what is asked for.
        summary: one row a patient with n_results.
        read: gives what is kept there.
    """

    def prepare() -> None:
        case = read().case
        _ = points_of(case).x_uln, lines_of(case), index_days_of(case)  # what every question asks for

    return int(summary["n_results"].sum()) > AT_ONCE and kept.being_made(key, prepare)


def read_population(
    place: Place,
    manifest: Manifest,
    tasks: Sequence[Task],
    held: pd.DataFrame,
    results: npt.NDArray[np.int64],
    view: PseudonymisedView | None = None,
) -> tuple[PopulationPanel, Derived]:
    """The Panel of all patients, and what was derived of every number result.

    Args:
        place: where the store lies.
        manifest: the generation.
        tasks: its buckets under the thresholds asked for; arrays that are not there are computed and stored.
        held: rows quarantined.
        results: results of each patient in the order of patient_id, shape (patients,).
        view: how all patients look to who asks; as they are where None. Patients then stand in the order of their
            pseudonyms, so that not even the order tells anything.
    """
    frames = {t.name: reading.joined(place, manifest, t) for t in (EVENTS, IMAGING, PATIENTS)}
    ids, number = frames["patients"]["patient_id"], manifest.generation
    small = Panel(LABS.empty(), **frames, held=held, as_of=manifest.as_of(frames["patients"]["clock"].unique()),
                  generation=number)  # fmt: skip

    def whole() -> Panel:
        return reading.bucket_panel(place, manifest, range(len(manifest.buckets)))

    if view is None:
        rows, kept = _read(_Reader(pd.Index(ids), results, None), tasks)
        return PopulationPanel(small, rows, whole, lambda some: reading.panel_of(place, manifest, some)), kept
    order = np.argsort(ids.map(view.names).to_numpy(object))
    rows, kept = _read(_Reader(pd.Index(ids.iloc[order]), results[order], view), tasks)
    shown = view.panel(small)
    last = [shown.as_of, *([_moment(rows.day.max())] if len(rows.day) else [])]
    return PopulationPanel(
        replace(shown, as_of=max(last)),
        rows,
        lambda: view.panel(whole()),
        lambda some: view.panel(reading.panel_of(place, manifest, [view.true_ids[p] for p in some])),
    ), kept


def of_bucket(task: Task, view: PseudonymisedView | None = None) -> Analysis:
    """The analysis of the patients of one bucket, to the last bit what the analysis of all patients says of them.

    Args:
        task: the bucket.
        view: how the patients look to who asks. They then stand in the order of their pseudonyms, and the cut-off is
            that of the bucket: who puts buckets together gives that of all (:mod:`analytics.store.snapshot.scattered`).
    """
    place, manifest = task.place, task.manifest
    frames = {t.name: reading.joined(place, manifest, t, [task.number]) for t in (EVENTS, IMAGING, PATIENTS)}
    small = Panel(LABS.empty(), **frames, held=held_frame(task.held), as_of=manifest.as_of(),
                  generation=manifest.generation)  # fmt: skip
    results = read_summary(place, manifest, [task.number], ("patient_id", "n_results"))["n_results"].to_numpy(np.int64)
    ids = frames["patients"]["patient_id"]
    order = np.arange(len(ids)) if view is None else np.argsort(ids.map(view.names).to_numpy(object))
    rows, kept = _read(_Reader(pd.Index(ids.iloc[order]), results[order], view), [task])
    shown = small if view is None else view.panel(small)
    panel = PopulationPanel(shown, rows, task.panel, lambda some: reading.panel_of(place, manifest, some))
    return Analysis(panel, task.settings, Stored([task]), kept)


def _read(reader: _Reader, tasks: Sequence[Task]) -> tuple[_Rows, Derived]:
    for task in tasks:
        reader.take(task)
    return reader.done()


def _moment(day: float) -> pd.Timestamp:
    """The time that is so many days after 1970-01-01."""
    return pd.Timestamp(round(day * DAY_US), unit="us")


class _Reader:
    """Puts bucket after bucket where its patients belong."""

    def __init__(self, ids: pd.Index[str], results: npt.NDArray[np.int64], view: PseudonymisedView | None):
        self._ids, self._view = ids, view
        self._hidden = frozenset() if view is None else view.hidden
        days = [0] * len(ids) if view is None else [view.shift_days[p] for p in ids]
        self._shift = np.array(days, np.float64)
        self._first = np.append(0, np.cumsum(results))
        n = int(self._first[-1])
        self._rows = _Rows(
            patient=np.repeat(np.arange(len(ids), dtype=np.int32), results),
            analyte=np.zeros(n, np.int16),
            day=np.zeros(n),
            value=np.zeros(n),
            limits={name: Numbers(n) for name in LIMITS},
            texts={name: Texts(n, hidden=name in self._hidden) for name in TEXTS},
            source_line=np.full(n, -1, np.int32),
        )
        self._grades = {version: np.zeros(n, np.int8) for version in derived_arrays.VERSIONS}
        self._runs = Runs(n)

    def take(self, task: Task) -> None:
        """Read one bucket."""
        if "labs" not in task.bucket.files:
            return
        path = task.place.snapshot / task.bucket.files["labs"]
        read = [name for name in _READ if name not in self._hidden]
        texts = [name for name in ("patient_id", "analyte", *TEXTS) if name in read]
        labs = whole_file(path, columns=read, read_dictionary=texts)
        at = self._places(labs.column("patient_id"))
        rows = self._rows
        codes, words = words_of(labs.column("analyte"))
        rows.analyte[at] = np.array([INDEX[w] for w in words if w is not None], np.int16)[codes]
        day = labs.column("collected_at").to_numpy().astype("datetime64[us]").astype(np.int64) / DAY_US
        moved = self._shift[rows.patient[at]]
        rows.day[at] = never_back(changes(words_of(labs.column("patient_id"))[0], codes), day) + moved
        rows.value[at] = labs.column("value").to_numpy()
        for name, limits in rows.limits.items():
            limits.put(at, labs.column(name).to_numpy())
        for name, coded in rows.texts.items():
            if name in read:
                coded.put(at, self._shown(name, labs.column(name), moved))
        if "source_file" in read:
            rows.source_line[at] = labs.column("source_line").fill_null(-1).to_numpy()
        number = at[labs.column("value").is_valid().to_numpy() & ~np.isnan(rows.value[at])]
        stored = derived_arrays.read(task)
        derived = {name: stored.column(name).to_numpy() for name in derived_arrays.SCHEMA.names}
        derived["since"] = derived["since"] + self._shift[rows.patient[number]]
        self._runs.put(number, derived_arrays.baselines_in(derived))
        for version, grades in self._grades.items():
            grades[number] = derived[f"grade {version}"]

    def _shown(self, name: str, column: pa.ChunkedArray, moved: npt.NDArray[np.float64]) -> pa.ChunkedArray:
        """A text column as it is shown: only earlier values name dates."""
        if self._view is None or name != "replaced":
            return column
        texts = pd.Series(column.to_pandas(), dtype="str")
        return pa.chunked_array([pa.array(self._view.texts(texts, moved.astype(np.int64)), pa.large_string())])

    def _places(self, patient_id: pa.ChunkedArray) -> npt.NDArray[np.int64]:
        """Where the rows of a bucket, sorted by patient, belong among those of all patients."""
        codes, words = words_of(patient_id)
        start = self._first[self._ids.get_indexer(pd.Index([w for w in words if w is not None], dtype="str"))]
        change = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
        own = np.arange(len(codes)) - np.repeat(change, np.diff(np.append(change, len(codes))))
        return np.asarray(start[codes] + own, np.int64)

    def done(self) -> tuple[_Rows, Derived]:
        """The columns of all rows, and what was derived of those that are numbers.

        Codes of a few bits, times and values as they are: nothing that a threshold is compared with is rounded.
        """
        rows, number = self._rows, ~np.isnan(self._rows.value)
        whole = bool(number.all())

        def only(values: Any) -> Any:
            return values if whole else values[number]

        points = CodedPoints(
            {name: (limits.pool, only(limits.codes)) for name, limits in rows.limits.items()},
            patient=only(rows.patient),
            analyte=only(rows.analyte),
            day=only(rows.day),
            value=only(rows.value),
            comparator=only(signs(rows.texts["comparator"])),
            lab=only(joint(rows.texts["lab"], rows.texts["method"])),
            row=np.flatnonzero(number).astype(np.int32),
        )
        grades = {version: only(grades) for version, grades in self._grades.items()}
        graded = {key_of(grades_of, version): found for version, found in grades.items()}
        return rows, {
            key_of(points_of): points,
            key_of(baselines_of): self._runs.done(only(self._runs.of)),
            **graded,
        }
