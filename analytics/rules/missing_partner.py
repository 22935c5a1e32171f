"""Is a result missing without which a raised aminotransferase cannot be assessed?"""

from __future__ import annotations

import numpy as np

from analytics.arrays import Floats, Ints
from analytics.case import Case
from analytics.derive.visits import visits_of
from analytics.rules._doubts import doubts_near
from analytics.rules._liver import mask_days, near
from analytics.rules._masks import clear_of_procedures
from analytics.rules._rule import Assessment, Condition, Rule, Words
from analytics.rules._samples import larger_of

_MISSING = ("nothing", "bilirubin", "ALP", "bilirubin and ALP")


def assess(case: Case) -> Assessment:
    """One moment for each day with ALT or AST."""
    s, v = case.settings.injury, visits_of(case)
    larger = larger_of(case)
    at = np.flatnonzero(larger.at >= 0)
    lacks = (near(v, "BILI", s.hys_alp_days) < 0) + 2 * (near(v, "ALP", s.hys_alp_days) < 0)
    code = lacks[at].astype(np.int64)
    clear = clear_of_procedures(case, v.patient[at], v.day[at])
    return Assessment(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("ALT or AST", larger.x_uln[at], ">=", s.hys_at, "× ULN"),
            Condition("partner", (code > 0).astype(float), ">=", 1.0, fails="bilirubin and ALP were measured with it"),
            Condition("time since a procedure", clear, ">", mask_days(case), "days", 0),
        ),
        severity=larger.x_uln[at],
        numbers={"at": larger.x_uln[at]},
        days={"on": v.day[at]},
        words={
            "analyte": (larger.code[at], ("ALT", "AST")),
            "lacking": _lacking(case, v.patient[at], v.day[at], code, s.hys_alp_days),
        },
        evidence=(larger.at[at],),
    )


def _lacking(case: Case, patient: Ints, day: Floats, code: Ints, days: int) -> Words:
    """What is missing, or which result near it is in doubt of its unit: a doubtful result is not called missing."""
    doubt = {c: doubts_near(case, (c,), patient, day, days) for c in ("BILI", "ALP")}
    pieces = [(c, np.where(code & bit > 0, doubt[c][0], -1)) for c, bit in (("BILI", 1), ("ALP", 2))]
    told: list[str] = []
    seen: dict[tuple[int, int, int], int] = {}
    which = np.empty(len(code), dtype=np.int64)
    for i, row in enumerate(zip(code.tolist(), pieces[0][1].tolist(), pieces[1][1].tolist(), strict=True)):
        if row not in seen:
            seen[row] = len(told)
            told.append(_told(row, doubt["BILI"][1], doubt["ALP"][1], days))
        which[i] = seen[row]
    return which, tuple(told or [""])


def _told(row: tuple[int, int, int], bili: list[str], alp: list[str], days: int) -> str:
    code, of_bili, of_alp = row
    doubtful = [texts[at] for texts, at in ((bili, of_bili), (alp, of_alp)) if at >= 0]
    missing = _MISSING[code - (of_bili >= 0) - 2 * (of_alp >= 0)]
    without = f"without {missing} within {days} days" if missing != _MISSING[0] else ""
    return ", ".join(filter(None, [f"with {' and '.join(doubtful)}" if doubtful else "", without]))


RULE = Rule(
    code="missing_partner",
    title="Bilirubin or ALP missing",
    question="Is a result missing without which a raised aminotransferase cannot be judged?",
    level="information",
    analytes=("ALT", "AST", "BILI", "ALP"),
    needs=("ALT|AST",),
    window="bilirubin and ALP within {injury.hys_alp_days} days",
    criteria="ALT or AST at least {injury.hys_at:g} × ULN",
    version="2",
    reference="house: what the laboratory part of Hy's law needs (FDA guidance, 2009)",
    tag="house",
    limitations="results that were measured elsewhere",
    template="{analyte} {at:.1f} × ULN on {on} {lacking}: Hy's law is not assessable.",
    settings=("injury.hys_at", "injury.hys_alp_days"),
    assess=assess,
)
