"""Before and after of every event, per analyte: landmarks, level change and the expected course."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import pandas as pd

from analytics.analytes import CODES
from analytics.arrays import Bools, Floats, Ints, among
from analytics.case import Case
from analytics.derive.baseline import MIXED
from analytics.derive.columns import comparators, whole, words
from analytics.derive.events import events_of
from analytics.event_kinds import KIND_CODES
from analytics.tables import RESPONSE_VERDICTS, RESPONSES_TABLE
from analytics.trends.beforeafter import (
    DRAINS,
    IS_LOW_BAD,
    After,
    Pairs,
    landmarks,
    normal_limit,
    pairs_of,
    reached,
    side_of_before,
    value_before,
)
from analytics.trends.event_level_change import METHODS, LevelChange, level_changes
from analytics.trends.expected import COURSES, MASKS, MOVES, Course, day_by, goal_value, named
from analytics.trends.variation import SIGMA, family_z, reference_change, same_multiple

_VERDICT: Final = {name: at for at, name in enumerate(RESPONSE_VERDICTS)}
_WHYS: Final = (
    "no course is published for this event and analyte",
    "no result in the time before the event",
    "no result after the event",
    "the value before the event was normal: nothing had to come down",
    "no result yet on or after the day by which it is due",
    "reached by the first result on or after the day by which it is due",
    "not reached by the first result on or after the day by which it is due",
    "rebound beyond the rule after the nadir, and the last result still is",
    "within the days in which a change is expected",
    "the value before is given only as a limit: what can be said depends on it",
)
(_NO_COURSE, _NO_BEFORE, _NO_AFTER, _WAS_NORMAL, _NOT_DUE, _REACHED, _MISSED, _RISEN, _EXPECTED, _ONLY_A_LIMIT) = range(
    len(_WHYS)
)


def responses_frame(case: Case) -> pd.DataFrame:
    """Table RESPONSES: one row an event and analyte with results before or after it."""
    pairs = pairs_of(case)
    if not len(pairs.event):
        return RESPONSES_TABLE.empty()
    before, before_n, day_before, is_usual = value_before(case, pairs)
    side = side_of_before(case, pairs)
    n_after = pairs.high - pairs.middle
    slack, rebound = _multiples(case, pairs, n_after)
    after = landmarks(case, pairs, before, is_usual, slack, rebound, _quiet(case, pairs))
    target, day_target, verdict, why = _judged(case, pairs, before, side, after, slack)
    events = case.panel.events
    row = events_of(case).row[pairs.event]
    return pd.DataFrame(
        {
            "patient_id": case.panel.patients["patient_id"].array.take(pairs.patient),
            "kind": words(KIND_CODES, pairs.kind),
            "name": events["name"].array.take(row),
            "start_date": events["start_date"].array.take(row),
            "analyte": words(CODES, pairs.analyte),
            "before": before,
            "before_comparator": comparators(side),
            "before_n": whole(before_n),
            "day_before": day_before,
            "n_after": whole(n_after),
            "nadir": after.nadir,
            "nadir_comparator": comparators(after.nadir_side),
            "day_nadir": after.day_nadir,
            "peak": after.peak,
            "peak_comparator": comparators(after.peak_side),
            "day_peak": after.day_peak,
            "day_half": after.day_half,
            "target": target,
            "day_target": day_target,
            "day_recovery": after.day_recovery,
            "rebound_day": after.rebound_day,
            "can_move": pd.array(can_move(pairs.kind, pairs.analyte), dtype="boolean"),
            "moved": pd.array(_moved(case, pairs, before, side, after), dtype="boolean"),
            **_level(level_changes(case, pairs)),
            "verdict": words(RESPONSE_VERDICTS, verdict),
            "why": words(_WHYS, why),
        }
    )


def can_move(kind: Ints, analyte: Ints) -> Bools:
    """Whether an event of this kind is known to move this test, from the data of :mod:`analytics.trends.expected`."""
    return np.asarray(_movable()[kind, analyte])


@cache
def _movable() -> Bools:
    """By kind of event and analyte."""
    table = np.zeros((len(KIND_CODES), len(CODES)), bool)
    for code, analytes in MOVES.items():
        table[KIND_CODES.index(code)] = among(CODES, analytes)
    return table


def _moved(case: Case, pairs: Pairs, before: Floats, side: Ints, after: After) -> Bools:
    """Whether the lowest or highest result after is beyond the reference change value from the value before, as far as
    results given as limits prove it."""
    trend = case.settings.trend
    up, down = reference_change(trend.widen * SIGMA[pairs.analyte], trend.z_two_sided)
    with np.errstate(divide="ignore", invalid="ignore"):
        higher, lower = after.top > before * (1 + up / 100), after.bottom < before * (1 + down / 100)
    at_most, at_least = (side == 0) | (side == -1), (side == 0) | (side == 1)
    return np.asarray((higher & at_most) | (lower & at_least))


def _level(change: LevelChange) -> dict[str, object]:
    return {
        "level_change_pct": change.level,
        "level_low": change.level_low,
        "level_high": change.level_high,
        "slope_change_pct_per_week": change.slope,
        "slope_change_low": change.slope_low,
        "slope_change_high": change.slope_high,
        "method": words(METHODS, change.method),
    }


def _multiples(case: Case, pairs: Pairs, n_after: Ints) -> tuple[Floats, Floats]:
    """Multiple of the value before that is still the same, and of the lowest value that counts as risen again.

    Still the same: within the one-sided reference change value towards the bad side. Risen again: bilirubin after
    drainage by the published factor; all else beyond the reference change value of a whole series.
    """
    trend = case.settings.trend
    sigma = trend.widen * SIGMA[pairs.analyte]
    slack = same_multiple(pairs.analyte, IS_LOW_BAD[pairs.analyte], trend)
    risen = np.exp(family_z(trend.alpha, n_after.astype(np.float64)) * np.sqrt(2.0) * sigma)
    is_drained = _about(pairs, DRAINS, ("BILI", "BILDIR"))
    return slack, np.where(is_drained, case.settings.stent.rise_share, risen)


def _quiet(case: Case, pairs: Pairs) -> Floats:
    """Day up to which a rise is the effect of the event itself, or may be."""
    quiet = np.zeros(len(pairs.event))
    for mask in MASKS:
        about = _about(pairs, mask.kinds, mask.analytes)
        quiet[about] = named(mask.until, case.settings)
    for course in COURSES:
        if course.rises:
            about = _about(pairs, course.kinds, course.analytes)
            quiet[about] = np.maximum(quiet[about], day_by(course, np.zeros(about.sum()), case.settings))
    return quiet


def _about(pairs: Pairs, kinds: tuple[str, ...], analytes: tuple[str, ...]) -> Bools:
    return among(KIND_CODES, kinds)[pairs.kind] & among(CODES, analytes)[pairs.analyte]


def _judged(
    case: Case, pairs: Pairs, before: Floats, side: Ints, after: After, slack: Floats
) -> tuple[Floats, Floats, Ints, Ints]:
    """Target, day of the target, verdict and reason of each pair."""
    count = len(before)
    target, day_target = np.full(count, np.nan), np.full(count, np.nan)
    verdict, why = np.full(count, _VERDICT["no_expectation"]), np.full(count, _NO_COURSE)
    for course in COURSES:
        which = np.flatnonzero(_about(pairs, course.kinds, course.analytes))
        if len(which):
            part = _take(pairs, which)
            goal, when, decided, reason = _course_by_limits(
                case, part, course, before[which], side[which], slack[which], after.rebound_day[which]
            )
            target[which], day_target[which] = goal, when
            if course.goal == "target":  # a second expectation only adds what is late
                late = reason == _MISSED
                which, decided, reason = which[late], decided[late], reason[late]
            verdict[which], why[which] = decided, reason
    for hit, name, given in (
        (after.is_risen, "rising_again", _RISEN),
        (np.isnan(before), "not_enough_data", _NO_BEFORE),
        (pairs.high == pairs.middle, "not_enough_data", _NO_AFTER),
    ):
        verdict[hit], why[hit] = _VERDICT[name], given
    return target, day_target, verdict, why


def _take(pairs: Pairs, which: Ints) -> Pairs:
    return Pairs(**{name: values[which] for name, values in vars(pairs).items()})


def _course_by_limits(
    case: Case, pairs: Pairs, course: Course, before: Floats, side: Ints, slack: Floats, rebound_day: Floats
) -> tuple[Floats, Floats, Ints, Ints]:
    """As :func:`_course`; where the value before is only a limit, what holds for all values that it may have been."""
    found = _course(case, pairs, course, before, slack, rebound_day)
    open_ = side != 0
    if not open_.any():
        return found
    least = np.where((side == -1) | (side == MIXED), 0.0, before)
    most = np.where((side == 1) | (side == MIXED), np.inf, before)
    one, other = (_course(case, pairs, course, bound, slack, rebound_day) for bound in (least, most))
    goal, when, verdict, why = (np.where(open_, a, b) for a, b in zip(one, found, strict=True))
    goal[one[0] != other[0]], when[one[0] != other[0]] = np.nan, np.nan
    differ = open_ & (one[2] != other[2])
    verdict[differ], why[differ] = _VERDICT["not_enough_data"], _ONLY_A_LIMIT
    return goal, when, verdict, why


def _course(
    case: Case, pairs: Pairs, course: Course, before: Floats, slack: Floats, rebound_day: Floats
) -> tuple[Floats, Floats, Ints, Ints]:
    """Goal, day at the goal, verdict and reason of the pairs of one course."""
    settings = case.settings
    normal = normal_limit(case, pairs)
    goal = np.full(len(before), np.nan)
    for analyte in np.unique(pairs.analyte):
        same = pairs.analyte == analyte
        low_bad = bool(IS_LOW_BAD[analyte])
        goal[same] = goal_value(course, before[same], normal[same], slack[same], low_bad, settings)
    when, in_time, is_due = reached(case, pairs, goal, day_by(course, before, settings), rebound_day)
    good, bad = ("on_course", "slow") if course.drains else ("recovered", "not_recovered")
    waiting = "on_course" if course.rises else "not_enough_data"
    verdict = np.where(in_time, _VERDICT[good], np.where(is_due, _VERDICT[bad], _VERDICT[waiting]))
    why = np.where(in_time, _REACHED, np.where(is_due, _MISSED, _EXPECTED if course.rises else _NOT_DUE))
    if course.rises and not course.drains:  # a value that is back early may still leave again: wait for the day
        early = in_time & ~is_due
        verdict[early], why[early] = _VERDICT["on_course"], _EXPECTED
    if course.drains:
        was_normal = before <= np.where(np.isnan(normal), goal, normal)
        verdict[was_normal], why[was_normal] = _VERDICT["no_expectation"], _WAS_NORMAL
    return goal, when, verdict, why
