"""Templates into sentences: what is missing takes its clause with it, so that no sentence has an empty number.

A template names fields as ``str.format`` does. A part in square brackets vanishes whole where one of its fields is
missing or empty; where that stands in parentheses inside it, only they go. Of a field outside brackets the smallest
clause goes: what stands in the same parentheses, else what stands between commas or semicolons.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from analytics.rules._words import ABSENT, with_minus

_GAP = "\x00"
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_PARENTHESES = re.compile(r" ?\(([^()]*)\)")
_CLAUSES = re.compile(r"([,;] )")
_VERDICT = re.compile(r": (?=[^:]*$)")


class _Gap:
    """Stands for a missing field in any format."""

    def __format__(self, spec: str) -> str:
        return _GAP


def is_missing(value: Any) -> bool:
    """Whether a field has nothing to say: no number, an en dash, no text."""
    return value is None or value != value or value in (ABSENT, "")  # no number is not equal to itself


@lru_cache(maxsize=512)
def parts_of(template: str) -> tuple[tuple[str, tuple[str, ...], bool], ...]:
    """Parts of a template: text, fields, whether it is optional."""
    pieces = _BRACKETS.split(template)
    return tuple((text, fields_of(text), i % 2 == 1) for i, text in enumerate(pieces) if text)


@lru_cache(maxsize=2048)
def _outside(text: str) -> tuple[str, ...]:
    """Fields of an optional part that stand outside parentheses; all of them where none does."""
    return fields_of(_PARENTHESES.sub("", text)) or fields_of(text)


def fields_of(text: str) -> tuple[str, ...]:
    """Names of the fields of a text."""
    return tuple(name for _, name, _, _ in string.Formatter().parse(text) if name)


def sentence(template: str, facts: Mapping[str, Any]) -> str:
    """The template with its facts, beginning with a capital; missing parts are left out with their clause."""
    filled = []
    for text, names, optional in parts_of(template):
        absent = [n for n in names if is_missing(facts[n])]
        if not absent:
            filled.append(text.format_map(facts))
            continue
        if optional and any(n in _outside(text) for n in absent):
            continue
        gaps = [n for n in absent if facts[n] != ""]
        filled.append(text.format_map({**facts, **dict.fromkeys(gaps, _Gap())}) if gaps else text.format_map(facts))
    said = _begun("".join(filled))
    if _GAP in said:
        said = _without_gaps(said)
    return _capital(said)


def sentences(template: str, facts: Mapping[str, list[Any]]) -> list[str]:
    """As :func:`sentence`, a row of columns of equal length each: rows that lack the same parts share one format."""
    names = _names_of(template)
    if not names:
        return [sentence(template, {})] * len(next(iter(facts.values())))
    columns = [facts[name] for name in names]
    lacking = [n for n, column in enumerate(columns) if _may_lack(column)]
    complete = [_THERE] * len(names)
    if not lacking:
        return _filled(template, complete, columns)
    said = [""] * len(columns[0])
    rows_of: dict[tuple[int, ...], list[int]] = {}
    for row, kinds in enumerate(zip(*(_kinds_of(columns[n]) for n in lacking), strict=True)):
        rows_of.setdefault(kinds, []).append(row)
    for kinds, rows in rows_of.items():
        whole = list(complete)
        for n, kind in zip(lacking, kinds, strict=True):
            whole[n] = kind
        own = [[column[row] for row in rows] for column in columns]
        for row, text in zip(rows, _filled(template, whole, own), strict=True):
            said[row] = text
    return said


def _filled(template: str, kinds: list[int], columns: list[list[Any]]) -> list[str]:
    """Sentences of rows that lack the same parts."""
    plan = _plan(template, tuple(kinds))
    if plan is None:
        names = _names_of(template)
        return [sentence(template, dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]
    return list(map(_capital, map(plan, *columns)))


_THERE, _NONE, _EMPTY = range(3)


def _may_lack(values: list[Any]) -> bool:
    """Whether any value of a column of texts or of numbers is missing."""
    if values and not isinstance(values[0], str):
        total = sum(values)
        return bool(total != total)  # one that is no number makes the sum none
    return not _SILENT.isdisjoint(values)


_SILENT = frozenset((ABSENT, "", None))


def _kinds_of(values: list[Any]) -> list[int]:
    """Whether each value of a column is there, missing, or a text without words."""
    if values and not isinstance(values[0], str):
        return [_NONE if value is None or value != value else _THERE for value in values]
    return [_KINDS.get(value, _THERE) for value in values]


_KINDS = {"": _EMPTY, ABSENT: _NONE, None: _NONE}


@lru_cache(maxsize=512)
def _names_of(template: str) -> tuple[str, ...]:
    """Fields of a template, each once."""
    return tuple(dict.fromkeys(name for _, names, _ in parts_of(template) for name in names))


@lru_cache(maxsize=1 << 14)
def _plan(template: str, kinds: tuple[int, ...]) -> Callable[..., str] | None:
    """How to fill a template in from its fields in order; None where clauses are to be cut out of the sentence."""
    names = _names_of(template)
    missing = {name for name, kind in zip(names, kinds, strict=True) if kind != _THERE}
    empty = {name for name, kind in zip(names, kinds, strict=True) if kind == _EMPTY}
    kept = []
    for text, own, optional in parts_of(template):
        absent = missing.intersection(own)
        if absent and optional and absent.intersection(_outside(text)):
            continue
        if absent - empty:
            return None
        kept.append(text)
    return _by_place("".join(kept), names).format


def _by_place(text: str, names: tuple[str, ...]) -> str:
    """A format with places instead of names."""
    place = {name: n for n, name in enumerate(names)}
    made = []
    for literal, name, form, conversion in string.Formatter().parse(text):
        made.append(literal.replace("{", "{{").replace("}", "}}"))
        if name is not None:
            made.append(f"{{{place[name]}{'!' + conversion if conversion else ''}{':' + form if form else ''}}}")
    return "".join(made)


def _begun(said: str) -> str:
    """Without what joins its first part to one before it that is missing."""
    return said.lstrip(" ,;").removeprefix("and ")


def _capital(said: str) -> str:
    if said[:1] in " ,;":
        said = _begun(said)
    if " -" in said or "(-" in said or said[:1] == "-":
        said = with_minus(said)
    if said[:1].isupper():
        return said
    return said[:1].upper() + said[1:]


def _without_gaps(said: str) -> str:
    """Clauses with a gap left out, smallest first."""
    said = _PARENTHESES.sub(_inside, said)
    if _GAP not in said:
        return said
    end = "." if said.endswith(".") else ""
    head, *verdict = _VERDICT.split(said.removesuffix("."), maxsplit=1)
    kept = [text for text in (_clauses(head), *map(_clauses, verdict)) if text]
    return ": ".join(kept) + end


def _inside(match: re.Match[str]) -> str:
    """One pair of parentheses without the items that have a gap."""
    whole, inner = match.group(0), match.group(1)
    if _GAP not in whole:
        return whole
    kept = _clauses(inner)
    return f" ({kept})" if kept else ""


def _clauses(text: str) -> str:
    """The clauses between commas and semicolons that have no gap."""
    pieces = _CLAUSES.split(text)
    kept = [(pieces[i - 1] if i else "", pieces[i]) for i in range(0, len(pieces), 2) if _GAP not in pieces[i]]
    return "".join((sign if n else "") + clause for n, (sign, clause) in enumerate(kept)).strip()
