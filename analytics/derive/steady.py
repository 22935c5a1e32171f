"""Which results can speak for a patient's steady state, and why the others cannot. What baselines rest on.

A result does not where it lies inside an obstruction, inside the time in which a procedure itself moves the analyte,
close to a value far above those before it, in the low count after a dose, under an anticoagulant (INR), on the day of
a procedure without a time, or in what may be one acute admission of a person without treatment; nor where it is zero
(below what the laboratory reports: it has no logarithm, and nothing is a multiple of it).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.analytes import ANALYTES, CODES
from analytics.arrays import Bools, Floats, Ints, key
from analytics.case import Case
from analytics.derive.anticoagulants import anticoagulated
from analytics.derive.around import days_since
from analytics.derive.events import events_of
from analytics.derive.expected import masked_results
from analytics.derive.patient_days import most_behind, patient_days_of
from analytics.derive.points import points_of, results_between
from analytics.derive.sides import has_time
from analytics.derive.treated import untreated_of
from analytics.event_kinds import EVENT_KINDS
from analytics.once import once

WHY = (
    "",
    "inside an obstruction of the bile ducts",
    "inside the time in which a procedure moves it",
    "close to a value far above those before it",
    "in the low count after a dose",
    "on an anticoagulant",
    "of the day of a procedure, without a time",
    "of one acute admission",
    "zero, of which nothing is a multiple",
)
"""Why a result does not speak for the steady state; the position is the code, 0 where it does."""

_OBSTRUCTION, _MASKED, _SPIKE, _COUNT, _ANTICOAGULANT, _SAME_DAY, _ADMISSION, _ZERO = range(1, 9)
OPEN_TO_REVIEW = (0, _OBSTRUCTION, _ADMISSION)
"""What time can disprove: a first result that later ones repeat for months was no obstruction and no admission."""
_PROCEDURES = tuple(k.code for k in EVENT_KINDS.values() if k.breaks)
_LIVER = np.array([ANALYTES[code].family in ("hepatocellular", "cholestatic", "synthesis") for code in CODES])
_MARKER = np.array([ANALYTES[code].family == "tumour_marker" for code in CODES])
_COUNTS = np.array([code in ("PLAT", "WBC", "NEUT") for code in CODES])
_INR = np.array([code in ("INR", "PT", "PTPCT") for code in CODES])


@dataclass(frozen=True)
class Steady:
    """Of each result of ``points_of(case)``, shape (n,).

    Attributes: ``why`` it does not speak for the steady state, position in WHY, 0 where it does; ``next_spike`` day of
    the next value far above those before it, +inf where none: results shortly before one do not speak for what
    follows it, but still for what came before it.
    """

    why: Ints
    next_spike: Floats


@once
def steady_of(case: Case) -> Steady:
    """Every result."""
    points, s = points_of(case), case.settings.baseline
    why = np.zeros(len(points), dtype=np.int8)
    if not len(points):
        return Steady(why, np.zeros(0))
    same_day = _same_day(case)
    before, after = _spikes(case, ~same_day)
    marks = (
        (_ZERO, points.value <= 0),
        (_ADMISSION, _admission(case)),
        (_SAME_DAY, same_day),
        (_ANTICOAGULANT, _anticoagulant(case)),
        (_COUNT, _low_count(case)),
        (_SPIKE, points.day - before <= s.spike_days),
        (_MASKED, masked_results(case)),
        (_OBSTRUCTION, _obstructed(case)),
    )
    for code, where in marks:
        why[where] = code
    return Steady(why, after)


def _spikes(case: Case, counts: Bools) -> tuple[Floats, Floats]:
    """Day of the last value far above those before it, at or before each result (-inf), and of the next one (inf)."""
    points, s = points_of(case), case.settings.baseline
    n = len(points)
    own = np.arange(n)
    # the lowest of the whole series comes first: few values are far above it, and only they are looked at closely
    least = np.minimum.reduceat(points.value, points.starts[:-1])[points.series]
    able = counts & ~_MARKER[points.analyte] & (points.value > 0)
    at = np.flatnonzero(able & (points.value >= s.spike * np.maximum(least, 1e-12)))
    keys = points.series_key
    low = np.maximum(
        np.searchsorted(keys, keys[at] - s.spike_median_days, side="left"), points.starts[points.series[at]]
    )
    at, low = at[low < at], low[low < at]
    if len(at):
        lowest = np.minimum.reduceat(points.value, np.stack([low, at], axis=1).ravel())[::2]
        near = (points.value[at] >= s.spike * np.maximum(lowest, 1e-12)) & np.isfinite(lowest)
        at, low = at[near], low[near]
        at = at[points.value[at] >= s.spike * medians(points.value, low, at) * (1 - 1e-12)]
    is_spike = np.zeros(n, dtype=bool)
    is_spike[at] = True
    first = points.starts[points.series]
    last = np.maximum.accumulate(np.where(is_spike, own, -1))
    behind = np.where(last >= first, points.day[np.maximum(last, 0)], -np.inf)
    ahead = np.minimum.accumulate(np.where(is_spike, own, n)[::-1])[::-1]
    ahead = np.append(ahead[1:], n)
    end = points.starts[points.series + 1]
    return behind, np.where(ahead < end, points.day[np.minimum(ahead, n - 1)], np.inf)


def medians(values: Floats, low: Ints, high: Ints) -> Floats:
    """Median of ``values[low:high]`` of each pair; every pair has at least one."""
    middle, counts = np.zeros(len(low)), high - low
    for count in np.unique(counts).tolist():
        which = np.flatnonzero(counts == count)
        flat = np.sort(values[low[which][:, None] + np.arange(count)], axis=1)
        middle[which] = (flat[:, (count - 1) // 2] + flat[:, count // 2]) / 2
    return middle


def _at_visit(case: Case, at: Ints) -> Ints:
    """Visit of each of these results."""
    points = points_of(case)
    return np.searchsorted(patient_days_of(case).key, key(points.patient[at], np.floor(points.day[at])))


def _obstructed(case: Case) -> Bools:
    """Liver tests from the begin of an obstruction to its end."""
    points = points_of(case)
    inside = obstructed_visits(case)
    result = np.zeros(len(points), dtype=bool)
    have = np.zeros(len(case.panel), dtype=bool)
    have[patient_days_of(case).patient[inside]] = True
    at = np.flatnonzero(have[points.patient] & _LIVER[points.analyte])
    result[at] = inside[_at_visit(case, at)]
    return result


def obstructed_visits(case: Case) -> Bools:
    """Visits inside an obstruction or a cholangitis: from the first bilirubin above its limit with ALP or GGT up.

    It ends where bilirubin is down again, or has stayed where it is: what stays is the new steady state.
    """
    s, v = case.settings.baseline, patient_days_of(case)
    at = np.flatnonzero(v.at("BILI") >= 0)
    if not len(at):
        return np.zeros(len(v), dtype=bool)
    x, value, day, patient = v.x_uln("BILI")[at], v.value("BILI")[at], v.day[at], v.patient[at]
    keys = key(patient, day)
    first = np.searchsorted(patient, patient)
    with np.errstate(invalid="ignore"):
        begins = x > s.obstruction_bili
        some = np.flatnonzero(begins)
        enzyme = np.fmax(*(most_behind(v, v.x_uln(code), 7, at[some]) for code in ("ALP", "GGT")))
        begins[some] = enzyme > s.obstruction_enzyme
        some = some[begins[some]]
        low = np.maximum(np.searchsorted(keys, keys[some] - 180, side="left"), first[some])
        high = np.maximum(np.searchsorted(keys, keys[some] - 28, side="right"), low)
        known = np.flatnonzero(high > low)
        usual = medians(value, low[known], high[known])
        begins[some[known]] = value[some[known]] >= s.obstruction_over_usual * usual
        back = np.searchsorted(keys, keys - s.obstruction_steady_days, side="right") - 1
        old = np.where(back >= first, value[np.maximum(back, 0)], np.nan)
        steady = (value <= s.obstruction_steady * old) & (old <= s.obstruction_steady * value)
        ends = (x <= s.obstruction_end) | (steady & ~begins)
    own = np.arange(len(at))
    last_begin = np.maximum.accumulate(np.where(begins, own, -1))
    last_end = np.maximum.accumulate(np.where(ends, own, -1))
    inside = (last_begin >= first) & (last_begin > last_end)
    # a visit without bilirubin is inside where the last one with it was
    result = np.zeros(len(v), dtype=bool)
    place = np.searchsorted(at, np.arange(len(v)), side="right") - 1
    same = (place >= 0) & (patient[np.maximum(place, 0)] == v.patient)
    result[same] = inside[place[same]]
    return result


def _low_count(case: Case) -> Bools:
    """Platelets and leucocytes in the days after a dose, or after the end of a regimen."""
    points, events, s = points_of(case), events_of(case), case.settings.baseline
    result = np.zeros(len(points), dtype=bool)
    at, doses = np.flatnonzero(_COUNTS[points.analyte]), events.of("systemic")
    if not len(at) or not len(doses):
        return result
    since = days_since(case, doses, points.patient[at], points.day[at])
    over = _days_since_end(case, doses, points.patient[at], points.day[at])
    with np.errstate(invalid="ignore"):
        for days in (since, over):
            result[at] |= (days >= s.count_from_days) & (days <= s.count_to_days)
    return result


def _days_since_end(case: Case, at: Ints, patient: Ints, day: Floats) -> Floats:
    """Whole days since the latest end of these events; NaN where none ended before."""
    events = events_of(case)
    ended = at[np.isfinite(events.end[at])]
    ends = np.sort(key(events.patient[ended], np.floor(events.end[ended])))
    place = np.searchsorted(ends, key(patient, np.floor(day)), side="right") - 1
    if not len(ends):
        return np.full(len(patient), np.nan)
    last = ends[np.maximum(place, 0)] - key(patient, np.zeros(len(patient)))  # its day, where it is the same patient
    return np.where((place >= 0) & (last > -1e5) & (last <= day), np.floor(day) - last, np.nan)


def _anticoagulant(case: Case) -> Bools:
    points = points_of(case)
    at = np.flatnonzero(_INR[points.analyte])
    result = np.zeros(len(points), dtype=bool)
    result[at] = anticoagulated(case, points.patient[at], points.day[at])
    return result


def _same_day(case: Case) -> Bools:
    """Results without a time on the day of a procedure: on neither side of it."""
    points, events = points_of(case), events_of(case)
    at = events.of(*_PROCEDURES)
    start = np.floor(events.start[at])
    _, own = results_between(case, events.patient[at], start, start)
    result = np.zeros(len(points), dtype=bool)
    result[own[~has_time(points.day[own])]] = True
    return result


def _admission(case: Case) -> Bools:
    """First results of people without treatment whose first days are full of results: one acute admission."""
    points, v, s = points_of(case), patient_days_of(case), case.settings.baseline
    result = np.zeros(len(points), dtype=bool)
    at = np.flatnonzero(untreated_of(case)[points.patient])
    if len(at):
        visit = _at_visit(case, at)
        end = np.searchsorted(v.key, v.key[v.begins] + s.admission_days, side="right")
        many = (end - v.begins)[visit] >= s.admission_results
        result[at] = many & (points.day[at] < v.day[v.begins][visit] + s.admission_days + 1)
    return result
