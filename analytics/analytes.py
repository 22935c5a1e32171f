"""THE table of analytes: one row per laboratory quantity that hepatrend reads.

Units are UCUM. A conversion factor multiplies a value in that unit to give the canonical unit.
Hard limits are plausibility limits in the canonical unit, both ends accepted: a result outside is quarantined and never
plotted.
CVi is the within-person biological variation and CVa the analytical variation, in percent; where no CVa is
published for the method, half of CVi is used (desirable performance, Fraser, Clin Chem Lab Med 2012).
The tag of a source is ``verified`` (read in the source), ``secondary`` or ``recalled`` (to be confirmed).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Literal

Family = Literal["hepatocellular", "cholestatic", "synthesis", "blood", "tumour_marker", "kidney", "nutrition", "other"]
Bad = Literal["high", "low", "both"]
Tag = Literal["verified", "secondary", "recalled"]

FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "hepatocellular": "Hepatocellular",
        "cholestatic": "Cholestatic",
        "synthesis": "Synthesis",
        "blood": "Blood count",
        "tumour_marker": "Tumour markers",
        "kidney": "Kidney and electrolytes",
        "nutrition": "Nutrition",
        "other": "Other",
    }
)


@dataclass(frozen=True)
class Variation:
    """Biological and analytical variation of one analyte, in percent, with its source."""

    within: float
    analytical: float
    source: str
    tag: Tag


@dataclass(frozen=True)
class Analyte:
    """One laboratory quantity."""

    code: str
    label: str
    family: Family
    unit: str
    low: float
    high: float
    loinc: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    other_units: Mapping[str, float] = field(default_factory=dict)
    bad: Bad = "high"
    scale: Literal["log", "linear"] = "log"
    decimals: int = 0
    variation: Variation | None = None
    method_dependent: bool = False
    note: str = ""

    @cached_property
    def conversions(self) -> Mapping[str, float]:
        """Factor to the canonical unit, by unit."""
        return MappingProxyType({self.unit: 1.0, **self.other_units})


_EUBIVAS = "EuBIVAS, 2017 (abstract)"
_ERDEN = "Erden et al., 2008"
_RECALLED = "common textbook value, to be confirmed"
_CATALYTIC = {"ukat/L": 60.0, "nkat/L": 0.06}
UMOL_PER_MG_DL = 17.104
"""Bilirubin, M = 584.66 g/mol."""
_MASS_BILI = {"umol/L": 1 / UMOL_PER_MG_DL, "mg/L": 0.1}


def _v(within: float, analytical: float | None, source: str, tag: Tag) -> Variation:
    return Variation(within, within / 2 if analytical is None else analytical, source, tag)


_ALL: tuple[Analyte, ...] = (
    Analyte(
        "ALT",
        "Alanine aminotransferase",
        "hepatocellular",
        "U/L",
        0,
        30_000,
        loinc=("1742-6", "1743-4", "1744-2", "76625-3"),
        aliases=(
            "Alanine Amino Transferase",
            "ALT/SGPT",
            "SGPT",
            "GPT",
            "ALAT",
            "ALT (SGPT)",
            "Alanine transaminase",
            "ALT/GPT",
        ),
        other_units=_CATALYTIC,
        variation=_v(9.3, 4.65, _EUBIVAS, "verified"),
    ),
    Analyte(
        "AST",
        "Aspartate aminotransferase",
        "hepatocellular",
        "U/L",
        0,
        30_000,
        loinc=("1920-8", "30239-8", "88112-8"),
        aliases=(
            "Aspartate Amino Transferase",
            "AST/SGOT",
            "SGOT",
            "GOT",
            "ASAT",
            "AST (SGOT)",
            "Aspartate transaminase",
            "AST/GOT",
        ),
        other_units=_CATALYTIC,
        variation=_v(9.5, None, _EUBIVAS, "verified"),
        note="also from muscle, heart and red cells",
    ),
    Analyte(
        "ALP",
        "Alkaline phosphatase",
        "cholestatic",
        "U/L",
        0,
        20_000,
        loinc=("6768-6",),
        aliases=(
            "Alk Phosphatase",
            "Alkphos",
            "Alkaline Phos",
            "ALKP",
            "AP",
            "AKP",
            "Alk Phos",
            "alkaline phos.",
            "alk.phos",
            "Alk. Phosphatase",
        ),
        other_units=_CATALYTIC,
        variation=_v(5.3, 2.8, _EUBIVAS, "verified"),
        note="also from bone; read with GGT",
    ),
    Analyte(
        "GGT",
        "Gamma-glutamyl transferase",
        "cholestatic",
        "U/L",
        0,
        20_000,
        loinc=("2324-2",),
        aliases=(
            "Gamma Glutamyltransferase",
            "Gamma-glutamyltransferase",
            "GammaGT",
            "Gamma-Glutamyl Transpeptidase",
            "GGTP",
            "Gamma GT",
            "γ-GT",
            "g-GT",
            "GTP",
            "Gamma Glutamyl Transferase",
            "gamma-GT",
        ),
        other_units=_CATALYTIC,
        variation=_v(8.9, None, _EUBIVAS, "verified"),
    ),
    Analyte(
        "BILI",
        "Bilirubin, total",
        "cholestatic",
        "mg/dL",
        0.05,
        80,
        loinc=("1975-2", "14631-6", "42719-5"),
        aliases=(
            "TBili",
            "T Bili",
            "Total Bili",
            "Bili Total",
            "Bili T",
            "Tot Bilirubin",
            "Tot Bili",
            "Bilirubin T",
            "TBIL",
            "TB",
            "T-Bil",
            "Total bilirubin",
            "Bilirubin",
            "Bilirubin total",
            "BILIRUBIN",
            "Bili",
        ),
        other_units=_MASS_BILI,
        decimals=1,
        variation=_v(20.0, None, _RECALLED, "recalled"),
    ),
    Analyte(
        "BILDIR",
        "Bilirubin, direct",
        "cholestatic",
        "mg/dL",
        0,
        80,
        loinc=("1968-7", "14629-0"),
        aliases=(
            "DBili",
            "D Bili",
            "Direct Bili",
            "Bili Direct",
            "Bilirubin conjugated",
            "DBIL",
            "Direct bilirubin",
            "Conjugated bilirubin",
            "Bilirubin direct",
            "D-Bil",
        ),
        other_units=_MASS_BILI,
        decimals=1,
        variation=_v(30.0, None, _RECALLED, "recalled"),
    ),
    Analyte(
        "ALB",
        "Albumin",
        "synthesis",
        "g/dL",
        0.5,
        8,
        bad="low",
        scale="linear",
        decimals=1,
        loinc=("1751-7", "61151-7", "61152-5", "54347-0"),
        aliases=("Albumin plasma", "Albumin serum", "Serum albumin"),
        other_units={"g/L": 0.1, "mg/dL": 0.001},
        variation=_v(2.5, 1.5, "EuBIVAS serum proteins, as quoted in a public table", "verified"),
        method_dependent=True,
        note="bromocresol purple reads lower than green",
    ),
    Analyte(
        "INR",
        "International normalised ratio",
        "synthesis",
        "{INR}",
        0.3,
        30,
        scale="linear",
        decimals=2,
        loinc=("6301-6",),
        aliases=("PT-INR", "PT - INR", "Prothrombin INR", "INR(PT)"),
        other_units={"1": 1.0, "ratio": 1.0},
        variation=_v(3.2, None, "EuBIVAS prothrombin time as proxy, abstract", "verified"),
    ),
    Analyte(
        "PT",
        "Prothrombin time",
        "synthesis",
        "s",
        5,
        200,
        scale="linear",
        decimals=1,
        loinc=("5902-2", "5964-2"),
        aliases=("protime", "Prothrombin time seconds", "PT sec"),
        variation=_v(3.2, None, "EuBIVAS prothrombin time, abstract", "verified"),
    ),
    Analyte(
        "PTPCT",
        "Prothrombin activity",
        "synthesis",
        "%",
        1,
        200,
        bad="low",
        scale="linear",
        loinc=("5894-1",),
        aliases=("Quick", "Prothrombin activity", "PT%", "TP%"),
        variation=_v(4.0, None, _RECALLED, "recalled"),
    ),
    Analyte(
        "LDH",
        "Lactate dehydrogenase",
        "hepatocellular",
        "U/L",
        0,
        50_000,
        loinc=("2532-0", "14804-9", "14805-6"),
        aliases=("LD", "Lactate dehydrogenase"),
        other_units=_CATALYTIC,
        variation=_v(5.2, None, _EUBIVAS, "verified"),
        method_dependent=True,
    ),
    Analyte(
        "PLAT",
        "Platelets",
        "blood",
        "10*9/L",
        0,
        3_000,
        bad="low",
        loinc=("777-3", "26515-7"),
        aliases=(
            "Platelet Ct",
            "Plt Count",
            "Plt Ct",
            "PLT",
            "THR",
            "Platelet",
            "Platelets",
            "platelets x 1000",
            "Platelet count",
            "Thrombocytes",
        ),
        other_units={"10*3/uL": 1.0, "10*4/uL": 10.0, "10*6/L": 0.001, "/uL": 0.001},
        variation=_v(7.3, None, _RECALLED, "recalled"),
    ),
    Analyte(
        "HGB",
        "Haemoglobin",
        "blood",
        "g/dL",
        1,
        30,
        bad="low",
        scale="linear",
        decimals=1,
        loinc=("718-7",),
        aliases=("Hb", "Hemoglobin", "Haemoglobin", "Hgb"),
        other_units={"g/L": 0.1, "mmol/L": 1.6114},
        variation=_v(2.7, None, _RECALLED, "recalled"),
    ),
    Analyte(
        "WBC",
        "White blood cells",
        "blood",
        "10*9/L",
        0,
        1_000,
        bad="both",
        decimals=1,
        loinc=("6690-2",),
        aliases=("Leukocytes", "Leucocytes", "WBC x 1000", "White cell count"),
        other_units={"10*3/uL": 1.0, "10*4/uL": 10.0, "10*6/L": 0.001, "/uL": 0.001},
        variation=_v(11.0, None, _RECALLED, "recalled"),
    ),
    Analyte(
        "NEUT",
        "Neutrophils",
        "blood",
        "10*9/L",
        0,
        500,
        bad="low",
        decimals=1,
        loinc=("751-8",),
        aliases=("ANC", "Neutrophils", "Absolute neutrophil count"),
        other_units={"10*3/uL": 1.0, "10*4/uL": 10.0, "10*6/L": 0.001, "/uL": 0.001},
        variation=_v(17.0, None, _RECALLED, "recalled"),
    ),
    Analyte(
        "CREAT",
        "Creatinine",
        "kidney",
        "mg/dL",
        0.01,
        40,
        decimals=2,
        loinc=("2160-0", "14682-9"),
        aliases=("Creatinine", "Cr", "Creat", "Serum creatinine"),
        other_units={"umol/L": 1 / 88.4, "mmol/L": 1000 / 88.4},
        variation=_v(4.4, None, "EuBIVAS creatinine, enzymatic, as quoted", "verified"),
    ),
    Analyte(
        "SODIUM",
        "Sodium",
        "kidney",
        "mmol/L",
        100,
        200,
        bad="both",
        scale="linear",
        loinc=("2951-2",),
        aliases=("Na", "Sodium"),
        other_units={"meq/L": 1.0},
        variation=_v(0.6, None, _RECALLED, "recalled"),
    ),
    Analyte(
        "K",
        "Potassium",
        "kidney",
        "mmol/L",
        1,
        15,
        bad="both",
        scale="linear",
        decimals=1,
        loinc=("2823-3",),
        aliases=("Potassium", "K+"),
        other_units={"meq/L": 1.0},
        variation=_v(4.6, None, _RECALLED, "recalled"),
        note="raised by haemolysis of the sample",
    ),
    Analyte(
        "UREAN",
        "Urea nitrogen",
        "kidney",
        "mg/dL",
        0,
        400,
        loinc=("3094-0",),
        aliases=("BUN", "Urea nitrogen"),
        other_units={"mmol/L": 2.8011},
        variation=_v(12.0, None, _RECALLED, "recalled"),
    ),
    Analyte(
        "CEA",
        "Carcinoembryonic antigen",
        "tumour_marker",
        "ng/mL",
        0,
        500_000,
        decimals=1,
        loinc=("2039-6",),
        aliases=("Carcinoembryonic antigen", "CEA Serum"),
        other_units={"ug/L": 1.0},
        variation=_v(30.9, None, _ERDEN + " (disputed: EuBIVAS 2022 about 12)", "verified"),
        method_dependent=True,
    ),
    Analyte(
        "CA19_9AG",
        "CA 19-9",
        "tumour_marker",
        "U/mL",
        0,
        10_000_000,
        decimals=0,
        loinc=("24108-3",),
        aliases=("CA19-9", "CA 19-9", "CA 19.9", "CA199", "CA19_9", "CA 19-9 antigen"),
        other_units={"kU/L": 1.0, "k[IU]/L": 1.0, "[IU]/mL": 1.0},
        variation=_v(27.2, None, _ERDEN, "verified"),
        method_dependent=True,
        note="rises in cholestasis whatever its cause; 5-10 % of people make none",
    ),
    Analyte(
        "AFP",
        "Alpha-fetoprotein",
        "tumour_marker",
        "ng/mL",
        0,
        10_000_000,
        decimals=1,
        loinc=("1834-1",),
        aliases=("Alpha fetoprotein", "Alpha-1-fetoprotein"),
        other_units={"ug/L": 1.0},
        variation=_v(12.0, None, _RECALLED, "recalled"),
        method_dependent=True,
    ),
    Analyte(
        "CGA",
        "Chromogranin A",
        "tumour_marker",
        "ng/mL",
        0,
        1_000_000,
        decimals=0,
        loinc=("9811-1",),
        aliases=("Chromogranin A", "CgA"),
        other_units={"ug/L": 1.0},
        variation=_v(13.0, None, _RECALLED, "recalled"),
        method_dependent=True,
    ),
    Analyte(
        "CA15_3AG",
        "CA 15-3",
        "tumour_marker",
        "U/mL",
        0,
        1_000_000,
        decimals=0,
        loinc=("6875-9",),
        aliases=("CA15-3", "CA 15-3", "CA 15.3"),
        other_units={"kU/L": 1.0, "[IU]/mL": 1.0},
        variation=_v(6.0, None, _RECALLED, "recalled"),
        method_dependent=True,
    ),
    Analyte(
        "PROT",
        "Protein, total",
        "synthesis",
        "g/dL",
        1,
        20,
        bad="both",
        scale="linear",
        decimals=1,
        loinc=("2885-2",),
        aliases=("Total protein", "Protein"),
        other_units={"g/L": 0.1},
        variation=_v(2.6, None, _RECALLED, "recalled"),
    ),
    Analyte(
        "CK",
        "Creatine kinase",
        "other",
        "U/L",
        0,
        500_000,
        loinc=("2157-6",),
        aliases=("Creatine kinase", "CPK"),
        other_units=_CATALYTIC,
        variation=_v(15.0, None, _RECALLED, "recalled"),
        note="raised with AST points to muscle",
    ),
    Analyte(
        "CRP",
        "C-reactive protein",
        "other",
        "mg/L",
        0,
        1_000,
        decimals=0,
        loinc=("1988-5",),
        aliases=("C-reactive protein",),
        other_units={"mg/dL": 10.0},
        variation=_v(34.0, None, _RECALLED, "recalled"),
    ),
    Analyte(
        "APTT",
        "Activated partial thromboplastin time",
        "synthesis",
        "s",
        5,
        300,
        scale="linear",
        decimals=0,
        loinc=("3173-2",),
        aliases=("PTT", "aPTT"),
        variation=_v(2.8, None, _RECALLED, "recalled"),
    ),
    Analyte(
        "CHOL",
        "Cholesterol",
        "other",
        "mg/dL",
        5,
        3_000,
        bad="both",
        loinc=("2093-3",),
        aliases=("Cholesterol", "Total cholesterol"),
        other_units={"mmol/L": 38.67},
        variation=_v(5.3, None, _RECALLED, "recalled"),
    ),
    Analyte(
        "GLUC",
        "Glucose",
        "other",
        "mg/dL",
        5,
        3_000,
        bad="both",
        loinc=("2345-7",),
        aliases=("Glucose",),
        other_units={"mmol/L": 18.016},
        variation=_v(4.7, None, _RECALLED, "recalled"),
    ),
    Analyte(
        "WEIGHT",
        "Body weight",
        "nutrition",
        "kg",
        20,
        400,
        bad="both",
        decimals=1,
        loinc=("29463-7", "3141-9", "3142-7", "8335-2"),
        aliases=("Weight", "Wt", "Bodyweight", "Body weight measured", "Patient weight"),
        other_units={"[lb_av]": 0.45359237, "g": 0.001},
        note="ascites and oedema weigh too",
    ),
    Analyte(
        "HEIGHT",
        "Body height",
        "nutrition",
        "cm",
        80,
        250,
        bad="both",
        scale="linear",
        loinc=("8302-2", "3137-7", "8301-4"),
        aliases=("Height", "Ht", "Stature", "Patient height"),
        other_units={"m": 100.0, "[in_i]": 2.54, "mm": 0.1},
    ),
)

ANALYTES: Mapping[str, Analyte] = MappingProxyType({a.code: a for a in _ALL})
CODES: tuple[str, ...] = tuple(ANALYTES)
"""Codes in house order; the position is the integer code used in arrays."""

INDEX: Mapping[str, int] = MappingProxyType({code: i for i, code in enumerate(CODES)})

PANEL: tuple[str, ...] = ("ALT", "AST", "ALP", "GGT", "BILI", "ALB", "INR", "PLAT")
"""The liver panel in reading order."""

MARKERS: tuple[str, ...] = tuple(a.code for a in _ALL if a.family == "tumour_marker")


def shown(code: str) -> str:
    """Short name for people: the code as clinicians write it."""
    return _SHORT.get(code, code)


_SHORT = {
    "BILI": "Bilirubin",
    "BILDIR": "Direct bilirubin",
    "ALB": "Albumin",
    "PLAT": "Platelets",
    "CREAT": "Creatinine",
    "SODIUM": "Sodium",
    "CA19_9AG": "CA 19-9",
    "CA15_3AG": "CA 15-3",
    "HGB": "Haemoglobin",
    "NEUT": "Neutrophils",
    "K": "Potassium",
    "UREAN": "Urea nitrogen",
    "CGA": "Chromogranin A",
    "PROT": "Total protein",
    "CHOL": "Cholesterol",
    "GLUC": "Glucose",
    "PTPCT": "Prothrombin activity",
    "WEIGHT": "Body weight",
    "HEIGHT": "Body height",
}
