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
    first = {code: np.isnan(times) for code, times in over.items()}
    x = {code: np.where(first[code], v.x_uln(code)[use], np.nan) for code in over}
    limits = {"K": s.haemolysis_k_first, "LDH": s.haemolysis_ldh, "ALT": s.haemolysis_alt}
    asked = {code: np.where(first[code], limits[code], getattr(s, f"haemolysis_{code.lower()}")) for code in limits}
    times = {code: np.where(first[code], x[code], over[code]) for code in limits}
    return Assessment(
        patient=v.patient[use],
        day=v.day[use],
        conditions=(
            Condition("potassium over its usual level", times["K"], ">=", asked["K"], "×", 2),
            Condition("LDH over its usual level", times["LDH"], ">=", asked["LDH"], "×", 2),
            Condition("ALT over its usual level", np.nan_to_num(times["ALT"], nan=1.0), "<", asked["ALT"], "×", 2),
        ),
        severity=np.nan_to_num(times["LDH"]),
        numbers={
            "k": v.value("K")[use],
            "ldh": v.value("LDH")[use],
            "k_times": over["K"],
            "k_x": x["K"],
            "ldh_times": over["LDH"],
            "ldh_x": x["LDH"],
            "ast_times": over["AST"],
            "ast_x": x["AST"],
            "alt_times": over["ALT"],
            "alt_x": x["ALT"],
        },
        days={"on": v.day[use]},
        evidence=(v.at("LDH")[use], v.at("K")[use], v.at("AST")[use]),
        group=v.day[use].astype(np.int64),
    )


def _over_usual(v: Visits, code: str) -> np.ndarray:
    """Value over the median of the patient's other results before it (three at most); NaN where there is none.

    Of two the lower one: where one of them is of such a sample itself, the other one counts. Red cells do not raise
    ALT, so of it the mean of two.
    """
    at = np.flatnonzero(v.at(code) >= 0)
    value = v.value(code)[at]
    earlier = np.full((3, len(at)), np.nan)
    for back in range(1, 4):
        same = v.patient[at[back:]] == v.patient[at[:-back]]
        earlier[back - 1, back:] = np.where(same, value[:-back], np.nan)
    rising = np.sort(earlier, axis=0)  # unknown ones last
    n = (~np.isnan(earlier)).sum(axis=0)
    second = np.where(n == 2, (rising[0] + rising[1]) / 2, rising[0]) if code == "ALT" else rising[0]
    usual = np.where(n == 3, rising[1], second)
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
    window="results of one day against the median of the last three before (of two, the lower one)",
    criteria="potassium at least {sample.haemolysis_k:g} × and LDH at least {sample.haemolysis_ldh:g} × the usual, ALT "
    "below {sample.haemolysis_alt:g} ×; a test without an earlier result is compared with its upper limit, potassium "
    "with {sample.haemolysis_k_first:g} × of it (house)",
    version="2",
    reference="haemolysis raises AST, LDH and potassium; limits are a house choice",
    tag="house",
    limitations="a haemolysis index of the laboratory; haemolysis in the body",
    template="Potassium {k:.1f} mmol/L[ ({k_times:.1f} × usual)][ ({k_x:.1f} × ULN, no earlier result)], LDH "
    "{ldh:.0f} U/L[ ({ldh_times:.1f} ×)][ ({ldh_x:.1f} × ULN, no earlier result)][, AST {ast_times:.1f} ×]"
    "[, AST {ast_x:.1f} × ULN][ and ALT {alt_times:.1f} × usual][ and ALT {alt_x:.1f} × ULN] on {on}: consistent with "
    "haemolysis.",
    settings=("sample",),
    assess=assess,
    latest=(),
    one_off=True,
)
