"""Three invented laboratories: names, units, limits, decimals and lowest reported value as each would print them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from analytics.analytes import ANALYTES


@dataclass(frozen=True)
class Form:
    """How a laboratory reports one analyte; limits and lowest value in its own unit."""

    name: str
    unit: str
    decimals: int
    lln: float | None
    uln: float | None
    least: float | None = None

    def per_canonical(self, code: str) -> float:
        """Multiply a canonical value by this to print it."""
        return 1.0 / ANALYTES[code].conversions[self.unit]


_NORTHGATE = {
    "ALT": Form("ALT", "U/L", 0, 5, 40),
    "AST": Form("AST", "U/L", 0, 5, 40),
    "ALP": Form("ALP", "U/L", 0, 35, 120),
    "GGT": Form("GGT", "U/L", 0, 5, 60),
    "BILI": Form("Total bilirubin", "mg/dL", 1, 0.2, 1.2, 0.2),
    "BILDIR": Form("Direct bilirubin", "mg/dL", 1, 0, 0.3, 0.1),
    "ALB": Form("Albumin", "g/dL", 1, 3.5, 5.0),
    "INR": Form("INR", "{INR}", 2, 0.9, 1.2),
    "PLAT": Form("Platelets", "10*9/L", 0, 150, 400),
    "LDH": Form("LDH", "U/L", 0, 120, 250),
    "CREAT": Form("Creatinine", "mg/dL", 2, 0.5, 1.2),
    "SODIUM": Form("Sodium", "mmol/L", 0, 136, 145),
    "K": Form("Potassium", "mmol/L", 1, 3.5, 5.1),
    "WBC": Form("WBC", "10*9/L", 1, 4.0, 10.0),
    "CRP": Form("CRP", "mg/L", 0, None, 5, 1),
    "CEA": Form("CEA", "ng/mL", 1, None, 5.0, 0.5),
    "CA19_9AG": Form("CA 19-9", "U/mL", 0, None, 37, 2),
    "CGA": Form("Chromogranin A", "ng/mL", 0, None, 100),
    "CA15_3AG": Form("CA 15-3", "U/mL", 0, None, 30),
}

_RIVERSIDE = {
    **_NORTHGATE,
    "ALT": Form("SGPT", "U/L", 0, 7, 45),
    "AST": Form("SGOT", "U/L", 0, 8, 42),
    "ALP": Form("Alk Phos", "U/L", 0, 30, 130),
    "GGT": Form("Gamma GT", "U/L", 0, 8, 61),
    "BILI": Form("Bilirubin", "umol/L", 0, 3, 21, 3),
    "BILDIR": Form("Conjugated bilirubin", "umol/L", 0, 0, 5, 2),
    "ALB": Form("Serum albumin", "g/L", 0, 35, 50),
    "CREAT": Form("Serum creatinine", "umol/L", 0, 45, 105),
    "PLAT": Form("PLT", "10*9/L", 0, 140, 400),
    "CEA": Form("CEA", "ug/L", 1, None, 5.0, 0.6),
}

_LAKELAND = {
    **_RIVERSIDE,
    "ALT": Form("ALAT", "ukat/L", 2, 0.1, 0.75),
    "AST": Form("ASAT", "ukat/L", 2, 0.1, 0.70),
    "ALP": Form("ALP", "ukat/L", 2, 0.6, 1.80),
    "GGT": Form("GGT", "ukat/L", 2, 0.1, 1.15),
    "LDH": Form("LD", "ukat/L", 2, 1.8, 4.10),
    "BILI": Form("Bilirubin total", "umol/L", 0, 4, 25, 3),
    "CA19_9AG": Form("CA 19-9", "kU/L", 0, None, 34, 2),
}

LABORATORIES: Mapping[str, Mapping[str, Form]] = MappingProxyType(
    {"Northgate": _NORTHGATE, "Riverside": _RIVERSIDE, "Lakeland": _LAKELAND}
)


def uln_of(lab: str, code: str) -> float:
    """Upper limit of one laboratory in the canonical unit."""
    form = LABORATORIES[lab][code]
    assert form.uln is not None
    return form.uln / form.per_canonical(code)
