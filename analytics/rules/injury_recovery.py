"""After a systemic agent stopped: how fast did the aminotransferase fall from its peak?"""

from __future__ import annotations

import numpy as np

from analytics.arrays import Floats
from analytics.case import Case
from analytics.compare import compare
from analytics.derive.events import events_of
from analytics.derive.visits import Visits, most_behind, visits_of
from analytics.rules._liver import mask_days
from analytics.rules._masks import clear_of_procedures
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.trends.ragged import stretched


def assess(case: Case) -> Assessment:
    """One moment for each day with ALT within the time after a stop."""
    s, v = case.settings.injury, visits_of(case)
    since = _since_stop(case, v)
    x = v.x_uln("ALT")
    window = s.recovery_days + s.after_dose_days
    use = np.flatnonzero(~np.isnan(x) & compare(since, "<=", s.recovery_days) & (since >= 0))
    peak = most_behind(v, x, window)[use]
    peak_day = _day_of_peak(v, x, use, peak, window)
    took = v.day[use] - peak_day
    with np.errstate(divide="ignore", invalid="ignore"):
        share = x[use] / peak
        half = np.where(share < 1, took * np.log(2) / -np.log(share), np.nan)
    clear = clear_of_procedures(case, v.patient[use], v.day[use])
    before = _at_stop(v, x, use, since, peak, peak_day)
    return Assessment(
        patient=v.patient[use],
        day=v.day[use],
        conditions=(
            Condition("peak ALT", peak, ">", s.edish_alt, "× ULN"),
            Condition(
                "days from the peak to the stop", v.day[use] - since[use] - peak_day, "<=", s.peak_before_stop, "d", 0
            ),
            Condition("ALT as a share of its peak", share, "<=", 0.5, "", 2),
            Condition("ALT at the stop as a share of its peak", before, ">", 0.5, "", 2),
            Condition("time since a procedure", clear, ">", mask_days(case), "days", 0),
        ),
        severity=-v.day[use],
        numbers={"alt": x[use], "peak": peak, "took": took, "half": half, "blood": np.full(len(use), s.half_life_alt)},
        days={"on": v.day[use], "peak_on": peak_day, "stop": v.day[use] - since[use]},
        evidence=(v.at("ALT")[use],),
        group=np.nan_to_num(peak_day).astype(np.int64),
        anchor=np.nan_to_num(peak_day),
    )


def _since_stop(case: Case, v: Visits) -> Floats:
    """Whole days since the last end of a systemic agent; NaN where none."""
    events = events_of(case)
    at = events.of("systemic")
    at = at[np.isfinite(events.end[at]) & (events.end[at] > events.start[at])]
    order = np.lexsort((events.end[at], events.patient[at]))
    ends, patient = np.floor(events.end[at[order]]), events.patient[at[order]]
    place = np.searchsorted(patient * 1e6 + ends, v.key, side="right") - 1
    if not len(at):
        return np.full(len(v), np.nan)
    found = np.maximum(place, 0)
    return np.where((place >= 0) & (patient[found] == v.patient), v.day - ends[found], np.nan)


def _at_stop(v: Visits, x: Floats, use: np.ndarray, since: Floats, peak: Floats, peak_day: Floats) -> Floats:
    """The last ALT from the peak to the day of the stop, as a share of the peak: a fall before it is not told as one
    after it; +inf where there is none."""
    known = np.flatnonzero(~np.isnan(x))
    stop = v.day[use] - since[use]
    if not len(known):
        return np.full(len(use), np.inf)
    place = np.searchsorted(v.key[known], v.patient[use] * 1e6 + stop, side="right") - 1
    last = known[np.maximum(place, 0)]
    with np.errstate(divide="ignore", invalid="ignore"):
        fits = (place >= 0) & (v.patient[last] == v.patient[use]) & (v.day[last] >= peak_day)
        return np.where(fits, x[last] / peak, np.inf)


def _day_of_peak(v: Visits, x: Floats, use: np.ndarray, peak: Floats, window: float) -> Floats:
    """Day of the first visit at the peak within the window, of the moments at half of it or less; else NaN."""
    result = np.full(len(use), np.nan)
    low = np.flatnonzero(compare(x[use] / peak, "<=", 0.5) & (peak > 1))
    begin = np.searchsorted(v.key, v.key[use[low]] - window, side="left")
    inside, starts = stretched(begin, use[low] + 1 - begin)
    which = np.repeat(np.arange(len(low)), np.diff(starts))
    highest = np.flatnonzero(x[inside] == peak[low][which])
    found, first = np.unique(which[highest], return_index=True)
    result[low[found]] = v.day[inside[highest[first]]]
    return result


RULE = Rule(
    code="injury_recovery",
    title="ALT halved after stopping therapy",
    question="After a systemic agent stopped: how fast did the aminotransferase fall from its peak?",
    level="good",
    analytes=("ALT",),
    needs=("ALT",),
    events=("systemic",),
    window="up to {injury.recovery_days} days after the last dose of an agent; the peak at most "
    "{injury.peak_before_stop} days before it",
    criteria="ALT at most half of a peak above {injury.edish_alt:g} × ULN, and not yet so on the day of the stop",
    version="2",
    reference="half-life of ALT in blood 47 ± 10 h, of AST 17 ± 5 h (safety.viz hepatic guide)",
    tag="verified",
    limitations="which agent was the cause; treatment of the injury",
    template="ALT {alt:.1f} × ULN on {on}, from a peak of {peak:.1f} × ULN on {peak_on}: halving time {half:.0f} days "
    "after therapy stopped on {stop}.",
    settings=("injury.recovery_days", "injury.peak_before_stop", "injury.half_life_alt", "injury.edish_alt"),
    assess=assess,
    one_off=True,
)
