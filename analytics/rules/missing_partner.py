"""Is a result missing without which a raised aminotransferase cannot be judged?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.derive.visits import visits_of
from analytics.rules._around import clear_of_procedures
from analytics.rules._liver import mask_days, near
from analytics.rules._rule import Condition, Judged, Rule

_MISSING = ("nothing", "bilirubin", "ALP", "bilirubin and ALP")


def judge(case: Case) -> Judged:
    """One moment for each day with ALT or AST."""
    s, v = case.settings.injury, visits_of(case)
    larger = v.larger("ALT", "AST")
    at = np.flatnonzero(larger.at >= 0)
    lacks = (near(v, "BILI", s.hys_alp_days) < 0) + 2 * (near(v, "ALP", s.hys_alp_days) < 0)
    code = lacks[at].astype(np.int64)
    clear = clear_of_procedures(case, v.patient[at], v.day[at])
    return Judged(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("ALT or AST", larger.x_uln[at], ">=", s.hys_at, "× ULN"),
            Condition("partner", (code > 0).astype(float), ">=", 1.0, fails="bilirubin and ALP were measured with it"),
            Condition("time since a procedure", clear, ">", mask_days(case), "days", 0),
        ),
        severity=larger.x_uln[at],
        numbers={"at": larger.x_uln[at], "days": np.full(len(at), s.hys_alp_days, dtype=float)},
        days={"on": v.day[at]},
        words={"analyte": (larger.code[at], ("ALT", "AST")), "missing": (code, _MISSING)},
        evidence=(larger.at[at],),
    )


RULE = Rule(
    code="missing_partner",
    title="Result missing for the injury rules",
    asks="Is a result missing without which a raised aminotransferase cannot be judged?",
    level="information",
    analytes=("ALT", "AST", "BILI", "ALP"),
    needs=("ALT|AST",),
    window="bilirubin and ALP within {injury.hys_alp_days} days",
    strictness="ALT or AST at least {injury.hys_at:g} × ULN",
    version="1",
    reference="house: what the laboratory part of Hy's law needs (FDA guidance, 2009)",
    tag="house",
    sees_not="results that were measured elsewhere",
    sentence="{analyte} {at:.1f} × ULN on {on} without {missing} within {days:.0f} days: the injury rules "
    "cannot be fully "
    "judged.",
    settings=("injury.hys_at", "injury.hys_alp_days"),
    judge=judge,
)
