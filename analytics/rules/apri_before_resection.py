"""Before a resection after chemotherapy: is APRI at or above the published limit?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.derive.events import events_of
from analytics.derive.visits import take, visits_of
from analytics.rules._after_surgery import After, before_event
from analytics.rules._liver import near
from analytics.rules._rule import Assessment, Condition, Rule


def assess(case: Case) -> Assessment:
    """One moment for each resection with platelets and AST before it."""
    s, v, events = case.settings.reserve, visits_of(case), events_of(case)
    at = events.of("hepatectomy")
    place = np.searchsorted(v.key, events.patient[at] * 1e6 + np.floor(events.start[at]), side="left")
    begun = np.minimum(place, max(len(v) - 1, 0))
    mine = (v.patient[begun] == events.patient[at]) if len(v) else np.zeros(len(at), dtype=bool)
    at, begun = at[mine], begun[mine]
    start = np.floor(events.start[at])
    plat = before_event(case, v, After(begun, at, np.zeros(len(at)), start), "PLAT", s.before_surgery_days)
    ast_at = near(v, "AST", s.inputs_days)
    ast = np.where(plat >= 0, ast_at[np.maximum(plat, 0)], -1) if len(v) else plat
    with np.errstate(divide="ignore", invalid="ignore"):
        apri = np.asarray(100 * take(v.x_uln("AST"), ast) / take(v.value("PLAT"), plat))
    known = np.flatnonzero(~np.isnan(apri))
    plat, ast, at, start, apri = plat[known], ast[known], at[known], start[known], apri[known]
    return Assessment(
        patient=events.patient[at],
        day=v.day[plat],
        conditions=(Condition("APRI before the resection", apri, ">=", s.apri, "", 3),),
        severity=apri,
        numbers={"apri": apri, "plat": take(v.value("PLAT"), plat), "limit": np.full(len(at), s.apri)},
        days={"on": v.day[plat], "surgery": start},
        evidence=(v.at("PLAT")[plat], v.at("AST")[ast]),
        group=at,
        anchor=start,
    )


RULE = Rule(
    code="apri_before_resection",
    title="High APRI before resection",
    question="Before a resection after chemotherapy: is APRI at or above the published limit?",
    level="information",
    analytes=("PLAT", "AST"),
    needs=("PLAT", "AST"),
    events=("hepatectomy",),
    window="the last platelets at most {reserve.before_surgery_days} days before the resection, AST within "
    "{reserve.inputs_days} days of them",
    criteria="APRI at least {reserve.apri:g}",
    version="1",
    reference="NSQIP, PMID 34981310 (n=2,374; odds ratio 2.51 of liver failure after resection of colorectal "
    "metastases)",
    tag="verified",
    limitations="the extent of the resection and the volume that remains",
    template="APRI {apri:.2f} on {on} (platelets {plat:.0f} × 10⁹/L), before liver resection on {surgery}: at or above "
    "the NSQIP cut-off of {limit:g}.",
    settings=("reserve.apri", "reserve.before_surgery_days", "reserve.inputs_days"),
    assess=assess,
    one_off=True,
)
