"""What the laboratory does: other limits, other method, a bad sample, a corrected result; and a high, steady normal."""

from __future__ import annotations

from analytics.synthetic.course import ramp, step
from analytics.synthetic.journeys.tumour import regular_scans
from analytics.synthetic.patient import Patient


def abnormal_stable(p: Patient) -> None:
    """Above the limits since before treatment, and steady."""
    p.usual_lines(None)
    for code, x_uln in (("ALT", 2.1), ("AST", 1.9), ("ALP", 2.6), ("GGT", 4.5)):
        p.add(code, ramp(-500, -300, p.factor_to(code, x_uln)))
    regular_scans(p)
    p.plant(
        "abnormal and stable",
        0,
        None,
        "ALT AST ALP GGT",
        "ALT about 2.1 x ULN and ALP about 2.6 x ULN from before treatment to the end, without drift",
        "stable; CTCAE 5.0 and 6.0 differ because the baseline is above ULN; no finding of new injury",
    )


def lab_change(p: Patient) -> None:
    """The sample goes to another laboratory; ALP and LDH read differently by method."""
    p.usual_lines(None)
    day = p.end // 2
    p.lab = "Northgate"
    p.edits.append({"do": "lab", "from_day": day, "lab": "Riverside"})
    for code, factor in (("ALP", 1.35), ("LDH", 1.5)):
        p.add(code, step(day, factor))
    regular_scans(p)
    p.plant(
        "laboratory change",
        day,
        None,
        "ALP LDH",
        f"from day {day} laboratory Riverside instead of Northgate, ALP x 1.35 and LDH x 1.5 by method",
        "the series breaks at the change; no trend runs through it",
    )


def uln_change(p: Patient) -> None:
    """The same laboratory prints other limits for ALP and ALT from one day on."""
    p.usual_lines(None)
    p.lab = "Northgate"
    day = p.end // 2
    p.edits.append({"do": "uln", "from_day": day, "uln": {"ALP": 104, "ALT": 35}})
    regular_scans(p)
    p.plant(
        "upper limit change",
        day,
        None,
        "ALP ALT",
        f"from day {day} ULN of ALP 104 instead of 120 U/L and of ALT 35 instead of 40 U/L; the person does not change",
        "each result is divided by its own limit; the change is listed and is not read as a rise",
    )


def haemolysed(p: Patient) -> None:
    """One sample with potassium, LDH and AST too high at once."""
    p.usual_lines(None)
    p.more_analytes |= {"K", "LDH"}
    day = 77
    p.see_on(day - 9, day, day + 4)
    for code, factor in (("K", 1.55), ("LDH", 4.2), ("AST", 2.6)):
        p.add(code, step(day, factor, day + 1))
    p.edits.append({"do": "whole_panel", "day": day})
    regular_scans(p)
    p.plant(
        "haemolysed sample",
        day,
        day + 1,
        "K LDH AST",
        f"potassium x 1.55, LDH x 4.2 and AST x 2.6 in the one sample of day {day}; normal four days later",
        "possible haemolysis named; ALT unchanged; not read as injury",
    )


def corrected(p: Patient) -> None:
    """A preliminary result that was corrected, another that was cancelled, and rows sent twice."""
    p.usual_lines(None)
    p.edits.append({"do": "correct", "analyte": "ALT", "visit": 4, "factor": 10.0})
    p.edits.append({"do": "twice", "visit": 6})
    regular_scans(p)
    p.plant(
        "corrected results",
        0,
        None,
        "ALT",
        "the ALT of the fifth visit was first printed ten times too high as preliminary and then corrected; "
        "all rows of the seventh visit are in the file twice",
        "the corrected value counts, the earlier one stays visible; repeated rows count once",
    )
