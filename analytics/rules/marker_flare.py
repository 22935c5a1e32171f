"""Is a tumour marker up in the first weeks of a line, after results that did not rise?"""

from __future__ import annotations

import numpy as np

from analytics.analytes import CODES, MARKERS
from analytics.case import Case
from analytics.derive.baseline import baselines_of
from analytics.rules._askable import any_result
from analytics.rules._markers import markers_of
from analytics.rules._rule import Assessment, Condition, Rule

_LATER = (
    "may be a flare or progression; the next result or imaging decides",
    "came down below {share}% of it within {weeks} weeks: was a flare",
    "still up after week {late}: told as a rise",
)


def assess(case: Case) -> Assessment:
    """One moment for each marker result in a line."""
    s, m = case.settings.tumour, markers_of(case)
    use = np.flatnonzero(baselines_of(case).line[m.at] > 0)
    rises = m.rises
    before = rises.before[use]
    later = tuple(
        text.format(share=f"{100 * s.flare_back:.0f}", weeks=s.flare_back_days // 7, late=s.flare_days // 7)
        for text in _LATER
    )
    return Assessment(
        patient=m.patient[use],
        day=m.day[use],
        conditions=(
            Condition("days since the line began", m.line_day[use], "<=", s.flare_days, "days", 0),
            Condition(
                "possible flare",
                rises.flare[use].astype(float),
                ">=",
                1.0,
                fails="not up in these weeks, or already rising or not known before the line",
            ),
        ),
        severity=np.nan_to_num(m.over_nadir[use]),
        numbers={
            "value": np.round(m.value[use], 1),
            "before": np.round(before, 1),
            "times": m.value[use] / before,
            "day": m.line_day[use],
        },
        days={"on": m.day[use]},
        words={**m.words(use), "later": (rises.later[use], later)},
        evidence=(m.at[use],),
        group=m.of_line(use),
        analytes=(m.code[use], CODES),
    )


RULE = Rule(
    code="marker_flare",
    title="Possible marker flare",
    question="Is a tumour marker up in the first weeks of a line, after results that did not rise?",
    level="information",
    analytes=MARKERS,
    needs=("|".join(MARKERS),),
    events=("systemic",),
    window="the first {tumour.flare_days} days of a line, with two results before it, the last at most "
    "{tumour.flare_known_days} days before, that did not rise",
    criteria="as a rise: two results in a row at least {tumour.rise_twice:g} × the lowest earlier one, or one at "
    "least {tumour.rise_once:g} × and above {tumour.rise_once_uln:g} × ULN; was a flare: at most "
    "{tumour.flare_back:g} × the value before the line within {tumour.flare_back_days} days",
    version="2",
    reference="Sorbye 2004 (15% of patients, peak day 13 to 56); Ailawadhi 2006 (10.1159/000091184, 11%); "
    "Strimpakos 2010 (11.6%); ASCO 2006 (10.1200/JCO.2006.08.2644; first 4 to 6 weeks, recalled)",
    tag="recalled",
    limitations="what follows: only later results or imaging tell a flare from growth",
    template="{marker} {value:g} {unit} on {on}, day {day:.0f} of the line, {times:.1f} × the {before:g} {unit} before "
    "it: {later}.",
    settings=(
        "tumour.rise_twice",
        "tumour.rise_once",
        "tumour.rise_once_uln",
        "tumour.flare_days",
        "tumour.flare_known_days",
        "tumour.flare_back",
        "tumour.flare_back_days",
    ),
    assess=assess,
    askable=any_result(*MARKERS),
)
