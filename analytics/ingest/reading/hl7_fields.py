"""Fields of HL7 v2 segments as texts: components, escapes, codes, values and times."""

from __future__ import annotations

import re
from typing import Any

from analytics.ingest import named_twice, synonyms
from analytics.units import unit_of

_TIME = re.compile(
    r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(\d{2})?(?:(\d{2})(?:\.\d+)?)?)?)?)?\s*([+-]\d{2}:?\d{2})?", re.ASCII
)
_NULL = '""'
_SIGNS = 5
"""Signs between fields, components, repetitions and parts, and that of escapes."""
_COMPARATORS = {"": "", "=": "", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
_ID_KINDS = ("MR", "PI", "PT", "PN", "")
"""Kinds of patient numbers, the one that is taken first."""


class Message:
    """One message: its segments as lists of fields, and what it says of the person.

    Args:
        hl7: the parser (package hl7).
        texts: the segments.
    """

    def __init__(self, hl7: Any, texts: list[str]):
        signs = texts[0][3:8]
        if len(set(signs)) < _SIGNS or not signs.isascii() or not signs.isprintable() or any(map(str.isalnum, signs)):
            raise ValueError("it does not say which signs part its fields")
        self._parsed = hl7.parse("\r".join(texts) + "\r")
        separators = self._parsed.separators
        self.repeat, self.component, self.part = (str(s) for s in separators[2:5])
        self.segments = [[str(field) for field in segment] for segment in self._parsed]
        if len(self.segments) != len(texts):
            raise ValueError("its segments cannot be told apart")
        head = self.segments[0]
        self.kind = self.first(head, 9).upper()
        self.sent = _digits(self.plain(head, 7))
        zone = _TIME.match(self.plain(head, 7))
        self.zone = (zone[7] or "") if zone else ""
        self.patient = self.sex = self.birth_date = ""

    def person(self, fields: list[str]) -> None:
        """Take note of a PID segment."""
        self.patient = self._number(fields, 3) or self._number(fields, 2)
        self.sex = self.plain(fields, 8)
        self.birth_date = moment(self.plain(fields, 7), "")[:10]

    def _number(self, fields: list[str], at: int) -> str:
        """The number of the medical record where one is called so, else the first."""
        said = [self.split(repetition) for repetition in self.raw(fields, at).split(self.repeat)]
        said = [s for s in said if s[0] and s[0] != _NULL]
        for kind in _ID_KINDS:
            for components in said:
                if (components[4] if len(components) > 4 else "").upper() == kind:
                    return components[0]
        return said[0][0] if said else ""

    def raw(self, fields: list[str], at: int) -> str:
        """A field as it stands; empty where it is absent."""
        return fields[at] if at < len(fields) else ""

    def plain(self, fields: list[str], at: int) -> str:
        """A field of one text."""
        text = self._clear(self.raw(fields, at))
        return "" if text == _NULL else text

    def split(self, text: str) -> list[str]:
        """The components of a repetition."""
        return [self._clear(c) for c in text.split(self.component)]

    def components(self, fields: list[str], at: int) -> list[str]:
        """The components of the first repetition of a field."""
        return self.split(self.raw(fields, at).split(self.repeat)[0])

    def first(self, fields: list[str], at: int, component: int = 0) -> str:
        """One component of a field, its first part."""
        own = self.raw(fields, at).split(self.repeat)[0].split(self.component)
        said = self._clear(own[component].split(self.part)[0]) if component < len(own) else ""
        return "" if said == _NULL else said

    def words(self, fields: list[str], at: int) -> list[str]:
        """Every word and code of a field."""
        text = self.raw(fields, at)
        for sign in (self.repeat, self.component, self.part):
            text = text.replace(sign, "\n")
        return [self._clear(w) for w in text.split("\n") if w]

    def number(self, fields: list[str], at: int) -> str:
        """A pair of the placer's and the filler's number: the filler's, else the placer's."""
        return self.first(fields, at, 1) or self.first(fields, at)

    def _clear(self, text: str) -> str:
        return str(self._parsed.unescape(text)).strip() if "\\" in text else text.strip()


def _digits(text: str) -> str:
    match = re.match(r"\d+", text)
    return match[0] if match else ""


def moment(text: str, zone: str) -> str:
    """``20250303081000+0100`` as ISO 8601; a text that is no time stays as it is.

    Args:
        text: of a field of type TS or DTM.
        zone: offset of the message's own time, which counts for times of day without one.
    """
    match = _TIME.fullmatch(text.split("^")[0].strip())
    if not match:
        return text
    year, month, day, hour, minute, second, offset = match.groups()
    date = "-".join(p for p in (year, month, day) if p)
    if hour is None:
        return date
    clock = f"{hour}:{minute or '00'}" + (f":{second}" if second else "")
    offset = offset or zone
    return f"{date}T{clock}{offset[:3] + ':' + offset[-2:] if offset else ''}"


def test_of(message: Message, fields: list[str]) -> str:
    """The LOINC code that is known, else any LOINC code, else a name that is known, else whatever is said."""
    parts = [*message.components(fields, 3), *[""] * 9]
    triples = [parts[i : i + 3] for i in (0, 3)] + [[parts[9], parts[10] if len(parts) > 10 else "", ""]]
    loinc = [code for code, _, system in triples if code and system.upper() in ("LN", "LOINC", "LNC")]
    if odd := named_twice.contradiction(tuple(loinc), tuple(text for _, text, _ in triples)):
        return odd
    known = [code for code in loinc if synonyms.analyte_of(code)]
    if loinc:
        return (known or loinc)[0]
    said = [w for code, text, _ in triples[:2] for w in (code, text) if w]
    return next((w for w in said if synonyms.analyte_of(w)), next(iter(said), ""))


def unit_of_field(message: Message, fields: list[str], analyte: str) -> str:
    """OBX-6: the first of its words that is a unit of the test, else the first."""
    parts = message.components(fields, 6)
    said = [w for w in (parts[i] for i in (0, 1, 3, 4) if i < len(parts)) if w and w != _NULL]
    known = [w for w in said if analyte and not unit_of(analyte, w).reason]
    return next(iter(known or said), "")


def result_value(message: Message, fields: list[str]) -> str:
    """OBX-5 as one text: a number with its comparator, or words; what is not one value stays a text that is none.

    Flags ``<`` and ``>`` in OBX-8 say that the number is the end of the scale (HL7 table 0078).
    """
    said = message.raw(fields, 5)
    kind = message.plain(fields, 2)
    if kind in ("TX", "FT"):
        return " ".join(message.words([said], 0))
    repetitions = [r for r in said.split(message.repeat) if r and r != _NULL]
    values = [_value(kind, message.split(r)) for r in repetitions]
    value = message.repeat.join(values)
    flags = {w for w in message.words(fields, 8) if w in ("<", ">")}
    if len(flags) == 1 and value[:1].isdigit():
        return next(iter(flags)) + value
    return value


def _value(kind: str, parts: list[str]) -> str:
    if kind == "SN":
        comparator, first, sign, second = [*parts, "", "", "", ""][:4]
        if len(parts) == 1 and comparator not in _COMPARATORS:
            return comparator
        if not second and sign in ("", "+") and comparator in _COMPARATORS:
            return f"{'>' if sign == '+' and not comparator else _COMPARATORS[comparator]}{first}"
        return f"{comparator}{first}{sign or ' '}{second}"
    if kind in ("CE", "CWE", "CNE", "CF"):
        return next((w for w in (parts[1] if len(parts) > 1 else "", parts[0], *parts[2:]) if w), "")
    return "^".join(parts).rstrip("^")
