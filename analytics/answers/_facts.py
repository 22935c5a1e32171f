"""What the answers rest on, one position a patient: last contact, last values, open findings, what is given."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.analytes import CODES, INDEX
from analytics.arrays import Bools, Floats, Ints, days_of, key
from analytics.case import Case
from analytics.compare import compare, exceeds, reaches
from analytics.derive.around import active, last_event
from analytics.derive.baseline import MIXED, baseline_sides_of, baselines_of
from analytics.derive.events import event_names_of, events_of
from analytics.derive.points import codes_in, points_of
from analytics.rules._discover import rules
from analytics.rules._images import images_of
from analytics.rules._limit_words import side_of_multiple
from analytics.settings import AnswerSettings
from analytics.tables import LEVELS, NOWS

_LEVELS: pd.Index[str] = pd.Index(list(LEVELS))
_RANKS = np.array([*LEVELS.values(), 0], dtype=np.int64)
_CODES: pd.Index[str] = pd.Index(CODES)
_NOWS: pd.Index[str] = pd.Index(list(NOWS))
_Column = TypeVar("_Column")
Texts = npt.NDArray[np.object_]


def _column(make: Callable[[Facts, str], _Column]) -> Callable[[Facts, str], _Column]:
    """A column of one analyte, made once for all patients; nobody writes into it."""
    name = make.__name__

    @wraps(make)
    def kept(facts: Facts, code: str) -> _Column:
        columns = facts.columns
        if (name, code) not in columns:
            columns[name, code] = make(facts, code)
        found: _Column = columns[name, code]
        return found

    return kept


def taken(values: Floats, at: Ints) -> Floats:
    """``values[at]``, NaN where ``at`` is -1."""
    return np.where(at >= 0, values[np.maximum(at, 0)], np.nan) if len(values) else np.full(len(at), np.nan)


@dataclass(frozen=True)
class Open:
    """Findings that are open at their patient's last contact, one position a finding, shape (k,).

    A finding is open while nothing has ended it by then. That is read from the time of its end and not from the word
    for it, so that an end by another name is an end too. Facts of one moment are never open.
    """

    findings: pd.DataFrame
    rows: Ints
    patient: Ints
    rule: Texts
    level: Ints
    onset: Floats
    last_seen: Floats
    severity: Floats

    @cached_property
    def ids(self) -> list[str]:
        """``finding_id`` of each."""
        return self._texts("finding_id")

    @cached_property
    def _numbers(self) -> list[str]:
        return self._texts("numbers")

    @cached_property
    def _evidence(self) -> list[str]:
        return self._texts("evidence")

    def _texts(self, column: str) -> list[str]:
        found: list[str] = self.findings[column].array.take(self.rows).to_numpy(object).tolist()
        return found

    def numbers(self, at: int) -> dict[str, Any]:
        """The numbers and words behind the sentence of one finding."""
        found = json.loads(self._numbers[at])
        return found if isinstance(found, dict) else {}

    def results(self, at: int) -> list[int]:
        """``result_id`` of the results behind one finding."""
        return [int(i) for i in json.loads(self._evidence[at])]

    def which(self, *rules: str, least: str = "good", most: str = "urgent") -> Ints:
        """Positions of the findings of these rules with a level between ``least`` and ``most``.

        A code that no rule has is never open.
        """
        parts = [self._by_rule[rule] for rule in dict.fromkeys(rules) if rule in self._by_rule]
        if not parts:
            return np.zeros(0, dtype=np.int64)
        mine = np.concatenate(parts)
        level = self.level[mine]
        return np.sort(mine[(level >= LEVELS[least]) & (level <= LEVELS[most])])

    @cached_property
    def _by_rule(self) -> dict[str, Ints]:
        """Positions of the findings of each rule that has any."""
        codes, names = pd.factorize(self.rule)
        return {str(name): np.flatnonzero(codes == code) for code, name in enumerate(names)}


@dataclass(frozen=True)
class Facts:
    """One case with its findings, readings and series, and what the five questions ask of them.

    The three are the tables of these names of the same case, computed or read back.
    """

    case: Case
    findings: pd.DataFrame
    readings: pd.DataFrame
    series: pd.DataFrame
    columns: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False, compare=False)
    _found: dict[tuple[str, ...], Ints] = field(default_factory=dict, repr=False, compare=False)

    @property
    def settings(self) -> AnswerSettings:
        """House choices of the answers."""
        return self.case.settings.answers

    def __len__(self) -> int:
        """How many patients."""
        return len(self.case.panel)

    @cached_property
    def contact(self) -> Floats:
        """Whole day of the newest datum of each patient up to the cut-off; NaN where there is none."""
        newest = np.full(len(self), -np.inf)
        points, events, images = points_of(self.case), events_of(self.case), images_of(self.case)
        for patient, day in (
            (points.patient, points.day),
            (events.patient, events.start),
            (images.patient, images.day),
        ):
            known = day < np.floor(self.case.as_of) + 1
            np.maximum.at(newest, patient[known], np.floor(day[known]))
        return np.where(np.isfinite(newest), newest, np.nan)

    @cached_property
    def everyone(self) -> Ints:
        """Patient codes."""
        return np.arange(len(self))

    def given(self, day: Floats) -> Bools:
        """Systemic therapy goes on, or ended at most ``injury.after_dose_days`` before the day of each patient."""
        known = np.nan_to_num(day)
        after = self.case.settings.injury.after_dose_days
        return active(self.case, events_of(self.case).of("systemic"), self.everyone, known, after=after)

    @cached_property
    def blood_days(self) -> Floats:
        """How old a result may be and still be recent, days."""
        s = self.settings
        return np.where(self.given(self.contact), s.blood_days, s.blood_days_untreated).astype(np.float64)

    @cached_property
    def lasts(self) -> Ints:
        """Position in ``points_of(case)`` of the newest result of each patient and analyte, -1 where none."""
        points = points_of(self.case)
        result = np.full((len(self), len(CODES)), -1, dtype=np.int64)
        ends = points.starts[1:] - 1
        result[points.patient[ends], points.analyte[ends]] = ends
        return result

    @cached_property
    def now(self) -> Ints:
        """What the last results of each patient and analyte do: position in NOWS, -1 where there is no series."""
        found = np.full((len(self), len(CODES)), -1, dtype=np.int64)
        rows = np.flatnonzero(self.series["is_last"].to_numpy(bool))
        patient = codes_in(self.series["patient_id"], self.case.panel.patient_ids)[rows]
        analyte, now = (codes_in(self.series[c], i)[rows] for c, i in (("analyte", _CODES), ("now", _NOWS)))
        found[patient, analyte] = now
        return found

    @_column
    def last(self, code: str) -> Ints:
        """The same of one analyte, shape (patients,)."""
        return self.lasts[:, INDEX[code]]

    @_column
    def before(self, code: str) -> Ints:
        """Position of the result before the newest one, -1 where none."""
        at, series = self.last(code), np.append(points_of(self.case).series, -1)
        same = (at > 0) & (series[np.maximum(at - 1, 0)] == series[at])
        return np.where(same, at - 1, -1)

    @_column
    def value(self, code: str) -> Floats:
        """Newest value, canonical unit."""
        return taken(points_of(self.case).value, self.last(code))

    @_column
    def x_uln(self, code: str) -> Floats:
        """Newest value in multiples of its own upper limit."""
        return taken(points_of(self.case).x_uln, self.last(code))

    @_column
    def sign(self, code: str) -> Ints:
        """Whether the newest value is given as a limit: -1 below, 1 above, 0 the number or none."""
        return signs_at(self.case, self.last(code))

    def above(self, code: str, numbers: Floats, limit: float) -> Bools:
        """Whether a column of the newest value lies above a limit for certain."""
        beyond = exceeds(numbers, limit) | ((self.sign(code) > 0) & reaches(numbers, limit))
        return np.asarray(beyond & (self.sign(code) >= 0))

    def within(self, code: str, numbers: Floats, limit: float) -> Bools:
        """Whether a column of the newest value is at most a limit for certain."""
        return np.asarray(compare(numbers, "<=", limit) & (self.sign(code) <= 0))

    @_column
    def day(self, code: str) -> Floats:
        """Whole day of the newest value."""
        return np.floor(taken(points_of(self.case).day, self.last(code)))

    @_column
    def x_baseline(self, code: str) -> Floats:
        """Newest value in multiples of the baseline of its line; NaN where limits leave open on which side it lies."""
        base = taken(baselines_of(self.case).value, self.last(code))
        known = self.over_sign(code) != MIXED
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where((base > 0) & known, self.value(code) / base, np.nan))

    @_column
    def over_sign(self, code: str) -> Ints:
        """Whether that multiple is only known to be at least (1) or at most (-1) the number; ``MIXED``: neither."""
        return side_of_multiple(self.sign(code), base_sides_at(self.case, self.last(code)))

    @_column
    def recent(self, code: str) -> Bools:
        """Whether the newest value is recent at the last contact."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.contact - self.day(code) <= self.blood_days)

    @cached_property
    def open(self) -> Open:
        """Every finding that is open at its patient's last contact."""
        frame = self.findings
        patient = codes_in(frame["patient_id"], self.case.panel.patient_ids)
        end, closed = days_of(frame["resolved_at"]), (frame["state"] == "resolved").to_numpy(bool)
        with np.errstate(invalid="ignore"):
            later = end > self.contact[patient] + 1 if len(self) else np.zeros(0, dtype=bool)
        moments: pd.Index[str] = pd.Index([code for code, rule in rules().items() if rule.one_off])
        once = codes_in(frame["rule"], moments) >= 0
        keep = np.flatnonzero((patient >= 0) & ~once & (later | (np.isnan(end) & ~closed)))
        return Open(
            findings=frame,
            rows=keep,
            patient=patient[keep],
            rule=frame["rule"].array.take(keep).to_numpy(object),
            level=_RANKS[codes_in(frame["level"], _LEVELS)[keep]],
            onset=np.floor(days_of(frame["onset"])[keep]),
            last_seen=np.floor(days_of(frame["last_seen"])[keep]),
            severity=frame["severity"].to_numpy(np.float64)[keep],
        )

    def worst(self, at: Ints) -> Ints:
        """Of the open findings ``at``, that of each patient with the highest level, then the newest; -1 where none."""
        found = np.full(len(self), -1, dtype=np.int64)
        if not len(at):
            return found
        o = self.open
        order = np.lexsort((o.severity[at], o.last_seen[at], o.level[at]))
        found[o.patient[at[order]]] = at[order]
        return found

    def first_of(self, *rules: str, least: str = "good", most: str = "urgent") -> Ints:
        """The open finding of these rules of each patient (see :meth:`worst`); -1 where none is open."""
        asked = (*rules, least, most)
        if asked not in self._found:
            self._found[asked] = self.worst(self.open.which(*rules, least=least, most=most))
        return self._found[asked]

    def onset(self, at: Ints) -> Floats:
        """First day of the open finding ``at`` of each patient, NaN where -1."""
        return taken(self.open.onset, at)

    def seen(self, at: Ints) -> Floats:
        """Last day on which it held."""
        return taken(self.open.last_seen, at)

    def last_of(self, *kinds: str) -> Ints:
        """Position (in ``events_of(case)``) of the newest event of these kinds up to the last contact; -1 if none."""
        return last_event(
            self.case, events_of(self.case).of(*kinds), self.everyone, np.nan_to_num(self.contact, nan=-1.0)
        )

    def start(self, event: Ints) -> Floats:
        """Whole day on which the event of each patient began, NaN where -1."""
        return np.floor(taken(events_of(self.case).start, event))

    @cached_property
    def in_doubt(self) -> dict[str, Floats]:
        """By analyte: newest day of an open quarantined result of each patient, -inf where none."""
        held, found = self.case.panel.held, {}
        if not len(held):
            return {}
        still = held[(held["resolution"].fillna("") == "") & held["collected_at"].notna()]
        patient = codes_in(still["patient_id"], self.case.panel.patient_ids)
        day, code = np.floor(days_of(still["collected_at"])), still["analyte"].fillna("").to_numpy(object)
        for one in sorted(set(code) & set(CODES)):
            mine = (code == one) & (patient >= 0)
            found[str(one)] = np.full(len(self), -np.inf)
            np.maximum.at(found[str(one)], patient[mine], day[mine])
        return found

    @_column
    def doubtful(self, code: str) -> Bools:
        """A quarantined result is at least as new as the newest accepted one, and not after the last contact by more
        than the time in which blood is recent."""
        if code not in self.in_doubt:
            return np.zeros(len(self), dtype=bool)
        held = self.in_doubt[code]
        with np.errstate(invalid="ignore"):
            old = self.contact - held > self.blood_days
            return np.asarray((held > -np.inf) & ~old & ~(self.day(code) > held))

    def recorded(self, *parts: str) -> Ints:
        """Position of the newest symptom or adverse event with such a name that had not ended at the last contact.

        One without an end has not ended as far as the record goes; -1 where there is none.
        """
        rows = events_of(self.case).of("symptom", "adverse_event")
        if not len(rows):
            return np.full(len(self), -1, dtype=np.int64)
        code, names = event_names_of(self.case)
        match = np.array([any(p in n.partition("\x1f")[0] for p in parts) for n in names], dtype=bool)
        rows = rows[match[code[events_of(self.case).row[rows]]]]
        ended = days_of(self.case.panel.events["end_date"])[events_of(self.case).row[rows]]
        contact = self.contact[events_of(self.case).patient[rows]]
        rows = rows[~(ended < contact) & ~(np.floor(events_of(self.case).start[rows]) > contact)]
        found = np.full(len(self), -1, dtype=np.int64)
        found[events_of(self.case).patient[rows]] = rows
        return found


def signs_at(case: Case, at: Ints) -> Ints:
    """Comparator of results of ``points_of(case)``; 0 where ``at`` is -1."""
    return np.append(points_of(case).comparator, 0)[at].astype(np.int64)


def base_sides_at(case: Case, at: Ints) -> Ints:
    """Side of the baseline of each of them, as :func:`analytics.derive.baseline.baseline_sides_of`."""
    return np.append(baseline_sides_of(case), 0)[at].astype(np.int64)


def window(case: Case, code: str, patient: Ints, since: Floats) -> tuple[Ints, Ints, Ints]:
    """Results of one analyte of each patient from a day on: positions in ``points_of(case)`` as (all, begin, end).

    The results of the i-th are ``all[begin[i]:end[i]]``, in order of time.
    """
    points = points_of(case)
    mine = points.of(code)
    keys = key(points.patient[mine], points.day[mine])
    return (
        mine,
        np.searchsorted(keys, key(patient, np.floor(since))),
        np.searchsorted(keys, key(patient + 1, np.full(len(patient), -1e5))),
    )
