"""Names of tests, statuses, kinds of events, modalities and responses: from the source's words to the house's codes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from analytics import letters
from analytics.analytes import ANALYTES
from analytics.event_kinds import EVENT_KINDS, MODALITIES, RESPONSES
from analytics.ingest import lab_names


def folded(text: str) -> str:
    """A name without case and without differences of blanks, underscores and hyphens."""
    return re.sub(r"[\s_\-]+", " ", letters.plain(text).strip()).casefold()


def _analyte_names() -> dict[str, str]:
    names: dict[str, str] = {}
    for a in ANALYTES.values():
        for name in (a.code, a.label, *a.aliases, *a.loinc):
            names.setdefault(folded(name), a.code)
    for name, code in list(names.items()):
        names.setdefault(folded(re.sub(r"[.,]", " ", name)), code)
    return names


_ANALYTES: Mapping[str, str] = _analyte_names()


def analyte_of(name: str, own: Mapping[str, str] | None = None) -> str:
    """Code of a test name, label, alias or LOINC; the profile's own names first; empty if not known."""
    key = folded(name)
    return (own or {}).get(key) or _ANALYTES.get(key, "") or lab_names.code_of(name, _ANALYTES)


_STATUS_WORDS: Mapping[str, tuple[str, ...]] = {
    "preliminary": (
        "p",
        "preliminary",
        "prelim",
        "partial",
        "s",
        "r",
        "registered",
        "pending",
        "preliminary result",
        "vorläufig",
        "provisional",
        "preliminar",
        "provisoire",
        "provvisorio",
        "in progress",
        "in process",
    ),
    "final": (
        "f",
        "final",
        "complete",
        "completed",
        "verified",
        "validated",
        "u",
        "final result",
        "auth (verified)",
        "authenticated",
        "auth",
        "endgültig",
        "validiert",
        "freigegeben",
        "validado",
        "definitivo",
        "validé",
        "définitif",
        "validato",
        "resulted",
        "final results",
        "validada",
    ),
    "corrected": (
        "c",
        "corrected",
        "correction",
        "correct",
        "corrected result",
        "edited result final",
        "edited result - final",
        "edited",
        "korrigiert",
        "corregido",
        "corrigé",
        "corretto",
        "edited result",
        "corrected final",
    ),
    "amended": (
        "amended",
        "a",
        "appended",
        "revised",
        "modified",
        "altered",
        "amended result",
        "modifié",
        "modificado",
    ),
    "cancelled": (
        "x",
        "cancelled",
        "canceled",
        "not obtainable",
        "d",
        "deleted",
        "not done",
        "storniert",
        "anulado",
        "annulé",
        "annullato",
        "cancelado",
    ),
    "entered_in_error": (
        "entered-in-error",
        "entered in error",
        "w",
        "wrong patient",
        "error",
        "retracted",
        "in error",
        "in error no view",
    ),
    "": ("", "unknown"),
}
_STATUSES: Mapping[str, str] = {folded(w): code for code, words in _STATUS_WORDS.items() for w in words} | {
    folded(code): code for code in _STATUS_WORDS
}


def status_of(word: str, nulls: frozenset[str], own: Mapping[str, str] | None = None) -> str | None:
    """Status of a word (HL7 table 0085, FHIR, plain words); None if not known."""
    if word in nulls:
        return ""
    return (own or {}).get(folded(word)) or _STATUSES.get(folded(word))


def _kind_names() -> dict[str, str]:
    names: dict[str, str] = {}
    for k in EVENT_KINDS.values():
        for name in (k.code, k.label, *k.aliases):
            names.setdefault(folded(name), k.code)
    return names


_KINDS: Mapping[str, str] = _kind_names()


_SAYING = frozenset(folded(a) for code in ("symptom", "other") for a in EVENT_KINDS[code].aliases)


def says_more(word: str) -> bool:
    """Whether the word for a kind is the event itself (fever, dialysis), and not only what kind it is."""
    return folded(word) in _SAYING


def kind_of(word: str, own: Mapping[str, str] | None = None) -> str:
    """Code of a kind of event; empty if not known."""
    return (own or {}).get(folded(word)) or _KINDS.get(folded(word), "")


_MODALITIES: Mapping[str, str] = {folded(w): code for code, words in MODALITIES.items() for w in (code, *words)}


def modality_of(word: str) -> str:
    """Code of an imaging modality; empty if not known."""
    return _MODALITIES.get(folded(word), "")


_RESPONSES: Mapping[str, str] = {
    **{folded(code): code for code in RESPONSES},
    **{folded(label): code for code, label in RESPONSES.items()},
    **{folded(w): "SD" for w in ("NON-CR/NON-PD", "non-CR/non-PD")},
    **{folded(w): "NE" for w in ("inevaluable", "NA", "not assessable")},
    "cmr": "CR",
    "pmr": "PR",
    "smd": "SD",
    "pmd": "PD",
}


def response_of(word: str) -> str:
    """Code of a reported response; empty if not known."""
    return _RESPONSES.get(folded(word), "")


_SEXES: Mapping[str, str] = {"f": "F", "female": "F", "woman": "F", "w": "F", "m": "M", "male": "M", "man": "M"}


def sex_of(word: str) -> str:
    """F or M; empty if neither."""
    return _SEXES.get(folded(word), "")


_YES: Mapping[str, bool] = {
    **dict.fromkeys(("y", "yes", "true", "1", "t"), True),
    **dict.fromkeys(("n", "no", "false", "0", "f"), False),
}


def flag_of(word: str) -> bool | None:
    """Yes or no; None if neither."""
    return _YES.get(folded(word))


_RANGE = re.compile(r"\[?\(?\s{0,9}([+-]?[\d.,]{1,24})\s{0,9}(?:-|–|—|to|\.\.)\s{0,9}([+-]?[\d.,]{1,24})\s{0,9}\)?\]?")


def range_of(text: str) -> tuple[str, str]:
    """Lower and upper limit in texts like ``10-40``, ``10 to 40``, ``<40`` and ``>3.5``; empty where there is none."""
    match = _RANGE.fullmatch(text)
    if match:
        return match[1], match[2]
    if text[:1] in ("<", "≤"):
        return "", text.lstrip("<≤= ")
    if text[:1] in (">", "≥"):
        return text.lstrip(">≥= "), ""
    return "", ""
