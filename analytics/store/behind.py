"""Whether readers wait for what is not analysed yet, or lists do without it until a job has done it."""

from __future__ import annotations

from collections.abc import Sequence

from analytics.store.snapshot.analysis_cache import Task
from analytics.store.working_state import jobs
from analytics.store.working_state.holder import WorkingState

BEHIND = 4
"""Buckets that a reader may wait for to be analysed, half a million results; more are left to a job."""
QUICK = 25_000
"""Results that are analysed for a reader though a job will come to them too: a fifth of a second (house)."""
ANALYSES = ("import", "analysis")
"""Jobs at whose end everything is analysed."""


def left_to_jobs(store: WorkingState, waiting: Sequence[Task]) -> int:
    """Buckets that lists do without for now: a job analyses them, and a server that did it too would keep its readers
    waiting. 0 where a reader waits for the few that lack something.

    Args:
        store: where the jobs are.
        waiting: buckets that are not analysed.
    """
    if len(waiting) > BEHIND:
        return len(waiting)
    many = sum(task.bucket.rows.get("labs", 0) for task in waiting) > QUICK
    return len(waiting) if many and jobs.pending(store, *ANALYSES) else 0
