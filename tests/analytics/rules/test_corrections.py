"""Jaundice patterns, platelets, floxuridine, labels and checks before treatment: every vector of the corrections."""

from __future__ import annotations

import pytest

from analytics.analysis import analyse
from tests.builders import ULN, panel_of

DAY = "2024-07-01"


def x(code: str, times: float, day: str = DAY) -> tuple[str, str, float]:
    """A result as a multiple of its limit."""
    return (day, code, times * ULN[code])


def direct(share: float, times: float) -> list[tuple[str, str, float]]:
    return [x("BILI", times), (DAY, "BILDIR", share * times * ULN["BILI"])]


NORMAL = [x("ALT", 0.8), x("ALP", 0.9), x("GGT", 0.9)]
IRINOTECAN = [("2024-05-01", "systemic", "FOLFIRI")]
FOLFOX = [("2024-01-10", "systemic", "mFOLFOX6")]
FUDR = [("2024-06-01", "systemic", "HAI FUDR")]
REGO = [("2024-06-01", "systemic", "Stivarga 160 mg")]
TDM1 = [("2024-06-01", "systemic", "Kadcyla")]
ENDED = [("2024-01-10", "systemic", "mFOLFOX6", "2024-04-02")]
SIRT, RESECTION = [(DAY, "radioembolisation")], [(DAY, "hepatectomy")]
BEFORE = "2024-06-20"

CASES = {
    # section 11
    "TB 2.5, ALP 1.1, ALT 1.2, GGT 1": (
        [x("BILI", 2.5), x("ALP", 1.1), x("ALT", 1.2), x("GGT", 1.0)], [],
        {"isolated_bilirubin": "information", "cholestatic_jaundice": None}, "not measured"),
    "TB 3, ALP 3, ALT 2": (
        [x("BILI", 3), x("ALP", 3), x("ALT", 2)], [],
        {"cholestatic_jaundice": "attention", "isolated_bilirubin": None}, "cholestatic"),
    "TB 2.2, share .12, irinotecan": (
        [*NORMAL, *direct(0.12, 2.2)], IRINOTECAN, {"isolated_bilirubin": "information"}, "neutropenia"),
    "TB 2.2, share .45": ([*NORMAL, *direct(0.45, 2.2)], [], {"isolated_bilirubin": "attention"}, "conjugated"),
    "TB 1.8, share .45": ([*NORMAL, *direct(0.45, 1.8)], [], {"isolated_bilirubin": "information"}, "direct share"),
    "ALP 1.1, ALT 1.2": ([x("ALP", 1.1), x("ALT", 1.2)], [], {"injury_pattern": None}, ""),
    "ALP 2.0, ALT 1.2": ([x("ALP", 2.0), x("ALT", 1.2)], [], {"injury_pattern": "information"}, "cholestatic"),
    "GGT 3 alone": (
        [x("BILI", 2.5), x("ALP", 1.2), x("ALT", 1.0), x("GGT", 3.2)], [], {"cholestatic_jaundice": "attention"}, ""),
    # section 12
    "FOLFOX 240 -> 90, 88": (
        [("2024-01-05", "PLAT", 240), ("2024-06-01", "PLAT", 90), ("2024-06-15", "PLAT", 88)], FOLFOX,
        {"isolated_platelets": "attention"}, "marrow or portal hypertension"),
    "FOLFOX 240 -> 90 once": (
        [("2024-01-05", "PLAT", 240), ("2024-06-01", "PLAT", 90)], FOLFOX, {"isolated_platelets": None}, ""),
    "FOLFIRI 240 -> 70": (
        [("2024-04-25", "PLAT", 240), ("2024-06-01", "PLAT", 70)], IRINOTECAN, {"isolated_platelets": "attention"}, ""),
    "FOLFOX 150 -> 105": (
        [("2024-01-05", "PLAT", 150), ("2024-06-01", "PLAT", 105), ("2024-06-15", "PLAT", 105)], FOLFOX,
        {"isolated_platelets": None}, ""),
    "90 d after oxaliplatin 85, 82": (
        [("2024-01-05", "PLAT", 120), ("2024-07-01", "PLAT", 85), ("2024-07-10", "PLAT", 82)], ENDED,
        {"isolated_platelets": "attention"}, "days after the last oxaliplatin"),
    "90 d after oxaliplatin under gemcitabine": (
        [("2024-01-05", "PLAT", 120), ("2024-07-01", "PLAT", 85)], [*ENDED, ("2024-06-20", "systemic", "Gemzar")],
        {"isolated_platelets": None}, ""),
    # section 13
    "ref ALP 80: 170, 175": (
        [("2024-05-30", "ALP", 80), ("2024-06-15", "ALP", 170), (DAY, "ALP", 175)], FUDR,
        {"biliary_sclerosis": "attention"}, "175 U/L (reference 80)"),
    "ref ALP 80: 170 once": (
        [("2024-05-30", "ALP", 80), (DAY, "ALP", 170)], FUDR, {"biliary_sclerosis": None}, ""),
    "ref TB .6: TB 3.4": (
        [("2024-05-30", "BILI", 0.6), (DAY, "BILI", 3.4)], FUDR, {"biliary_sclerosis": "urgent"}, "single result"),
    "ref AST 40: 130": (
        [("2024-05-30", "AST", 40), (DAY, "AST", 130)], FUDR, {"floxuridine_dose": "information"}, "row 80%"),
    "ref AST 40: 110": ([("2024-05-30", "AST", 40), (DAY, "AST", 110)], FUDR, {"floxuridine_dose": None}, ""),
    "ref AST 60: 130": (
        [("2024-05-30", "AST", 60), (DAY, "AST", 130)], FUDR, {"floxuridine_dose": "information"}, "row 80%"),
    # section 14
    "regorafenib ALT 6": ([x("ALT", 6)], REGO, {"label_limits": "information"}, "interrupt"),
    "regorafenib ALT 4, TB 2.5": ([x("ALT", 4), x("BILI", 2.5)], REGO, {"label_limits": "attention"}, "stop"),
    "regorafenib ALT 21": ([x("ALT", 21)], REGO, {"label_limits": "attention"}, "above 20"),
    "T-DM1 TB 1.6": ([x("BILI", 1.6)], TDM1, {"label_limits": "information"}, "above 1.5"),
    "T-DM1 platelets 48": ([(DAY, "PLAT", 48)], TDM1, {"label_limits": "information"}, "below 50"),
    "FOLFOX ALT 6": ([x("ALT", 6)], FOLFOX, {"label_limits": None}, ""),
    "irinotecan after its end": (
        [x("ALT", 6)], [("2024-05-01", "systemic", "FOLFIRI", "2024-06-01")], {"label_limits": None}, ""),
    # section 15
    "SIRT TB 2.4": ([(BEFORE, "BILI", 2.4)], SIRT, {"before_radioembolisation": "attention"}, "bilirubin 2.4 mg/dL"),
    "SIRT TB 1.1, alb 3.8": (
        [(BEFORE, "BILI", 1.1), (BEFORE, "ALB", 3.8)], SIRT, {"before_radioembolisation": None}, ""),
    "SIRT ascites": (
        [(BEFORE, "BILI", 0.4)], [*SIRT, ("2024-06-18", "symptom", "ascites")],
        {"before_radioembolisation": "attention"}, "ascites recorded"),
    "SIRT albumin 3.2": ([(BEFORE, "ALB", 3.2)], SIRT, {"before_radioembolisation": "information"}, "albumin 3.2"),
    "resection PLT 82": ([(BEFORE, "PLAT", 82)], RESECTION, {"before_resection": "attention"}, "platelets 82"),
    "resection PLT 82 two months before": (
        [("2024-05-01", "PLAT", 82)], RESECTION, {"before_resection": None}, ""),
    "pump TB 1.5": (
        [("2024-05-30", "BILI", 1.5)], FUDR, {"before_pump": "attention"}, "published selection limit"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_vector(name):
    labs, events, wanted, told = CASES[name]
    found = analyse(panel_of(sorted(labs), sorted(events))).findings
    for rule, level in wanted.items():
        mine = found[found["rule"] == rule]
        assert sorted(set(mine["level"])) == ([level] if level else []), rule
    if told:
        mine = found[found["rule"] == next(r for r, level in wanted.items() if level)]
        assert mine["says"].str.contains(told, regex=False).any(), mine["says"].tolist()
    assert not found["says"].str.contains("–|nan|inf\\b|  ", regex=True).any(), found["says"].tolist()
