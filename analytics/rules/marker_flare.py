"""Is a tumour marker up in the first weeks of a line, in which a rise may be a flare?"""

from __future__ import annotations

import numpy as np

from analytics.analytes import CODES, MARKERS
from analytics.case import Case
from analytics.derive.baseline import baselines_of
from analytics.derive.points import points_of
from analytics.rules._markers import markers_of
from analytics.rules._rule import Condition, Judged, Rule


def judge(case: Case) -> Judged:
    """One moment for each marker result of a line with a baseline."""
    s, m = case.settings.tumour, markers_of(case)
    use = np.flatnonzero(~np.isnan(m.over_baseline) & (baselines_of(case).line[m.at] > 0))
    return Judged(
        patient=m.patient[use],
        day=m.day[use],
        conditions=(
            Condition("marker over its baseline", m.over_baseline[use], ">=", s.rise, "×", 2),
            Condition("days since the line began", m.line_day[use], "<=", s.flare_days, "days", 0),
            Condition("marker", points_of(case).x_uln[m.at[use]], ">", 1.0, "× ULN"),
            m.readable(use),
        ),
        severity=m.over_baseline[use],
        numbers={
            "value": np.round(m.value[use], 1),
            "baseline": np.round(baselines_of(case).value[m.at[use]], 1),
            "times": m.over_baseline[use],
            "day": m.line_day[use],
            "weeks": np.full(len(use), s.flare_days / 7),
        },
        days={"on": m.day[use]},
        words=m.words(use),
        evidence=(m.at[use],),
        group=m.of_line(use),
        analytes=(m.code[use], CODES),
    )


RULE = Rule(
    code="marker_flare",
    title="Marker rise early in a line (possible flare)",
    asks="Is a tumour marker up in the first weeks of a line, in which a rise may be a flare?",
    level="information",
    analytes=MARKERS,
    needs=("|".join(MARKERS),),
    events=("systemic",),
    window="the first {tumour.flare_days} days of a line",
    strictness="at least {tumour.rise:g} × baseline and above ULN",
    version="1",
    reference="ASCO 2006 (first 4 to 6 weeks; recalled)",
    tag="recalled",
    sees_not="what follows: only later results tell a flare from growth",
    sentence="{marker} {value:g} {unit} on {on}, day {day:.0f} of the line: {times:.1f} × its baseline of {baseline:g} "
    "{unit}. A rise in the first {weeks:.0f} weeks of a line may be a flare; it is not counted as a rise.",
    settings=("tumour.rise", "tumour.flare_days"),
    judge=judge,
)
