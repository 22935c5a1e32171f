"""One question's answers of all patients while they are written: states as arrays, words only at the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from analytics.analytes import ANALYTES, shown
from analytics.answer_states import STATES, Question, states_of
from analytics.answers._facts import Facts
from analytics.arrays import Bools, Floats, Ints
from analytics.compare import exceeds, in_sight
from analytics.derive.points import result_ids_of
from analytics.rules._words import BEYOND, SIGNS, Times

_DECIMALS = {"BILI": 1, "BILDIR": 1, "ALB": 1, "INR": 2}
_UNITS = {"{INR}": "", "1": "", "10*9/L": "× 10⁹/L", "ug/L": "µg/L", "umol/L": "µmol/L"}
"""UCUM units that read otherwise in a sentence."""
_LISTS = {n: f"list of {n}" for n in ("last", "value", "x_uln", "x_baseline", "over_sign", "day", "recent")}
"""Names of the columns as lists."""


@dataclass
class Line:
    """What is said of one patient: the sentence, a few words, what is missing, open findings and results."""

    says: str
    brief: str
    missing: str = ""
    results: tuple[int, ...] = ()


@dataclass(frozen=True)
class Words:
    """Numbers and days of patients as text; every column is made once for all patients, when it is first asked for."""

    facts: Facts

    @cached_property
    def times(self) -> Times:
        """Days on each patient's own clock."""
        return Times(self.facts.case)

    def _kept(self, name: str, code: str, make: Callable[[], list[Any]]) -> list[Any]:
        columns = self.facts.columns
        if (name, code) not in columns:
            columns[name, code] = make()
        found: list[Any] = columns[name, code]
        return found

    def _numbers(self, name: str, code: str) -> list[Any]:
        return self._kept(_LISTS[name], code, lambda: getattr(self.facts, name)(code).tolist())

    def _texts(self, code: str) -> list[str]:
        return self._kept("text", code, lambda: self._written(code))

    def _written(self, code: str) -> list[str]:
        f = self.facts
        values, signs, name = self._numbers("value", code), f.sign(code).tolist(), shown(code)
        known = {(s, v) for s, v in zip(signs, values, strict=True) if v == v}
        texts = {(s, v): f"{name} {SIGNS[s]}{number(code, v)}" for s, v in known}
        return [texts.get(both, "") for both in zip(signs, values, strict=True)]

    def _ids(self, code: str) -> list[int]:
        return self._kept(
            "id", code, lambda: np.append(result_ids_of(self.facts.case), -1)[self.facts.last(code)].tolist()
        )

    def day(self, i: int, day: float) -> str:
        """A day of patient ``i``."""
        return self.times.say(i, day)

    def met(self, i: int, at: int) -> str:
        """When the criteria of an open finding were met: "since 2026-05-04", with the last day where a later result of
        the patient did not meet them; "on 2026-05-04" where that is one day."""
        first, last = float(self.facts.open.onset[at]), float(self.facts.open.last_seen[at])
        begun, ended = self.day(i, first), self.day(i, last)
        if not np.floor(last) < np.floor(float(self.facts.contact[i])):
            return f"since {begun}"
        return f"on {begun}" if begun == ended else f"since {begun}, last on {ended}"

    def has(self, code: str, i: int) -> bool:
        """Whether there is any value."""
        return bool(self._numbers("last", code)[i] >= 0)

    def value(self, code: str, i: int) -> str:
        """Newest value with its unit: "ALT 38 U/L"."""
        return self._texts(code)[i]

    def on(self, code: str, i: int) -> str:
        """Day of the newest value."""
        days = self._kept("on", code, lambda: self.times.say_all(self.facts.everyone, self.facts.day(code)))
        return str(days[i])

    def x(self, code: str, i: int) -> float:
        """Newest value in multiples of its limit; NaN where it has none."""
        return float(self._numbers("x_uln", code)[i])

    def with_x(self, code: str, i: int) -> str:
        """ "ALT 38 U/L (0.9 × ULN)"."""
        return str(self._kept("with_x", code, lambda: self._with_x(code))[i])

    def _with_x(self, code: str) -> list[str]:
        raised, x_uln = self.facts.settings.raised, self.facts.x_uln(code)
        times = [f"{x:.1f}" for x in x_uln.tolist()]
        for i in np.flatnonzero(exceeds(x_uln, raised) & (x_uln < raised + 0.1)).tolist():  # 1.53 is not 1.5
            times[i] = in_sight(float(x_uln[i]), raised, 1)
        times = [f"{BEYOND[s]}{x}" for s, x in zip(self.facts.sign(code).tolist(), times, strict=True)]
        parts = zip(self._texts(code), times, np.isnan(x_uln).tolist(), strict=True)
        return [text if unknown else f"{text} ({x} × ULN)" for text, x, unknown in parts]

    def x_baseline(self, code: str, i: int) -> float:
        """Newest value in multiples of its baseline; NaN where there is none."""
        return float(self._numbers("x_baseline", code)[i])

    def over(self, code: str, i: int) -> str:
        """The same in words: "2.1 × baseline", "above 2.1 × baseline" where limits are behind it; empty where none."""
        over = self.x_baseline(code, i)
        return f"{BEYOND[int(self._numbers('over_sign', code)[i])]}{over:.1f} × baseline" if over == over else ""

    def results(self, i: int, *codes: str) -> tuple[int, ...]:
        """Numbers in the store of the newest results."""
        return tuple([r for r in [self._ids(code)[i] for code in codes] if r >= 0])

    def is_recent(self, code: str, i: int) -> bool:
        """Whether the newest value is recent."""
        return bool(self._numbers("recent", code)[i])


def number(code: str, value: float) -> str:
    """A value of an analyte with its unit, as precise as laboratories print it."""
    unit = ANALYTES[code].unit
    text = f"{value:.{_DECIMALS[code]}f}" if code in _DECIMALS else f"{value:.3g}" if value < 1000 else f"{value:.0f}"
    return f"{text} {_UNITS.get(unit, unit)}".rstrip()


def lower(text: str) -> str:
    """The text as it stands within a sentence: "bilirubin 2.2 mg/dL"; abbreviations stay."""
    return text if text[:2].isupper() else f"{text[:1].lower()}{text[1:]}"


def joined(*parts: str) -> str:
    """The parts that are not empty, as clauses."""
    return "; ".join(p for p in parts if p)


@dataclass(frozen=True)
class Draft:
    """The answers to one question, one position a patient.

    Attributes:
        question: which.
        state: position in ``states_of(question)``.
        since, as_of: days, NaN where not known.
        firm: confirmed; else provisional (not evaluable is always insufficient).
        rank: place in the order of a worklist.
        basis: open findings behind the answer, as positions in ``facts.open`` (-1 none), one array a kind.
        lines: what is said.
    """

    question: Question
    state: Ints
    since: Floats
    as_of: Floats
    firm: Bools
    rank: Ints
    basis: tuple[Ints, ...]
    lines: list[Line]

    def is_(self, *codes: str) -> Bools:
        """Where the answer is one of these states."""
        names = [s.code for s in states_of(self.question)]
        return np.isin(self.state, [names.index(c) for c in codes])

    def certainty(self) -> list[str]:
        """Column of that name."""
        unknown = self.is_("not_evaluable") if (self.question, "not_evaluable") in STATES else False
        return list(np.where(unknown, "insufficient", np.where(self.firm, "firm", "provisional")))

    def basis_of(self, ids: list[str]) -> list[str]:
        """Column ``basis``: JSON list of finding ids."""
        told = ["[]"] * len(self.state)
        if not ids:
            return told
        rows = np.stack(self.basis, axis=1)
        some = np.flatnonzero((rows >= 0).any(axis=1))
        for i, row in zip(some.tolist(), rows[some].tolist(), strict=True):
            told[i] = json.dumps([ids[a] for a in dict.fromkeys(row) if a >= 0])
        return told


def decide(question: str, conditions: Mapping[str, Bools]) -> Ints:
    """Position of the first state that fits each patient; the last state of the question where none does."""
    names = [s.code for s in states_of(question)]
    known = [c for c in names if c in conditions]
    return np.select([conditions[c] for c in known], [names.index(c) for c in known], len(names) - 1)


def ranks(question: str, state: Ints) -> Ints:
    """Place of each state in the order of a worklist."""
    return np.array([s.rank for s in states_of(question)], dtype=np.int64)[state]


def write(question: str, state: Ints, writers: Mapping[str, Callable[[int], Line]]) -> list[Line]:
    """The line of every patient by the writer of its state."""
    by_place = [writers[s.code] for s in states_of(question)]
    return [by_place[s](i) for i, s in enumerate(state.tolist())]
