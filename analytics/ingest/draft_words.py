"""Words of other languages that a draft of a profile may propose for a column or a test, to be confirmed by hand.

They are no part of reading: a file is read by its own names or by a profile that somebody has looked through.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from analytics.ingest import names

ROLE_WORDS: Mapping[str, Sequence[str]] = {
    "patient_id": ("patnr", "patientennr", "patientennummer", "patientenid", "personnr", "personnummer", "fallnr",
                   "patientnr", "idpatient", "numeropatient", "patientnummer"),
    "analyte": ("analys", "analyt", "untersuchung", "parameter", "messgroesse", "bestimmung", "analyse", "examen",
                "prueba", "bepaling", "esame"),
    "collected_at": ("abnahme", "abnahmedatum", "entnahme", "entnahmedatum", "abnahmezeit", "probenahme", "provtagning",
                     "provtagningstid", "provdatum", "prelevement", "dateprelevement", "datedeprelevement", "prelievo",
                     "dataprelievo", "afname", "fechadetoma", "extraccion"),
    "value": ("ergebnis", "wert", "messwert", "svar", "resultat", "varde", "resultado", "valeur", "uitslag"),
    "unit": ("einheit", "enhet", "unite", "unidad", "eenheid", "unita"),
    "lln": ("refunten", "untergrenze", "refnedre", "nedregrans", "refmin", "limiteinf", "limiteinferieure",
            "limiteinferior"),
    "uln": ("refoben", "obergrenze", "refovre", "ovregrans", "refmax", "limitesup", "limitesuperieure",
            "limitesuperior"),
    "range": ("referenzbereich", "normbereich", "referensintervall", "referensomrade"),
}  # fmt: skip
"""Roles of columns: German, Swedish, French, Spanish, Italian and Dutch words, as :func:`plain` writes them."""

_TESTS: Mapping[str, str] = {
    "thrombozyten": "PLAT", "trombocyter": "PLAT", "plaquettes": "PLAT", "thrombos": "PLAT",
    "bilirubin ges.": "BILI", "bilirubin gesamt": "BILI", "gesamtbilirubin": "BILI", "bilirubine totale": "BILI",
    "bilirubin direkt": "BILDIR", "gt": "GGT", "kreatinin": "CREAT", "kreatinin i.s.": "CREAT",
    "leukozyten": "WBC", "leukocyter": "WBC", "haemoglobin": "HGB", "hämoglobin": "HGB", "hemoglobin": "HGB",
    "phosphatases alcalines": "ALP", "phosphatase alcaline": "ALP", "fosfatasa alcalina": "ALP",
    "fosfatasi alcalina": "ALP",
    "alkalische phosphatase": "ALP", "bilirubina total": "BILI", "bilirubina totale": "BILI", "plaquetas": "PLAT",
    "piastrine": "PLAT", "albúmina": "ALB", "albumina": "ALB",
    "natrium": "SODIUM", "kalium": "K", "albumine": "ALB", "gesamteiweiss": "PROT", "gesamteiweiß": "PROT",
}  # fmt: skip
_SYSTEM = re.compile(r"^(?:f?P|f?S|B|fB)[-\s]+(?=\S)")
"""What a Nordic laboratory puts before a test: plasma, serum or blood, fasting or not."""


_RESULT = re.compile(
    r"(^|[^a-z])(test|analyte|result|value|valuenum|stresn|orres|aval|stresu|orresu|unit|units|uom|loinc|lln|uln|st?nrhi|"
    r"st?nrlo|ornrhi|ornrlo|reference range|ref range|normal range|component|testcd|paramcd)([^a-z]|$)"
)
_LIKE: Sequence[tuple[str, re.Pattern[str]]] = (
    ("comparator", re.compile(r"comparator|operator|(^|[^a-z])sign([^a-z]|$)|qualifier|censor")),
    ("fluid", re.compile(r"specimen|sample ?(type|material)|fluid|matrix|material")),
    ("uln", re.compile(r"(^|[^a-z])(uln|upper|max|maximum|hi|high|nrhi)([^a-z]|$)|upper ?(limit|ref)")),
    ("lln", re.compile(r"(^|[^a-z])(lln|lower|min|minimum|lo|low|nrlo)([^a-z]|$)|lower ?(limit|ref)")),
    (
        "range",
        re.compile(r"(^|[^a-z])(reference|ref|normal)s? ?(range|interval|values?|bereich)?([^a-z]|$)|referen[zc]|norm"),
    ),
)


def like_result(name: str) -> bool:
    """Whether a column's name sounds as if it were of a result: a test, a value, a unit or a limit."""
    return bool(_RESULT.search(names.folded(name)))


def like_role(name: str) -> str:
    """Role of limits, comparators or specimens that a column sounds like; empty where it sounds like none."""
    key = names.folded(name)
    if re.search(r"(^|[^a-z])(date|time|id|ids|number|no|flag|seq|code|comment|by)([^a-z]|$)", key):
        return ""
    return next((role for role, pattern in _LIKE if pattern.search(key)), "")


def plain(name: str) -> str:
    """A column's name as letters and digits, marks over letters removed."""
    bare = (
        name.casefold()
        .translate(str.maketrans("åäáàâãöóòôéèêëüúùûíìîñç", "aaaaaaooooeeeeuuuuiiinc"))
        .replace("ß", "ss")
    )
    return re.sub(r"[^a-z0-9]+", "", bare)


def test_of(name: str) -> str:
    """Code of a test that a name looks like; empty where it looks like none."""
    bare = re.sub(r"\s*[\[(].*", "", name.strip())
    bare = _SYSTEM.sub("", bare)
    return names.analyte_of(bare) or _TESTS.get(names.folded(bare), "")
