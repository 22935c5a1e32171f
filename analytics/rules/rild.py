"""After external radiation: do liver tests change as in radiation-induced liver disease?"""

from __future__ import annotations

import numpy as np

from analytics.case import Case
from analytics.compare import compare, exceeds, reaches
from analytics.derive.visits import visits_of
from analytics.rules._after_surgery import after_event
from analytics.rules._rule import Condition, Judged, Rule

_FORMS = ("classic", "non-classic")


def judge(case: Case) -> Judged:
    """One moment for each day with ALP or an aminotransferase after radiation."""
    s, v = case.settings.local, visits_of(case)
    after = after_event(case, "radiation", most=s.rild_to_days + 120)
    larger = v.larger("ALT", "AST")
    alp, at_x = v.x_uln("ALP")[after.visit], larger.x_uln[after.visit]
    bili = v.x_uln("BILI")[after.visit]
    calm = compare(at_x, "<=", s.rild_near_normal) & compare(bili, "<=", s.rild_near_normal)
    classic = np.where(calm, alp / s.rild_alp, np.nan)
    other = at_x / s.rild_at
    use = np.flatnonzero(~np.isnan(alp) | ~np.isnan(at_x))
    form = (exceeds(other, 1.0) & ~reaches(classic, 1.0))[use].astype(np.int64)
    # the classic form counts from its limit on, the other above it
    level = np.fmax(classic, np.where(exceeds(other, 1.0), other, np.minimum(other, 0.999)))[use]
    at = after.visit[use]
    return Judged(
        patient=v.patient[at],
        day=v.day[at],
        conditions=(
            Condition("days since radiation", after.day[use], ">=", s.rild_from_days, "days", 0),
            Condition("days since radiation", after.day[use], "<=", s.rild_to_days, "days", 0),
            Condition("ALP (classic) or aminotransferase (non-classic) over its limit", level, ">=", 1.0, "×", 2),
        ),
        severity=np.nan_to_num(level),
        numbers={"alp": alp[use], "at": at_x[use], "bili": bili[use], "day": after.day[use]},
        days={"on": v.day[at], "treated": after.start[use]},
        words={"form": (form, _FORMS)},
        evidence=(np.where(v.at("ALP") >= 0, v.at("ALP"), larger.at)[at], larger.at[at], v.at("BILI")[at]),
        group=after.event[use],
        anchor=after.start[use],
        until=after.start[use] + s.rild_to_days,
    )


RULE = Rule(
    code="rild",
    title="Radiation-induced liver disease, laboratory part",
    asks="After external radiation: do liver tests change as in radiation-induced liver disease?",
    level="attention",
    analytes=("ALP", "ALT", "AST", "BILI"),
    needs=("ALP|ALT|AST",),
    events=("radiation",),
    window="day {local.rild_from_days} to {local.rild_to_days} after radiation (recalled)",
    strictness="classic: ALP at least {local.rild_alp:g} × ULN with aminotransferases and bilirubin at most "
    "{local.rild_near_normal:g} × ULN; non-classic: ALT or AST above {local.rild_at:g} × ULN",
    version="1",
    reference="pattern of radiation-induced liver disease; times and the Child-Pugh part from memory",
    tag="recalled",
    sees_not="ascites and hepatomegaly; whether the liver was in the field; Child-Pugh",
    sentence="Day {day:.0f} after the radiation of {treated} ({on}): ALP {alp:.1f}, aminotransferase {at:.1f}, "
    "bilirubin "
    "{bili:.1f} × ULN: laboratory pattern of the {form} form of radiation-induced liver disease.",
    settings=(
        "local.rild_from_days",
        "local.rild_to_days",
        "local.rild_alp",
        "local.rild_at",
        "local.rild_near_normal",
    ),
    judge=judge,
)
