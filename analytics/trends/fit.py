"""Slope, fitted change and verdict of every series: the one place where all of it is decided."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from analytics.case import Bools, Floats, Ints
from analytics.settings import TrendSettings
from analytics.trends.censored import akritas_theil_sen
from analytics.trends.daily import Daily
from analytics.trends.ragged import stretched
from analytics.trends.slope import Slopes, fitted_middle, theil_sen
from analytics.trends.variation import IS_LOG, SIGMA, reference_change
from analytics.trends.verdict import MOST_CENSORED, Change, Verdicts, verdicts


@dataclass(frozen=True)
class Fit:
    """What was fitted, one position a series of Daily.

    Attributes:
        days, censored: distinct days, and those beyond a limit.
        slopes: slope per day on the analyte's own scale, with interval and test.
        per_week, per_week_low, per_week_high: the same in percent a week; on the linear scale relative to the fitted
            value in the middle of the span.
        doubling_days: doubling time if positive, halving time if negative; log scale only.
        change: fitted change over the span, and reference change values.
        verdicts: verdict, reason, days still needed.
    """

    days: Ints
    censored: Ints
    slopes: Slopes
    per_week: Floats
    per_week_low: Floats
    per_week_high: Floats
    doubling_days: Floats
    change: Change
    verdicts: Verdicts


def fit(daily: Daily, settings: TrendSettings) -> Fit:
    """Fit every series of one value a day."""
    days, censored = np.diff(daily.starts), daily.censored
    slopes = _slopes(daily, days, censored, settings)
    is_log = IS_LOG[daily.analyte]
    middle = np.where(is_log, 1.0, fitted_middle(daily.day, daily.y, daily.starts, slopes.slope))
    span = daily.day[daily.starts[1:] - 1] - daily.day[daily.starts[:-1]] if len(daily) else np.zeros(0)
    up, down = reference_change(settings.widen * SIGMA[daily.analyte], settings.z_two_sided)
    ends = [percent(slope, span, middle, is_log) for slope in (slopes.slope, slopes.low, slopes.high)]
    change = Change(ends[0], ends[1], ends[2], up, down)
    week = [percent(s, np.full(len(days), 7.0), middle, is_log) for s in (slopes.slope, slopes.low, slopes.high)]
    with np.errstate(divide="ignore"):
        doubling = np.where(is_log & (slopes.slope != 0), np.log(2.0) / slopes.slope, np.nan)
    decided = verdicts(days, censored, slopes, change, settings)
    return Fit(days, censored, slopes, week[0], week[1], week[2], doubling, change, decided)


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
