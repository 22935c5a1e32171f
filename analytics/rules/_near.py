"""For every patient and rule whose criteria were not met, the nearest one with the failing condition."""

from __future__ import annotations

from typing import Any

import numpy as np

from analytics.analytes import INDEX, shown
from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.derive.around import has_kind
from analytics.derive.points import has_analyte_of
from analytics.event_kinds import EVENT_KINDS
from analytics.rules._doubts import said_of
from analytics.rules._findings import exact_times
from analytics.rules._rule import Condition, Judged, Rule
from analytics.rules._words import Times

_SIGNS = {">": "above", ">=": "at least", "<": "below", "<=": "at most"}


def near_of(case: Case, rule: Rule, judged: Judged) -> dict[str, Any]:
    """Columns of table NEAR for one rule; ``at`` still in float days."""
    ids = case.ids
    held = np.zeros(len(ids), dtype=bool)
    held[judged.patient[judged.holds]] = True
    who, at, share, failing = _nearest(judged, held)
    times = Times(case)
    when = exact_times(case, judged)[at]
    says = [_say(judged, int(c), int(a), float(w), times) for c, a, w in zip(failing, at, when, strict=True)]
    held[who] = True
    unjudged = np.flatnonzero(~held)
    doubts = said_of(case, rule.analytes)
    told = zip(np.concatenate([who, unjudged]).tolist(), says + _why_unjudged(case, rule, unjudged), strict=True)
    return {
        "patient_id": np.concatenate([ids[who], ids[unjudged]]),
        "rule": [rule.code] * (len(who) + len(unjudged)),
        "at": np.concatenate([when, np.full(len(unjudged), np.nan)]),
        "says": [f"{text}; {doubts[p]}" if p in doubts else text for p, text in told],
        "closeness": np.concatenate([share, np.zeros(len(unjudged))]),
    }


def _nearest(judged: Judged, held: Bools) -> tuple[Ints, Ints, Floats, Ints]:
    """For each patient without a hit: patient, moment, closeness, failing condition."""
    use = np.flatnonzero(~held[judged.patient])
    if not len(use) or not judged.conditions:
        none = np.zeros(0, dtype=np.int64)
        return none, none, np.zeros(0), none
    shares = np.stack([c.closeness[use] for c in judged.conditions])
    lowest = shares.min(axis=0)
    # among moments that miss by as much, the one that meets more of the rest, then the latest
    order = np.lexsort((judged.day[use], shares.sum(axis=0), lowest, judged.patient[use]))
    last = np.flatnonzero(np.append(np.diff(judged.patient[use][order]) != 0, True))
    at = order[last]
    return judged.patient[use[at]], use[at], lowest[at], shares[:, at].argmin(axis=0)


def _say(judged: Judged, failing: int, at: int, day: float, times: Times) -> str:
    c = judged.conditions[failing]
    when = times.say(int(judged.patient[at]), day)
    unit = f" {c.unit}" if c.unit else ""
    limit = float(c.limit if np.ndim(c.limit) == 0 else np.asarray(c.limit)[at])
    value = float(c.value[at])
    if c.fails:
        told = c.fails if isinstance(c.fails, str) else c.fails[1][int(c.fails[0][at])]
        return f"{when}: {told}"
    if np.isnan(value):
        return f"{when}: {c.says} not known{' (no result, or no upper limit)' if 'ULN' in c.unit else ''}"
    if np.isnan(limit):
        return f"{when}: {c.says} {value:.{c.decimals}f}{unit}, no limit known"
    return f"{when}: {c.says} {_told(value, limit, c)}{unit} (criterion: {_SIGNS[c.op]} {limit:g}{unit})"


def _told(value: float, limit: float, c: Condition) -> str:
    """The value with as many decimals as it takes to see that it misses the limit."""
    for decimals in range(c.decimals, c.decimals + 4):
        text = f"{value:.{decimals}f}"
        if float(text) != limit:
            return text
    return text


def _why_unjudged(case: Case, rule: Rule, who: Ints) -> list[str]:
    """What is missing for patients of whom no moment could be judged."""
    if not len(who):
        return []
    why = np.full(len(who), "not assessable: no results in the required window", dtype=object)
    for need in reversed(rule.needs):
        codes = need.split("|")
        lacks = ~has_analyte_of(case)[who][:, [INDEX[c] for c in codes]].any(axis=1)
        why[lacks] = f"not assessable: no result of {' or '.join(shown(c) for c in codes)}"
    if rule.events:
        lacks = ~has_kind(case, *rule.events)[who]
        labels = " or ".join(EVENT_KINDS[k].label.lower() for k in rule.events)
        why[lacks] = f"not assessable: no {labels} recorded"
    return [str(w) for w in why]
