"""Under oxaliplatin: are platelets falling while APRI rises?"""

from __future__ import annotations

import numpy as np

from analytics.arrays import Floats
from analytics.case import Case
from analytics.compare import compare, reaches
from analytics.derive.around import active, named
from analytics.derive.events import events_of
from analytics.derive.points import points_of
from analytics.derive.visits import take, visits_of
from analytics.rules._agents import OXALIPLATIN
from analytics.rules._liver import mask_days, near
from analytics.rules._masks import clear_of_procedures
from analytics.rules._pairs import again
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.tables import LEVELS

_SURE = ("one result, not confirmed", "confirmed by a second result")


def assess(case: Case) -> Assessment:
    """One moment for each platelet count of a line with oxaliplatin, and an AST near it."""
    s, v = case.settings.reserve, visits_of(case)
    agents = named(case, *OXALIPLATIN)
    ever = np.zeros(len(case.panel), dtype=bool)
    ever[events_of(case).patient[agents]] = True
    ast_at = near(v, "AST", s.inputs_days)
    use = np.flatnonzero((v.at("PLAT") >= 0) & (ast_at >= 0) & ever[v.patient])
    share = v.x_baseline("PLAT")[use]
    with np.errstate(divide="ignore", invalid="ignore"):
        apri = 100 * take(v.x_uln("AST"), ast_at[use]) / v.value("PLAT")[use]
        before = 100 * take(v.baseline_x_uln("AST"), ast_at[use]) / v.baseline("PLAT")[use]
        times = np.asarray(apri / before)
    on = active(case, agents, v.patient[use], v.day[use], after=s.after_oxaliplatin_days)
    clear = clear_of_procedures(case, v.patient[use], v.day[use])
    met = on & (clear > mask_days(case)) & compare(share, "<=", s.plat_share) & reaches(times, s.apri_share)
    pair = case.settings.platelets
    twice = again(v.key[use], met, pair.apart_days, pair.pair_days)
    low = compare(v.value("PLAT")[use], "<", np.nan_to_num(_lln(case)[use], nan=s.platelets_low))
    sure = twice & low & reaches(apri, s.apri)
    return Assessment(
        patient=v.patient[use],
        day=v.day[use],
        conditions=(
            Condition("therapy", on.astype(float), ">=", 1.0, fails="not under or soon after oxaliplatin"),
            Condition("time since a resection or ablation", clear, ">", mask_days(case), "days", 0),
            Condition("platelets over their baseline", share, "<=", s.plat_share, "×", 2),
            Condition("APRI over its baseline", times, ">=", s.apri_share, "×"),
        ),
        severity=np.nan_to_num(times) + 1000.0 * twice + 1000.0 * sure,  # the second result tells the sentence
        numbers={
            "plat": v.value("PLAT")[use],
            "plat_before": v.baseline("PLAT")[use],
            "apri": apri,
            "apri_before": before,
            "times": times,
        },
        days={"on": v.day[use]},
        words={"sure": (twice.astype(np.int64), _SURE)},
        level=np.where(sure, LEVELS["attention"], LEVELS["information"]),
        evidence=(v.at("PLAT")[use], np.where(ast_at[use] >= 0, v.at("AST")[ast_at[use]], -1)),
    )


def _lln(case: Case) -> Floats:
    """Lower limit of the platelets of each visit, NaN where none is on record."""
    points, at = points_of(case), visits_of(case).at("PLAT")
    return take(points.lln, at) if len(points) else np.full(len(at), np.nan)


RULE = Rule(
    code="sinusoidal_pattern",
    title="Sinusoidal injury pattern (oxaliplatin)",
    question="Under oxaliplatin: are platelets falling while APRI rises?",
    level="attention",
    analytes=("PLAT", "AST"),
    needs=("PLAT", "AST"),
    events=("systemic",),
    window="on oxaliplatin and up to {reserve.after_oxaliplatin_days} days after; AST within "
    "{reserve.inputs_days} days",
    criteria="platelets at most {reserve.plat_share:g} × baseline and APRI at least {reserve.apri_share:g} × its "
    "baseline (house); attention where a second result at least {platelets.apart_days} days later says the same, "
    "platelets are below their limit ({reserve.platelets_low:g} × 10⁹/L where none is on record) and APRI is at "
    "least {reserve.apri:g}: high platelets that come back to normal are no such pattern (house)",
    version="3",
    reference="PMC4718264 (275 patients: APRI and spleen under oxaliplatin); Soubrane et al., 2010 (high-grade "
    "sinusoidal "
    "obstruction); limits are a house choice",
    tag="verified",
    limitations="platelets lost to the marrow alone, within two weeks of a cycle; the size of the spleen",
    template="Platelets {plat:.0f} × 10⁹/L on {on} (baseline {plat_before:.0f}) and APRI {apri:.2f} (baseline "
    "{apri_before:.2f}, {times:.1f} ×) during or after oxaliplatin, {sure}: consistent with "
    "sinusoidal obstruction.",
    settings=(
        "reserve.plat_share",
        "reserve.apri_share",
        "reserve.apri",
        "reserve.platelets_low",
        "reserve.inputs_days",
        "reserve.after_oxaliplatin_days",
        "platelets.apart_days",
        "platelets.pair_days",
    ),
    assess=assess,
)
