"""All patients of a store as an Analysis that is asked a bucket at a time: see analytics.cohort.scattered."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, TypeVar, cast

import numpy as np
import pandas as pd
import pyarrow as pa

from analytics import executors
from analytics.analysis import Analysis
from analytics.arrow import to_frame
from analytics.cohort.scattered import Passes, ScatteredAnalysis, ScatteredPanel
from analytics.panel import Panel
from analytics.store.snapshot import bucket_columns, reader
from analytics.store.snapshot.analysis_cache import Stored, Task
from analytics.store.snapshot.block import BUCKETS, Block, Disguise
from analytics.store.snapshot.population import DAY_US, PseudonymisedView, of_bucket
from analytics.store.snapshot.worklist import read_summary
from analytics.tables import EVENTS, IMAGING, LABS, PATIENTS

Made = TypeVar("Made")
Some = TypeVar("Some")
THREADS = 2
"""Buckets that a page looks at at once: reading one leaves room for reckoning with another."""


@dataclass(frozen=True)
class StoredBuckets:
    """The buckets of one generation, each read when it is asked.

    Attributes:
        tasks: the buckets, in order; at least one.
        as_of: cut-off of all patients as they are shown; that of each bucket where None.
        view: how they look to who asks; as they are where None.
        disguise: stored parts of a bucket as they are shown.
        executor, how: as for analytics.executors.each; by threads of this process where the executor is None.
    """

    tasks: Sequence[Task]
    as_of: pd.Timestamp | None
    view: PseudonymisedView | None = None
    disguise: Disguise | None = None
    executor: executors.Executor | None = None
    how: executors.How = field(default_factory=lambda: executors.How())

    @cached_property
    def blocks(self) -> list[Block]:
        """The buckets, several together; what is read of their people is kept."""
        return [Block(some, self.view, self.disguise) for some in self._together]

    @property
    def _together(self) -> list[Sequence[Task]]:
        return [self.tasks[at : at + BUCKETS] for at in range(0, len(self.tasks), BUCKETS)]

    def people(self) -> pd.DataFrame:
        """Table PATIENTS of all, as it is stored, sorted by patient."""
        files = [bucket_columns.columns_of(task) for task in self.tasks]
        whole = to_frame(pa.concat_tables(bucket_columns.frame_of(file, PATIENTS.name) for file in files))
        order = np.argsort(whole["patient_id"].to_numpy(object), kind="stable")
        return whole.take(order).reset_index(drop=True)

    def ids(self) -> list[pd.Index[str]]:
        """Ids of the patients of each bucket, as they are shown."""
        return [self._shown(task) for task in self.tasks]

    def ids_of_blocks(self) -> list[pd.Index[str]]:
        """Ids of the patients of each block, as they are shown."""
        return list(replace(self, how=executors.How())._by_threads(lambda block: block.ids, self.blocks))

    def each(self, ask: Callable[[Analysis, Any], Made], given: Sequence[Any]) -> Iterator[Made]:
        """What is said of each bucket, in order."""
        work = list(zip(self.tasks, given, strict=True))
        if self.executor is None:
            return self._by_threads(partial(_asked, ask, self), work)
        return self._by_others(partial(_asked, ask, StoredBuckets((), self.as_of)), work)

    def each_block(
        self, ask: Callable[[Analysis, Any], Made], given: Sequence[Any], codes: Sequence[str]
    ) -> Iterator[Made]:
        """What is said of each block by the results of these analytes, in order."""
        if self.executor in (None, "serial"):
            asked, of = partial(_asked_of_block, ask, codes, self.as_of), list(zip(self.blocks, given, strict=True))
            return self._by_threads(asked, of) if self.executor is None else self._by_others(asked, of)
        work = list(zip(self._together, given, strict=True))
        return self._by_others(partial(_asked_of_tasks, ask, codes, self.as_of), work)

    def _by_others(self, asked: Callable[[Any], Made], work: Sequence[Any]) -> Iterator[Made]:
        assert self.view is None, "a disguise stays in this process"
        assert self.executor is not None
        return executors.each(asked, work, self.executor, version=executors.code, **self.how)

    def some(self, patient_ids: Sequence[str]) -> Panel:
        """A Panel of some patients."""
        task = self.tasks[0]
        if self.view is None:
            return reader.panel_of(task.place, task.manifest, patient_ids)
        true = [self.view.true_ids[p] for p in patient_ids]
        return self.view.panel(reader.panel_of(task.place, task.manifest, true))

    def _by_threads(self, ask: Callable[[Some], Made], work: Sequence[Some]) -> Iterator[Made]:
        told, waiting = self.how.get("told"), deque[Future[Made]]()
        with ThreadPoolExecutor(THREADS) as pool:
            for number in range(len(work) + THREADS):
                if number < len(work):
                    waiting.append(pool.submit(ask, work[number]))
                if number >= THREADS:
                    yield waiting.popleft().result()
                    if told is not None:
                        told(number - THREADS + 1, len(work))

    def _shown(self, task: Task) -> pd.Index[str]:
        ids = read_summary(task.place, task.manifest, [task.number], ("patient_id",))["patient_id"]
        return pd.Index(ids if self.view is None else sorted(ids.map(self.view.names)))


def _asked(ask: Callable[[Analysis, Any], Made], how: StoredBuckets, work: tuple[Task, Any]) -> Made:
    """Of one bucket, read here."""
    task, given = work
    found = of_bucket(task, how.view)
    if how.as_of is not None:
        object.__setattr__(found.panel, "as_of", how.as_of)  # a panel of this bucket alone, new here
    if how.disguise is not None:
        found = replace(found, given=how.disguise(cast(Stored, found.given)))
    return ask(found, given)


def _asked_of_block(
    ask: Callable[[Analysis, Any], Made], codes: Sequence[str], as_of: pd.Timestamp | None, work: tuple[Block, Any]
) -> Made:
    """Of one block, by the results of these analytes."""
    block, given = work
    return ask(block.analysis(codes, as_of), given)


def _asked_of_tasks(
    ask: Callable[[Analysis, Any], Made],
    codes: Sequence[str],
    as_of: pd.Timestamp | None,
    work: tuple[Sequence[Task], Any],
) -> Made:
    """Of one block, read where it is at hand."""
    return _asked_of_block(ask, codes, as_of, (Block(work[0]), work[1]))


def scattered(
    tasks: Sequence[Task],
    held: pd.DataFrame,
    view: PseudonymisedView | None = None,
    disguise: Disguise | None = None,
    executor: executors.Executor | None = None,
    how: executors.How | None = None,
) -> ScatteredAnalysis:
    """All patients of the buckets.

    Args:
        tasks: every bucket of a generation; at least one.
        held: rows quarantined of all patients.
        view: how all patients look to who asks.
        disguise: stored parts as they are shown to who asks.
        executor: what does the work; threads of this process where None.
        how: workers, address and who is told.
    """
    first = tasks[0]
    buckets = StoredBuckets(tasks, None, view, disguise, executor, how or executors.How())
    people = buckets.people()
    as_of = first.manifest.as_of(people["clock"].unique())
    small = Panel(LABS.empty(), EVENTS.empty(), IMAGING.empty(), people, held, as_of, first.manifest.generation)
    if view is not None:
        small = view.panel(small)  # times were moved, and nothing lies after the cut-off
        last = max(block.last() for block in buckets.blocks)
        moment = [pd.Timestamp(round(last * DAY_US), unit="us")] if np.isfinite(last) else []
        small = replace(small, as_of=max(small.as_of, *moment))
    object.__setattr__(buckets, "as_of", small.as_of)  # new here, and not asked yet
    passes = Passes(buckets, small.patient_ids)
    given: Mapping[str, pd.DataFrame] = Stored(tasks) if disguise is None else disguise(Stored(tasks))
    return ScatteredAnalysis(ScatteredPanel(small, passes), first.settings, given, passes=passes)
