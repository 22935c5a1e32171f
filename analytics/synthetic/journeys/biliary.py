"""Journeys of the bile duct: obstruction, stent, recovery, re-occlusion, early failure."""

from __future__ import annotations

from analytics.synthetic.course import decay_to, pulse, ramp
from analytics.synthetic.patient import Patient


def obstruct(p: Patient, onset: int, stent: int, high: float) -> None:
    """Bilirubin, ALP and GGT rise together until the stent; transaminases follow a little."""
    p.more_analytes |= {"BILDIR", "WBC", "CRP"}
    p.usual_lines(None)
    p.see_on(onset - 5, onset + 6, stent - 5, stent - 1)
    for code, x_uln in (("BILI", high), ("BILDIR", high * 2.4), ("ALP", 4.6), ("GGT", 9.0), ("ALT", 3.4), ("AST", 2.9)):
        p.add(code, ramp(onset, stent, p.factor_to(code, x_uln)))
    p.event("symptom", "jaundice", stent - 6, stent + 14, grade=2)
    p.scan(-15, None, 58, "baseline")
    p.scan(stent - 3, "SD", 60, "intrahepatic bile ducts dilated")


def relieve(p: Patient, stent: int, high: float) -> None:
    """Everything falls after the stent: bilirubin halves in about six days, ALP and GGT more slowly."""
    for code, half in (("BILI", 6.0), ("BILDIR", 5.0), ("ALP", 16.0), ("GGT", 16.0), ("ALT", 5.0), ("AST", 4.0)):
        x_uln = {"BILI": high, "BILDIR": high * 2.4, "ALP": 4.6, "GGT": 9.0, "ALT": 3.4, "AST": 2.9}[code]
        rest = {"ALP": 1.1, "GGT": 1.4}.get(code, 0.6)
        p.add(code, decay_to(stent, rest / x_uln, half))
    p.see_on(stent + 1, stent + 3, stent + 7, stent + 14, stent + 21, stent + 28, stent + 42)


def recovery(p: Patient) -> None:
    """Obstruction, stent, bilirubin at 2 mg/dL within three weeks and no rise again."""
    onset = int(p.rng.integers(60, 80))
    stent, high = onset + 19, float(p.rng.uniform(5.5, 7.5))
    obstruct(p, onset, stent, high)
    relieve(p, stent, high)
    p.event("biliary_stent", "metal stent", stent, detail="ERCP, common bile duct")
    p.scan(stent + 45, "SD", 57, "stent in place, ducts not dilated")
    p.plant(
        "stent, recovery",
        onset,
        stent + 28,
        "BILI ALP GGT",
        f"bilirubin to {high:.1f} x ULN on day {stent}, stent that day, half-life about 6 days after",
        "obstruction pattern; bilirubin at least 50 % lower within 14 days of the stent; on course",
    )


def reocclusion(p: Patient) -> None:
    """As recovery, then bilirubin, ALP and GGT rise together again and the stent is changed."""
    onset = int(p.rng.integers(50, 70))
    stent, high = onset + 18, float(p.rng.uniform(6.0, 8.5))
    again = stent + int(p.rng.integers(70, 90))
    change = again + 20
    p.end = change + int(p.rng.integers(9, 70))
    obstruct(p, onset, stent, high)
    relieve(p, stent, high)
    p.event("biliary_stent", "plastic stent", stent, change, detail="ERCP, common bile duct")
    for code, factor in (("BILI", 7.0), ("BILDIR", 9.0), ("ALP", 2.6), ("GGT", 4.0), ("ALT", 2.0)):
        p.add(code, ramp(again, change, factor))
        p.add(code, decay_to(change, 1 / factor, 7))
    p.add("CRP", pulse(again + 12, 5, 18, 5))
    p.add("WBC", pulse(again + 12, 5, 2.1, 5))
    p.see_on(again - 9, again - 2, again + 6, again + 12, again + 17, change - 1, change + 4, change + 10, change + 20)
    p.event("symptom", "fever", again + 15, again + 21, grade=2)
    p.event("biliary_stent", "metal stent", change, detail="exchange, ERCP")
    p.scan(change - 2, "SD", 61, "stent occluded, ducts dilated")
    p.plant(
        "stent, recovery, re-occlusion",
        again,
        change,
        "BILI ALP GGT",
        f"first stent on day {stent} at {high:.1f} x ULN, recovery, bilirubin 7-fold again from day {again} to "
        f"day {change} with ALP and GGT; exchange on day {change}",
        "rising again: bilirubin at least twice its lowest value after the stent and above ULN, with ALP or GGT",
    )


def early_failure(p: Patient) -> None:
    """The stent does not drain: bilirubin doubles within 14 days after it; a second procedure helps."""
    onset = int(p.rng.integers(45, 60))
    stent, high = onset + 14, 2.6
    drain = stent + 15
    obstruct(p, onset, stent, high)
    p.event("biliary_stent", "plastic stent", stent, drain, detail="ERCP")
    for code, factor in (("BILI", 3.0), ("BILDIR", 3.2), ("ALP", 1.5), ("GGT", 1.6)):
        p.add(code, ramp(stent, stent + 10, factor))
        p.add(
            code, decay_to(drain, 1 / (factor * (high if code.startswith("BIL") else 3)), 7 if code == "BILI" else 12)
        )
    p.see_on(stent + 3, stent + 6, stent + 10, stent + 13, drain + 3, drain + 8, drain + 15, drain + 25)
    p.event("drainage", "PTBD", drain)
    p.scan(stent + 14, "SD", 60, "ducts still dilated")
    p.plant(
        "early stent failure",
        stent,
        stent + 14,
        "BILI",
        f"bilirubin {high} x ULN before the stent on day {stent} and three times that ten days after; "
        f"PTBD on day {drain}",
        "bilirubin at least doubled within 14 days after the stent",
    )
