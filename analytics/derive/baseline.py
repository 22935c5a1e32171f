"""Baseline of every treatment line.

The rule: the geometric mean of the last results (three at most) in the 28 days before the line starts, and how many
they were. A result of the day on which a line starts counts as before it (blood is drawn before the first dose); a
result after it never does. Results from before a procedure that breaks the series (a stent, a resection) do not
speak for the time after it. Patients without systemic therapy have their first procedure as the start, with results
strictly before its day; patients without any treatment have their first result.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from analytics.arrays import Bools, Floats, Ints, key
from analytics.case import Case
from analytics.derive.events import events_of
from analytics.derive.lines import lines_of
from analytics.derive.points import points_of
from analytics.event_kinds import EVENT_KINDS, KIND_CODES
from analytics.once import once

_BREAKS = np.array([EVENT_KINDS[code].breaks for code in KIND_CODES])
_NOT_TREATMENT = np.array([code in ("symptom", "adverse_event", "other") for code in KIND_CODES])
_LATE = 1 - 1e-3
"""Just before midnight: the last moment of a day, in days."""


@dataclass(frozen=True)
class Baselines:
    """Baseline of each result, one position a result of ``points_of(case)``, shape (n,).

    Attributes: ``line`` is the treatment line at the time, 0 before the first; ``value`` in the canonical unit and
    ``x_uln`` in multiples of the limits of the results behind it, NaN where there is none; ``n`` the results behind
    it; ``since`` the day on which its line began, NaN before the first line.
    """

    line: Ints
    value: Floats
    x_uln: Floats
    n: Ints
    since: Floats


@dataclass(frozen=True)
class Starts:
    """What a baseline comes before, sorted by patient and cut, each of shape (s,).

    Attributes: patient, line, start; ``cut`` is the last moment that counts as before, ``since`` the first. [d]
    """

    patient: Ints
    line: Ints
    start: Floats
    cut: Floats
    since: Floats

    def take(self, at: Ints) -> Starts:
        """Only these, in this order."""
        return Starts(*(getattr(self, field.name)[at] for field in fields(self)))


@once
def baselines_of(case: Case) -> Baselines:
    """Baseline of every result.

    Examples:
        Two results before the first dose and two after: the geometric mean of the first two, root of 30 x 40, is the
        baseline of both later ones. The earlier ones belong to no line and have none.

        >>> import hepatrend, pandas as pd
        >>> labs = pd.DataFrame({'patient_id': 'P1', 'analyte': 'ALT', 'value': [30, 40, 62, 75], 'unit': 'U/L',
        ...     'uln': 40, 'collected_at': ['2026-01-02', '2026-01-05', '2026-02-02', '2026-03-02']})
        >>> dose = pd.DataFrame({'patient_id': 'P1', 'kind': 'systemic', 'name': 'FOLFOX', 'line': [1],
        ...     'start_date': '2026-01-12'})
        >>> found = baselines_of(Case(hepatrend.read(labs, dose), hepatrend.Settings()))
        >>> found.line.tolist(), found.n.tolist(), found.value.round(2).tolist(), found.x_uln.round(3).tolist()
        ([0, 0, 1, 1], [0, 0, 2, 2], [nan, nan, 34.64, 34.64], [nan, nan, 0.866, 0.866])
    """
    points, starts = points_of(case), _starts(case)
    count = np.bincount(starts.patient, minlength=len(case.panel))
    offset = np.concatenate([[0], np.cumsum(count)])
    cut_key = key(starts.patient, starts.cut)
    place = np.searchsorted(cut_key, key(points.patient, points.day), side="left") - offset[points.patient]

    owner = points.patient[points.starts[:-1]]
    row_of_series = np.concatenate([[0], np.cumsum(count[owner])])
    series = np.repeat(np.arange(len(owner)), count[owner])
    which = offset[owner[series]] + np.arange(row_of_series[-1]) - row_of_series[series]
    value, x_uln, n = _means(case, series, starts.take(which))

    inside = place > 0
    row = np.where(inside, row_of_series[points.series] + place - 1, 0)
    own = np.where(inside, offset[points.patient] + place - 1, 0)
    return Baselines(
        line=_pick(starts.line, own, inside, 0),
        value=_pick(value, row, inside, np.nan),
        x_uln=_pick(x_uln, row, inside, np.nan),
        n=_pick(n, row, inside, 0),
        since=_pick(starts.start, own, inside, np.nan),
    )


def _pick(values: Floats | Ints, at: Ints, where: np.ndarray, other: float) -> np.ndarray:
    return np.where(where, values[at], other).astype(values.dtype) if len(values) else np.full(len(at), other)


def _starts(case: Case) -> Starts:
    """Lines, and what stands for a line in patients who have none."""
    lines = lines_of(case)
    patient, start = lines["patient"].to_numpy(np.int64), lines["start"].to_numpy(np.float64)
    first = np.floor(start)
    numbered = Starts(
        patient=patient,
        line=lines["line"].to_numpy(np.int64),
        start=start,
        cut=np.where(start == first, first + _LATE, start),
        since=first - case.settings.baseline.window_days,
    )
    pair = (numbered, _without_lines(case, patient))
    both = Starts(*(np.concatenate([getattr(part, field.name) for part in pair]) for field in fields(Starts)))
    both = both.take(np.lexsort((both.cut, both.patient)))
    return replace(both, since=np.maximum(both.since, _last_break(case, both)))


def _without_lines(case: Case, have: Ints) -> Starts:
    """The first procedure, or the first result, of patients without systemic therapy."""
    events, points = events_of(case), points_of(case)
    lacks = np.ones(len(case.panel), dtype=bool)
    lacks[have] = False
    procedure = np.full(len(case.panel), np.inf)
    treated = ~_NOT_TREATMENT[events.kind] & lacks[events.patient]
    np.minimum.at(procedure, events.patient[treated], np.floor(events.start[treated]))
    first = np.full(len(case.panel), np.inf)
    np.minimum.at(first, points.patient, points.day)
    who = np.flatnonzero(lacks & (np.isfinite(procedure) | np.isfinite(first)))
    known = np.isfinite(procedure[who])
    start = np.where(known, procedure[who], np.floor(first[who]))
    window = case.settings.baseline.window_days
    return Starts(
        patient=who,
        line=np.zeros(len(who), dtype=np.int64),
        start=start,
        # before a procedure: strictly before its day; without treatment: the first day with results
        cut=np.where(known, start - 1 + _LATE, start + _LATE),
        since=np.where(known, start - window, start),
    )


def _last_break(case: Case, starts: Starts) -> Floats:
    """Day after the last breaking event before each start; -inf where there is none."""
    events = events_of(case)
    at = np.flatnonzero(_BREAKS[events.kind])
    if not len(at):
        return np.full(len(starts.start), -np.inf)
    patient = starts.patient
    keys = key(events.patient[at], np.floor(events.start[at]))
    place = np.searchsorted(keys, key(patient, np.floor(starts.start)), side="left") - 1
    same = (place >= 0) & (events.patient[at[place]] == patient)
    return np.where(same, np.floor(events.start[at[place]]) + 1, -np.inf)


def _means(case: Case, series: Ints, starts: Starts) -> tuple[Floats, Floats, Ints]:
    """Geometric mean, the same in multiples of the limit, and n, for each pair of a series and a start."""
    points = points_of(case)
    keys = key(points.series, points.day)
    high = np.searchsorted(keys, key(series, starts.cut), side="right")
    low = np.searchsorted(keys, key(series, starts.since), side="left")
    low = np.maximum(low, points.starts[series])
    untreated = ~treated(case)[starts.patient]  # their first result speaks
    low = np.where(untreated, points.starts[series], low)
    high = np.where(untreated, low + 1, high)
    total, total_x, n, n_x, only, only_x = (np.zeros(len(series)) for _ in range(6))
    for back in range(1, case.settings.baseline.most + 1):
        at = np.maximum(high - back, 0)
        x = points.x_uln[at] if len(points) else np.zeros(0)
        use = (high - back >= low) & (points.value[at] > 0)
        use_x = use & (x > 0)
        total += np.log(points.value[at], out=np.zeros(len(at)), where=use)
        total_x += np.log(x, out=np.zeros(len(at)), where=use_x)
        n += use
        n_x += use_x
        only = np.where(use, points.value[at], only) if len(points) else only
        only_x = np.where(use_x, x, only_x) if len(points) else only_x
    return _mean(total, n, only), _mean(total_x, n_x, only_x), n.astype(np.int64)


def _mean(total: Floats, n: Floats, only: Floats) -> Floats:
    """Geometric mean; a single result is itself, to the last digit."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.exp(total / n)
    return np.where(n == 1, only, np.where(n > 1, mean, np.nan))


@once
def untreated_of(case: Case) -> Bools:
    """Patients without any treatment event, shape (patients,)."""
    return ~treated(case)


def treated(case: Case) -> Bools:
    """Patients with a treatment event of any kind, shape (patients,)."""
    events = events_of(case)
    result = np.zeros(len(case.panel), dtype=bool)
    result[events.patient[~_NOT_TREATMENT[events.kind]]] = True
    return result
