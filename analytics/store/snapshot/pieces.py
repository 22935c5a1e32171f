"""A canonical table a bucket at a time: read where the bucket is at hand, and made there into what a file takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pandas as pd

from analytics.analysis import PARTS
from analytics.conflicts import with_held_instead
from analytics.store.snapshot import analysis_cache, reader
from analytics.store.snapshot.analysis_cache import Task

Made = TypeVar("Made")


def made_of_bucket(make: Callable[[pd.DataFrame], Made], name: str, held: pd.DataFrame, task: Task) -> Made:
    """What ``make`` makes of one table of a bucket.

    Args:
        make: takes the rows.
        name: of a canonical table, or of a part of the analysis, which is computed where it is not stored.
        held: rows quarantined that stand against stored ones, of all patients.
        task: the bucket.
    """
    return make(with_held_instead(name, _rows(name, task), held))


def as_it_is(piece: pd.DataFrame) -> pd.DataFrame:
    """The rows themselves."""
    return piece


def _rows(name: str, task: Task) -> pd.DataFrame:
    if name not in PARTS:
        frame: pd.DataFrame = getattr(reader.bucket_panel(task.place, task.manifest, [task.number]), name)
        return frame
    if not task.missing():
        return analysis_cache.read_part(task, name)
    return analysis_cache.analysed(task.panel(), task.manifest, task.settings)[name]
