"""Which buckets readers do without until a job has analysed them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from analytics.store.snapshot.analysis_cache import Task

BEHIND = 4
"""Buckets that a reader may wait for to be analysed, half a million results; more are left to a job."""
QUICK = 25_000
"""Results that are analysed for a reader though a job will come to them too: a fifth of a second (house)."""
ANALYSES = ("import", "analysis")
"""Jobs at whose end everything is analysed."""


def left_to_jobs(waiting: Sequence[Task], coming: Callable[[], bool]) -> int:
    """Buckets that lists do without for now; 0 where a reader waits for the few that lack something.

    Args:
        waiting: those that lack something.
        coming: whether a job will come to them; asked only where it matters.
    """
    if len(waiting) > BEHIND:
        return len(waiting)
    many = sum(task.bucket.rows.get("labs", 0) for task in waiting) > QUICK
    return len(waiting) if many and coming() else 0
