"""What tells which of several versions of one result is the newest: a number, or when it was reported."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from analytics.ingest import times
from analytics.ingest.dictionary import Coded
from analytics.wall_time import NO_OFFSET

MISSING = -1
"""A version without a number."""
_NUMBER = re.compile(r"(?:v|ver|version|rev)?\.?\s*(\d{1,9})(?:\.0+)?", re.IGNORECASE | re.ASCII)
_MINUTE = 60_000_000


def of(
    get: Mapping[str, Coded], n: int, rule: times.TimeRule
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.datetime64]]:
    """Number of the version, MISSING where not told, and when it was reported (UTC where a zone is named)."""
    version = np.full(n, MISSING, np.int64)
    issued = np.full(n, np.datetime64("NaT", "us"))
    if "version" in get:
        found = [_NUMBER.fullmatch(w.strip()) for w in get["version"].list()]
        version = get["version"].spread(np.array([int(m[1]) if m else MISSING for m in found], np.int64))
    if "issued_at" in get:
        read = times.times(get["issued_at"].words, rule)
        at = times.as_times(read.at - np.where(read.offset == NO_OFFSET, 0, read.offset.astype(np.int64) * _MINUTE))
        at[(read.reason != times.OK) | (read.relative != 0)] = np.datetime64("NaT")
        issued = get["issued_at"].spread(at)
    return version, issued
