"""Results of a cohort on one clock: days since an event, on a scale, summed up as quantiles in windows of time.

A patient counts once a window, with the result nearest to its middle, so that frequent sampling does not weigh more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analytics.analytes import INDEX
from analytics.case import Bools, Case, Floats, Ints, key
from analytics.cohort.groups import Groups
from analytics.cohort.moments import moments_of
from analytics.cohort.question import Anchor

AlignedScale = Literal["x_uln", "x_baseline", "x_before", "absolute"]
SCALES: dict[AlignedScale, str] = {
    "x_uln": "x ULN of each result",
    "x_baseline": "x baseline of the line",
    "x_before": "x the last value before the event",
    "absolute": "measured unit",
}
QUANTILES = (0.10, 0.25, 0.50, 0.75, 0.90)


@dataclass(frozen=True)
class Aligned:
    """Results of one analyte on the event's clock, sorted by patient, then time; each of shape (n,).

    ``day`` counts calendar days from the event (0 its own day); ``point`` is the position in case.points.
    """

    patient: Ints
    day: Floats
    value: Floats
    point: Ints


def align(
    case: Case, code: str, anchor: Anchor, scale: AlignedScale = "x_baseline", members: Bools | None = None
) -> Aligned:
    """Put one analyte on the clock of an event; the first one of a patient where there are several.

    Patients without the event, and results without a value on the scale, are left out.
    """
    moments = moments_of(case, Anchor(anchor.kind, anchor.code, "last" if anchor.which == "last" else "first"))
    zero = np.full(len(case.panel), np.nan)
    first = np.append(True, np.diff(moments.patient) != 0) if len(moments) else np.zeros(0, dtype=bool)
    zero[moments.patient[first]] = moments.start[first]
    if members is not None:
        zero[~members] = np.nan
    points = case.points
    at = np.flatnonzero(points.analyte == INDEX[code])
    at = at[np.isfinite(zero[points.patient[at]])]
    value = _scaled(case, at, zero, scale)
    keep = np.isfinite(value)
    at = at[keep]
    day = np.floor(points.day[at]) - np.floor(zero[points.patient[at]])
    return Aligned(points.patient[at], day, value[keep], at)


def _scaled(case: Case, at: Ints, zero: Floats, scale: AlignedScale) -> Floats:
    points = case.points
    if scale == "absolute":
        return points.value[at]
    if scale == "x_uln":
        return points.x_uln[at]
    under = case.baseline.value[at] if scale == "x_baseline" else _before(case, at, zero)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(under > 0, points.value[at] / under, np.nan)


def _before(case: Case, at: Ints, zero: Floats) -> Floats:
    """Last value up to the event's own day and not older than before_days, for each result."""
    points = case.points
    patient = points.patient[at]
    keys = key(patient, points.day[at])
    who = np.unique(patient)
    place = np.searchsorted(keys, key(who, np.floor(zero[who]) + 1), side="left") - 1
    candidate = np.maximum(place, 0)
    good = (place >= 0) & (patient[candidate] == who)
    good &= np.floor(zero[who]) - np.floor(points.day[at[candidate]]) <= case.settings.cohort.before_days
    value = np.full(len(case.panel), np.nan)
    value[who[good]] = points.value[at[candidate[good]]]
    return value[patient]


def windows(start: int, end: int, width: int) -> list[tuple[int, int]]:
    """Adjoining windows of whole days, both ends included."""
    return [(low, low + width - 1) for low in range(start, end + 1, width)]


def around(days: Sequence[int], half_width: int = 3) -> list[tuple[int, int]]:
    """Windows around named days."""
    return [(day - half_width, day + half_width) for day in days]


def bands(aligned: Aligned, groups: Groups, spans: Sequence[tuple[int, int]]) -> pd.DataFrame:
    """Quantiles in each window and group.

    Returns:
        Columns group, low, high (days, included), n (patients), q10, q25, q50, q75, q90; windows with nobody left out.
    """
    number, middle = _window_of(aligned.day, spans)
    group = groups.of[aligned.patient]
    use = np.flatnonzero((number >= 0) & (group >= 0))
    cell = number[use] + len(spans) * group[use]
    near = np.abs(aligned.day[use] - middle[number[use]])
    order = np.lexsort((aligned.day[use], near, aligned.patient[use], cell))
    mine = np.stack([cell[order], aligned.patient[use][order]])
    once = order[np.append(True, (np.diff(mine) != 0).any(axis=0))] if len(order) else order
    return _quantiles(cell[once], aligned.value[use][once], groups, spans)


def _window_of(day: Floats, spans: Sequence[tuple[int, int]]) -> tuple[Ints, Floats]:
    low = np.array([a for a, _ in spans], dtype=float)
    high = np.array([b for _, b in spans], dtype=float)
    number = np.searchsorted(low, day, side="right") - 1
    inside = (number >= 0) & (day <= high[np.maximum(number, 0)])
    return np.where(inside, number, -1), (low + high) / 2


def _quantiles(cell: Ints, value: Floats, groups: Groups, spans: Sequence[tuple[int, int]]) -> pd.DataFrame:
    order = np.lexsort((value, cell))
    cells, start, count = np.unique(cell[order], return_index=True, return_counts=True)
    value = value[order]
    data: dict[str, object] = {
        "group": [groups.names[c] for c in cells // len(spans)] if len(cells) else [],
        "low": [spans[c % len(spans)][0] for c in cells],
        "high": [spans[c % len(spans)][1] for c in cells],
        "n": count,
    }
    for q in QUANTILES:
        place = start + q * (count - 1)
        left = np.floor(place).astype(np.int64)
        right = np.minimum(left + 1, start + count - 1)
        data[f"q{round(100 * q)}"] = value[left] + (place - left) * (value[right] - value[left]) if len(cells) else []
    return pd.DataFrame(data)
