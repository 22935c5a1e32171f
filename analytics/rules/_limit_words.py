"""Multiples of results that are given as limits, in sentences: "above 4.2 × ULN" where the result is ">5.0 mg/dL"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from analytics.analytes import CODES
from analytics.arrays import Ints
from analytics.case import Case
from analytics.derive.baseline import MIXED, baseline_sides_of, baselines_of
from analytics.derive.points import points_of
from analytics.rules._words import BEYOND, SIGNS, in_text, unit_words

_MULTIPLE = re.compile(r"(?<!above )(?<!below )(?<![\d.])(\d+(?:\.\d+)?)(?= × (ULN|baseline)\b)")
_VALUE = re.compile(r" (\d+(?:\.\d+)?)")
_CLAUSE = re.compile(r"[;:]| and |$")


def side_of_multiple(value: Ints, reference: Ints) -> Ints:
    """Of values by references, each -1 at most, 1 at least or 0 the number: 1 at least, -1 at most, else ``MIXED``."""
    least = (value >= 0) & (reference <= 0)
    most = (value <= 0) & ((reference == 0) | (reference == 1))
    return np.select([least & most, least, most], [0, 1, -1], MIXED)


def with_limits(case: Case, says: list[str], evidence: tuple[Ints, ...]) -> list[str]:
    """Sentences whose multiples of ULN and of baseline say where they are only a limit.

    Args:
        case: the case.
        says: one sentence an episode.
        evidence: positions in ``points_of(case)`` that each rests on, -1 none, shape (episodes,) each.
    """
    points = points_of(case)
    if not points.has_limits or not evidence:
        return says
    sign = np.append(points.comparator, 0)
    over = np.append(side_of_multiple(points.comparator, baseline_sides_of(case)), 0)
    said = list(says)
    at = np.stack(evidence, axis=1)
    base = baselines_of(case).value
    for e in np.flatnonzero(((sign[at] != 0) | (over[at] != 0)).any(axis=1)).tolist():
        for a in dict.fromkeys(at[e].tolist()):
            if a >= 0 and (sign[a] or over[a]):
                value = float(points.value[a])
                of = _Result(value, int(sign[a]), float(points.x_uln[a]), value / float(base[a]), int(over[a]))
                said[e] = _of_one(said[e], int(points.analyte[a]), of)
    return said


@dataclass(frozen=True)
class _Result:
    """One result with its multiples, and on which side of them it lies."""

    value: float
    sign: int
    x_uln: float
    x_baseline: float
    over: int


def _of_one(text: str, code: int, result: _Result) -> str:
    """The sentence with the words for one of its results, wherever its numbers follow the name of its test."""
    parts, end = [], 0
    for found in _name(code).finditer(text):
        if found.start() < end:
            continue
        parts.append(text[end : found.end()])
        end = _span(text, found.end())
        parts.append(_marked(text[found.end() : end], code, result))
    return "".join([*parts, text[end:]])


def _marked(own: str, code: int, result: _Result) -> str:
    """What follows the name of a test, with words before the multiples that are those of the result."""

    def told(found: re.Match[str]) -> str:
        x, side = (result.x_uln, result.sign) if found[2] == "ULN" else (result.x_baseline, result.over)
        return f"{BEYOND[side]}{found[1]}" if _is_said(found[1], x) else found[1]

    own = _MULTIPLE.sub(told, own)
    value = _VALUE.match(own)
    unit = unit_words(CODES[code])
    if value and unit and own[value.end() :].startswith(unit) and _is_said(value[1], result.value):
        own = f" {SIGNS[result.sign]}{own[1:]}"
    return own


def _is_said(text: str, number: float) -> bool:
    """Whether a number in a sentence is this one, rounded."""
    return number == number and abs(float(text) - number) <= 0.501 * 10.0 ** -len(text.partition(".")[2])


def _span(text: str, begin: int) -> int:
    """End of what is said of the test whose name ends there: the clause, or the name of the next test."""
    clause = _CLAUSE.search(text, begin)
    after = _any_name().search(text, begin)
    return min(len(text) if clause is None else clause.start(), len(text) if after is None else after.start())


@lru_cache(maxsize=256)
def _name(code: int) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(in_text(CODES[code]))}\b", re.IGNORECASE)


@lru_cache(maxsize=1)
def _any_name() -> re.Pattern[str]:
    names = sorted((in_text(code) for code in CODES), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b", re.IGNORECASE)
