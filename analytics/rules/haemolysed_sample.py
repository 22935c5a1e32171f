"""Does one sample look haemolysed: potassium, LDH and AST up together while ALT is not?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.derive.visits import Visits, visits_of
from analytics.rules._rule import Assessment, Condition, Rule


def assess(case: Case) -> Assessment:
    """One moment for each day with LDH and potassium."""
    s, v = case.settings.sample, visits_of(case)
    use = np.flatnonzero((v.at("K") >= 0) & (v.at("LDH") >= 0))
    over = {code: _over_usual(v, code)[use] for code in ("K", "LDH", "AST", "ALT")}
    return Assessment(
        patient=v.patient[use],
        day=v.day[use],
        conditions=(
            Condition("potassium over its usual level", over["K"], ">=", s.haemolysis_k, "×", 2),
            Condition("LDH over its usual level", over["LDH"], ">=", s.haemolysis_ldh, "×", 2),
            Condition("ALT over its usual level", np.nan_to_num(over["ALT"], nan=1.0), "<", s.haemolysis_alt, "×", 2),
        ),
        severity=np.nan_to_num(over["LDH"]),
        numbers={
            "k": v.value("K")[use],
            "ldh": v.value("LDH")[use],
            "k_times": over["K"],
            "ldh_times": over["LDH"],
            "ast_times": over["AST"],
            "alt_times": over["ALT"],
        },
        days={"on": v.day[use]},
        evidence=(v.at("LDH")[use], v.at("K")[use], v.at("AST")[use]),
        group=v.day[use].astype(np.int64),
    )


def _over_usual(v: Visits, code: str) -> np.ndarray:
    """Value over the median of the patient's other results before it (three at most); NaN where there is none."""
    at = np.flatnonzero(v.at(code) >= 0)
    value = v.value(code)[at]
    earlier = np.full((3, len(at)), np.nan)
    for back in range(1, 4):
        same = v.patient[at[back:]] == v.patient[at[:-back]]
        earlier[back - 1, back:] = np.where(same, value[:-back], np.nan)
    rising = np.sort(earlier, axis=0)  # unknown ones last
    n = (~np.isnan(earlier)).sum(axis=0)
    usual = np.select([n == 3, n == 2, n == 1], [rising[1], (rising[0] + rising[1]) / 2, rising[0]], np.nan)
    result = np.full(len(v), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        result[at] = value / usual
    return result


RULE = Rule(
    code="haemolysed_sample",
    title="Possibly haemolysed sample",
    question="Does one sample look haemolysed: potassium, LDH and AST up together while ALT is not?",
    level="information",
    analytes=("K", "LDH", "AST", "ALT"),
    needs=("K", "LDH"),
    window="results of one day against the median of the last three before",
    criteria="potassium at least {sample.haemolysis_k:g} × and LDH at least {sample.haemolysis_ldh:g} × the "
    "usual, ALT "
    "below {sample.haemolysis_alt:g} × (house)",
    version="1",
    reference="haemolysis raises AST, LDH and potassium; limits are a house choice",
    tag="house",
    limitations="a haemolysis index of the laboratory; haemolysis in the body",
    template="Potassium {k:.1f} mmol/L ({k_times:.1f} × usual), LDH {ldh:.0f} U/L ({ldh_times:.1f} ×)[, AST "
    "{ast_times:.1f} ×][ and ALT {alt_times:.1f} × usual] on {on}: consistent with haemolysis.",
    settings=("sample",),
    assess=assess,
    latest=(),
    one_off=True,
)
