"""Is a tumour marker rising from its lowest level?"""

from __future__ import annotations

import numpy as np

from analytics.analytes import CODES, MARKERS
from analytics.case import Case
from analytics.derive.points import points_of
from analytics.rules._markers import markers_of
from analytics.rules._rule import Condition, Judged, Rule


def judge(case: Case) -> Judged:
    """One moment for each marker result with a lowest level before it."""
    s, m = case.settings.tumour, markers_of(case)
    use = np.flatnonzero(m.nadir_at >= 0)
    hidden = m.flare | m.muted
    since = m.day[use] - m.nadir_day[use]
    with np.errstate(divide="ignore", invalid="ignore"):
        doubling = since * np.log(2) / np.log(m.over_nadir[use])
    return Judged(
        patient=m.patient[use],
        day=m.day[use],
        conditions=(
            Condition("marker over its lowest level, confirmed", m.least[use], ">=", m.beyond[use], "×", 2),
            Condition("marker", points_of(case).x_uln[m.at[use]], ">", 1.0, "× ULN"),
            Condition("days since the line began", _late(m.line_day[use]), ">", s.flare_days, "days", 0),
            m.readable(use),
        ),
        severity=np.nan_to_num(m.over_nadir[use]),
        numbers={
            "value": np.round(m.value[use], 1),
            "nadir": np.round(m.nadir[use], 1),
            "times": m.over_nadir[use],
            "doubling": doubling,
        },
        days={"on": m.day[use], "nadir_on": m.nadir_day[use]},
        words=m.words(use),
        evidence=(m.at[use], m.at[np.maximum(m.nadir_at[use], 0)]),
        group=m.run[use],
        ends=~hidden[use],
        analytes=(m.code[use], CODES),
    )


def _late(line_day: np.ndarray) -> np.ndarray:
    """Days since the line began; +inf before any line."""
    return np.where(np.isnan(line_day), np.inf, line_day)


RULE = Rule(
    code="marker_rise",
    title="Tumour marker rising from its lowest level",
    asks="Is a tumour marker rising from its lowest level?",
    level="attention",
    analytes=MARKERS,
    needs=("|".join(MARKERS),),
    window="results of one laboratory and method; not in the first {tumour.flare_days} days of a line",
    strictness="{tumour.confirm} results in a row at least {tumour.rise:g} × the lowest level (geometric mean of "
    "{tumour.nadir_results} results in a row), or more where the marker varies more by itself, and above ULN; "
    "CA 19-9 not while bilirubin is at least "
    "{tumour.jaundice:g} mg/dL",
    version="1",
    reference="CEA classes: PMC5784620 (rise of 50 %); flare: ASCO 2006; second sample: EGTM (both recalled)",
    tag="recalled",
    sees_not="smoking, inflammation and kidney function; people without the Lewis antigen make no CA 19-9",
    sentence="{marker} {value:g} {unit} on {on}, {times:.1f} × its lowest level ({nadir:g} {unit} about {nadir_on}), "
    "confirmed by the result before; doubling in about {doubling:.0f} days since then.",
    settings=("tumour.rise", "tumour.nadir_results", "tumour.confirm", "tumour.flare_days", "tumour.jaundice"),
    judge=judge,
)
