"""Cholangitis as TG18 has it, and not for values that this patient has had for months."""

from __future__ import annotations

import pytest

from analytics.analysis import analyse
from tests.builders import ULN, panel_of

DAY = "2024-07-01"
FEVER = (DAY, "symptom", "fever")
STENT = ("2024-06-01", "biliary_stent")
MONTHS = ("2024-01-10", "2024-02-10", "2024-03-10", "2024-04-10", "2024-05-10", "2024-06-10")


def rise(code: str, x: float, day: str = DAY) -> tuple[str, str, float]:
    return (day, code, x * ULN[code])


def flat(code: str, x: float) -> list[tuple[str, str, float]]:
    return [rise(code, x, day) for day in MONTHS]


CASES = {
    "stent, fever, CRP 120, ALT 7.5, TB .8": (
        [rise("ALT", 7.5), (DAY, "CRP", 120), (DAY, "BILI", 0.8)], [STENT, FEVER], {}, "urgent", "definite"),
    "CRP 22, ALP 1.9 flat 6 months, no fever": (
        [*flat("ALP", 1.9), rise("ALP", 1.9), (DAY, "CRP", 22)], [], {}, None, ""),
    "d8 after RFA, stent, fever, WBC 22, TB 3": (
        [(DAY, "BILI", 3.0), (DAY, "WBC", 22)], [STENT, FEVER, ("2024-06-23", "ablation", "RFA")],
        {}, "urgent", "definite"),
    "fever, ALP 1.50, no imaging": ([rise("ALP", 1.5)], [FEVER], {}, None, ""),
    "age 78, fever, TB 6, no imaging": ([(DAY, "BILI", 6.0)], [FEVER], {"age": 78.0}, "urgent", "suspected, grade II"),
    "CRP 120, new ALP 3, no fever": (
        [*flat("ALP", 1.0), rise("ALP", 3.0), (DAY, "CRP", 120)], [], {}, "attention", "suspected"),
    "the same with a stent": (
        [*flat("ALP", 1.0), rise("ALP", 3.0), (DAY, "CRP", 120)], [STENT], {}, "urgent", "definite"),
    "CRP as for months": (
        [*((d, "CRP", 60.0) for d in MONTHS), *flat("ALP", 1.0), rise("ALP", 3.0), (DAY, "CRP", 70)], [STENT],
        {}, None, ""),
    "leucocytes 3 under chemotherapy": (
        [(DAY, "BILI", 3.0), (DAY, "WBC", 3.0)], [("2024-06-20", "systemic", "FOLFOX")], {}, None, ""),
    "leucocytes 3 without therapy": (
        [(DAY, "BILI", 3.0), (DAY, "WBC", 3.0)], [], {}, "attention", "suspected"),
    "day 5 after a resection, CRP 150, TB 3, no fever": (
        [(DAY, "BILI", 3.0), (DAY, "CRP", 150)], [("2024-06-26", "hepatectomy")], {}, None, ""),
    "no fever in the notes": ([(DAY, "BILI", 3.0)], [(DAY, "symptom", "jaundice, no fever")], {}, None, ""),
    "38.4 degrees in the notes": (
        [(DAY, "BILI", 3.0)], [(DAY, "symptom", "temperature 38.4 °C")], {}, "urgent", "suspected"),
    "38.0 degrees are not above 38": ([(DAY, "BILI", 3.0)], [(DAY, "symptom", "temperature 38.0 °C")], {}, None, ""),
    "creatinine 2.5": (
        [(DAY, "BILI", 3.0), (DAY, "CRP", 90), (DAY, "CREAT", 2.5)], [], {}, "urgent", "suspected, grade III"),
    "INR 2.5 on warfarin is no grade III": (
        [(DAY, "BILI", 3.0), (DAY, "CRP", 90), (DAY, "INR", 2.5)], [], {"on_anticoagulant": True},
        "attention", "suspected"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_criteria(name):
    labs, events, patient, level, told = CASES[name]
    found = analyse(panel_of(sorted(labs), events, **patient)).findings
    mine = found[found["rule"] == "cholangitis_labs"]
    assert mine["level"].tolist() == ([level] if level else [])
    assert mine["says"].str.contains(f"({told})", regex=False).all()


def test_it_ends_only_where_part_a_is_absent_for_two_weeks():
    labs = [(DAY, "BILI", 3.0), ("2024-07-05", "BILI", 3.0), ("2024-07-08", "BILI", 2.8), ("2024-07-20", "BILI", 0.7)]
    found = analyse(panel_of(labs, [FEVER])).findings.set_index("rule").loc["cholangitis_labs"]
    assert str(found["resolved_at"])[:10] == "2024-07-20"


def test_it_ends_on_the_day_on_which_two_weeks_have_passed_and_not_before():
    labs = [(DAY, "BILI", 3.0), (DAY, "CRP", 90), ("2024-07-14", "CRP", 3.0), ("2024-07-15", "CRP", 3.0)]
    found = analyse(panel_of(labs)).findings.set_index("rule").loc["cholangitis_labs"]
    assert str(found["resolved_at"])[:10] == "2024-07-15"
