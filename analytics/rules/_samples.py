"""ALT and AST of samples that can be believed: AST of a haemolysed sample measures red cells."""

from __future__ import annotations

import numpy as np

from analytics.arrays import Bools
from analytics.case import Case
from analytics.derive.visits import Larger, visit_of, visits_of
from analytics.once import once
from analytics.rules._discover import assessment_of


def haemolysed(case: Case) -> Bools:
    """Visits whose sample looks haemolysed by the rule of that name, shape (visits,)."""
    assessed, v = assessment_of(case, "haemolysed_sample"), visits_of(case)
    result = np.zeros(len(v), dtype=bool)
    hit = np.flatnonzero(assessed.holds)
    if len(hit):
        result[visit_of(case, assessed.patient[hit], assessed.day[hit])] = True
    return result


def aminotransferases(case: Case) -> Larger:
    """The larger of ALT and AST at each visit; of a haemolysed sample ALT alone."""
    return larger_of(case)


@once
def larger_of(case: Case) -> Larger:
    """As :func:`aminotransferases`, computed."""
    v = visits_of(case)
    both, bad = v.larger("ALT", "AST"), haemolysed(case)
    if not bad.any():
        return both
    return Larger(
        code=np.where(bad, 0, both.code),
        at=np.where(bad, v.at("ALT"), both.at),
        x_uln=np.where(bad, v.x_uln("ALT"), both.x_uln),
        x_baseline=np.where(bad, v.x_baseline("ALT"), both.x_baseline),
        baseline_x_uln=np.where(bad, v.baseline_x_uln("ALT"), both.baseline_x_uln),
    )
