"""Results of a cohort on one clock: days since an event, on a scale, summed up as quantiles in windows of time.

A patient counts once a window, by the median of its results there, so that frequent sampling does not weigh more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from analytics.analytes import INDEX
from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.cohort.bands import QUANTILES, bands
from analytics.cohort.groups import Groups
from analytics.cohort.query.analytes_read import of_anchor
from analytics.cohort.query.anchors import Moments, moments_of
from analytics.cohort.query.question import Anchor
from analytics.cohort.scattered import by_bucket, moments
from analytics.derive.baseline import baselines_of
from analytics.derive.points import points_of

AlignedScale = Literal["x_uln", "x_baseline", "x_before", "absolute"]
SCALES: dict[AlignedScale, str] = {
    "x_uln": "x ULN of each result",
    "x_baseline": "x baseline of the line",
    "x_before": "x the last value before the event",
    "absolute": "measured unit",
}


@dataclass(frozen=True)
class Aligned:
    """Results of one analyte on the event's clock, sorted by patient, then time; each of shape (n,).

    ``day`` counts calendar days from the event (0 its own day); ``point`` is the position in points_of(case), of a
    ScatteredCase in those of the bucket.
    """

    patient: Ints
    day: Floats
    value: Floats
    point: Ints


@by_bucket(moments, lambda asked: (asked["code"], *of_anchor(asked["anchor"])))
def align(
    case: Case, code: str, anchor: Anchor, scale: AlignedScale = "x_baseline", members: Bools | None = None
) -> Aligned:
    """Put one analyte on the clock of an event; the first one of a patient where there are several.

    Patients without the event, and results without a value on the scale, are left out.
    """
    moments = moments_of(case, Anchor(anchor.kind, anchor.code, "last" if anchor.which == "last" else "first"))
    n = len(case.panel)
    own = Moments.whole_days(np.arange(n), np.full(n, np.nan), np.full(n, np.nan))
    first = np.append(True, np.diff(moments.patient) != 0) if len(moments) else np.zeros(0, dtype=bool)
    who = moments.patient[first]
    own.start[who], own.end[who], own.divides[who] = moments.start[first], moments.end[first], moments.divides[first]
    zero = own.start
    if members is not None:
        zero[~members] = np.nan
    points = points_of(case)
    at = np.flatnonzero(points.analyte == INDEX[code])
    who = points.patient[at]
    begin = zero[who]
    at, who, begin = _where(np.isfinite(begin), at, who, begin)
    value = _scaled(case, at, own, scale)
    at, who, begin, value = _where(np.isfinite(value), at, who, begin, value)
    return Aligned(who, np.floor(points.day[at]) - np.floor(begin), value, at)


def _where(keep: Bools, *columns: Any) -> tuple[Any, ...]:
    """These columns where ``keep`` holds; the very same ones where it holds everywhere."""
    return columns if keep.all() else tuple(column[keep] for column in columns)


def _scaled(case: Case, at: Ints, own: Moments, scale: AlignedScale) -> Floats:
    points = points_of(case)
    if scale == "absolute":
        return points.value[at]
    if scale == "x_uln":
        return points.x_uln[at]
    under = baselines_of(case).value[at] if scale == "x_baseline" else _before(case, at, own)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(under > 0, points.value[at] / under, np.nan)


def _before(case: Case, at: Ints, own: Moments) -> Floats:
    """Last value before the event and not older than before_days, for each result. ``own`` has one moment a patient."""
    points = points_of(case)
    patient, day = points.patient[at], points.day[at]
    use = np.flatnonzero((day < own.after[patient]) & (day != own.neither[patient]))  # in the order of time
    use = use[np.floor(own.start[patient[use]]) - np.floor(day[use]) <= case.settings.cohort.before_days]
    value = np.full(len(case.panel), np.nan)
    value[patient[use]] = points.value[at[use]]  # the last one stays
    return value[patient]


def windows(start: int, end: int, width: int) -> list[tuple[int, int]]:
    """Adjoining windows of whole days, both ends included."""
    return [(low, low + width - 1) for low in range(start, end + 1, width)]


def around(days: Sequence[int], half_width: int = 3) -> list[tuple[int, int]]:
    """Windows around named days."""
    return [(day - half_width, day + half_width) for day in days]


def banded(aligned: Aligned, groups: Groups, spans: Sequence[tuple[int, int]]) -> pd.DataFrame:
    """Quantiles over patients in each window and group; a patient counts once a window, by the median of its results.

    Args:
        aligned: results on the event's clock.
        groups: group of every patient.
        spans: windows of whole days, both ends included, in order and not overlapping.

    Returns:
        Columns group, low, high (days), n (patients), q10, q25, q50, q75, q90; windows with nobody are left out.
    """
    edges = np.unique([edge for low, high in spans for edge in (low, high + 1)]).astype(np.float64)
    bins = [int(np.searchsorted(edges, low)) for low, _ in spans]
    parts = []
    for number, name in enumerate(groups.names):
        mine = np.flatnonzero(groups.of[aligned.patient] == number)
        found = bands(aligned.day[mine], aligned.value[mine], aligned.patient[mine], edges, quantiles=QUANTILES)
        data: dict[str, object] = {"group": name, "low": [a for a, _ in spans], "high": [b for _, b in spans]}
        data["n"] = found.n[bins]
        data |= {f"q{round(100 * q)}": found.values[row, bins] for row, q in enumerate(QUANTILES)}
        parts.append(pd.DataFrame(data))
    if not parts:  # as of sites, which are not told to every role
        return pd.DataFrame(columns=["group", "low", "high", "n", *(f"q{round(100 * q)}" for q in QUANTILES)])
    table = pd.concat(parts, ignore_index=True)
    return table[table["n"] > 0].reset_index(drop=True)
