"""Are platelets low under or after oxaliplatin or trastuzumab emtansine, or very low under any drug?"""

from __future__ import annotations

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.compare import compare
from analytics.derive.around import active, days_since, given, last_event
from analytics.derive.event_agents import event_agents_of
from analytics.derive.events import event_names_of, events_of
from analytics.derive.visits import visits_of
from analytics.rules._agents import NOT_MARROW, OXALIPLATIN, TRASTUZUMAB_EMTANSINE
from analytics.rules._pairs import again
from analytics.rules._rule import Assessment, Condition, Rule

_WHY = (
    "",
    "one result, during therapy",
    "in a second result, during or soon after {drug}",
    "{days} days after the last oxaliplatin, no other drug that reaches the marrow in the {window} days before",
)


def assess(case: Case) -> Assessment:
    """One moment for each platelet count of a patient who had systemic therapy."""
    s, v = case.settings.platelets, visits_of(case)
    ever = np.zeros(len(case.panel), dtype=bool)
    ever[events_of(case).patient[events_of(case).of("systemic")]] = True
    at = np.flatnonzero((v.at("PLAT") >= 0) & ever[v.patient])
    patient, day, value, share = v.patient[at], v.day[at], v.value("PLAT")[at], v.x_baseline("PLAT")[at]
    low = compare(value, "<", s.low)
    drugs = given(case, *OXALIPLATIN, *TRASTUZUMAB_EMTANSINE)
    near_drug = active(case, drugs, patient, day, after=s.after_days)
    twice = again(v.key[at], low & compare(share, "<=", s.share) & near_drug, s.apart_days, s.pair_days)
    since = _since_last(case, patient, day)
    base = v.baseline("PLAT")[at]
    least = np.where(compare(base, "<", s.low), s.share, s.new_share)  # what was low already must fall as far
    new = np.isnan(share) | compare(share, "<=", least)
    late = low & new & (since > s.after_days) & (since <= s.late_days) & ~_marrow(case, patient, day, s.marrow_days)
    once = compare(value, "<", s.very_low) & new & active(case, events_of(case).of("systemic"), patient, day)
    why = np.select([twice, late, once], [2, 3, 1], 0)
    return Assessment(
        patient=patient,
        day=day,
        conditions=(
            Condition("platelets", value, "<", s.low, "× 10⁹/L", 0),
            Condition("pattern", (why > 0).astype(float), ">=", 1.0, fails="not in a second result, not under therapy"),
        ),
        severity=-value,
        numbers={"plat": value, "before": v.baseline("PLAT")[at]},
        days={"on": day},
        words={"why": _why(why, since, s.marrow_days)},
        evidence=(v.at("PLAT")[at],),
    )


def _since_last(case: Case, patient: Ints, day: Floats) -> Floats:
    """Days since the end of the last oxaliplatin; NaN where none came before, 0 while it goes on."""
    at = given(case, *OXALIPLATIN)
    last = last_event(case, at, patient, day)
    if not len(at):
        return np.full(len(patient), np.nan)
    end = np.minimum(np.floor(events_of(case).end[np.maximum(last, 0)]), day)
    return np.where(last >= 0, day - end, np.nan)


def _marrow(case: Case, patient: Ints, day: Floats, days: float) -> Bools:
    """A systemic drug other than those that hardly reach the marrow, now or at most so many days before."""
    rows = events_of(case).of("systemic")
    harmless = frozenset(NOT_MARROW)
    spared = np.array([bool(a.agents) and a.agents <= harmless for a in event_agents_of(case)], dtype=bool)
    reach = rows[~spared[event_names_of(case)[0][events_of(case).row[rows]]]] if len(rows) else rows
    recent = days_since(case, reach, patient, day) <= days
    return np.asarray(recent | active(case, reach, patient, day, after=days))


def _why(why: Ints, since: Floats, window: int) -> tuple[Ints, tuple[str, ...]]:
    """Which way it was met, in words; the days are those since the last oxaliplatin."""
    days = np.where(why == 3, np.nan_to_num(since), 0).astype(np.int64)
    most = int(days.max(initial=0)) + 1
    kinds, code = np.unique(why * most + days, return_inverse=True)
    texts = tuple(
        _WHY[w].format(drug="oxaliplatin or trastuzumab emtansine", days=d, window=window)
        for w, d in (divmod(kind, most) for kind in kinds.tolist())
    )
    return code.ravel(), texts


RULE = Rule(
    code="isolated_platelets",
    title="Low platelets under therapy",
    question="Are platelets low under or after oxaliplatin or trastuzumab emtansine, or very low under any drug?",
    level="attention",
    analytes=("PLAT",),
    needs=("PLAT",),
    events=("systemic",),
    window="on the drug and up to {platelets.after_days} days after it; late: to {platelets.late_days} days after the "
    "last oxaliplatin",
    criteria="below {platelets.low:g} × 10⁹/L and at most {platelets.share:g} × baseline in two results at least "
    "{platelets.apart_days} days apart; or below {platelets.low:g} × 10⁹/L late, without another drug that reaches the "
    "marrow in {platelets.marrow_days} days; or one result below {platelets.very_low:g} × 10⁹/L under any drug; these "
    "two also at most {platelets.new_share:g} × a known baseline, {platelets.share:g} × one below "
    "{platelets.low:g} × 10⁹/L",
    version="1",
    reference="Overman et al., 2010 (spleen 50% larger in 24% after FOLFOX; low "
    "platelets in the year after in 27% versus 5%); limits are a house choice",
    tag="house",
    limitations="the size of the spleen; whether the marrow or portal hypertension is behind it",
    template="Platelets {plat:.0f} × 10⁹/L on {on}[ (baseline {before:.0f})], {why}: marrow or portal hypertension, "
    "spleen size not known.",
    settings=("platelets",),
    assess=assess,
)
