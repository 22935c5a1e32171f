"""Journeys of the disease itself: response, regrowth, marker flare, little follow-up, nothing at all."""

from __future__ import annotations

import math

from analytics.synthetic.course import decay_to, pulse, ramp
from analytics.synthetic.patient import MARKER, Patient

HIGH_MARKER_X_ULN = 14.0
BASELINE_MM = 62.0
RESPONDED = 0.62
"""Share of the baseline sum that is left in those who respond: under the 0.70 of PR with every scatter."""


def regular_scans(p: Patient, *, to: float = 1.0, next_line: int | None = None) -> None:
    """A baseline scan and one about every ten weeks at ``to`` times its sum, give or take 5 %.

    The response says what the sum says: :data:`RESPONDED` is PR. From ``next_line`` on the smaller sum is the
    baseline, hence SD.
    """
    p.scan(-12, None, BASELINE_MM, "baseline")
    for about in range(68, p.end, 71):
        day = about + int(p.rng.integers(-5, 6))
        partial = to <= RESPONDED and (next_line is None or day < next_line)
        total = round(BASELINE_MM * to * float(p.rng.uniform(0.95, 1.04)), 0)
        p.scan(day, "PR" if partial else "SD", total)


def response_then_regrowth(p: Patient) -> None:
    """Marker, ALP and LDH fall under line 1, then rise again before the scan says so; line 2 follows."""
    marker, nadir = MARKER[p.primary], int(p.rng.integers(95, 125))
    regrow = nadir + int(p.rng.integers(35, 60))
    change = regrow + int(p.rng.integers(95, 120))
    doubling = float(p.rng.uniform(42, 60))
    p.end = max(p.end, change + 60)
    p.usual_lines(change - 6, change)
    for code, high, low in ((marker, HIGH_MARKER_X_ULN, 0.15), ("ALP", 2.2, 0.5), ("GGT", 3.0, 0.5), ("LDH", 1.9, 0.6)):
        p.add(code, ramp(-400, -40, p.factor_to(code, high)))
        p.add(code, decay_to(3, low, 24))
        pace = 1.0 if code == marker else 0.45
        weeks = change + 20 - regrow
        p.add(code, ramp(regrow, change + 20, math.exp(math.log(2) * pace * weeks / doubling)))
    p.scan(-14, None, 96, "baseline", liver_lesions=4)
    p.scan(63, "PR", 61, liver_lesions=4)
    p.scan(nadir + 20, "PR", 50, liver_lesions=4)
    p.scan(regrow + 30, "PR", 56, "below the limit of progression", liver_lesions=4)
    p.scan(change - 8, "PD", 74, "new lesion in segment 7", liver_lesions=5, new_lesion=True)
    p.event("symptom", "fatigue", change - 15, grade=1)
    p.plant(
        "response then regrowth",
        regrow,
        change - 8,
        f"{marker} ALP GGT LDH",
        f"{marker} falls to about 0.15 of its level by day {nadir}, grows from day {regrow}, "
        f"doubling in {doubling:.0f} days; progression on imaging on day {change - 8}",
        f"{marker} falling, then rising before the scan of progression; transaminases do not lead",
    )


def marker_flare(p: Patient) -> None:
    """CEA rises in the first weeks of a line and then falls: a flare, not growth."""
    marker = MARKER[p.primary]
    p.usual_lines(None)
    p.add(marker, ramp(-400, -40, p.factor_to(marker, 9.0)))
    p.add(marker, pulse(2, 16, 1.9, 9))
    p.add(marker, decay_to(24, 0.2, 30))
    p.see_on(10, 18, 27, 38, 52)
    p.scan(-10, None, 71, "baseline")
    p.scan(60, "PR", 48)
    p.scan(125, "PR", 41)
    p.plant(
        "marker flare",
        10,
        42,
        marker,
        f"{marker} 1.9 x its level on day 18 of the line, under its start by day 60",
        "a rise within the first six weeks of a line is named as possible flare, not as progression",
    )


def sparse(p: Patient) -> None:
    """Three or four visits in a year: too little to call a direction."""
    p.usual_lines(None)
    p.every = (85, 120)
    marker = MARKER[p.primary]
    p.add(marker, ramp(0, p.end, 1.8))
    p.scan(-20, None, 44, "baseline")
    p.scan(170, "SD", 45)
    p.plant(
        "sparse follow-up",
        0,
        None,
        marker,
        "visits 85 to 120 days apart; the marker drifts up 1.8-fold over the whole time",
        "not enough data where fewer than five days have a result, with the number still needed",
    )


def quiet(p: Patient) -> None:
    """Nothing happens."""
    p.usual_lines(None)
    regular_scans(p)
    p.plant("quiet", 0, None, "", "variation around a set point only", "stable; no finding of injury or obstruction")


def overdue(p: Patient) -> None:
    """Still under treatment, and the last panel is weeks ago."""
    p.usual_lines(None)
    regular_scans(p)
    p.last_lab_day = p.end - int(p.rng.integers(32, 60))
    p.plant(
        "overdue on treatment",
        p.last_lab_day,
        None,
        "ALT AST ALP BILI",
        f"no result after day {p.last_lab_day} while line 1 goes on",
        "listed as overdue: no liver panel in the last 21 days while on treatment",
    )
