"""Units: spelling to UCUM by a reviewed table, UCUM to the canonical unit by the table of analytes; never by magnitude.

A spelling is compared after folding case, micro signs and blanks. Spellings that mean something only for one analyte
(``10`` for platelets counted in thousands per microlitre) are listed for that analyte.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from analytics import letters
from analytics.analytes import ANALYTES, CODES

_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "U/L": ("U/L", "IU/L", "unit/L", "units/L", "UI/L", "u/ltr", "E/L", "[IU]/L", "[U]/L", "U/1", "U/L @37C"),
    "U/mL": ("U/mL", "units/mL", "[arb'U]/mL", "arb.U/mL", "E/mL"),
    "[IU]/mL": ("IU/mL", "[IU]/mL"),
    "kU/L": ("kU/L", "k[U]/L"),
    "k[IU]/L": ("kIU/L", "k[IU]/L"),
    "ukat/L": ("ukat/L", "mcat/L", "microkat/L", "ukatal/L"),
    "nkat/L": ("nkat/L",),
    "mg/dL": ("mg/dL", "mg/100mL", "mg%", "mgs/dL"),
    "mg/L": ("mg/L",),
    "umol/L": ("umol/L", "mcmol/L", "micromol/L", "umole/L", "uM"),
    "mmol/L": ("mmol/L", "mM", "mmole/L"),
    "meq/L": ("meq/L",),
    "g/dL": ("g/dL", "gm/dL", "gr/dL", "gms/dL", "g/100mL", "g%"),
    "g/L": ("g/L", "gm/L", "gr/L"),
    "ng/mL": ("ng/mL",),
    "ug/L": ("ug/L", "mcg/L"),
    "s": ("s", "sec", "secs", "second", "seconds", "second(s)"),
    "%": ("%", "percent", "pct"),
    "ratio": ("ratio", "{ratio}"),
    "{INR}": ("{INR}", "INR", "inr units"),
    "1": ("1",),
    "kg": ("kg", "kgs", "kilogram", "kilograms", "kilo"),
    "[lb_av]": ("[lb_av]", "lb", "lbs", "pound", "pounds"),
    "cm": ("cm", "cms", "centimeter", "centimeters", "centimetre", "centimetres"),
    "[in_i]": ("[in_i]", "in", "inch", "inches"),
    "10*9/L": (
        "10*9/L", "10^9/L", "10E9/L", "x10*9/L", "x10^9/L", "x10E9/L", "10(9)/L", "x10(9)/L", "x109/L", "G/L.", "GI/L",
        "10**9/L", "x 10**9/L", "10e+9/L", "1000000000/L", "/nL", "1/nL", "109/L", "10 9/L", "bill/L", "billion/L",
    ),
    "10*3/uL": (
        "10*3/uL", "10^3/uL", "10E3/uL", "x10*3/uL", "x10^3/uL", "x10E3/uL", "10(3)/uL", "x10(3)/uL", "10(3)uL",
        "x103/uL", "10**3/uL", "K/uL", "K/mm3", "K/cmm", "K/cumm", "K/mmcu", "th/uL", "th/cmm", "th/cumm", "th/mm3",
        "thou/uL", "thou/cumm", "thou/mm3", "ths/uL", "thousand/uL", "thousands/uL", "10*3/mm3", "10^3/mm3",
        "x10^3/mm3", "1000/uL", "10e+3/uL", "103/uL", "103/mm3",
        "tsd/uL", "tsd./uL", "tausend/uL", "tys/uL", "tys./uL", "tys/mm3", "mil/uL", "miles/uL", "mil/mm3", "miles/mm3",
        "mila/uL", "mila/mmc", "10*3/mmc", "10^3/mmc", "k/mcl", "thous/uL", "thous/mm3", "thousand/mm3",
    ),
    "10*4/uL": ("10*4/uL", "10^4/uL", "10E4/uL", "x10^4/uL", "x10*4/uL", "x104/uL", "104/uL", "万/uL", "10*4/mm3"),
    "10*6/L": ("10*6/L", "10^6/L", "MI/L"),
    "/uL": ("/uL", "cells/uL", "/mm3", "cells/mm3", "/cumm", "per uL", "1/uL", "/mmc", "cells/mcL", "/microL"),
}  # fmt: skip

_ONLY_FOR: Mapping[str, Mapping[str, str]] = {
    "PLAT": {
        "g/l": "10*9/L",
        "gpt/l": "10*9/L",
        "10": "10*3/uL",
        "x103": "10*3/uL",
        "x10(3)": "10*3/uL",
        "x10^3": "10*3/uL",
        "x1000": "10*3/uL",
    },
    "WBC": {
        "g/l": "10*9/L",
        "gpt/l": "10*9/L",
        "x103": "10*3/uL",
        "x10(3)": "10*3/uL",
        "x10^3": "10*3/uL",
        "x1000": "10*3/uL",
    },
    "NEUT": {"g/l": "10*9/L", "gpt/l": "10*9/L", "x103": "10*3/uL", "x10(3)": "10*3/uL", "x10^3": "10*3/uL"},
}
"""Spellings, folded, that mean a unit for one analyte only. ``10``, ``X 10 3`` and ``x10 (3)`` are eICU's;
``G/l`` and ``Gpt/l`` are giga-particles a litre, as German and Swiss laboratories write counts of cells.
"""

NO_UNIT_NEEDED = frozenset(("INR",))
"""Analytes that are pure ratios: a blank unit is right."""


_ANNOTATION = re.compile(r"\.?\{[^{}]*\}")
"""UCUM: what stands in braces has no meaning."""


def folded(spelling: str) -> str:
    """A spelling without differences that mean nothing: case, blanks, micro signs, microlitre as mcL."""
    text = unicodedata.normalize("NFKC", letters.plain(spelling)).replace("µ", "u").replace("μ", "u").casefold()
    text = _ANNOTATION.sub("", text) if _ANNOTATION.sub("", text).strip(". ") else text
    text = re.sub(r"\s+", "", text).replace("×", "x").replace("mcl", "ul").replace("liter", "l").replace("litre", "l")
    text = text.replace("²", "2").replace("³", "3").replace("⁹", "9").replace("cubicmm", "mm3")
    return text


_BY_SPELLING: Mapping[str, str] = {folded(s): unit for unit, spellings in _SPELLINGS.items() for s in spellings}


@dataclass(frozen=True)
class Unit:
    """What a spelling means for an analyte: UCUM unit and the factor to the canonical unit; reason where neither."""

    unit: str = ""
    factor: float = 1.0
    reason: str = ""


def unit_of(
    analyte: str,
    spelling: str,
    own: Mapping[str, str] | None = None,
    default: str = "",
    nulls: frozenset[str] = frozenset(),
) -> Unit:
    """The unit of one result.

    Args:
        analyte: code of analytics.analytes.
        spelling: as written in the source.
        own: spellings that the source's profile declares, folded.
        default: unit that the profile declares for results without one.
        nulls: exact texts that mean that no unit was given.
    """
    if not spelling or spelling in nulls:
        if not default:
            ok = analyte in NO_UNIT_NEEDED
            return Unit(ANALYTES[analyte].unit) if ok else Unit(reason="UNIT_MISSING")
        spelling = default
    conversions = ANALYTES[analyte].conversions
    if spelling in conversions:
        return Unit(spelling, conversions[spelling])
    key = folded(spelling)
    for meaning in ((own or {}).get(key), _ONLY_FOR.get(analyte, {}).get(key), _BY_SPELLING.get(key)):
        if meaning and meaning in conversions:
            return Unit(meaning, conversions[meaning])
    by_fold = _conversions_folded(analyte)
    return Unit(by_fold[key], conversions[by_fold[key]]) if key in by_fold else Unit(reason="UNIT_UNKNOWN")


@lru_cache(maxsize=len(CODES))
def _conversions_folded(analyte: str) -> dict[str, str]:
    return {folded(u): u for u in ANALYTES[analyte].conversions}


def converted(value: npt.NDArray[np.float64], factor: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Values times factors, rounded to 12 significant digits where the factor is not 1: 38 g/L is 3.8 g/dL."""
    if (factor == 1).all():
        return value
    with np.errstate(invalid="ignore", divide="ignore"):
        product = value * factor
        changed = (factor != 1) & np.isfinite(product) & (product != 0)
        scale = 10.0 ** (11 - np.floor(np.log10(np.abs(np.where(changed, product, 1.0)))))
        return np.where(changed, np.round(product * scale) / scale, product)


def known(analyte: str) -> str:
    """The units that are read for an analyte, for messages."""
    return ", ".join(ANALYTES[analyte].conversions)


def fits_better(analyte: str, factor: float, number: float, uln: float) -> str:
    """Another unit of this analyte that the number, or its own upper limit, fits although the given one does not.

    Used only to hold a result back with a suggested fix, never to convert it. Three tests, all on the row alone: the
    number is implausible in the given unit and plausible in another; bilirubin given in umol/L is below 2.5; the
    upper limit in the same row lies far outside the usual ones in the given unit and inside them in another.
    """
    analyte_row = ANALYTES[analyte]
    canonical = number * factor
    others = {u: f for u, f in analyte_row.conversions.items() if not 0.5 < f / factor < 2}
    if not analyte_row.low <= canonical <= analyte_row.high:
        common = COMMON.get(analyte, (1.0, 0.0))
        plausible = [u for u, f in others.items() if common[0] <= number * f <= common[1]]
        return plausible[0] if plausible else ""
    if analyte == "BILI" and abs(factor - analyte_row.conversions["umol/L"]) < 1e-6 and 0 < number < LEAST_UMOL:
        return "mg/dL"
    limits = USUAL_ULN.get(analyte)
    if limits and uln > 0 and not limits[0] <= uln * factor <= limits[1]:
        plausible = [u for u, f in others.items() if limits[0] <= uln * f <= limits[1]]
        return plausible[0] if plausible else ""
    return ""


LEAST_UMOL = 2.5
"""Total bilirubin in umol/L below this is rarer than mg/dL under the wrong name."""

COMMON: Mapping[str, tuple[float, float]] = {
    "ALT": (5, 3000), "AST": (5, 3000), "ALP": (20, 3000), "GGT": (5, 3000), "LDH": (80, 5000), "BILI": (0.1, 40),
    "BILDIR": (0.05, 30), "ALB": (1.5, 6), "PLAT": (5, 1200), "HGB": (4, 22), "WBC": (0.3, 100), "NEUT": (0.1, 80),
    "CREAT": (0.2, 15), "PROT": (3, 11), "CHOL": (50, 600), "GLUC": (30, 800), "UREAN": (2, 150), "CRP": (0.1, 500),
    "CK": (10, 5000),
}  # fmt: skip
"""Values that are common in the canonical unit; a number is said to fit another unit only inside (house)."""

_MOLAR, _PER_LITRE, _CATALYTIC = ("mg/dL", "umol/L"), ("g/dL", "g/L"), ("U/L", "ukat/L")
CONFUSED: Mapping[str, tuple[str, str]] = {
    "BILI": _MOLAR, "BILDIR": _MOLAR, "CREAT": _MOLAR, "ALB": _PER_LITRE, "PROT": _PER_LITRE, "HGB": _PER_LITRE,
    "ALT": _CATALYTIC, "AST": _CATALYTIC, "ALP": _CATALYTIC, "GGT": _CATALYTIC, "LDH": _CATALYTIC, "CK": _CATALYTIC,
}  # fmt: skip
"""The two units between which exports mix up a test; a jump by their factor is looked at (reliability row A12)."""

USUAL_ULN: Mapping[str, tuple[float, float]] = {
    "ALT": (15, 120), "AST": (15, 120), "ALP": (60, 500), "GGT": (15, 160), "BILI": (0.6, 3), "BILDIR": (0.1, 1),
    "ALB": (4, 6.5), "PLAT": (250, 600), "HGB": (12, 22), "CREAT": (0.6, 2), "LDH": (120, 700), "PROT": (6, 10),
    "CHOL": (150, 350), "GLUC": (80, 300), "UREAN": (12, 40),
}  # fmt: skip
"""Where the upper limits of laboratories lie in the canonical unit; wide on purpose (house, to be reviewed)."""
