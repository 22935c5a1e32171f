"""Where the results of other patients lay: median and 10th to 90th percentile, on the clock of one patient's treatment.

It says what was seen in this store, not what is normal: who is treated elsewhere, or was tested less, is not in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analytics.analytes import INDEX
from analytics.arrays import Bools, Floats
from analytics.case import Case
from analytics.cohort.bands import bands
from analytics.derive.baseline import baselines_of
from analytics.derive.lines import lines_of
from analytics.derive.points import points_of
from analytics.once import once

BandScale = Literal["absolute", "x_uln", "x_baseline"]
PERCENTILES = (0.10, 0.50, 0.90)
_COLUMNS = ("q10", "q50", "q90")


@dataclass(frozen=True)
class PopulationBand:
    """The band beside one patient's results of one test.

    Attributes:
        day0: day 0 of this patient, in days since 1970-01-01.
        line: line of therapy whose start is day 0; None where this patient has none, and it is the first result.
        primary: what the others have in common with this patient; empty where the primary is not known, and all
            other patients are asked.
        people: other patients with a result in a window that is shown.
        windows: columns low, high (days from day 0, both ends included), n (patients), q10, q50, q90; no row has
            fewer than ``least`` patients.
        left_out: windows with some, but fewer.
        least: patients that a window needs.
    """

    day0: float
    line: int | None
    primary: str
    people: int
    windows: pd.DataFrame
    left_out: int
    least: int


def population_band(
    case: Case, patient_id: str, code: str, scale: BandScale, *, least: int | None = None
) -> PopulationBand | None:
    """The band of one test beside the results of one patient, who is not in it.

    The others are those of the same primary. Their day 0 is the start of the line of therapy that this patient is in
    now, and their results count from one window before it until their next line begins; where this patient has no line,
    day 0 is the first result of each. A patient counts once a window, by the median of the results there.

    Args:
        case: of all patients.
        patient_id: whose results the band is drawn behind.
        code: analyte.
        scale: what is compared; multiples of the limit of each result, or of the baseline of its own line.
        least: patients that a window needs; ``cohort.band_least`` of the settings where it is more.

    Returns:
        The band, without windows where too few patients are like this one; None of a patient without results.
    """
    here = np.flatnonzero(case.panel.patient_ids == patient_id)
    points, settings = points_of(case), case.settings.cohort
    own = np.flatnonzero(points.patient == here[0]) if len(here) else here
    if not len(own):
        return None
    me, width = int(here[0]), settings.band_window_days
    line, begin, end = _clock(case, me)
    day0, last = float(begin[me]), float(np.floor(points.day[own].max()))
    others, primary = _alike(case, me)
    at = points.of(code) if code in INDEX else own[:0]
    at = at[(others & np.isfinite(begin))[points.patient[at]]]
    who, day = points.patient[at], np.floor(points.day[at])
    value = points.value[at] / _divisor(case, scale)[at] if scale != "absolute" else points.value[at]
    value = np.where(np.isfinite(value) & (day < end[who]), value, np.nan)
    edges = np.arange(-width, max(last - day0, 0) + width + 1, width, dtype=np.float64)
    needed = max(settings.band_least, least or 0)
    found = bands(day - begin[who], value, who, edges, quantiles=PERCENTILES, least=needed)
    shown = found.n >= needed
    table = pd.DataFrame({"low": edges[:-1], "high": edges[1:] - 1, "n": found.n}).astype("int64")
    table = table.assign(**dict(zip(_COLUMNS, found.values, strict=True)))
    place = np.searchsorted(edges, day - begin[who], side="right") - 1
    inside = np.isfinite(value) & (place >= 0) & (place < len(shown))
    people = np.unique(who[inside][shown[place[inside]]])
    few = int(((found.n > 0) & ~shown).sum())
    return PopulationBand(day0, line, primary, len(people), table[shown].reset_index(drop=True), few, needed)


def _clock(case: Case, me: int) -> tuple[int | None, Floats, Floats]:
    """(line of this patient, day 0 of every patient, the day from which results no longer count), NaN where none."""
    lines = lines_of(case)
    mine = lines[lines["patient"] == me]
    end = np.full(len(case.panel), np.inf)
    if mine.empty:
        return None, _first_results(case), end
    line = int(mine["line"].iloc[-1])
    who, start = lines["patient"].to_numpy(np.int64), np.floor(lines["start"].to_numpy(np.float64))
    next_start = np.append(np.where(who[1:] == who[:-1], start[1:], np.inf), np.inf)
    same = np.flatnonzero(lines["line"].to_numpy(np.int64) == line)
    begin = np.full(len(case.panel), np.nan)
    begin[who[same]], end[who[same]] = start[same], next_start[same]
    return line, begin, end


@once
def _first_results(case: Case) -> Floats:
    """Day of the first result of every patient, whole days, NaN where there is none; shape (patients,)."""
    points = points_of(case)
    first = np.full(len(case.panel), np.inf)
    np.minimum.at(first, points.patient, points.day)
    return np.where(np.isinf(first), np.nan, np.floor(first))


def _alike(case: Case, me: int) -> tuple[Bools, str]:
    """Who is compared, shape (patients,), and the primary that they share."""
    sites = case.panel.patients["primary_site"].fillna("").to_numpy(object)
    others = np.ones(len(sites), dtype=bool) if not sites[me] else sites == sites[me]
    others[me] = False
    return others, str(sites[me])


def _divisor(case: Case, scale: BandScale) -> Floats:
    """What each result is divided by; NaN where it has no limit or baseline."""
    under = points_of(case).uln if scale == "x_uln" else baselines_of(case).value
    return np.where(under > 0, under, np.nan)
