"""For every patient and rule whose criteria were not met, the nearest one with the failing condition."""

from __future__ import annotations

import math
from functools import reduce
from typing import Any

import numpy as np

from analytics.analytes import INDEX, shown
from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.compare import in_sight
from analytics.derive.around import has_kind
from analytics.derive.points import has_analyte_of, points_of
from analytics.event_kinds import EVENT_KINDS
from analytics.rules._bounds import bounds_said, named_in
from analytics.rules._doubts import said_of
from analytics.rules._findings import exact_times
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.rules._words import Times, with_minus

_SIGNS = {">": "above", ">=": "at least", "<": "below", "<=": "at most"}


def near_of(case: Case, rule: Rule, assessed: Assessment) -> dict[str, Any]:
    """Columns of table NEAR for one rule; ``patient`` still as a code, ``at`` in float days."""
    held = np.zeros(len(case.ids), dtype=bool)
    who: Ints = np.zeros(0, dtype=np.int64)
    when, share, says = np.zeros(0), np.zeros(0), list[str]()
    if len(assessed.patient):
        held[assessed.patient[assessed.holds]] = True
        who, at, share, failing = _nearest(assessed, held)
        when = exact_times(case, assessed, at)
        says = _says(assessed, failing, at, Times(case).say_all(who, when))
        _add_bounds(says, case, rule, assessed, at, failing)
        held[who] = True
    unjudged = np.flatnonzero(~held)
    doubts = said_of(case, rule.analytes)
    says += _why_unjudged(case, rule, unjudged)
    patient = np.concatenate([who, unjudged])
    for row in np.flatnonzero(np.isin(patient, list(doubts))).tolist() if doubts else ():
        says[row] = f"{says[row]}; {doubts[int(patient[row])]}"
    return {
        "patient": patient,
        "at": np.concatenate([when, np.full(len(unjudged), np.nan)]),
        "says": says,
        "closeness": np.concatenate([share, np.zeros(len(unjudged))]),
    }


def _add_bounds(says: list[str], case: Case, rule: Rule, assessed: Assessment, at: Ints, failing: Ints) -> None:
    """Which results behind a number that misses its criterion are given only as < or >."""
    if not points_of(case).has_limits:
        return
    missed = [assessed.conditions[n] for n in failing.tolist()]
    for row, given in enumerate(bounds_said(case, rule, assessed, at, [named_in(c.says) for c in missed])):
        if given and not missed[row].fails:
            says[row] = f"{says[row]}; given only as {given}"


def _nearest(assessed: Assessment, held: Bools) -> tuple[Ints, Ints, Floats, Ints]:
    """For each patient without a hit: patient, moment, closeness, failing condition."""
    use: Ints = np.flatnonzero(~held[assessed.patient])
    if not len(use) or not assessed.conditions:
        none = np.zeros(0, dtype=np.int64)
        return none, none, np.zeros(0), none
    patient = assessed.patient[use]
    if np.any(patient[1:] < patient[:-1]):
        use = use[np.argsort(patient, kind="stable")]
    # among moments that miss by as much, the one that meets more of the rest, then the latest
    shares = [c.closeness for c in assessed.conditions]
    use = highest_of(assessed.patient, use, np.minimum.reduce([share[use] for share in shares]))
    use = highest_of(assessed.patient, use, reduce(np.add, [share[use] for share in shares]))
    use = highest_of(assessed.patient, use, np.nan_to_num(assessed.day[use], nan=np.inf))
    at = use[np.append(np.diff(assessed.patient[use]) != 0, True)]
    missed = np.stack([share[at] for share in shares])
    return assessed.patient[at], at, missed.min(axis=0), missed.argmin(axis=0)


def highest_of(patient: Ints, use: Ints, values: Floats | Ints) -> Ints:
    """Of the moments ``use``, sorted by patient, those with the highest value of their patient; ``values`` is theirs,
    ``patient`` that of all moments."""
    if not len(use):
        return use
    begins = np.append(True, np.diff(patient[use]) != 0)
    highest = np.maximum.reduceat(values, np.flatnonzero(begins))
    return np.asarray(use[values == highest[np.cumsum(begins) - 1]])


def _says(assessed: Assessment, failing: Ints, at: Ints, when: list[str]) -> list[str]:
    """The failing condition of each moment in words, after its time."""
    says = list(when)
    for number, condition in enumerate(assessed.conditions):
        own = np.flatnonzero(failing == number)
        if len(own):
            for place, text in zip(own.tolist(), _missed(condition, at[own]), strict=True):
                says[place] = f"{when[place]}: {text}"
    return says


def _missed(c: Condition, at: Ints) -> list[str]:
    """Why this condition is not met at these moments."""
    if isinstance(c.fails, str) and c.fails:
        return [c.fails] * len(at)
    if c.fails:
        codes, texts = c.fails
        return [texts[code] for code in codes[at].tolist()]
    unit, sign = f" {c.unit}" if c.unit else "", _SIGNS[c.op]
    limits = np.full(len(at), c.limit) if np.ndim(c.limit) == 0 else np.asarray(c.limit)[at]
    unknown = f"{c.says} not known{' (no result, or no upper limit)' if 'ULN' in c.unit else ''}"
    values = np.asarray(c.value[at], dtype=np.float64)
    plain = f"{c.says} {{:.{c.decimals}f}}{unit} (criterion: {sign} {{:g}}{unit})".format
    says = list(map(plain, values.tolist(), np.asarray(limits, dtype=np.float64).tolist()))
    with np.errstate(invalid="ignore"):
        close = ~(np.abs(values - limits) > 10.0**-c.decimals)  # unknown ones too
    for place in np.flatnonzero(close).tolist():
        value, limit = float(values[place]), float(limits[place])
        says[place] = (
            unknown
            if math.isnan(value)
            else f"{c.says} {value:.{c.decimals}f}{unit}, no limit known"
            if math.isnan(limit)
            else f"{c.says} {in_sight(value, limit, c.decimals)}{unit} (criterion: {sign} {limit:g}{unit})"
        )
    if (values < 0).any() or (limits < 0).any():
        says = list(map(with_minus, says))
    return says


def _why_unjudged(case: Case, rule: Rule, who: Ints) -> list[str]:
    """What is missing for patients of whom no moment could be assessed."""
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
    said: list[str] = why.tolist()
    return said
