"""Table SERIES: one row per patient, analyte and segment."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.analytes import CODES
from analytics.arrays import Bools, Floats, Ints, Points, key
from analytics.case import Case
from analytics.derive.baseline import baseline_sides_of, baselines_of
from analytics.derive.columns import comparators, whole, words
from analytics.derive.points import points_of
from analytics.derive.segments import BEGAN, is_new_course, segment_numbers_of, segments_of
from analytics.rules._told import base_at, trend_of
from analytics.tables import NOW_FROM, NOW_LIMITS, NOW_THAN, SERIES
from analytics.trends import kendall
from analytics.trends.agreed import Trend, agreed
from analytics.trends.daily import Daily, daily_of, merge_days
from analytics.trends.fit import Fit, fit, fitted_of
from analytics.trends.level_shifts import is_change
from analytics.trends.now import FALLING, NOW_CODES, ONE_RESULT, RISING, UNCLEAR, Now
from analytics.trends.personal import personal_limits
from analytics.trends.reference_change import STATES, against
from analytics.trends.verdict import VERDICT_CODES, WHYS

_NOISE_MOST: Final = 1000.0
"""Variation above which a scatter is of slips or of units and not of one result about its level. [%] (house)"""


def series_frame(case: Case) -> pd.DataFrame:
    """Table SERIES of all results."""
    where = np.arange(len(points_of(case)))
    return _frame(
        case, points_of(case), where, daily_of(case), fitted_of(case), segments_of(case).began_with, trend_of(case)
    )


def describe(case: Case, window: tuple[float, float]) -> pd.DataFrame:
    """Table SERIES of a window of time that the user chose, by the same code; segments stay those of the case.

    Args:
        case: panel and settings.
        window: first and last day, in float days since 1970-01-01 of the patients' clock; both ends belong to it.
    """
    points = points_of(case)
    inside = np.flatnonzero((points.day >= window[0]) & (points.day <= window[1]))
    chosen = points.take(inside)
    daily = merge_days(chosen, segment_numbers_of(case)[inside])
    run = np.repeat(np.arange(len(segments_of(case).began_with)), np.diff(segments_of(case).starts))
    began_with = segments_of(case).began_with[run[inside[daily.point_starts[:-1]]]]
    fitted = fit(daily, case.settings.trend)
    baseline = base_at(case, inside[daily.point_starts[1:] - 1])
    trend = agreed(daily, fitted, is_new_course(daily.patient, daily.analyte, began_with), baseline, case.settings)
    return _frame(case, chosen, inside, daily, fitted, began_with, trend)


def _frame(
    case: Case, points: Points, where: Ints, daily: Daily, fitted: Fit, began_with: Ints, trend: Trend
) -> pd.DataFrame:
    """``where`` is the position of each of ``points`` in ``points_of(case)``."""
    if not len(daily):
        return SERIES.empty()
    starts = daily.point_starts
    nadir, peak = extremes(points, starts)
    last = starts[1:] - 1
    baseline, baseline_side = baselines_of(case).value[where[last]], baseline_sides_of(case)[where[last]]
    times = case.panel.labs["collected_at"].to_numpy()[points.row]
    series = daily.patient * len(CODES) + daily.analyte
    return pd.DataFrame(
        {
            "patient_id": case.panel.patients["patient_id"].array.take(daily.patient),
            "analyte": words(CODES, daily.analyte),
            "segment": whole(daily.segment),
            "began_with": words(BEGAN, began_with),
            "is_last": pd.array(np.append(series[1:] != series[:-1], True), dtype="boolean"),
            "n": whole(np.diff(starts)),
            "n_days": whole(fitted.days),
            "n_censored": whole(_counts(points.comparator != 0, starts)),
            "first": times[starts[:-1]],
            "last": times[last],
            "last_value": points.value[last],
            "last_comparator": comparators(points.comparator[last]),
            "baseline": baseline,
            "baseline_comparator": comparators(baseline_side),
            "nadir": points.value[nadir],
            "nadir_comparator": comparators(points.comparator[nadir]),
            "nadir_at": times[nadir],
            "peak": points.value[peak],
            "peak_comparator": comparators(points.comparator[peak]),
            "peak_at": times[peak],
            **_fitted(fitted),
            **_now(_of_results(points, daily, trend.now)),
            "verdict": words(VERDICT_CODES, trend.verdicts.verdict),
            "still_needed": whole(trend.verdicts.still_needed),
            "why": words(WHYS, trend.verdicts.why),
            **_changes(case, daily, fitted, trend),
        }
    )


def _fitted(fitted: Fit) -> dict[str, object]:
    """Columns that come from the fit."""
    return {
        "slope_pct_per_week": fitted.per_week,
        "slope_low": fitted.per_week_low,
        "slope_high": fitted.per_week_high,
        "slope_per_day": fitted.slopes.slope,
        "p_exact": fitted.slopes.p,
        "p_method": words(kendall.METHODS, fitted.slopes.method),
        "doubling_days": fitted.doubling_days,
        "change_pct": fitted.change.fitted,
        "rcv_up_pct": fitted.change.rcv_up,
        "rcv_down_pct": fitted.change.rcv_down,
    }


def _of_results(points: Points, daily: Daily, now: Now) -> Now:
    """The same where days hold several results: what is told as lowest or peak is a result of its day, not the median
    of the day, and compared with the last result (of several at the last moment the one that moved least); where that
    one does not lie on the side told, nothing is."""
    moves = np.flatnonzero(((now.code == RISING) | (now.code == FALLING)) & ~now.from_level)
    last = daily.point_starts[1:][moves] - 1
    own = points.series[last]
    low, high = (np.searchsorted(points.series_key, key(own, now.since[moves] + d), "left") for d in (0, 1))
    several = high - low > 1
    several |= daily.first_point[daily.starts[1:][moves]] - daily.first_point[daily.starts[1:][moves] - 1] > 1
    exact = np.append(0, np.cumsum(points.comparator != 0))
    several &= (exact[high] == exact[low]) & (points.comparator[last] == 0) & (points.value[last] > 0) & (high > low)
    if not several.any():
        return now
    at, last, low, high = moves[several], last[several], low[several], high[several]
    rises = now.code[at] == RISING
    start, change, code = now.start.copy(), now.change.copy(), now.code.copy()
    start[at] = np.where(rises, *_extremes(points.value, low, high))
    moment = np.searchsorted(points.series_key, points.series_key[last], "left")
    with np.errstate(divide="ignore", invalid="ignore"):
        change[at] = np.log(np.where(rises, *_extremes(points.value, moment, last + 1)) / start[at])
        same = np.where(rises, change[at], -change[at]) > 0
    code[at[~same]] = UNCLEAR
    return replace(now, code=code, start=start, change=change)


def _extremes(value: Floats, low: Ints, high: Ints) -> tuple[Floats, Floats]:
    """Least and largest value between each two positions."""
    bounds, padded = np.stack([low, high], axis=1).ravel(), np.append(value, np.nan)
    least, most = (np.asarray(f.reduceat(padded, bounds)[::2], np.float64) for f in (np.fmin, np.fmax))
    return least, most


def _now(now: Now) -> dict[str, object]:
    """Columns on what the last results do."""
    moves = (now.code == RISING) | (now.code == FALLING)
    told, alone = now.code != UNCLEAR, now.code == ONE_RESULT
    change = np.where(told & ~alone, now.change, np.nan)
    limit = np.where(now.change < 0, -now.beyond, now.beyond)
    return {
        "now": words(NOW_CODES, now.code),
        "now_since": _times(np.where(told, now.since, np.nan)),
        "now_from": np.where(told, now.start, np.nan),
        "now_from_is": words(NOW_FROM, _from_is(now)),
        "now_change_pct": 100 * np.expm1(change),
        "now_limit_pct": 100 * np.expm1(np.where(np.isnan(change), np.nan, limit)),
        "now_confirmed": pd.arrays.BooleanArray(now.is_confirmed.copy(), ~moves),
        "now_than": words(NOW_THAN, now.than),
        "now_limits": words(NOW_LIMITS, np.where(told & ~alone, now.limits, 0)),
        "now_n": whole(now.n),
        "now_days": np.where(told, now.days, np.nan),
    }


def _from_is(now: Now) -> Ints:
    """What ``now_from`` is, position in NOW_FROM."""
    moves = np.where(now.code == RISING, NOW_FROM.index("lowest"), NOW_FROM.index("peak"))
    moves = np.where(now.from_level, NOW_FROM.index("about"), moves)
    return np.where((now.code == RISING) | (now.code == FALLING), moves, 0)


def _changes(case: Case, daily: Daily, fitted: Fit, trend: Trend) -> dict[str, object]:
    """Columns on alarms, changes of level and personal limits."""
    settings = case.settings
    last = daily.starts[1:] - 1
    level = is_change(daily, fitted, settings)
    low = against(daily, "nadir", settings.trend, is_directional=True)
    personal = personal_limits(case, daily, fitted)
    lowest = np.minimum.reduceat(np.where(daily.side > 0, -np.inf, daily.level), daily.starts[:-1]) if len(last) else 0
    risen = (low.direction[last] > 0) & (daily.side[last] >= 0) & np.isfinite(lowest)  # as far as limits let it be told
    return {
        "noise_pct": _noise_pct(fitted.sigma),
        "alarm": words(("falling", "", "rising"), trend.alarm + 1),
        "alarm_at": _times(trend.alarm_since),
        "change_at": _times(level.first_after),
        "change_p": level.p,
        "level_change_pct": level.size_pct,
        "second_change_at": _times(level.second_after),
        "second_change_p": level.second_p,
        "second_level_change_pct": level.second_size_pct,
        "against_nadir_pct": 100 * np.expm1(low.change[last]),
        "against_nadir": words(STATES, np.where(risen, low.state[last], 0)),
        "personal_low": personal.low,
        "personal_high": personal.high,
        "personal_n": whole(personal.n),
    }


def _noise_pct(sigma: Floats) -> Floats:
    """Coefficient of variation from the standard deviation of the logarithm; NaN where it is no noise any more."""
    with np.errstate(over="ignore"):
        told = 100 * np.sqrt(np.expm1(sigma**2))
    return np.where(told <= _NOISE_MOST, told, np.nan)


def _times(day: Floats) -> npt.NDArray[np.datetime64]:
    """Whole days since 1970-01-01 as times, NaT where missing."""
    known = ~np.isnan(day)
    out = np.full(len(day), np.datetime64("NaT", "us"))
    out[known] = day[known].astype("datetime64[D]")
    return out


def extremes(points: Points, starts: Ints) -> tuple[Ints, Ints]:
    """Positions of the first lowest and first highest result of each series; "below 5" is lower than 5."""
    series = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    value = points.proven(points.value)
    low, high = np.minimum.reduceat(value, starts[:-1]), np.maximum.reduceat(value, starts[:-1])
    return _first_of(value == low[series], series), _first_of(value == high[series], series)


def _first_of(is_hit: Bools, series: Ints) -> Ints:
    hits = np.flatnonzero(is_hit)
    keep = np.append(True, series[hits][1:] != series[hits][:-1])
    return np.asarray(hits[keep])


def _counts(flags: Bools, starts: Ints) -> Ints:
    return np.diff(np.concatenate([[0], np.cumsum(flags)])[starts])
