"""Injury of the liver by treatment: with jaundice, mild, immune-related, sinusoidal."""

from __future__ import annotations

from analytics.synthetic.course import pulse, ramp
from analytics.synthetic.journeys.tumour import RESPONDED, regular_scans
from analytics.synthetic.patient import FIRST, Patient


def with_jaundice(p: Patient) -> None:
    """ALT and AST rise first, bilirubin follows within two weeks, ALP stays below twice its limit."""
    onset = int(p.rng.integers(40, 60))
    top = onset + 9
    p.usual_lines(onset + 8, onset + 95)
    p.add("ALT", pulse(onset, 9, p.factor_to("ALT", 14.0), 8))
    p.add("AST", pulse(onset, 8, p.factor_to("AST", 11.0), 6))
    p.add("BILI", pulse(onset + 4, 11, p.factor_to("BILI", 4.2), 14))
    p.add("ALP", pulse(onset + 2, 10, p.factor_to("ALP", 1.35), 20))
    p.add("GGT", pulse(onset + 2, 10, max(1.3, p.factor_to("GGT", 2.0)), 20))
    p.add("INR", pulse(onset + 4, 10, 1.35, 12))
    p.see_on(onset - 6, onset + 3, onset + 6, top, onset + 12, onset + 15, onset + 19, onset + 26, onset + 40)
    p.event("symptom", "jaundice", onset + 13, onset + 35, grade=2)
    p.event("adverse_event", "hepatitis", onset + 6, onset + 50, grade=3, detail="treatment stopped")
    regular_scans(p)
    p.scan(onset + 11, None, None, "no dilatation of bile ducts", modality="US")
    p.plant(
        "drug injury with jaundice",
        onset,
        onset + 60,
        "ALT AST BILI",
        f"ALT 14 x ULN on day {top}, bilirubin 4.2 x ULN on day {onset + 15}, ALP below 2 x ULN, "
        f"{FIRST[p.primary][0]} stopped on day {onset + 8}",
        "laboratory part of Hy's law met: ALT at least 3 x ULN, bilirubin above 2 x ULN within 28 days after, "
        "ALP below 2 x ULN; hepatocellular pattern",
    )


def mild(p: Patient) -> None:
    """Small rise after the third cycle that is gone before the fourth."""
    p.end = max(p.end, 150)
    p.treat(1, FIRST[p.primary][0], 0, 148, cycle_days=21)
    p.add("ALT", pulse(43, 6, p.factor_to("ALT", 4.0), 3))
    p.add("AST", pulse(43, 5, p.factor_to("AST", 3.2), 2.5))
    p.see_on(40, 45, 49, 53, 57, 61, 80)
    p.event("adverse_event", "alanine aminotransferase increased", 49, 61, grade=2)
    regular_scans(p)
    p.plant(
        "mild drug injury",
        43,
        61,
        "ALT AST",
        "ALT 4 x ULN on day 49, seven days after cycle 3 (day 42); back before cycle 4 (day 63)",
        "rise after cycle 3, ALT under 1.5 x its value before the cycle before cycle 4; bilirubin normal",
    )


def immune(p: Patient) -> None:
    """Weeks of high transaminases under checkpoint inhibitors that fall slowly under prednisolone."""
    onset = int(p.rng.integers(45, 75))
    high = float(p.rng.uniform(8.0, 16.0))
    p.treat(1, "ipilimumab and nivolumab", 0, onset + 5)
    p.treat(2, "dabrafenib and trametinib", onset + 110, None)
    p.add("ALT", pulse(onset, 14, p.factor_to("ALT", high), 11))
    p.add("AST", pulse(onset, 14, p.factor_to("AST", high * 0.7), 10))
    p.add("GGT", pulse(onset, 20, p.factor_to("GGT", 2.5), 25))
    p.add("BILI", pulse(onset + 5, 12, 1.4, 10))
    p.see_on(onset - 4, *range(onset + 4, onset + 26, 4), onset + 32, onset + 40, onset + 50, onset + 62)
    p.event("other", "prednisolone", onset + 14, onset + 60, dose=80, unit="mg")
    p.event("adverse_event", "immune-related hepatitis", onset + 8, onset + 60, grade=3)
    regular_scans(p, to=RESPONDED, next_line=onset + 110)
    p.plant(
        "immune-related hepatitis",
        onset,
        onset + 60,
        "ALT AST",
        f"ALT {high:.1f} x ULN on day {onset + 14} under ipilimumab and nivolumab, halving about every 11 days "
        f"from prednisolone on day {onset + 14}; sum of targets to about {RESPONDED:g} of its baseline",
        "injury pattern with the drug in its window; bilirubin below 2 x ULN; recovery after the stop",
    )


def sinusoidal(p: Patient) -> None:
    """Platelets fall and AST drifts up over months of oxaliplatin."""
    p.end = max(p.end, 260)
    p.treat(1, "FOLFOX", 0, 210)
    p.add("PLAT", ramp(20, 210, 0.38))
    p.add("AST", ramp(20, 210, p.factor_to("AST", 1.9)))
    p.add("ALT", ramp(20, 210, p.factor_to("ALT", 1.4)))
    regular_scans(p, to=RESPONDED)
    p.scan(185, "PR", 40, "spleen larger than at baseline")
    p.plant(
        "sinusoidal injury",
        20,
        210,
        "PLAT AST",
        "platelets fall to 0.38 of their level and AST rises to 1.9 x ULN over 190 days of oxaliplatin; sum of targets "
        f"to about {RESPONDED:g} of its baseline",
        "platelets falling and APRI rising under oxaliplatin",
    )
