"""After resection, ablation and radioembolisation."""

from __future__ import annotations

from analytics.synthetic.course import pulse, ramp, step
from analytics.synthetic.journeys.tumour import regular_scans
from analytics.synthetic.patient import FIRST, Patient


def _resect(p: Patient, day: int, name: str) -> None:
    p.treat(1, FIRST[p.primary][0], 0, day - 35)
    p.event("hepatectomy", name, day, detail="R0")
    p.more_analytes |= {"INR", "WBC", "CRP"}
    p.see_on(day - 3, day + 1, day + 2, day + 3, day + 5, day + 7, day + 10, day + 14, day + 28, day + 56)
    p.add("CRP", pulse(day, 2, 25, 3))
    p.add("ALB", pulse(day, 2, 0.72, 14))
    p.scan(-12, None, 70, "baseline")
    p.scan(day - 20, "PR", 38, "before resection")
    p.scan(day + 90, None, None, "no lesion seen")


def hepatectomy_recovery(p: Patient) -> None:
    """Peaks on the first day, bilirubin and INR near their old values by day 5 to 7, ALP and GGT up for weeks."""
    day = int(p.rng.integers(105, 130))
    p.end = max(p.end, day + 120)
    _resect(p, day, "right hepatectomy")
    p.add("ALT", pulse(day, 1, p.factor_to("ALT", 9.0), 2.5))
    p.add("AST", pulse(day, 1, p.factor_to("AST", 10.0), 1.5))
    p.add("BILI", pulse(day, 1, p.factor_to("BILI", 2.0), 2))
    p.add("INR", pulse(day, 1, 1.45, 2))
    p.add("ALP", pulse(day + 4, 14, p.factor_to("ALP", 1.8), 25))
    p.add("GGT", pulse(day + 4, 14, p.factor_to("GGT", 3.5), 25))
    p.plant(
        "hepatectomy, recovery",
        day,
        day + 14,
        "ALT AST BILI INR",
        f"resection on day {day}; ALT 9 x ULN and bilirubin 2 x ULN on day 1 after, both falling from then on",
        "the expected course: bilirubin and INR falling before day 5, ALP and GGT up for 8 to 12 weeks",
    )


def hepatectomy_failure(p: Patient) -> None:
    """Bilirubin and INR still rising on and after day 5."""
    day = int(p.rng.integers(105, 130))
    p.end = day + int(p.rng.integers(16, 120))
    _resect(p, day, "extended right hepatectomy")
    p.add("ALT", pulse(day, 1, p.factor_to("ALT", 12.0), 3))
    p.add("AST", pulse(day, 1, p.factor_to("AST", 14.0), 2))
    p.add("BILI", pulse(day, 6, p.factor_to("BILI", 6.5), 14))
    p.add("INR", pulse(day, 5, 2.05, 9))
    p.add("PLAT", pulse(day, 4, 0.5, 10))
    p.event("symptom", "ascites", day + 6, day + 30, grade=2)
    p.plant(
        "hepatectomy, liver failure",
        day,
        day + 10,
        "BILI INR",
        f"resection on day {day}; bilirubin 6.5 x ULN on day 6 after, INR doubled on day 5 after",
        "ISGLS laboratory part met: INR and bilirubin raised on and after day 5",
    )


def ablation(p: Patient) -> None:
    """A spike of transaminases that is over in ten days."""
    day = int(p.rng.integers(80, 110))
    p.usual_lines(day - 21)
    p.event("ablation", "microwave ablation", day, detail="segment 6")
    p.see_on(day - 4, day + 1, day + 3, day + 6, day + 12, day + 25)
    p.add("ALT", pulse(day, 1, p.factor_to("ALT", 7.0), 2.2))
    p.add("AST", pulse(day, 1, p.factor_to("AST", 8.0), 1.5))
    p.add("LDH", pulse(day, 1, 1.9, 2))
    regular_scans(p)
    p.plant(
        "ablation spike",
        day,
        day + 12,
        "ALT AST LDH",
        f"ALT 7 x ULN on the day after ablation on day {day}, halving every two days",
        "expected effect of the ablation within 14 days; no trend runs through it",
    )


def radioembolisation_injury(p: Patient) -> None:
    """Jaundice and falling albumin weeks after radioembolisation, without progression."""
    day = int(p.rng.integers(90, 115))
    p.end = day + int(p.rng.integers(86, 140))
    p.usual_lines(day - 28)
    p.event("radioembolisation", "yttrium-90, whole liver", day, dose=1.6, unit="GBq")
    p.see_on(day - 5, day + 7, day + 28, day + 42, day + 56, day + 70, day + 84)
    p.add("BILI", pulse(day + 22, 40, p.factor_to("BILI", 4.0), 60))
    p.add("ALP", ramp(day + 15, day + 70, p.factor_to("ALP", 2.4)))
    p.add("GGT", ramp(day + 15, day + 70, p.factor_to("GGT", 4.0)))
    p.add("ALB", ramp(day + 15, day + 75, 0.68))
    p.add("ALT", step(day + 20, 1.5))
    p.event("symptom", "ascites", day + 55, None, grade=2)
    p.scan(-9, None, 81, "baseline")
    p.scan(day + 50, "SD", 78, "no progression, bile ducts not dilated, ascites")
    p.scan(day + 110, "SD", 77, "no progression")
    p.plant(
        "radioembolisation injury",
        day + 22,
        day + 84,
        "BILI ALB ALP",
        f"radioembolisation on day {day}; bilirubin 4 x ULN on day {day + 62}, albumin to 0.68 of its level, "
        "ascites, no progression, no dilated ducts",
        "bilirubin rises and albumin falls 2 weeks to 4 months after radioembolisation without progression",
    )
