"""Values, units, limits and names of FHIR Observations as the texts that a format reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from analytics.ingest import named_twice, synonyms
from analytics.ingest.reading.range_texts import Unread, in_unit_of, limits
from analytics.units import unit_of

LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
Record = dict[str, str]
Resource = Mapping[str, Any]


def codings(concept: Any) -> list[Resource]:
    """Codings of a CodeableConcept."""
    return [c for c in (concept or {}).get("coding", ()) if isinstance(c, Mapping)]


def text(concept: Any) -> str:
    """What a concept says in words: its text, else a display, else a code."""
    if not concept:
        return ""
    said = [concept.get("text"), *(c.get("display") or c.get("code") for c in codings(concept))]
    return str(next((w for w in said if w), ""))


def words(concept: Any) -> list[str]:
    """Every word and code of a concept."""
    own = codings(concept)
    said = [(concept or {}).get("text"), *(c.get("display") for c in own), *(c.get("code") for c in own)]
    return [str(w) for w in said if w]


def test(concept: Any) -> str:
    """The LOINC code that is known, else the first name that is, else whatever is said; codes and names of different
    tests as one text that is known as no test."""
    own = codings(concept)
    loinc = [str(c.get("code", "")) for c in own if str(c.get("system", "")).rstrip("/") == LOINC]
    names = [str(w) for w in ((concept or {}).get("text"), *(c.get("display") for c in own)) if w]
    if odd := named_twice.contradiction(tuple(loinc), tuple(names)):
        return odd
    known = [code for code in loinc if synonyms.analyte_of(code)]
    if loinc:
        return (known or loinc)[0]
    said = [text(concept), *words(concept)]
    return next((w for w in said if synonyms.analyte_of(w)), next((w for w in said if w), ""))


def value(o: Resource, analyte: str) -> Record:
    """Value as text with its comparator, unit, and the value as the source has it.

    A range, a ratio or anything else that is not one number stays a text that no number can be read from, so that the
    result is quarantined. A result that is absent keeps the reason in ``raw_value``.
    """
    if isinstance(quantity := o.get("valueQuantity"), Mapping):
        number = f"{quantity.get('comparator', '')}{_plain(quantity.get('value'))}"
        absent = "" if number else _absent(o)
        return {"value": number, "raw_value": number or absent, "unit": _unit(quantity, analyte)}
    key = next((k for k in o if k.startswith("value") and k != "value"), "")
    if not key:
        return {"value": "", "raw_value": _absent(o)}
    said = _said(key, o[key])
    unit = text_unit(o[key]) if key in ("valueRange", "valueRatio") else ""
    return {"value": said, "raw_value": said, "unit": unit}


def _said(key: str, entry: Any) -> str:
    if key == "valueCodeableConcept":
        return text(entry)
    if key == "valueRange":
        return f"{_plain((entry.get('low') or {}).get('value'))}-{_plain((entry.get('high') or {}).get('value'))}"
    if key == "valueRatio":
        return ":".join(_plain((entry.get(part) or {}).get("value")) for part in ("numerator", "denominator"))
    if key in ("valueString", "valueInteger", "valueDecimal"):
        return str(entry)
    return f"{key.removeprefix('value')} {entry if isinstance(entry, (str, bool)) else ''}".strip()


def text_unit(entry: Resource) -> str:
    """Unit of the first quantity of a range or ratio."""
    first = next((q for q in entry.values() if isinstance(q, Mapping)), {})
    return str(first.get("unit") or first.get("code") or "")


def _absent(o: Resource) -> str:
    return text(o.get("dataAbsentReason"))


def _plain(number: Any) -> str:
    return "" if number is None else str(number)


def _unit(quantity: Resource, analyte: str) -> str:
    """The UCUM code, else the unit in words; both where they mean different units, so that neither is believed."""
    code = str(quantity.get("code") or "")
    said = str(quantity.get("unit") or "")
    if quantity.get("system") != UCUM:
        code, said = said, code
    if not code or not said or not analyte:
        return code or said
    by_code, by_word = unit_of(analyte, code), unit_of(analyte, said)
    if by_code.reason:
        return said if not by_word.reason else code
    if not by_word.reason and by_code.factor != by_word.factor:
        return f"{code} (also called {said})"
    return code


def limits_of(o: Resource, value_unit: str, analyte: str, unread: Unread) -> Record:
    """Limits of the one range that is of normal and for all patients, in the unit of the result."""
    found: list[tuple[str, str]] = []
    for r in o.get("referenceRange", ()):
        types = {c.get("code") for c in codings(r.get("type"))}
        if types and "normal" not in types:
            continue
        own = None if r.get("appliesTo") or r.get("age") else _limits(r, value_unit, analyte)
        if own is None:
            unread.add(_range_said(r))
        elif any(own):
            found.append(own)
    if len(set(found)) > 1:
        unread.add(" or ".join("-".join(pair) for pair in found))
    return {"lln": found[0][0], "uln": found[0][1]} if len(set(found)) == 1 else {}


def _limits(r: Resource, value_unit: str, analyte: str) -> tuple[str, str] | None:
    ends = [r.get("low") or {}, r.get("high") or {}]
    if not any("value" in end for end in ends):
        said = str(r.get("text") or "")
        return limits(said, value_unit, analyte) if said else ("", "")
    own = [
        in_unit_of(_plain(e.get("value")), str(e.get("code") or e.get("unit") or ""), value_unit, analyte) for e in ends
    ]
    return None if own[0] is None or own[1] is None else (own[0], own[1])


def _range_said(r: Resource) -> str:
    ends = [r.get("low") or {}, r.get("high") or {}]
    numbers = " to ".join(f"{_plain(e.get('value'))} {e.get('unit') or e.get('code') or ''}".strip() for e in ends)
    who = ", ".join(text(c) for c in r.get("appliesTo", ()))
    return " ".join(filter(None, (who, str(r.get("text") or numbers))))


_LABORATORY = frozenset("laboratory lab ch hm hematology chemistry chm ser coag imm tx 26436-6 49581000146104".split())
_NO_LABORATORY = frozenset(
    "vital-signs vital signs survey social-history imaging exam therapy activity procedure sdoh functional-status "
    "disability-status cognitive-status".split()
)


def not_laboratory(o: Resource, followed: bool) -> str:
    """Why an Observation is no laboratory result by its category; empty where it may be one.

    The code of the test decides: a test that is followed is a result unless all categories say something else.
    """
    own = [{w.casefold() for w in words(group)} for group in o.get("category", ())]
    own = [group for group in own if group]
    if not own or any(group & _LABORATORY or any("laborator" in w for w in group) for group in own):
        return ""
    elsewhere = all(group & _NO_LABORATORY for group in own)
    if followed and not elsewhere:
        return ""
    said = next((w for w in words(o["category"][0])), "")
    return f"Observation of category {said[:40]} is no laboratory result"


def periods(e: Resource) -> tuple[str, str]:
    """Start and end; what happened at one moment ends when it begins."""
    for key in ("performedPeriod", "effectivePeriod", "occurrencePeriod", "occurencePeriod"):
        if key in e:
            return str(e[key].get("start", "")), str(e[key].get("end", ""))
    for key in ("performedDateTime", "effectiveDateTime", "occurrenceDateTime", "occurenceDateTime"):
        if key in e:
            return str(e[key]), str(e[key])
    return "", ""


def first(concepts: Iterable[Any]) -> Any:
    """The first of some concepts, or nothing."""
    return next(iter(concepts or ()), None)
