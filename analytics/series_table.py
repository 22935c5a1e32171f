"""Table SERIES: one row per patient, analyte and segment."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.analytes import CODES
from analytics.arrays import Bools, Floats, Ints, Points
from analytics.case import Case
from analytics.derive.baseline import baselines_of
from analytics.derive.columns import whole, words
from analytics.derive.points import points_of
from analytics.derive.segments import BEGAN, segment_numbers_of, segments_of
from analytics.tables import SERIES
from analytics.trends import kendall
from analytics.trends.cusum import alarms
from analytics.trends.daily import Daily, daily_of, merge_days
from analytics.trends.fit import Fit, fit, fitted_of
from analytics.trends.level_shifts import is_change
from analytics.trends.personal import personal_limits
from analytics.trends.reference_change import STATES, against
from analytics.trends.verdict import VERDICT_CODES, WHYS


def series_frame(case: Case) -> pd.DataFrame:
    """Table SERIES of all results."""
    where = np.arange(len(points_of(case)))
    return _frame(case, points_of(case), where, daily_of(case), fitted_of(case), segments_of(case).began_with)


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
    return _frame(case, chosen, inside, daily, fit(daily, case.settings.trend), began_with)


def _frame(case: Case, points: Points, where: Ints, daily: Daily, fitted: Fit, began_with: Ints) -> pd.DataFrame:
    """``where`` is the position of each of ``points`` in ``points_of(case)``."""
    if not len(daily):
        return SERIES.empty()
    starts = daily.point_starts
    nadir, peak = extremes(points, starts)
    baseline = baselines_of(case).value[where[starts[1:] - 1]]
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
            "last": times[starts[1:] - 1],
            "last_value": points.value[starts[1:] - 1],
            "baseline": baseline,
            "nadir": points.value[nadir],
            "nadir_at": times[nadir],
            "peak": points.value[peak],
            "peak_at": times[peak],
            **_fitted(fitted),
            **_changes(case, daily, fitted),
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
        "verdict": words(VERDICT_CODES, fitted.verdicts.verdict),
        "still_needed": whole(fitted.verdicts.still_needed),
        "why": words(WHYS, fitted.verdicts.why),
    }


def _changes(case: Case, daily: Daily, fitted: Fit) -> dict[str, object]:
    """Columns on alarms, changes of level and personal limits."""
    settings = case.settings
    last = daily.starts[1:] - 1
    alarm = alarms(daily, settings)
    level = is_change(daily, fitted, settings)
    low = against(daily, "nadir", settings.trend, is_directional=True)
    personal = personal_limits(case, daily, fitted)
    risen = low.direction[last] > 0
    return {
        "noise_pct": 100 * np.sqrt(np.expm1(fitted.sigma**2)),
        "alarm": words(("falling", "", "rising"), alarm.direction[last] + 1),
        "alarm_at": _times(alarm.since(daily.day, daily.starts)),
        "change_at": _times(level.first_after),
        "change_p": level.p,
        "level_change_pct": level.size_pct,
        "second_change_at": _times(level.second_after),
        "second_change_p": level.second_p,
        "second_level_change_pct": level.second_size_pct,
        "against_nadir_pct": low.change_pct[last],
        "against_nadir": words(STATES, np.where(risen, low.state[last], 0)),
        "personal_low": personal.low,
        "personal_high": personal.high,
        "personal_n": whole(personal.n),
    }


def _times(day: Floats) -> npt.NDArray[np.datetime64]:
    """Whole days since 1970-01-01 as times, NaT where missing."""
    known = ~np.isnan(day)
    out = np.full(len(day), np.datetime64("NaT", "us"))
    out[known] = day[known].astype("datetime64[D]")
    return out


def extremes(points: Points, starts: Ints) -> tuple[Ints, Ints]:
    """Positions of the first lowest and first highest result of each series."""
    series = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    low, high = np.minimum.reduceat(points.value, starts[:-1]), np.maximum.reduceat(points.value, starts[:-1])
    return _first_of(points.value == low[series], series), _first_of(points.value == high[series], series)


def _first_of(is_hit: Bools, series: Ints) -> Ints:
    hits = np.flatnonzero(is_hit)
    keep = np.append(True, series[hits][1:] != series[hits][:-1])
    return np.asarray(hits[keep])


def _counts(flags: Bools, starts: Ints) -> Ints:
    return np.diff(np.concatenate([[0], np.cumsum(flags)])[starts])
