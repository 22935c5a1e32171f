"""Is a tumour marker rising from its lowest result?"""

from __future__ import annotations

import numpy as np

from analytics.analytes import CODES, MARKERS
from analytics.case import Case
from analytics.rules._askable import any_result
from analytics.rules._markers import markers_of
from analytics.rules._rule import Assessment, Condition, Rule

CONFIRMED = "confirmed by a second result"
"""Word of a rise that two results in a row tell."""
_SURE = ("one result, not confirmed", CONFIRMED)
_OFF = ("not above its lowest result", "no rise goes on")


def assess(case: Case) -> Assessment:
    """One moment for each marker result with an earlier one; results that are not read can only end a rise."""
    m = markers_of(case)
    rises, s = m.rises, case.settings.tumour
    use = np.flatnonzero((m.nadir_at >= 0) | m.muted)
    reach = np.where(np.isnan(m.reach[use]), np.where(rises.on[use], 1.0, 0.0), m.reach[use])
    previous = np.where((use > 0) & (m.run[use] == m.run[use - 1]), m.value[use - 1], np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        doubling = (m.day - m.nadir_day)[use] * np.log(2) / np.log(m.over_nadir[use])
        doubling = np.where((m.value[use] > previous) & (m.over_nadir[use] > 1) & ~m.is_limit(use), doubling, np.nan)
    off = (m.over_nadir[use] > s.back).astype(np.int64)
    return Assessment(
        patient=m.patient[use],
        day=m.day[use],
        conditions=(
            Condition("marker over its lowest result", s.rise_twice * reach, ">=", s.rise_twice, "×", 2),
            Condition("rise", rises.on[use].astype(float), ">=", 1.0, fails=(off, _OFF)),
        ),
        severity=np.nan_to_num(m.over_nadir[use]),
        numbers={
            "value": np.round(m.value[use], 1),
            "nadir": np.round(m.nadir[use], 1),
            "times": m.over_nadir[use],
            "doubling": doubling,
        },
        days={"on": m.day[use], "nadir_on": m.nadir_day[use]},
        words={
            **m.words(use),
            **m.limit_words(use, m.nadir_at[use]),
            "sure": (rises.is_confirmed[use].astype(np.int64), _SURE),
        },
        evidence=(m.at[use], np.where(m.nadir_at[use] >= 0, m.at[m.nadir_at[use]], -1)),
        group=m.run[use],
        analytes=(m.code[use], CODES),
    )


RULE = Rule(
    code="marker_rise",
    title="Tumour marker rising",
    question="Is a tumour marker rising from its lowest result?",
    level="attention",
    analytes=MARKERS,
    needs=("|".join(MARKERS),),
    window="results of one laboratory and method; the lowest counts anew {tumour.lowest_anew_days} days after a "
    "resection, an ablation or jaundice, also for a rise that goes on; begun in the first {tumour.flare_days} days of "
    "a line after results that did not rise it is told as a possible flare until the first result after them",
    criteria="two results in a row at least {tumour.rise_twice:g} × the lowest earlier one, above ULN and at least "
    "{tumour.rise_least_uln:g} ULN above it; or one at least {tumour.rise_once:g} × and above "
    "{tumour.rise_once_uln:g} × ULN; where three or more earlier results stand as low as the lowest, also beyond their "
    "mean by {tumour.rise_beyond:g} SD of the own scatter (one alone √2 times as much); never begins on a result below "
    "the one before; over within ULN, by one not above the lowest, or by two in a row below {tumour.back:g} × the "
    "lowest or at most {tumour.fall:g} × the highest",
    version="4",
    reference="house rule, chosen on one half of 746 people with CEA and imaging and checked on the other (hepatic "
    "progression within 180 days); flare: Sorbye 2004, Ailawadhi 2006 (10.1159/000091184)",
    tag="house",
    limitations="smoking, inflammation and kidney function; people without the Lewis antigen make no CA 19-9",
    template="{marker} {sign}{value:g} {unit} on {on}, {over}{times:.1f} × nadir ({low}{nadir:g} {unit} on {nadir_on})"
    ", {sure}[: doubling time about {doubling:.0f} days].",
    settings=(
        "tumour.rise_twice",
        "tumour.rise_least_uln",
        "tumour.rise_once",
        "tumour.rise_once_uln",
        "tumour.rise_beyond",
        "tumour.rise_variation",
        "trend.noise_prior",
        "tumour.back",
        "tumour.fall",
        "tumour.flare_days",
        "tumour.flare_known_days",
        "tumour.lowest_anew_days",
        "tumour.jaundice",
        "tumour.jaundice_days",
    ),
    assess=assess,
    askable=any_result(*MARKERS),
)
