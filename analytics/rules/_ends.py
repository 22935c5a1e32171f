"""How a finding ends: resolved, window over, superseded, not seen since; else it goes on.

*Resolved* is said only where a value came down: the criterion is off and a result that the finding rests on, or the
score that the rule measures, is at most ``findings.fall_share`` of its value at the last moment that met it (of results
given as limits, where they prove that). Where the
criterion is off and nothing fell, the yardstick has changed (another baseline, another line, the next stent, the end of
a therapy): *superseded*. Where the time of the rule ran out: *window over*. Where nothing was measured for
``findings.unseen_days``: *not seen since*.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.analytes import ANALYTES, CODES
from analytics.arrays import Bools, Floats, Ints, key
from analytics.case import Case
from analytics.derive.baseline import baselines_of
from analytics.derive.points import newest_of, points_of
from analytics.derive.segments import breaks_of
from analytics.event_kinds import EVENT_KINDS
from analytics.rules._episodes import Episodes
from analytics.rules._rule import Assessment, Rule
from analytics.rules._words import Times, measured

_LOW = np.array([ANALYTES[code].bad == "low" for code in CODES])
_NEXT = tuple(
    "next line of therapy" if code == "systemic" else f"next {kind.label.lower()}" for code, kind in EVENT_KINDS.items()
)
"""Words for what ended the time of a rule, by kind of event."""


@dataclass(frozen=True)
class Ends:
    """Of each episode, shape (k,): its state, when it ended (days, NaN while open) and why, in words.

    ``measured`` is the time of the newest result of its leading analyte, NaN where there is none.
    """

    state: list[str]
    at: Floats
    why: list[str]
    measured: Floats


def ends_of(case: Case, rule: Rule, assessed: Assessment, episodes: Episodes, when: Floats) -> Ends:
    """End of every episode of a rule."""
    k, s = len(episodes.onset), case.settings.findings
    recent = case.as_of - when[episodes.onset] <= s.new_days
    if rule.one_off:
        return Ends(np.where(recent, "new", "resolved").tolist(), np.full(k, np.nan), [""] * k, np.full(k, np.nan))
    state = np.where(episodes.only & recent, "new", "ongoing").astype(object)
    at, why = np.full(k, np.nan), [""] * k
    fell = _first_fall(case, rule, assessed, episodes)
    down = fell >= 0
    state[down], at[down] = "resolved", when[fell[down]]
    _by_time(case, assessed, episodes, (state, at, why))
    _by_yardstick(case, assessed, episodes, when, (state, at, why))
    still = np.isin(state.astype(str), ("new", "ongoing"))
    newest = _newest(case, assessed, episodes)
    state[still & (case.as_of - newest > s.unseen_days)] = "not_seen"
    return Ends([str(x) for x in state], at, why, newest)


_Out = tuple[np.ndarray, Floats, list[str]]


def _first_fall(case: Case, rule: Rule, assessed: Assessment, episodes: Episodes) -> Ints:
    """First moment after each episode that does not hold with a value that came down; -1 where none."""
    k = len(episodes.onset)
    found = np.full(k, -1, dtype=np.int64)
    count = episodes.later_end - episodes.later_begin
    if not count.sum():
        return found
    begin = np.concatenate([[0], np.cumsum(count)[:-1]])
    which = np.repeat(np.arange(k), count)
    later = episodes.order[np.arange(int(count.sum())) - begin[which] + episodes.later_begin[which]]
    fallen = _fallen(case, rule, assessed, episodes.last_seen[which], later)
    hit = np.flatnonzero(fallen)
    first, place = np.unique(which[hit], return_index=True)
    found[first] = later[hit[place]]
    return found


def _fallen(case: Case, rule: Rule, assessed: Assessment, met: Ints, later: Ints) -> Bools:
    """Whether what the later moment measures is well below the same of the moment that met the rule."""
    if assessed.measure is not None:
        with np.errstate(invalid="ignore"):
            fell = np.asarray(assessed.measure[later] <= case.settings.findings.fall_share * assessed.measure[met])
        return fell & _exact(case, assessed, met) & _exact(case, assessed, later)
    if rule.level == "good" or not assessed.evidence or not len(points_of(case)):
        return np.ones(len(met), dtype=bool)
    points, share = points_of(case), case.settings.findings.fall_share
    known = np.zeros(len(met), dtype=bool)
    result = np.zeros(len(met), dtype=bool)
    for column in assessed.evidence:
        one, other = column[met], column[later]
        has = one >= 0
        known |= has
        pair = np.flatnonzero(has & (other >= 0) & (one != other) & ~result)
        a, b = one[pair], other[pair]
        same, low = points.analyte[a] == points.analyte[b], _LOW[points.analyte[a]]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(same, points.value[b] / points.value[a], points.x_uln[b] / points.x_uln[a])
        came = np.where(low, ratio * share >= 1 - 1e-12, ratio <= share + 1e-12)
        result[pair] = came & _leave_no_doubt(points.comparator[a], points.comparator[b], low)
    return result | ~known


def _exact(case: Case, assessed: Assessment, moments: Ints) -> Bools:
    """Whether every result behind these moments is a number; what a score is of others is not known."""
    sign = np.append(points_of(case).comparator, 0)  # the last one stands for no result
    exact = np.ones(len(moments), dtype=bool)
    for column in assessed.evidence:
        exact &= sign[np.where(column[moments] >= 0, column[moments], -1)] == 0
    return exact


def _leave_no_doubt(met: Ints, later: Ints, low: Bools) -> Bools:
    """Whether results given as limits leave it certain that the later one lies beyond the one that met the rule.

    A fall is certain from a number or ">x" to a number or "<x"; of tests whose low values are bad, the other way round.
    """
    way = np.where(low, -1, 1)
    return (way * met >= 0) & (way * later <= 0)


def _by_time(case: Case, assessed: Assessment, episodes: Episodes, out: _Out) -> None:
    """Episodes whose own time is over: of a rule that looks so many days after an event, or until the next one."""
    state, at, why = out
    if assessed.until is None:
        return
    end = assessed.until[episodes.last_seen]
    over = np.isnan(at) & (end <= case.as_of)
    next_kind = _event_on(case, assessed.patient[episodes.last_seen], end)
    times = Times(case)
    for e in np.flatnonzero(over):
        at[e] = end[e]
        if next_kind[e] >= 0:
            state[e], why[e] = "superseded", _NEXT[next_kind[e]]
            continue
        state[e] = "window_over"
        last = episodes.last_seen[e]
        anchor = np.nan if assessed.anchor is None else assessed.anchor[last]
        day = "" if np.isnan(anchor) else f"day {end[e] - np.floor(anchor):.0f} passed"
        why[e] = "; ".join(text for text in (day, _then(case, assessed, int(last), times)) if text)


def _event_on(case: Case, patient: Ints, day: Floats) -> Ints:
    """Kind of the breaking event or line of therapy that begins on that day or the one before, -1 where none does."""
    breaks = breaks_of(case)
    if not len(breaks.day):
        return np.full(len(patient), -1, dtype=np.int64)
    keys = key(breaks.patient, np.floor(breaks.day))
    wanted = key(patient, np.floor(np.nan_to_num(day, nan=-9e5, posinf=9e5)))
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    hit = (keys[place] == wanted) | (keys[place] == wanted + 1)
    return np.where(hit, breaks.kind[place], -1)


def _then(case: Case, assessed: Assessment, moment: int, times: Times) -> str:
    """The leading value at that moment."""
    at = int(assessed.evidence[0][moment]) if assessed.evidence else -1
    return f"{measured(case, at)} on {times.say(int(assessed.patient[moment]), float(points_of(case).day[at]))}" * (
        at >= 0
    )


def _by_yardstick(case: Case, assessed: Assessment, episodes: Episodes, when: Floats, out: _Out) -> None:
    """Episodes that are off although nothing fell: the yardstick changed. Else they go on."""
    state, at, why = out
    off = np.flatnonzero(np.isnan(at) & (episodes.after >= 0))
    times = Times(case)
    for e in off:
        last, after = int(episodes.last_seen[e]), int(episodes.after[e])
        told = _changed_baseline(case, assessed, last, after, times) or _other_reason(assessed, after)
        if told:
            state[e], why[e] = ("window_over" if told == _OUT_OF_TIME else "superseded"), told
            at[e] = when[after]
        elif episodes.again[e]:
            state[e], why[e], at[e] = "superseded", "met again later", when[after]


def _changed_baseline(case: Case, assessed: Assessment, last: int, after: int, times: Times) -> str:
    """Words where the two moments are assessed by different baselines."""
    if not assessed.evidence or not len(points_of(case)):
        return ""
    one, other = int(assessed.evidence[0][last]), int(assessed.evidence[0][after])
    if one < 0 or other < 0:
        return ""
    baseline = baselines_of(case)
    since = float(baseline.since[other])
    if baseline.since[one] == since or (np.isnan(baseline.since[one]) and np.isnan(since)):
        return ""
    x = float(points_of(case).x_uln[other])
    now = f"; {measured(case, other)}" + ("" if np.isnan(x) else f", {x:.1f} × ULN")
    return f"judged by a new baseline since {times.say(int(assessed.patient[after]), since)}{now}"


_OUT_OF_TIME = "its time passed"


def _other_reason(assessed: Assessment, after: int) -> str:
    """Words of the condition that fails now, where it is no measured value."""
    for condition in assessed.conditions:
        if condition.holds[after]:
            continue
        if condition.fails:
            return (
                condition.fails if isinstance(condition.fails, str) else condition.fails[1][condition.fails[0][after]]
            )
        if condition.unit == "days":
            return _OUT_OF_TIME
    return ""


def _newest(case: Case, assessed: Assessment, episodes: Episodes) -> Floats:
    """Time of the newest result of the leading analyte of each episode, NaN where it rests on none."""
    points = points_of(case)
    if not assessed.evidence or not len(points):
        return np.full(len(episodes.onset), np.nan)
    lead = assessed.evidence[0][episodes.last_seen]
    at = newest_of(case)[assessed.patient[episodes.last_seen], points.analyte[np.maximum(lead, 0)]]
    return np.where(lead >= 0, points.day[at], np.nan)
