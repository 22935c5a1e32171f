"""Results that are given as a limit ("<x" or ">x"): a rule counts a time point only where the limits prove it.

A result below x may be anything down to nothing, one above x anything from there on. A rule takes such a result as the
number x; where a time point holds that way, it is asked again with these results at the far end of what they may be:
all at once, then those of one test at a time. It counts where it holds each time. Where it does not, nothing is
decided: the time point is no finding, it ends none, and the nearest miss says which result is given as a limit.

Asking the whole rule again rather than each comparison holds for every rule alike, ratios, multiples of a baseline,
scores and trends too, as all of them grow or fall with each of their results.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from analytics.analytes import CODES
from analytics.arrays import FAR, Bools, Floats, Ints
from analytics.case import Case
from analytics.derive.points import points_of
from analytics.once import give, once
from analytics.panel import Panel
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.rules._words import Times, in_text, measured_all

_UNDECIDED = 0.999
"""What the condition of a time point that is not decided reaches of 1: nearer than any that is known to fail."""


def proven(case: Case, rule: Rule, assessed: Assessment) -> Assessment:
    """The moments of a rule; those that hold only as far as a limit is a number are not decided.

    A moment at which a limit leaves open whether it fails ends no episode; the level of one that holds is the lowest
    that it has each time.
    """
    patients = _limited_patients(case)
    if patients is None or not rule.compares_values or not len(assessed.patient):
        return assessed
    held = np.zeros(len(case.ids), dtype=bool)
    held[assessed.patient[assessed.holds]] = True
    who = np.flatnonzero(held & patients)
    if not len(who):
        return assessed
    ours: Ints = np.flatnonzero((held & patients)[assessed.patient])
    own = _part(case, who)
    first = assessed if own is case else rule.assess(own)
    same = ours
    if own is not case:  # the same moments in the same order, but patients and groups have other numbers
        ours, same = _in_order(assessed, ours), _in_order(first, np.arange(len(first.patient)))
    every, some = np.ones(len(same), bool), np.zeros(len(same), bool)
    level = None if first.level is None else first.level[same]
    for moved in _moved_limits(own, rule):
        other = rule.assess(moved)
        at = _same_moments(first, same, other)
        holds = np.append(other.holds, False)[at]
        every, some = every & holds, some | holds
        if level is not None and other.level is not None:
            level = np.where(holds, np.minimum(level, np.append(other.level, 0)[at]), level)
    return _decided(case, rule, assessed, (ours, every, some, level))


def _decided(case: Case, rule: Rule, assessed: Assessment, found: tuple[Ints, Bools, Bools, Ints | None]) -> Assessment:
    ours, every, some, level = found
    held = assessed.holds[ours]
    open_ = np.zeros(len(assessed.patient), dtype=bool)
    open_[ours[held & ~every]] = True
    ends = np.ones(len(open_), dtype=bool) if assessed.ends is None else assessed.ends.copy()
    ends[ours[(held & ~every) | (~held & some)]] = False
    lowest = assessed.level
    if lowest is not None and level is not None:
        lowest = lowest.copy()
        lowest[ours] = level
    reached = np.where(open_, _UNDECIDED, 1.0)
    fails = _why(case, rule, assessed, open_)
    last = Condition("what results given as < or > prove", reached, ">=", 1.0, fails=fails)
    return replace(assessed, conditions=(*assessed.conditions, last), ends=ends, level=lowest)


def bounds_said(
    case: Case, rule: Rule, assessed: Assessment, moments: Ints, about: list[frozenset[int]] | None = None
) -> list[str]:
    """Of each moment its results that are given as limits, in words: "bilirubin >5.0 mg/dL"; empty where none is.

    ``about`` are the analytes that matter at each moment; every one of the evidence where that is empty.
    """
    said = [""] * len(moments)
    if _limited_patients(case) is None or not rule.compares_values or not len(moments):
        return said
    points = points_of(case)
    for column in assessed.evidence:
        at = column[moments]
        which = np.flatnonzero((at >= 0) & (points.comparator[at] != 0))
        for n, code, text in zip(
            which.tolist(), points.analyte[at[which]].tolist(), measured_all(case, at[which]), strict=True
        ):
            if (not about or not about[n] or code in about[n]) and text not in said[n]:
                said[n] = f"{said[n]}, {text}" if said[n] else text
    return said


@lru_cache(maxsize=1024)
def named_in(says: str) -> frozenset[int]:
    """Analytes that a condition names in its words."""
    return frozenset(code for code, name in enumerate(CODES) if re.search(rf"\b{re.escape(in_text(name))}\b", says))


@once
def _limited_patients(case: Case) -> Bools | None:
    """Which patients have a result that is given as a limit; None where there is none, or where they were moved."""
    points = points_of(case)
    at = np.flatnonzero(points.comparator)
    if not len(at):
        return None
    has = np.zeros(len(case.ids), dtype=bool)
    has[points.patient[at]] = True
    return has


def _moved_limits(case: Case, rule: Rule) -> Iterator[Case]:
    """The patients of a case with the limits of all tests moved, then with those of each test of the rule alone."""
    points = points_of(case)
    limited = np.unique(points.analyte[points.comparator != 0]).tolist()
    yield _moved(case, tuple(limited))
    if len(limited) > 1:
        for code in limited:
            if CODES[code] in _read_by(rule):
                yield _moved(case, (code,))


def _read_by(rule: Rule) -> set[str]:
    """Tests that a rule looks at."""
    return {*rule.analytes, *(code for need in rule.needs for code in need.split("|"))}


def _part(case: Case, patients: Ints) -> Case:
    """Some patients of a case; not kept, as each rule asks for others."""
    if len(patients) == len(case.ids):
        return case
    return Case(case.panel.select(case.ids[patients].tolist()), case.settings)


@once
def _moved(case: Case, codes: tuple[int, ...]) -> Case:
    """The same patients with the results of these tests that are given as limits at the far end of what they may be."""
    points = points_of(case)
    limited = (points.comparator != 0) & np.isin(points.analyte, codes)
    at = np.flatnonzero(limited)
    value = case.panel.labs["value"].to_numpy(np.float64, copy=True)
    value[points.row[at]] *= FAR ** points.comparator[at].astype(np.float64)
    moved = Case(_with_values(case.panel, value), case.settings)
    give(_limited_patients, moved, None)  # it is asked once
    return moved


def _with_values(panel: Panel, value: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Panel:
    return replace(panel, labs=panel.labs.assign(value=pd.Series(value, index=panel.labs.index)))


def _in_order(assessed: Assessment, at: Ints) -> Ints:
    """These moments by patient, day and group."""
    return at[np.lexsort((_group(assessed)[at], assessed.day[at], assessed.patient[at]))]


def _group(assessed: Assessment) -> Ints:
    return np.zeros(len(assessed.patient), np.int64) if assessed.group is None else assessed.group


def _same_moments(first: Assessment, at: Ints, other: Assessment) -> Ints:
    """Of each of these moments the one of the other answer with its patient, group and day, else (of a rule about an
    event) one of that event: one that holds, if any does. -1 where there is none."""
    found = _matched(first, at, other, first.day[at], other.day)
    if first.anchor is None or other.anchor is None:
        return found
    return np.where(found >= 0, found, _matched(first, at, other, first.anchor[at], other.anchor))


def _matched(first: Assessment, at: Ints, other: Assessment, mine: Floats, theirs: Floats) -> Ints:
    columns = [
        np.concatenate([first.patient[at], other.patient]),
        np.concatenate([_group(first)[at], _group(other)]),
        np.nan_to_num(np.floor(np.concatenate([mine, theirs])), nan=-1.0),
    ]
    order = np.lexsort(columns)
    new = np.zeros(len(order), dtype=bool)
    for column in columns:
        new[1:] |= np.diff(column[order]) != 0
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(new)
    there = np.full(len(order) + 1, -1, dtype=np.int64)
    last = np.argsort(other.holds, kind="stable")  # those that hold are written over the others
    there[number[len(at) :][last]] = last
    return there[number[: len(at)]]


def _why(case: Case, rule: Rule, assessed: Assessment, open_: Bools) -> tuple[Ints, tuple[str, ...]]:
    """Words by code of the moments that are not decided."""
    code, which = np.zeros(len(open_), np.int64), np.flatnonzero(open_)
    said = bounds_said(case, rule, assessed, which)
    else_ = _other_limits(case, rule, assessed.patient[which])
    texts = [f"not decided: given only as {text or other}" for text, other in zip(said, else_, strict=True)]
    code[which] = np.arange(1, len(which) + 1)
    return code, ("", *texts)


def _other_limits(case: Case, rule: Rule, patient: Ints) -> list[str]:
    """The newest result of each patient that is given as a limit, with its time; of a test of the rule, if one is."""
    points, times = points_of(case), Times(case)
    limited = np.flatnonzero(points.comparator)
    read = np.isin(points.analyte[limited], [CODES.index(code) for code in _read_by(rule)])
    order = np.lexsort((points.day[limited], read, points.patient[limited]))
    last = np.searchsorted(points.patient[limited][order], patient, "right") - 1
    at = limited[order[last]]
    when = times.say_all(patient, points.day[at])
    return [f"{text} on {day}" for text, day in zip(measured_all(case, at), when, strict=True)]
