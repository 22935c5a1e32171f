"""Have liver tests or a tumour marker changed (the episodes that are then read)?"""

from __future__ import annotations

import numpy as np

from analytics.analytes import INDEX, MARKERS
from analytics.arrays import Floats, Ints, key
from analytics.case import Case
from analytics.compare import exceeds
from analytics.derive.points import has_analyte_of
from analytics.derive.visits import Visits, visits_of
from analytics.rules._discover import assessment_of
from analytics.rules._markers import markers_of
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.rules._words import in_text

TESTS = ("ALT", "AST", "ALP", "GGT", "BILI")
CODES = (*TESTS, *MARKERS)


def assess(case: Case) -> Assessment:
    """One moment for each day with any of the tests or markers."""
    s, v = case.settings.disturbance, visits_of(case)
    limits = (s.aminotransferase, s.aminotransferase, s.alp, s.ggt, s.bilirubin)
    ratio = [_beyond(v, c, limit) for c, limit in zip(TESTS, limits, strict=True)]
    used = [*TESTS, *(c for c in MARKERS if has_analyte_of(case)[:, INDEX[c]].any())]
    ratio += [_marker(case, v, c) for c in used[len(TESTS) :]]
    ratio.append(_sinusoidal(case, v))
    used.append("AST")
    table = np.stack(ratio)
    use = np.flatnonzero(~np.isnan(table).all(axis=0))
    filled = np.nan_to_num(table[:, use], nan=-1.0)
    lead, most = filled.argmax(axis=0), filled.max(axis=0)
    column = np.arange(len(use))
    at = np.stack([v.at(c)[use] for c in used])
    x = np.stack([v.x_uln(c)[use] for c in used])
    over = np.stack([v.x_baseline(c)[use] for c in used])
    return Assessment(
        patient=v.patient[use],
        day=v.day[use],
        conditions=(Condition("a test or marker over its limits of change", most, ">=", 1.0, "×", 2),),
        severity=most,
        numbers={
            "x": x[lead, column],
            "over": over[lead, column],
            **{c.lower(): x[i] for i, c in enumerate(TESTS)},
        },
        days={"on": v.day[use]},
        words={"lead": (lead, (*(in_text(c) for c in used[:-1]), "AST with falling platelets"))},
        evidence=(at[lead, column], *at),
    )


def _beyond(v: Visits, code: str, limit: float) -> Floats:
    """The smaller of both multiples over the limit: a change counts against limits and against baseline.

    Without a baseline only jaundice is a change by itself; other tests may have been raised all along.
    """
    over_baseline = v.x_baseline(code)
    if code == "BILI":
        over_baseline = np.where(np.isnan(over_baseline), np.inf, over_baseline)
    both = np.where(np.isnan(over_baseline), np.nan, np.minimum(v.x_uln(code), over_baseline)) / limit
    # above the limit itself, not only at it
    return np.where(np.isnan(both), np.nan, np.where(exceeds(both, 1.0), both, np.minimum(both, 0.999)))


def _marker(case: Case, v: Visits, code: str) -> Floats:
    """Confirmed rise of a marker as in the rule about it; NaN where rules look away (possible flare, jaundice)."""
    m = markers_of(case)
    mine: Ints = np.flatnonzero((m.code == INDEX[code]) & (m.nadir_at >= 0) & ~m.rises.flare & ~m.muted)
    result = np.full(len(v), np.nan)
    visit = np.searchsorted(v.key, key(m.patient[mine], np.floor(m.day[mine])))
    sure = m.rises.is_confirmed[mine]
    result[visit] = np.where(sure, m.reach[mine], np.minimum(m.reach[mine], 0.999))
    return result


def _sinusoidal(case: Case, v: Visits) -> Floats:
    """1 where platelets fell and APRI rose under oxaliplatin; NaN elsewhere."""
    assessed = assessment_of(case, "sinusoidal_pattern")
    hit = np.flatnonzero(assessed.holds)
    result = np.full(len(v), np.nan)
    result[np.searchsorted(v.key, key(assessed.patient[hit], assessed.day[hit]))] = 1.0
    return result


RULE = Rule(
    code="changed",
    title="Liver tests changed",
    question="Have liver tests or a tumour marker changed?",
    level="information",
    analytes=CODES,
    needs=("|".join(CODES),),
    window="each day with a result; baseline of the line, without one only bilirubin counts; a marker against "
    "its lowest "
    "level",
    criteria="above {disturbance.aminotransferase:g} × both ULN and baseline for ALT and AST, "
    "{disturbance.ggt:g} × for "
    "GGT, {disturbance.alp:g} × for ALP, {disturbance.bilirubin:g} × for bilirubin; a marker and platelets under "
    "oxaliplatin as in the rules about them",
    version="1",
    reference="house: where an episode of change begins and ends; it is then read as facts for and against",
    tag="house",
    limitations="falls of albumin; falls of platelets without a rise of APRI",
    template="Largest change {lead} {x:.1f} × ULN[ ({over:.1f} × baseline)] on {on}[; same day ALT {alt:.1f} × ULN][, "
    "AST {ast:.1f} × ULN][, ALP {alp:.1f} × ULN][, GGT {ggt:.1f} × ULN][, bilirubin {bili:.1f} × ULN].",
    settings=("disturbance", "tumour.rise", "tumour.confirm"),
    assess=assess,
)
