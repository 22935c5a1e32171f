"""Names of tests beyond those listed: LOINC's long common names, and a known name with another or with blood beside it.

Only what leaves no doubt is read: ``SGOT/AST`` and ``ALAT (GPT)`` name one test twice, ``Albumin, Serum`` names the
blood that is meant anyway, ``T. Bili`` differs by its points. A quotient, a share or another fluid is another test.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from analytics.ingest import fluids

_LOINC = re.compile(
    r"(?P<component>[^\[]+)\[(?P<property>Mass/volume|Moles/volume|Enzymatic activity/volume|#/volume|Units/volume|"
    r"Arbitrary concentration|Catalytic activity/volume)\]\s*in\s+(?P<system>.+?)(?:\s+by\s+.+)?",
    re.IGNORECASE,
)
_LOINC_COMPONENTS: Mapping[str, str] = {
    "bilirubin.total": "BILI", "bilirubin.direct": "BILDIR", "bilirubin.glucuronidated": "BILDIR",
    "bilirubin.conjugated": "BILDIR", "urea nitrogen": "UREAN", "cancer ag 19-9": "CA19_9AG",
    "cancer ag 15-3": "CA15_3AG",
    "carcinoembryonic ag": "CEA", "alpha-1-fetoprotein": "AFP", "leukocytes": "WBC", "c reactive protein": "CRP",
    "gamma glutamyl transferase": "GGT", "cholesterol": "CHOL", "protein": "PROT", "chromogranin a": "CGA",
}  # fmt: skip
_INR = re.compile(r"INR in (platelet poor plasma|blood)( by coagulation assay)?", re.IGNORECASE)
_PAREN = re.compile(r"(?P<first>[^()\[\]]+)[(\[](?P<second>[^()\[\]]+)[)\]]")
_TOTAL = frozenset(("total", "tot", "gesamt", "ges", "direct", "serum", "plasma"))
LONGEST = 120


def code_of(name: str, known: Mapping[str, str]) -> str:
    """Code of a test; empty where the name is none, or might be another.

    Args:
        name: as written.
        known: code by name, as analytics.ingest.synonyms folds names.
    """
    if len(name) > LONGEST:
        return ""
    text = unicodedata.normalize("NFKC", name).strip()
    return _loinc(text, known) or _twice(text, known) or _bare(text, known)


def _of(name: str, known: Mapping[str, str]) -> str:
    """By the name itself, with and without points and commas."""
    key = re.sub(r"[\s_\-]+", " ", name.strip()).casefold()
    plain = re.sub(r"[\s_\-.,]+", " ", name).strip().casefold()
    return known.get(key, "") or known.get(plain, "")


def _loinc(text: str, known: Mapping[str, str]) -> str:
    """A long common name of LOINC, of blood."""
    if _INR.fullmatch(text):
        return "INR"
    match = _LOINC.fullmatch(text)
    if not match or fluids.fluid_of(match["system"]) != fluids.BLOOD:
        return ""
    component = match["component"].strip().casefold()
    if "/" in component or "^" in component:
        return ""
    return _LOINC_COMPONENTS.get(component, "") or _of(component, known)


def _twice(text: str, known: Mapping[str, str]) -> str:
    """Two names of one test: the second in brackets or behind a stroke; or what belongs to the name in brackets."""
    match = _PAREN.fullmatch(text)
    if match:
        name = match["first"].rstrip()
        first, second = _known(name, known), _of(match["second"], known)
        if first and first == second:
            return first
        word = match["second"].strip(" .").casefold()
        if word in _TOTAL:
            return _of(f"{name} {word}", known) or (first if fluids.fluid_of(word) == fluids.BLOOD else "")
        return ""
    parts = [p.strip() for p in text.split("/")]
    codes = {_of(p, known) for p in parts}
    return codes.pop() if len(parts) == 2 and len(codes) == 1 else ""


def _known(name: str, known: Mapping[str, str]) -> str:
    return _of(name, known) or _bare(name, known)


def _bare(text: str, known: Mapping[str, str]) -> str:
    """The name without its points, or without the blood that it is of: ``Albumin, Serum``, ``Serum albumin``."""
    found = _of(text, known) or _of(_FILLER.sub("", text), known)
    if not found and (match := _OF_BLOOD.fullmatch(text)) and _is_blood(match["fluid"]):
        return _of(match["name"], known)
    if found or "/" in text:
        return found
    match = re.fullmatch(r"(.+?)\s*[,\-]?\s+(?:in\s+|i\.\s?)?([\w./ ]+)", text)
    if match and _is_blood(match[2]):
        return _of(match[1].rstrip(" ,-"), known)
    match = re.fullmatch(r"(\w+)[\s,\-]+(.+)", text)
    return _of(match[2], known) if match and _is_blood(match[1]) else ""


_OF_BLOOD = re.compile(r"(?P<name>[^,]+(?:,\s*total)?)\s*,\s*(?P<fluid>[\w/ ]+)", re.IGNORECASE)
_FILLER = re.compile(r"[\s,]+(?:level|lvl|count|concentration|conc\.?|result|value)$", re.IGNORECASE)
"""What some systems put behind the name of every test."""


def _is_blood(word: str) -> bool:
    """Whether a word names blood, in full or as ``Ser`` and ``Plas``; codes of a letter or two are no such word."""
    return len(word) > 2 and word.casefold().strip(" .") in _BLOODS


_BLOODS = frozenset(
    "ser|plas|serum|plasma|blood|whole blood|serum/plasma|ser/plas|serum or plasma|plasma or serum".split("|")
)
