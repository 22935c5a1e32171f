"""Slope, fitted change and verdict of every series: the one place where all of it is decided."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.once import once
from analytics.settings import TrendSettings
from analytics.trends.censored import akritas_theil_sen
from analytics.trends.daily import Daily, daily_of
from analytics.trends.dense import weighed
from analytics.trends.detection_limits import turnbull_median
from analytics.trends.ragged import stretched
from analytics.trends.theil_sen import Slopes, line_through, local_scatter, theil_sen
from analytics.trends.variation import IS_LOG, SIGMA, likely_noise, pooled_sigma, series_beyond
from analytics.trends.verdict import MOST_CENSORED, Change, Verdicts, verdicts

_WEEK: Final = 7.0
_WORTH: Final = 18 / 35
"""Degrees of freedom of the scatter between neighbours against that about a line (Gasser et al., 1986)."""


@dataclass(frozen=True)
class Fit:
    """What was fitted, one position a series of Daily.

    Attributes:
        days, censored: distinct days, and those beyond a limit; slope and test see fewer where some are dense.
        slopes: slope per day on the analyte's own scale, with interval and test.
        per_week, per_week_low, per_week_high: the same in percent a week; on the linear scale relative to the fitted
            value in the middle of the span; NaN where a week would go beyond what was observed.
        doubling_days: doubling time if positive, halving time if negative; log scale only.
        sigma: noise of one result, from the table and the own scatter, on the logarithm.
        change: fitted change over the span, and reference change values.
        is_sure: whether that change is beyond the reference change value of the series at ``trend.alone_alpha``.
        verdicts: verdict, reason, days still needed.
    """

    days: Ints
    censored: Ints
    slopes: Slopes
    per_week: Floats
    per_week_low: Floats
    per_week_high: Floats
    doubling_days: Floats
    sigma: Floats
    change: Change
    is_sure: Bools
    verdicts: Verdicts


@once
def fitted_of(case: Case) -> Fit:
    """Slope, change and verdict of every series of ``daily_of(case)``."""
    return fit(daily_of(case), case.settings.trend)


def fit(daily: Daily, settings: TrendSettings, own_sigma: Floats | None = None) -> Fit:
    """Fit every series of one value a day.

    Args:
        daily: the series.
        settings: when a direction may be called.
        own_sigma: noise of one ``y`` of each series, shape (m,), where it is a score and no row of the table of
            variation speaks of it; ``y`` is then taken for a logarithm, and percents are 100 (exp(change) - 1).
    """
    table = SIGMA[daily.analyte] if own_sigma is None else own_sigma
    all_days, all_censored = np.diff(daily.starts), daily.censored
    daily = weighed(daily, settings)
    days, censored = np.diff(daily.starts), daily.censored
    slopes = _slopes(daily, days, censored, settings)
    is_log = IS_LOG[daily.analyte] if own_sigma is None else np.ones(len(daily), bool)
    height, squares = line_through(daily.day, daily.y, daily.side == 0, daily.starts, slopes.slope)
    middle = np.where(is_log, 1.0, _with_limits(daily, slopes.slope, height, ~is_log & (censored > 0)))
    span = daily.day[daily.starts[1:] - 1] - daily.day[daily.starts[:-1]] if len(daily) else np.zeros(0)
    ends = [percent(slope, span, middle, is_log) for slope in (slopes.slope, slopes.low, slopes.high)]
    noise = _noise(daily, days - censored, squares / middle**2, middle, table, settings)
    believed = _believed(daily, slopes.slope, span, settings)
    told = [np.where(believed, _from_start(end, is_log), np.nan) for end in ends]
    seen = is_log | _seen(daily, told[0], settings)
    told = [np.where(seen, end, np.nan) for end in told]
    change = Change(told[0], told[1], told[2], *_reference(table, days, noise, settings))
    up, down = _limits(series_beyond(*noise, settings.alone_alpha, days))
    with np.errstate(invalid="ignore"):
        is_sure = (change.fitted > up) | (change.fitted < down)
    a_week = np.full(len(days), _WEEK)
    weekly = _believed(daily, slopes.slope, np.maximum(span, _WEEK), settings)
    week = [
        np.where(weekly, percent(s, a_week, middle, is_log), np.nan) for s in (slopes.slope, slopes.low, slopes.high)
    ]
    with np.errstate(divide="ignore"):
        doubling = np.where(is_log & (slopes.slope != 0) & believed, np.log(2.0) / slopes.slope, np.nan)
    decided = verdicts(days, censored, slopes, change, settings)
    return Fit(all_days, all_censored, slopes, week[0], week[1], week[2], doubling, noise[0], change, is_sure, decided)


def _from_start(change: Floats, is_log: Bools) -> Floats:
    """Change over the span in percent of where the line begins, from percent of its middle on the linear scale; NaN
    where it would begin or end at zero or below."""
    half = np.clip(change / 200, -1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(is_log, change, np.where(np.abs(half) < 1, 100 * ((1 + half) / (1 - half) - 1), np.nan))


def _believed(daily: Daily, slope: Floats, span: Floats, settings: TrendSettings) -> Bools:
    """Whether the fitted change over the span stays within what was observed, limits of detection as they are printed;
    true where there is none."""
    if not len(daily):
        return np.zeros(0, bool)
    low, high = (f.reduceat(daily.y, daily.starts[:-1]) for f in (np.minimum, np.maximum))
    with np.errstate(invalid="ignore"):
        beyond = np.abs(slope) * span > settings.fit_most * (high - low)
    return np.asarray(~beyond)


def _seen(daily: Daily, change: Floats, settings: TrendSettings) -> Bools:
    """Whether a change in percent of where the line begins is one between two results too: on the linear scale a line
    that begins near zero has changed by any percentage."""
    if not len(daily):
        return np.zeros(0, bool)
    low, high = (f.reduceat(daily.value, daily.starts[:-1]) for f in (np.minimum, np.maximum))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(~(np.abs(np.log1p(change / 100)) > settings.fit_most * np.log(high / low)))


def _noise(
    daily: Daily, exact: Ints, squares: Floats, middle: Floats, table: Floats, settings: TrendSettings
) -> tuple[Floats, Floats]:
    """Noise of one result (table and own scatter) and its degrees of freedom.

    The own scatter is that about the fitted line, or, where that gives the narrower limits, that between neighbours:
    a course that bends is not noisy.
    """
    prior = likely_noise(table)
    days = np.diff(daily.starts)
    freedom = np.where(exact >= settings.min_days_slope, exact - 2.0, 0.0)
    about = pooled_sigma(prior, settings.noise_prior, np.where(freedom > 0, squares, 0.0), freedom)
    near = np.where(exact == days, local_scatter(daily.day, daily.y, daily.starts) / middle**2, np.nan)
    worth = np.where(np.isnan(near), 0.0, _WORTH * freedom)
    between = pooled_sigma(prior, settings.noise_prior, np.where(worth > 0, worth * near, 0.0), worth)
    limits = [series_beyond(*noise, settings.alpha, days) for noise in (about, between)]
    narrower = (worth > 0) & (limits[1] < limits[0])
    return np.where(narrower, between[0], about[0]), np.where(narrower, between[1], about[1])


def _reference(
    table: Floats, days: Ints, noise: tuple[Floats, Floats], settings: TrendSettings
) -> tuple[Floats, Floats, Floats, Floats]:
    """Reference change values in percent: up and down of the whole series, up and down of two results.

    The first is never below the second, and is the second where nothing may be called.
    """
    two = settings.z_two_sided * np.sqrt(2.0) * settings.widen * table
    called = days >= settings.min_days_call
    whole = np.where(called, np.maximum(series_beyond(*noise, settings.alpha, days), two), two)
    return *_limits(whole), *_limits(two)


def _limits(beyond: Floats) -> tuple[Floats, Floats]:
    """Upper and lower limit in percent of a change of the logarithm, from where the line begins."""
    with np.errstate(over="ignore"):
        return 100 * np.expm1(beyond), 100 * np.expm1(-beyond)


def _with_limits(daily: Daily, slope: Floats, height: Floats, which: Bools) -> Floats:
    """Heights in the middle, those of ``which`` by Turnbull's median of the residuals (a value is never negative)."""
    out = height.copy()
    for k in np.flatnonzero(which & ~np.isnan(slope)):  # linear analytes are seldom censored: a handful at most
        at = slice(daily.starts[k], daily.starts[k + 1])
        day, y, side = daily.day[at], daily.y[at], daily.side[at]
        line = slope[k] * (day - (day[0] + day[-1]) / 2)
        out[k] = turnbull_median(np.where(side < 0, 0.0, y) - line, np.where(side > 0, np.inf, y) - line)
    return out


def percent(slope: Floats, days: Floats, middle: Floats, is_log: Bools) -> Floats:
    """Change over some days in percent: exact on the log scale, relative to the middle on the linear one."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(is_log, 100.0 * np.expm1(slope * days), 100.0 * slope * days / middle)


def _slopes(daily: Daily, days: Ints, censored: Ints, settings: TrendSettings) -> Slopes:
    """Plain where all is exact, censored where some is not; none below the gates."""
    described = days >= settings.min_days_slope
    plain = described & (censored == 0)
    limited = described & (censored > 0) & (censored <= MOST_CENSORED * days)
    out = Slopes.none(len(daily))
    for chosen, kernel in ((plain, theil_sen), (limited, None)):
        which = np.flatnonzero(chosen)
        if not len(which):
            continue
        at, starts = stretched(daily.starts[which], days[which])
        if kernel is not None:
            part = kernel(daily.day[at], daily.y[at], starts, confidence=settings.confidence)
        else:
            part = akritas_theil_sen(daily.day[at], daily.y[at], daily.side[at], starts, confidence=settings.confidence)
        for field in fields(Slopes):
            getattr(out, field.name)[which] = getattr(part, field.name)
    return out
