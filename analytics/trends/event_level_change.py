"""Level before against after an event by means, and slope by lines where points suffice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.trends.beforeafter import WASHED, Pairs, results_before
from analytics.trends.ragged import stretched
from analytics.trends.segmented import Breakpoint, change_at, lines, student_quantile
from analytics.trends.sided_days import sided_days_of
from analytics.trends.variation import SIGMA

METHODS: Final = (
    "",
    "means before and after, noise from the variation table; slopes by segmented regression",
    "means before and after, noise from the variation table",
)
_NONE, _LINES, _MEANS = range(3)


@dataclass(frozen=True)
class LevelChange:
    """Change of level [%] and of slope [% / week] with intervals, NaN where not known; method in METHODS."""

    level: Floats
    level_low: Floats
    level_high: Floats
    slope: Floats
    slope_low: Floats
    slope_high: Floats
    method: Ints


def level_changes(case: Case, pairs: Pairs) -> LevelChange:
    """Level and slope change of every pair, on the logarithm.

    The level is the geometric mean of the last steady results before and of the first ones after, with the noise of the
    variation table widened as for every reference change value. Where each side has the days that lines ask for, two
    lines with a common noise (segmented regression) give the change of slope; what they say of the very day of the
    event lies outside of what was measured and is not told.
    """
    settings, trend = case.settings.response, case.settings.trend
    begin, length = _after_washout(case, pairs)
    at, _ = results_before(case, pairs, of_drains=settings.before_most)
    before, n_before = _mean(case, np.where(at >= 0, at, 0).ravel(), (at >= 0).ravel().astype(np.int64), at.shape[1])
    after, n_after = _mean(case, begin, np.minimum(length, settings.before_most))
    sigma = trend.widen * SIGMA[pairs.analyte]
    with np.errstate(divide="ignore", invalid="ignore"):
        half = trend.z_two_sided * sigma * np.sqrt(1 / n_before + 1 / n_after)
    level = after - before
    far = pairs.upto - pairs.far
    enough = (far >= settings.lines_least) & (length >= settings.lines_least) & _all_exact(case, pairs, begin, length)
    known = ~np.isnan(level)
    method = np.where(enough, _LINES, np.where(known, _MEANS, _NONE))
    low, high = level - half, level + half
    slope, slope_low, slope_high = (np.full(len(level), np.nan) for _ in range(3))
    which = np.flatnonzero(enough)
    if len(which):
        change = _segmented(case, pairs, which, begin, length)
        reach = student_quantile(change.freedom, trend.confidence)
        slope[which] = change.slope
        slope_low[which] = change.slope - reach * change.slope_se
        slope_high[which] = change.slope + reach * change.slope_se
    level, low, high = (_percent(x) for x in (level, low, high))
    slope, slope_low, slope_high = (_percent(7.0 * x) for x in (slope, slope_low, slope_high))
    return LevelChange(level, low, high, slope, slope_low, slope_high, method)


def _percent(log_change: Floats) -> Floats:
    with np.errstate(over="ignore"):
        return 100.0 * np.expm1(log_change)


def _after_washout(case: Case, pairs: Pairs) -> tuple[Ints, Ints]:
    """First position and number of the days after each event that count for the level."""
    settings = case.settings.response
    washout = np.where(WASHED[pairs.kind], settings.washout_days, 0.0)
    at, starts = stretched(pairs.middle, pairs.high - pairs.middle)
    which = np.repeat(np.arange(len(washout)), np.diff(starts))
    early = sided_days_of(case).day[at] <= np.floor(pairs.start[which]) + washout[which]
    skipped = np.bincount(which, weights=early, minlength=len(washout)).astype(np.int64)
    return pairs.middle + skipped, pairs.high - pairs.middle - skipped


def _mean(case: Case, begin: Ints, length: Ints, together: int = 1) -> tuple[Floats, Ints]:
    """Mean logarithm of some stretches of days, so many together (censored ones do not count), and how many days."""
    at, starts = stretched(begin, np.maximum(length, 0))
    which = np.repeat(np.arange(len(begin)) // together, np.diff(starts))
    exact, groups = sided_days_of(case).side[at] == 0, len(begin) // together
    count = np.bincount(which, weights=exact, minlength=groups)
    total = np.bincount(which, weights=np.where(exact, sided_days_of(case).level[at], 0.0), minlength=groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(count > 0, total / count, np.nan), count.astype(np.int64)


def _all_exact(case: Case, pairs: Pairs, begin: Ints, length: Ints) -> Bools:
    censored = np.concatenate([[0], np.cumsum(sided_days_of(case).side != 0)])
    before = censored[pairs.upto] - censored[pairs.far]
    return np.asarray(before + censored[begin + np.maximum(length, 0)] - censored[begin] == 0)


def _segmented(case: Case, pairs: Pairs, which: Ints, begin: Ints, length: Ints) -> Breakpoint:
    """Two lines around each of these events."""
    level, start = sided_days_of(case).level, np.floor(pairs.start[which])
    sides = []
    for first, count in ((pairs.far[which], (pairs.upto - pairs.far)[which]), (begin[which], length[which])):
        at, starts = stretched(first, count)
        days = sided_days_of(case).day[at] - np.repeat(start, count)
        sides.append(lines(days, level[at], starts))
    return change_at(sides[0], sides[1])
