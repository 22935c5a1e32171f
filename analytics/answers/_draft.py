"""One question's answers of all patients while they are written: states as arrays, words only at the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from analytics.analytes import ANALYTES, shown
from analytics.answer_states import STATES, Question, states_of
from analytics.answers._facts import Facts, taken
from analytics.case import Bools, Floats, Ints
from analytics.rules._words import Times

_DECIMALS = {"BILI": 1, "BILDIR": 1, "ALB": 1, "INR": 2}
_UNITS = {"{INR}": "", "1": "", "10*9/L": "× 10⁹/L", "ug/L": "µg/L", "umol/L": "µmol/L"}
"""UCUM units that read otherwise in a sentence."""
_SIGNS = {-1: "<", 0: "", 1: ">"}


@dataclass
class Line:
    """What is said of one patient: the sentence, a few words, what is missing, open findings and results."""

    says: str
    brief: str
    missing: str = ""
    results: tuple[int, ...] = ()


@dataclass(frozen=True)
class Words:
    """Numbers and days of patients as text; every column is made into a list once."""

    facts: Facts
    _columns: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    @cached_property
    def times(self) -> Times:
        """Days on each patient's own clock."""
        return Times(self.facts.case)

    @cached_property
    def _result_ids(self) -> Ints:
        return self.facts.case.result_ids

    def _column(self, name: str, code: str) -> list[float]:
        if (name, code) not in self._columns:
            made = (
                taken(self.facts.case.points.comparator.astype(np.float64), self.facts.last(code))
                if name == "sign"
                else getattr(self.facts, name)(code)
            )
            self._columns[name, code] = made.tolist()
        return self._columns[name, code]

    def day(self, i: int, day: float) -> str:
        """A day of patient ``i``."""
        return self.times.say(i, day)

    def has(self, code: str, i: int) -> bool:
        """Whether there is any value."""
        return self._column("last", code)[i] >= 0

    def value(self, code: str, i: int) -> str:
        """Newest value with its unit: "ALT 38 U/L"."""
        sign = self._column("sign", code)[i]
        return f"{shown(code)} {_SIGNS[int(sign)]}{number(code, self._column('value', code)[i])}"

    def on(self, code: str, i: int) -> str:
        """Day of the newest value."""
        return self.day(i, self._column("day", code)[i])

    def x(self, code: str, i: int) -> float:
        """Newest value in multiples of its limit; NaN where it has none."""
        return self._column("x_uln", code)[i]

    def with_x(self, code: str, i: int) -> str:
        """ "ALT 38 U/L (0.9 × ULN)"."""
        x = self.x(code, i)
        return self.value(code, i) + (f" ({x:.1f} × ULN)" if x == x else "")

    def x_baseline(self, code: str, i: int) -> float:
        """Newest value in multiples of its baseline; NaN where there is none."""
        return self._column("x_baseline", code)[i]

    def results(self, i: int, *codes: str) -> tuple[int, ...]:
        """Numbers in the store of the newest results."""
        at = [int(self._column("last", code)[i]) for code in codes]
        return tuple(int(r) for r in (self._result_ids[a] for a in at if a >= 0) if r >= 0)

    def is_recent(self, code: str, i: int) -> bool:
        """Whether the newest value is recent."""
        return bool(self._column("recent", code)[i])


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
        if not ids:
            return ["[]"] * len(self.state)
        rows = np.stack(self.basis, axis=1).tolist() if self.basis else [[]] * len(self.state)
        return [json.dumps([ids[a] for a in dict.fromkeys(row) if a >= 0]) for row in rows]


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
