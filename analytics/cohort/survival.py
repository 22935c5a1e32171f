"""Time to an event that is defined on labs: Kaplan-Meier and log-rank.

A patient without the event is known to be free of it up to the last result that could have shown it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from analytics.arrays import Bools, Floats, Ints


@dataclass(frozen=True)
class Curve:
    """Kaplan-Meier curve.

    Attributes:
        day: times at which anything happened, increasing, shape (k,). [d]
        free: share still free of the event after each, shape (k,); low and high its log-log interval.
        at_risk: patients at risk just before each; events: events at each, shape (k,).
        n: patients in all. median: first day at which half have had it, NaN where never reached. [d]
    """

    day: Floats
    free: Floats
    low: Floats
    high: Floats
    at_risk: Ints
    events: Ints
    n: int
    median: float


def kaplan_meier(day: Floats, happened: Bools, *, confidence: float = 0.95) -> Curve:
    """Kaplan-Meier estimate.

    Args:
        day: time to the event, or to the end of observation, shape (n,). [d]
        happened: whether the event happened then.
        confidence: coverage of the interval.

    References:
        E. L. Kaplan, P. Meier, J. Am. Stat. Assoc. 53 (1958) 457-481.

    Examples:
        Five patients: events on days 3, 5 and 8, one lost on day 5, one still without on day 9. After day 3 4/5 are
        free, after day 5 3/4 of them, after day 8 half of those: 0.3.

        >>> curve = kaplan_meier(np.array([3.0, 5, 5, 8, 9]), np.array([True, True, False, True, False]))
        >>> curve.day.tolist(), curve.free.round(2).tolist(), curve.at_risk.tolist(), curve.median
        ([3.0, 5.0, 8.0, 9.0], [0.8, 0.6, 0.3, 0.3], [5, 4, 2, 1], 8.0)
    """
    day, happened = np.asarray(day, np.float64), np.asarray(happened, bool)
    if not len(day):
        none = np.zeros(0)
        return Curve(none, none, none, none, none.astype(np.int64), none.astype(np.int64), 0, float("nan"))
    curve = stats.ecdf(stats.CensoredData.right_censored(day, ~happened)).sf
    times, free = curve.quantiles, curve.probabilities
    events = np.array([np.count_nonzero(happened & (day == t)) for t in times])
    at_risk = np.array([np.count_nonzero(day >= t) for t in times])
    low, high = _log_log(free, events, at_risk, confidence)
    half = np.flatnonzero(free <= 0.5)
    median = float(times[half[0]]) if len(half) else float("nan")
    return Curve(times, free, low, high, at_risk, events, len(day), median)


def _log_log(free: Floats, events: Ints, at_risk: Ints, confidence: float) -> tuple[Floats, Floats]:
    """Greenwood's variance on the log-log scale, which keeps the interval between 0 and 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(events / (at_risk * (at_risk - events)))
        spread = special.ndtri(0.5 + confidence / 2) * np.sqrt(greenwood) / np.log(free)
        low, high = free ** np.exp(-spread), free ** np.exp(spread)
    return low, high


def log_rank(day: Floats, happened: Bools, group: Ints) -> tuple[float, float]:
    """Chi-square and p of equal curves in two or more groups.

    Args:
        day: time to the event or the end of observation, shape (n,).
        happened: whether it happened.
        group: group of each patient, 0, 1, ...; NaN results where fewer than two groups have patients.

    References:
        N. Mantel, Cancer Chemother. Rep. 50 (1966) 163-170.

    Examples:
        Everyone of the first group has the event before anybody of the second.

        >>> day, group = np.array([1.0, 2, 3, 11, 12, 13]), np.array([0, 0, 0, 1, 1, 1])
        >>> chi2, p = log_rank(day, np.ones(6, bool), group)
        >>> round(chi2, 2), round(p, 3)
        (5.05, 0.025)
    """
    day, happened = np.asarray(day, np.float64), np.asarray(happened, bool)
    names, group = np.unique(group, return_inverse=True)
    if len(names) < 2 or not happened.any():
        return float("nan"), float("nan")
    member = group[:, None] == np.arange(len(names))
    times = np.unique(day[happened])
    order = np.argsort(day)
    from_end = np.cumsum(member[order][::-1], axis=0)[::-1]
    at_risk = from_end[np.searchsorted(day[order], times)].astype(np.float64)
    events = np.zeros((len(times), len(names)))
    np.add.at(events, np.searchsorted(times, day[happened]), member[happened].astype(np.float64))
    total, died = at_risk.sum(axis=1), events.sum(axis=1)
    share = at_risk / total[:, None]
    excess = (events - died[:, None] * share).sum(axis=0)[1:]
    factor = died * (total - died) / np.maximum(total - 1, 1)
    cover = np.diag((factor[:, None] * share).sum(axis=0)) - (share * factor[:, None]).T @ share
    chi2 = float(excess @ np.linalg.pinv(cover[1:, 1:]) @ excess)
    return chi2, float(special.chdtrc(len(names) - 1, chi2))
