"""Some buckets as one Case that holds the results of the analytes that are asked for, each column read when it is used.

What a Case of these buckets would derive from the results of other analytes (the first result of a patient, baselines,
grades) is given from their column files. What is in neither is refused, never taken for nothing:
:class:`analytics.cohort.scattered.NotAtHand`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from analytics.analysis import Analysis
from analytics.analytes import CODES
from analytics.arrays import Floats, Ints
from analytics.arrow import to_frame
from analytics.case import Case
from analytics.cohort.scattered import NotAtHand
from analytics.cohort.site_quality import COUNTED, Gaps, corrected_of, counts_of, gaps_of
from analytics.derive.contact import last_results_of
from analytics.derive.event_agents import event_agents_of
from analytics.derive.events import event_names_of, events_of
from analytics.derive.lines import index_days_of, lines_of
from analytics.derive.points import first_results_of
from analytics.derive.treatments import treatments_of
from analytics.once import key_of
from analytics.panel import Panel
from analytics.settings import Settings
from analytics.store.snapshot import bucket_columns, column_file, derived_arrays
from analytics.store.snapshot.analysis_cache import Stored, Task
from analytics.store.snapshot.block_results import BlockBaselines, BlockPoints, People, Results
from analytics.store.snapshot.bucket_columns import FRAMES, NEVER, TEXTS
from analytics.store.snapshot.column_file import Array, ColumnFile
from analytics.store.snapshot.held_parts import held_frame
from analytics.store.snapshot.population import DAY_US, LIMITS, PseudonymisedView
from analytics.tables import LABS

BUCKETS = 16
"""Buckets that are asked together: fewer cost more calls, more cost more memory (docs/scale.md; house choice)."""
_OF_EVENTS: tuple[Callable[[Case], Any], ...] = (
    events_of, event_names_of, event_agents_of, treatments_of, lines_of, index_days_of,
)  # fmt: skip
"""What is derived without the results of any analyte, once for all askings of a block."""
Key = tuple[Any, ...]
Disguise = Callable[[Stored], Mapping[str, pd.DataFrame]]


class _Derived(dict[Key, Any]):
    """What a Case has derived, and what it is given when it asks for it."""

    def __init__(self, given: Mapping[Key, Callable[[], Any]]):
        super().__init__()
        self._given = given

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or key in self._given

    def __missing__(self, key: Key) -> Any:
        self[key] = self._given[key]()
        return self[key]


class BlockPanel(Panel):
    """The people of some buckets, and of their results the columns that are kept of some analytes."""

    _results: Results | None

    def __init__(self, small: Panel, results: Results | None):
        """Take everything but the results from ``small``."""
        for name in ("events", "imaging", "patients", "held", "as_of", "generation"):
            object.__setattr__(self, name, getattr(small, name))
        object.__setattr__(self, "_results", results)

    @property
    def labs(self) -> pd.DataFrame:
        """Not here."""
        raise NotAtHand("whole results are asked of a block that holds columns of them")

    def lab_rows(self, at: npt.NDArray[np.integer[Any]], columns: Sequence[str]) -> pd.DataFrame:
        """As Panel.lab_rows, where ``at`` are positions in the points of the Case."""
        if self._results is None or not set(columns) <= _HELD:
            raise NotAtHand(f"{', '.join(columns)} of results are asked of a block that does not hold them")
        return pd.DataFrame({name: self._column(self._results, name, at) for name in columns})

    def _column(self, results: Results, name: str, at: Ints) -> pd.Series:
        if name == "patient_id":
            return self.patients["patient_id"].take(results.who(at)).reset_index(drop=True)
        if name == "analyte":
            return pd.Series(pd.array(CODES, dtype="str").take(results.what(at)))
        if name == "source_line":
            return results.line(at)
        if name in TEXTS:
            return results.text(name, at)
        return pd.Series(results.limit(name, at) if name in LIMITS else results.some(name, at))

    def filled(self, column: str) -> npt.NDArray[np.integer[Any]]:
        """Not here."""
        raise NotAtHand(f"which results have a {column} is asked of a block that does not hold it")

    def select(self, patient_ids: Sequence[str]) -> Panel:
        """Not here."""
        raise NotAtHand("some patients are asked of a block")

    def __repr__(self) -> str:
        """How many."""
        return f"BlockPanel({len(self.patients)} patients, generation {self.generation})"


_HELD = frozenset(("patient_id", "analyte", "source_line", "value", *LIMITS, *TEXTS))


class Block:
    """Some buckets of a generation; what is read of their people is kept."""

    def __init__(self, tasks: Sequence[Task], view: PseudonymisedView | None = None, disguise: Disguise | None = None):
        """``view`` and ``disguise``: how patients and stored parts look to who asks; as they are where None."""
        self._tasks, self._view, self._disguise = list(tasks), view, disguise

    @cached_property
    def files(self) -> list[ColumnFile]:
        """The column file of each bucket."""
        return [bucket_columns.columns_of(task) for task in self._tasks]

    @cached_property
    def people(self) -> People:
        """The people."""
        first, frames = self._tasks[0], {}
        for table in FRAMES:
            frames[table.name] = to_frame(pa.concat_tables(bucket_columns.frame_of(f, table.name) for f in self.files))
        held = pd.concat([held_frame(task.held) for task in self._tasks], ignore_index=True)
        panel = Panel(
            LABS.empty(), **frames, held=held, as_of=first.manifest.as_of(), generation=first.manifest.generation
        )
        ids = pd.Index(frames["patients"]["patient_id"])
        begin = np.cumsum([0, *(task.bucket.rows["patients"] for task in self._tasks)])
        if self._view is None:
            return People(panel, ids, begin)
        shown = self._view.panel(panel)
        names = ids.map(self._view.names)
        rank = shown.patient_ids.get_indexer(names).astype(np.int32)
        shift = np.empty(len(ids))
        shift[rank] = [self._view.shift_days[p] for p in ids]
        return People(shown, pd.Index(names), begin, rank, shift, self._view.hidden)

    @property
    def ids(self) -> pd.Index[str]:
        """Ids of the patients of the block, as they are shown."""
        return pd.Index(self.people.panel.patient_ids)

    def last(self) -> float:
        """Time of the last number result, as it is shown; -inf where there is none. [d]"""
        days = self._each("last day")
        shift = self.people.shift
        return float(np.max(days if shift is None else days + shift, initial=-np.inf))

    def _each(self, name: str) -> Array:
        """Something kept of each patient, in the order of the panel."""
        values = column_file.read(self.files, name, [[0]] * len(self.files))
        if self.people.rank is None:
            return values
        out = np.empty_like(values)
        out[self.people.rank] = values
        return out

    @cached_property
    def _parts(self) -> Mapping[str, pd.DataFrame]:
        stored = Stored(self._tasks)
        return stored if self._disguise is None else self._disguise(stored)

    def analysis(self, codes: Iterable[str], as_of: pd.Timestamp | None = None) -> Analysis:
        """The analysis of the people, with the results of these analytes.

        Args:
            codes: analytes.
            as_of: cut-off of all patients as they are shown.
        """
        results, small = Results(self.files, self.people, codes), self.people.panel
        small = small if as_of is None else replace(small, as_of=as_of)
        panel, settings = BlockPanel(small, results), self._tasks[0].settings
        return _BlockAnalysis(panel, settings, self._parts, {}, self._given(results, small))

    def _given(self, results: Results, small: Panel) -> dict[Key, Callable[[], Any]]:
        given: dict[Key, Callable[[], Any]] = {
            derived_arrays.POINTS: partial(BlockPoints, results),
            derived_arrays.BASELINES: partial(BlockBaselines, results),
            key_of(last_results_of): partial(self._last_results, small),
        }
        for version in derived_arrays.VERSIONS:
            given[derived_arrays.graded(version)] = partial(results.column, f"grade {version}")
        for derive in _OF_EVENTS:
            given[key_of(derive)] = partial(derive, self._without_results)
        return given | self._of_each

    @property
    def _of_each(self) -> dict[Key, Callable[[], Any]]:
        return {
            key_of(first_results_of): self._first_results,
            key_of(corrected_of): lambda: self._each("corrected").astype(np.int64),
            key_of(counts_of): self._counts,
            key_of(gaps_of): self._gaps,
        }

    @cached_property
    def _without_results(self) -> Case:
        """Holds what follows from the events alone."""
        return _BlockCase.made(BlockPanel(self.people.panel, None), self._tasks[0].settings, self._of_each)

    def _first_results(self) -> Floats:
        days, shift = self._each("first day"), self.people.shift
        return days if shift is None else days + shift

    def _counts(self) -> dict[str, Ints]:
        return {name: self._each(bucket_columns.counted(name)).astype(np.int64) for name in COUNTED}

    def _gaps(self) -> Gaps:
        """Not in the order of the panel where it is another than that of the files."""
        whole = [[0]] * len(self.files)
        sizes = [file.count("gap days", [0]) for file in self.files]
        who = column_file.read(self.files, "gap patient", whole) + np.repeat(self.people.first[:-1], sizes)
        rank = self.people.rank
        return Gaps(who if rank is None else rank[who], column_file.read(self.files, "gap days", whole))

    def _last_results(self, small: Panel) -> Floats:
        """Refused where a result lies after the cut-off, as the last one before it is not kept."""
        times, shift = self._each("last time"), self.people.shift
        known = times != NEVER
        moved = times if shift is None else times + shift.astype(np.int64) * DAY_US
        last = np.where(known, moved / DAY_US, -np.inf)
        if (last > Case(small, self._tasks[0].settings).as_of).any():
            raise NotAtHand("the last result before the cut-off is asked of a block that has later ones")
        return last


@dataclass(frozen=True)
class _BlockCase(Case):
    """A Case that is given what it asks for."""

    @classmethod
    def made(cls, panel: Panel, settings: Settings, given: Mapping[Key, Callable[[], Any]]) -> Case:
        case = cls(panel, settings)
        object.__setattr__(case, "derived", _Derived(given))
        return case


@dataclass(frozen=True)
class _BlockAnalysis(Analysis):
    """The Analysis of a block."""

    at_hand: Mapping[Key, Callable[[], Any]] | None = None

    @cached_property
    def case(self) -> Case:
        """The panel as arrays, with what is given of it."""
        return _BlockCase.made(self.panel, self.settings, self.at_hand or {})
