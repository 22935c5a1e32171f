"""Has a tumour marker fallen by half or more from its baseline?"""

from __future__ import annotations

import numpy as np

from analytics.analytes import CODES, MARKERS
from analytics.case import Case
from analytics.compare import compare, exceeds
from analytics.derive.baseline import baselines_of
from analytics.rules._askable import any_result
from analytics.rules._markers import markers_of
from analytics.rules._rule import Assessment, Condition, Rule

_CLASS = ("class PR", "class CR (within limits)")


def assess(case: Case) -> Assessment:
    """One moment for each marker result of a line with a raised baseline."""
    s, m = case.settings.tumour, markers_of(case)
    base_x = baselines_of(case).x_uln[m.at]
    use = np.flatnonzero(exceeds(base_x, 1.0) & ~np.isnan(m.over_baseline))
    share = m.over_baseline
    confirmed = m.confirmed(compare(share, "<=", s.fall))[use]
    normal = ~m.raised[use]
    weeks = np.where(m.in_line[use], m.line_day[use] / 7, np.nan)
    return Assessment(
        patient=m.patient[use],
        day=m.day[use],
        conditions=(
            Condition("marker over its baseline", share[use], "<=", s.fall, "×", 2),
            Condition("confirmed", confirmed.astype(float), ">=", 1.0, fails="not confirmed by the result before"),
            m.readable(use),
        ),
        severity=-m.day[use],
        numbers={
            "value": np.round(m.value[use], 1),
            "baseline": np.round(baselines_of(case).value[m.at[use]], 1),
            "fall": 100 * (1 - share[use]),
            "weeks": weeks,
        },
        days={"on": m.day[use]},
        words={**m.words(use), "kind": (normal.astype(np.int64), _CLASS)},
        evidence=(m.at[use],),
        group=m.of_line(use),
        analytes=(m.code[use], CODES),
    )


RULE = Rule(
    code="marker_response",
    title="Tumour marker halved",
    question="Has a tumour marker fallen by half or more from its baseline?",
    level="good",
    analytes=MARKERS,
    needs=("|".join(MARKERS),),
    events=("systemic",),
    looks_without=True,
    window="results of the line, against its baseline, where that is above ULN",
    criteria="at most {tumour.fall:g} × baseline in {tumour.confirm} results in a row",
    version="2",
    reference="CEA classes: PMC5784620 (CR normalised, PR fall of 50% or more, PD rise of 50% or more, else SD)",
    tag="verified",
    limitations="imaging; discordance of marker and imaging is a rule of its own",
    template="{marker} {value:g} {unit} on {on}[, week {weeks:.0f} of the line]: {fall:.0f}% below its baseline of "
    "{baseline:g} {unit}, {kind}.",
    settings=("tumour.fall", "tumour.confirm"),
    assess=assess,
    askable=any_result(*MARKERS),
    one_off=True,
)
