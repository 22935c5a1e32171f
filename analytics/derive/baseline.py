"""Baseline of every treatment line: the one that all rules, grades and scores use.

The rule: the geometric mean of the last steady results (three at most) in the 28 days before the line starts, and how
many they were; where there is none, in the 90 and then in the 180 days before. Which results are steady is decided by
:mod:`analytics.derive.steady`; where none is, there is no baseline, and only multiples of ULN are told. A result of
the day on which a line starts counts as before it (blood is drawn before the first dose); a result after it never
does. Results from before a procedure that breaks the series (a stent, a resection) do not speak for the time after
it. Patients without systemic therapy have their first procedure as the start, with results on the side before it;
patients without any treatment have their first result.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from analytics.arrays import Bools, Floats, Ints, key
from analytics.case import Case
from analytics.derive.events import events_of
from analytics.derive.lines import lines_of
from analytics.derive.points import points_of
from analytics.derive.sides import has_time
from analytics.derive.steady import OPEN_TO_REVIEW, WHY, Steady, medians, steady_of
from analytics.derive.treated import NOT_TREATMENT, untreated_of
from analytics.event_kinds import EVENT_KINDS, KIND_CODES
from analytics.once import once

_BREAKS = np.array([EVENT_KINDS[code].breaks for code in KIND_CODES])
_LATE = 1 - 1e-3
"""Just before midnight: the last moment of a day, in days."""
_MINUTE = 1e-4
"""Less than a minute, in days."""


@dataclass(frozen=True)
class Baselines:
    """Baseline of each result, one position a result of ``points_of(case)``, shape (n,).

    Attributes: ``line`` is the treatment line at the time, 0 before the first; ``value`` in the canonical unit and
    ``x_uln`` in multiples of the limits of the results behind it, else of that of the result, NaN where there is none;
    ``n`` the results behind it; ``since`` the day on which its line began, NaN before the first line.
    """

    line: Ints
    value: Floats
    x_uln: Floats
    n: Ints
    since: Floats


@dataclass(frozen=True)
class Starts:
    """What a baseline comes before, sorted by patient and cut, each of shape (s,).

    Attributes: patient, line, start; ``cut`` is the last moment that counts as before, ``since`` the first; results
    later than ``holds`` are judged by it. [d]
    """

    patient: Ints
    line: Ints
    start: Floats
    cut: Floats
    since: Floats
    holds: Floats

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
    return _with_sides(case)[0]


MIXED = 2
"""Side of a baseline that results on both sides stand behind: nothing is known of where it lies."""


def baseline_sides_of(case: Case) -> Ints:
    """Whether each baseline is a number or, as results behind it are given as limits, only known to lie on one side.

    Shape (n,) as ``baselines_of(case)``: 0 a number, -1 at most ``value``, 1 at least that, ``MIXED`` neither.
    """
    points = points_of(case)
    return _with_sides(case)[1] if points.has_limits else np.zeros(len(points), dtype=np.int64)


@once
def _with_sides(case: Case) -> tuple[Baselines, Ints]:
    """Both of these."""
    points, starts = points_of(case), _starts(case)
    count = np.bincount(starts.patient, minlength=len(case.panel))
    offset = np.concatenate([[0], np.cumsum(count)])
    cut_key = key(starts.patient, starts.holds)
    place = np.searchsorted(cut_key, key(points.patient, points.day), side="left") - offset[points.patient]

    owner = points.patient[points.starts[:-1]]
    row_of_series = np.concatenate([[0], np.cumsum(count[owner])])
    series, which = _pairs(owner, count, offset)
    means = _means(case, series, starts.take(which))

    # of people without treatment the first result is no baseline of itself
    inside = (place > 0) & ~(_firsts(case) & untreated_of(case)[points.patient])
    row = np.where(inside, row_of_series[points.series] + place - 1, 0)
    own = np.where(inside, offset[points.patient] + place - 1, 0)
    found = Baselines(
        line=_pick(starts.line, own, inside, 0),
        value=_pick(means.value, row, inside, np.nan),
        x_uln=_pick(means.x_uln, row, inside, np.nan),
        n=_pick(means.n, row, inside, 0),
        since=_pick(starts.start, own, inside, np.nan),
    )
    early = np.flatnonzero(np.isnan(found.value))
    whole = _by_own_limit(case, _steady_from_the_start(case, found, early))
    side = _pick(means.side, row, inside, 0)
    by_first = early[~np.isnan(whole.value[early])]  # one result is behind these, the first of its series
    side[by_first] = points.comparator[points.starts[:-1][points.series[by_first]]]
    return whole, side


def _by_own_limit(case: Case, found: Baselines) -> Baselines:
    """Where the results behind a baseline have no upper limit, it is a multiple of that of the result itself."""
    points = points_of(case)
    at = np.flatnonzero(np.isnan(found.x_uln) & ~np.isnan(found.value) & (points.x_uln > 0) & (points.value > 0))
    if not len(at):
        return found
    x_uln = found.x_uln.copy()
    x_uln[at] = found.value[at] * (points.x_uln[at] / points.value[at])
    return replace(found, x_uln=x_uln)


def _firsts(case: Case) -> Bools:
    """The first result of every series."""
    result = np.zeros(len(points_of(case)), dtype=bool)
    result[points_of(case).starts[:-1]] = True
    return result


def _steady_from_the_start(case: Case, found: Baselines, early: Ints) -> Baselines:
    """Results without a baseline whose level never changed: the first result of the series is their baseline.

    What is raised at the first result and stays so is how this person is, and no rise. It stays where the median of
    two or more results in the next months is within ``baseline.steady_within`` of it, and none is beyond
    ``baseline.steady_most`` of it.
    """
    points, s = points_of(case), case.settings.baseline
    begin, end = points.starts[:-1], points.starts[1:]
    keys = points.series_key
    first = keys[begin] if len(points) else np.zeros(0)
    low = np.searchsorted(keys, first + s.steady_from_days, side="left")
    high = np.minimum(np.searchsorted(keys, first + s.third_window_days, side="right"), end)
    able = np.isin(steady_of(case).why[begin], OPEN_TO_REVIEW) & (points.value[begin] > 0)
    asked = np.zeros(len(begin), dtype=bool)
    asked[points.series[early]] = True
    some = np.flatnonzero((high - low >= 2) & able & asked)
    if not len(some) or not len(early):
        return found
    bounds = np.stack([begin[some], high[some]], axis=1).ravel()
    own = points.value[begin[some]]
    most = np.maximum.reduceat(np.append(points.value, 0.0), bounds)[::2] / own
    least = np.minimum.reduceat(np.append(points.value, np.inf), bounds)[::2] / own
    some = some[(most <= s.steady_most) & (least >= 1 / s.steady_most)]
    middle = medians(points.value, low[some], high[some]) / points.value[begin[some]]
    is_steady = np.zeros(len(begin), dtype=bool)
    is_steady[some[(middle <= s.steady_within) & (middle >= 1 / s.steady_within)]] = True
    at = early[is_steady[points.series[early]]]
    source = begin[points.series[at]]
    value, x_uln, n = found.value.copy(), found.x_uln.copy(), found.n.copy()
    value[at], x_uln[at], n[at] = points.value[source], points.x_uln[source], 1
    return replace(found, value=value, x_uln=x_uln, n=n)


def _pairs(owner: Ints, count: Ints, offset: Ints) -> tuple[Ints, Ints]:
    """Every series with every start of its patient: (series, position of the start)."""
    row_of_series = np.concatenate([[0], np.cumsum(count[owner])])
    series = np.repeat(np.arange(len(owner)), count[owner])
    return series, offset[owner[series]] + np.arange(row_of_series[-1]) - row_of_series[series]


NOT_ESTABLISHED = "not established"


def baseline_facts(case: Case) -> pd.DataFrame:
    """What every baseline rests on, one row a patient, analyte and start.

    Columns: patient, analyte (codes), line, since (day of the start), value (canonical), x_uln, n, first, last (days
    of the results behind it), window (days before the start that were looked at) and ``why``: empty, or
    "not established" with the reason why the last result before the start does not count.
    """
    points, starts = points_of(case), _starts(case)
    count = np.bincount(starts.patient, minlength=len(case.panel))
    owner = points.patient[points.starts[:-1]]
    series, which = _pairs(owner, count, np.concatenate([[0], np.cumsum(count)]))
    own = starts.take(which)
    means = _means(case, series, own)
    reasons = (f"{NOT_ESTABLISHED}: no result before it", *(f"{NOT_ESTABLISHED}: the last one is {w}" for w in WHY[1:]))
    return pd.DataFrame(
        {
            "patient": own.patient,
            "analyte": points.analyte[points.starts[:-1]][series] if len(points) else series,
            "line": own.line,
            "since": own.start,
            "value": means.value,
            "x_uln": means.x_uln,
            "n": means.n,
            "first": means.first,
            "last": means.last,
            "window": means.window,
            "why": np.where(means.n > 0, "", np.array(reasons, dtype=object)[means.why]),
        }
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
        since=first - max(_windows(case)),
        holds=np.where(start == first, first + _LATE, start),
    )
    pair = (numbered, _without_lines(case, patient))
    both = Starts(*(np.concatenate([getattr(part, field.name) for part in pair]) for field in fields(Starts)))
    both = both.take(np.lexsort((both.holds, both.patient)))
    return replace(both, since=np.maximum(both.since, _last_break(case, both)))


def _windows(case: Case) -> tuple[int, int, int]:
    """Days before a start that are looked at, one after another."""
    s = case.settings.baseline
    return s.window_days, s.second_window_days, s.third_window_days


def _without_lines(case: Case, have: Ints) -> Starts:
    """The first procedure, or the first result, of patients without systemic therapy."""
    events, points = events_of(case), points_of(case)
    lacks = np.ones(len(case.panel), dtype=bool)
    lacks[have] = False
    procedure = np.full(len(case.panel), np.inf)
    treated = ~NOT_TREATMENT[events.kind] & lacks[events.patient]
    np.minimum.at(procedure, events.patient[treated], np.floor(events.start[treated]))
    first = np.full(len(case.panel), np.inf)
    np.minimum.at(first, points.patient, points.day)
    who = np.flatnonzero(lacks & (np.isfinite(procedure) | np.isfinite(first)))
    known = np.isfinite(procedure[who])
    start = np.where(known, procedure[who], np.floor(first[who]))
    window = max(_windows(case))
    noon = case.settings.baseline.same_day_hour / 24
    exact = np.full(len(case.panel), np.inf)
    np.minimum.at(exact, events.patient[treated], events.start[treated])
    begun = exact[who]
    return Starts(
        patient=who,
        line=np.zeros(len(who), dtype=np.int64),
        start=start,
        # before a procedure: on the side before it; without treatment: the first day with results
        cut=np.where(known, np.where(has_time(begun), begun, start + noon) - _MINUTE, start + _LATE),
        since=np.where(known, start - window, start),
        holds=np.where(known, start - 1 + _LATE, start + _LATE),
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


@dataclass(frozen=True)
class Means:
    """Of each pair of a series and a start, shape (p,): value, the same in multiples of the limits, results behind.

    Attributes: ``first`` and ``last`` day of them, ``window`` days looked at, ``why`` the last result before the start
    does not count (position in ``steady.WHY``, 0 where there is none), ``side`` as :func:`baseline_sides_of`.
    """

    value: Floats
    x_uln: Floats
    n: Ints
    first: Floats
    last: Floats
    window: Floats
    why: Ints
    side: Ints


def _means(case: Case, series: Ints, starts: Starts) -> Means:
    """Mean of the last steady results before each start."""
    points, s, steady = points_of(case), case.settings.baseline, steady_of(case)
    if not len(points) or not len(series):
        none = np.full(len(series), np.nan)
        zero = np.zeros(len(series), dtype=np.int64)
        return Means(none, none, zero, none, none, none, zero, zero)
    keys = points.series_key
    high = np.searchsorted(keys, key(series, starts.cut), side="right")
    early = np.searchsorted(keys, key(series, starts.since), side="left")
    early = np.maximum(early, points.starts[series])
    untreated = (untreated_of(case)[starts.patient]).astype(bool)
    spent = _Chosen(points.day, steady, s.spike_days, high, early)
    windows = _windows(case)
    total, total_x, n, n_x, only, only_x, first, last = (np.zeros(len(series)) for _ in range(8))
    window = np.full(len(series), np.nan)
    below, above = (np.zeros(len(series), dtype=bool) for _ in range(2))
    for back in range(s.most):
        at, use = spent.nth(back)
        if back == 0:
            at = np.where(untreated, points.starts[series], at)  # their first result speaks
            use = np.where(untreated, (steady.why[at] == 0) & (points.value[at] > 0), use)
            away = np.floor(starts.start) - np.floor(points.day[at])
            window = np.select([away <= w for w in windows], windows, np.nan)
            use &= untreated | ~np.isnan(window)
        else:
            use &= ~untreated & (np.floor(starts.start) - np.floor(points.day[at]) <= window) & (n == back)
        x = points.x_uln[at]
        use_x = use & (x > 0)
        total += np.log(points.value[at], out=np.zeros(len(at)), where=use)
        total_x += np.log(x, out=np.zeros(len(at)), where=use_x)
        n += use
        n_x += use_x
        only, only_x = np.where(use, points.value[at], only), np.where(use_x, x, only_x)
        first = np.where(use, points.day[at], first)
        last = np.where(use & (n == 1), points.day[at], last)
        if points.has_limits:
            below |= use & (points.comparator[at] < 0)
            above |= use & (points.comparator[at] > 0)
    before = np.maximum(high - 1, 0)
    why = np.where((high - 1 >= early) & (n == 0), steady.why[before], 0)
    known = n > 0
    return Means(
        _mean(total, n, only),
        _mean(total_x, n_x, only_x),
        n.astype(np.int64),
        np.where(known, first, np.nan),
        np.where(known, last, np.nan),
        np.where(known, window, np.nan),
        why.astype(np.int64),
        np.where(below & above, MIXED, above.astype(np.int64) - below),
    )


class _Chosen:
    """The steady results before each start, last first.

    A value far above those before it takes the results around it away; one after the start takes none. So the results
    since the last such value count by what lies before them, and those before it by both sides.
    """

    def __init__(self, day: Floats, steady: Steady, spike_days: float, high: Ints, early: Ints) -> None:
        ok = steady.why == 0
        both = ok & ~(steady.next_spike - day <= spike_days)
        self._loose, self._strict = np.flatnonzero(ok), np.flatnonzero(both)
        # first result whose next such value lies after the start: from there on the loose ones count
        until = np.maximum(high - 1, 0)
        free = self._last_free(steady, day, until, early)
        loose_upto, self._strict_upto = self._before(ok, high), self._before(both, free)
        self._n_loose = loose_upto - self._before(ok, free)
        self._n_strict = self._strict_upto - self._before(both, early)
        self._loose_upto = loose_upto

    @staticmethod
    def _before(chosen: Bools, at: Ints) -> Ints:
        """How many chosen ones stand before each position."""
        return np.concatenate([[0], np.cumsum(chosen)])[at]

    @staticmethod
    def _last_free(steady: Steady, day: Floats, until: Ints, early: Ints) -> Ints:
        """Position of the last value far above those before it, at or before each start; ``early`` where none."""
        # next_spike changes exactly at such values: a result before one has its day, the value itself has the next
        n = len(day)
        own = np.arange(n)
        changed = np.zeros(n, dtype=bool)
        changed[1:] = steady.next_spike[:-1] == day[1:]
        last = np.maximum.accumulate(np.where(changed, own, -1))[until]
        return np.maximum(last, early)

    def nth(self, back: int) -> tuple[Ints, Bools]:
        """The result ``back`` places before the last one of each start, and whether there is one."""
        loose = back < self._n_loose
        second = back - self._n_loose
        strict = ~loose & (second < self._n_strict)
        at = np.zeros(len(loose), dtype=np.int64)
        if len(self._loose):
            at = np.where(loose, self._loose[np.where(loose, self._loose_upto - 1 - back, 0)], at)
        if len(self._strict):
            at = np.where(strict, self._strict[np.where(strict, self._strict_upto - 1 - second, 0)], at)
        return at, loose | strict


def _mean(total: Floats, n: Floats, only: Floats) -> Floats:
    """Geometric mean; a single result is itself, to the last digit."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.exp(total / n)
    return np.where(n == 1, only, np.where(n > 1, mean, np.nan))
