"""All patients of a store as an Analysis that is asked a bucket at a time: see analytics.cohort.scattered."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar, cast

import pandas as pd

from analytics import executors
from analytics.analysis import Analysis
from analytics.cohort.scattered import Passes, ScatteredAnalysis, ScatteredPanel
from analytics.derive.points import points_of
from analytics.panel import Panel
from analytics.store.snapshot import reader
from analytics.store.snapshot.analysis_cache import Stored, Task
from analytics.store.snapshot.population import DAY_US, PseudonymisedView, of_bucket
from analytics.store.snapshot.worklist import read_summary
from analytics.tables import EVENTS, IMAGING, LABS, PATIENTS

Made = TypeVar("Made")
Disguise = Callable[[Stored], Mapping[str, pd.DataFrame]]
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

    def ids(self) -> list[pd.Index[str]]:
        """Ids of the patients of each bucket, as they are shown."""
        return [self._shown(task) for task in self.tasks]

    def each(self, ask: Callable[[Analysis, Any], Made], given: Sequence[Any]) -> Iterator[Made]:
        """What is said of each bucket, in order."""
        work = list(zip(self.tasks, given, strict=True))
        if self.executor is None:
            return self._by_threads(partial(_asked, ask, self), work)
        assert self.view is None, "a disguise stays in this process"
        asked = partial(_asked, ask, StoredBuckets((), self.as_of))
        return executors.each(asked, work, self.executor, version=executors.code, **self.how)

    def some(self, patient_ids: Sequence[str]) -> Panel:
        """A Panel of some patients."""
        task = self.tasks[0]
        if self.view is None:
            return reader.panel_of(task.place, task.manifest, patient_ids)
        true = [self.view.true_ids[p] for p in patient_ids]
        return self.view.panel(reader.panel_of(task.place, task.manifest, true))

    def _by_threads(self, ask: Callable[[tuple[Task, Any]], Made], work: Sequence[tuple[Task, Any]]) -> Iterator[Made]:
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


def _last_of(analysis: Analysis, _: object) -> pd.Timestamp:
    """Time of the last thing of a bucket, as it is shown."""
    day = points_of(analysis.case).day
    moments = [analysis.panel.as_of, *([pd.Timestamp(round(day.max() * DAY_US), unit="us")] if len(day) else [])]
    return max(moments)


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
    people = reader.joined(first.place, first.manifest, PATIENTS)
    as_of = first.manifest.as_of(people["clock"].unique())
    small = Panel(LABS.empty(), EVENTS.empty(), IMAGING.empty(), people, held, as_of, first.manifest.generation)
    if view is not None:
        small = view.panel(small)
        last = StoredBuckets(tasks, None, view).each(_last_of, [None] * len(tasks))
        small = replace(small, as_of=max(last))
    buckets = StoredBuckets(tasks, small.as_of, view, disguise, executor, how or executors.How())
    passes = Passes(buckets, small.patient_ids)
    given: Mapping[str, pd.DataFrame] = Stored(tasks) if disguise is None else disguise(Stored(tasks))
    return ScatteredAnalysis(ScatteredPanel(small, passes), first.settings, given, passes=passes)
