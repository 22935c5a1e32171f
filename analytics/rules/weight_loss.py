"""Has body weight fallen by as much as malnutrition is defined by?"""

from __future__ import annotations

import numpy as np

from analytics.arrays import Floats
from analytics.case import Case
from analytics.compare import exceeds
from analytics.derive.visits import most_behind, visits_of
from analytics.rules._askable import any_result
from analytics.rules._rule import Assessment, Condition, Rule

_STAGES = ("meets the weight criterion of GLIM", "meets the weight criterion of GLIM, stage 2")


def assess(case: Case) -> Assessment:
    """One moment for each body weight."""
    s, v = case.settings.nutrition, visits_of(case)
    weight = v.value("WEIGHT")
    at = np.flatnonzero(v.at("WEIGHT") >= 0)
    now = weight[at]
    short, half, long = (_loss(case, weight, days)[at] for days in (s.short_days, s.half_year_days, s.long_days))
    older = np.where(exceeds(long, half), long, np.nan)
    over = np.fmax(half / s.loss, older / s.loss_long)
    severe = exceeds(half, s.severe) | exceeds(older, s.severe_long)
    return Assessment(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(Condition("loss of weight over its limit", over, ">", 1.0, "×"),),
        severity=np.nan_to_num(over),
        numbers={
            "weight": now,
            "short": np.where(exceeds(short, 0.0), 100 * short, np.nan),
            "half": np.where(exceeds(half, 0.0), 100 * half, np.nan),
            "long": np.where(exceeds(older, s.loss_long), 100 * older, np.nan),
        },
        days={"on": v.day[at]},
        words={"stage": (severe.astype(np.int64), _STAGES)},
        evidence=(v.at("WEIGHT")[at],),
    )


def _loss(case: Case, weight: Floats, days: float) -> Floats:
    """Share lost of the highest weight of so many days up to each visit; 0 where none was higher."""
    most = most_behind(visits_of(case), weight, days)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(1 - weight / most)


RULE = Rule(
    code="weight_loss",
    title="Weight loss",
    question="Has body weight fallen by as much as malnutrition is defined by?",
    level="information",
    analytes=("WEIGHT",),
    needs=("WEIGHT",),
    window="the highest weight of the {nutrition.short_days} and {nutrition.half_year_days} days before, and of "
    "{nutrition.long_days} days",
    criteria="above {nutrition.loss:.0%} within {nutrition.half_year_days} days, or above {nutrition.loss_long:.0%} "
    "beyond; stage 2 above {nutrition.severe:.0%} and {nutrition.severe_long:.0%}",
    version="1",
    reference="Cederholm et al., GLIM criteria, 2019 (recalled, to be confirmed); the highest weight as comparison is "
    "a house choice",
    tag="recalled",
    limitations="ascites and oedema, which weigh too; intended loss; intake, muscle and inflammation, which the "
    "criteria "
    "also ask for",
    template="Body weight {weight:.1f} kg on {on}[, {short:.0f}% below the highest of 3 months][, {half:.0f}% below "
    "the highest of 6 months][, {long:.0f}% below the highest before]: {stage}.",
    settings=("nutrition",),
    assess=assess,
    askable=any_result("WEIGHT"),
)
