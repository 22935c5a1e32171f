"""After external radiation: do liver tests change as in radiation-induced liver disease?"""

from __future__ import annotations

import re

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.compare import compare, exceeds
from analytics.derive.around import active, named
from analytics.derive.events import event_names_of, events_of
from analytics.derive.visits import Visits, take, visits_of
from analytics.rules._after_surgery import After, after_event
from analytics.rules._child_pugh import points_before, points_of_visits
from analytics.rules._competing import CAUSES, competing
from analytics.rules._exposure import is_new
from analytics.rules._liver import near
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.rules._samples import aminotransferases
from analytics.tables import LEVELS

_FORMS = ("classic", "non-classic")
_FIELD = ("", "field not recorded")
_NO_GGT = ("", "GGT missing, bone not excluded")
_LIVER = re.compile(r"liver|hepat|segment", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"brain|crani|bone|spine|vertebr|\b[tl] ?\d{1,2}\b|pelvi|lung|thora|breast|\bhip\b|femur|\bribs?\b|sacr|rect",
    re.IGNORECASE,
)


def assess(case: Case) -> Assessment:
    """One moment for each day with ALP or an aminotransferase after radiation whose field may hold the liver."""
    s, v = case.settings.local, visits_of(case)
    after = after_event(case, "radiation", most=s.rild_to_days + 120)
    larger = aminotransferases(case)
    at = after.visit
    alp, at_x, bili = v.x_uln("ALP")[at], larger.x_uln[at], _near(v, "BILI")[at]
    ggt = take(v.x_uln("GGT"), near(v, "GGT", 7))[at]
    risen = is_new(v.x_baseline("ALP"), v.baseline_x_uln("ALP"), s.rild_alp_over_baseline)[at]
    calm = compare(at_x, "<=", s.rild_near_normal) & compare(bili, "<=", s.rild_bili)
    classic = np.where(calm & risen & ~compare(ggt, "<=", 1.0), alp / s.rild_alp, np.nan)
    over = np.where(larger.baseline_x_uln[at] > 1, larger.x_baseline[at], at_x)
    cp, cp_before = _child_pugh(case, after)
    rise = np.where(compare(after.day, "<=", s.rild_child_pugh_days), cp - cp_before, np.nan)
    rise = rise / (s.rild_child_pugh - 0.5)  # whole points: at least so many is above half a point less
    other = np.fmax(np.fmin(over, at_x) / s.rild_at, rise)
    field = _fields(case)[after.event] if len(after.event) else np.zeros(0, dtype=np.int64)
    use = np.flatnonzero((~np.isnan(alp) | ~np.isnan(at_x) | ~np.isnan(rise)) & (field >= 0))
    at = at[use]
    form = (exceeds(other, 1.0) & ~exceeds(classic, 1.0))[use].astype(np.int64)
    level = np.fmax(classic, other)[use]
    patient, day = v.patient[at], v.day[at]
    water = active(case, named(case, "ascites", kinds=("symptom", "adverse_event")), patient, day, after=60)
    cause = competing(case, patient, day)
    cause = np.where(cause == 2, 0, cause)
    full = (water | (form == 1)) & (cause == 0) & (field[use] == 0) & ~((form == 0) & np.isnan(ggt[use]))
    return Assessment(
        patient=patient,
        day=day,
        conditions=(
            Condition("days since radiation", after.day[use], ">=", s.rild_from_days, "days", 0),
            Condition("days since radiation", after.day[use], "<=", s.rild_to_days, "days", 0),
            Condition(
                "ALP (classic), aminotransferase or Child-Pugh (non-classic) over its limit", level, ">", 1.0, "×", 2
            ),
        ),
        severity=np.nan_to_num(level),
        numbers={
            **{name: x[use] for name, x in (("alp", alp), ("at", at_x), ("ggt", ggt), ("day", after.day))},
            **{
                name: np.where(exceeds(rise, 1.0), x, np.nan)[use] for name, x in (("cp", cp), ("cp_before", cp_before))
            },
            "bili": v.x_uln("BILI")[at],
        },
        days={"on": day, "treated": after.start[use]},
        words={
            "form": (form, _FORMS),
            "at_name": (larger.code[at], ("ALT", "AST")),
            "series": (form, ("", "limit of an HCC series")),
            "ascites": (water.astype(np.int64), ("", "ascites recorded")),
            "field": (field[use], _FIELD),
            "ggt_unknown": ((np.isnan(ggt[use]) & (form == 0)).astype(np.int64), _NO_GGT),
            "cause": (cause, CAUSES),
        },
        evidence=_evidence(v, larger.at, at, exceeds(rise, 1.0)[use]),
        group=after.event[use],
        anchor=after.start[use],
        until=after.start[use] + s.rild_to_days,
        level=np.where(full, LEVELS["attention"], LEVELS["information"]),
    )


def _child_pugh(case: Case, after: After) -> tuple[Floats, Floats]:
    """Child-Pugh points of each visit and the last ones before its event; NaN where a part of them is not known."""
    if not len(after.visit):
        return np.zeros(0), np.zeros(0)
    points = points_of_visits(case)
    return points[after.visit], points_before(case, after)


def _evidence(v: Visits, larger: Ints, at: Ints, by_points: Bools) -> tuple[Ints, ...]:
    """Results of these visits; albumin and INR where Child-Pugh decides."""
    parts = [np.where(by_points, v.at(code)[at], -1) for code in ("ALB", "INR")]
    lead = _first(v.at("ALP")[at], larger[at], v.at("BILI")[at], v.at("ALB")[at], v.at("INR")[at])
    return lead, larger[at], v.at("BILI")[at], *parts


def _first(*at: Ints) -> Ints:
    """The first of these positions that is there, -1 where none is."""
    found = np.full(len(at[0]), -1, dtype=np.int64)
    for one in at:
        found = np.where(found >= 0, found, one)
    return found


def _near(v: Visits, code: str) -> Floats:
    return take(v.value(code), near(v, code, 7))


def _fields(case: Case) -> Ints:
    """Of each event: 0 the liver was in the field, 1 not recorded, -1 somewhere else."""
    code, names = event_names_of(case)
    by_name: Ints = np.array(
        [0 if _LIVER.search(n) else -1 if _ELSEWHERE.search(n) else 1 for n in names], dtype=np.int64
    )
    return np.asarray(by_name[code[events_of(case).row]])


RULE = Rule(
    code="rild",
    title="RILD laboratory pattern",
    question="After external radiation: do liver tests change as in radiation-induced liver disease?",
    level="attention",
    analytes=("ALP", "ALT", "AST", "BILI", "ALB", "INR"),
    needs=("ALP|ALT|AST|BILI",),
    events=("radiation",),
    window="day {local.rild_from_days} to {local.rild_to_days} after radiation whose name or detail holds the liver; "
    "another field: not assessed; field not recorded: for information",
    criteria="classic: ALP above {local.rild_alp:g} × ULN and at least {local.rild_alp_over_baseline:g} × a raised "
    "baseline, aminotransferases at most {local.rild_near_normal:g} × ULN, bilirubin at most {local.rild_bili:g} "
    "mg/dL, "
    "GGT not normal; for information without ascites. Non-classic: ALT or AST above {local.rild_at:g} × ULN, over a "
    "raised baseline above {local.rild_at:g} × baseline; or Child-Pugh at least {local.rild_child_pugh} points above "
    "its last value in the {local.child_pugh_before_days} days before, up to day {local.rild_child_pugh_days} "
    "(ascites and encephalopathy recorded, or recorded as absent, both times). Progression in "
    "the liver or dilated ducts: named, for information",
    version="3",
    reference="non-classic: a series of hepatocellular carcinoma (Korean J Intern Med, 2018); times and the "
    "classic "
    "form from memory",
    tag="recalled",
    limitations="hepatomegaly; Child-Pugh where ascites or encephalopathy is neither recorded nor recorded as "
    "absent; hepatitis B status and reactivation",
    template="[ALP {alp:.1f} × ULN, ][{at_name} {at:.1f} × ULN, ][bilirubin {bili:.1f} × ULN, ]"
    "[Child-Pugh {cp:.0f} points ][(before {cp_before:.0f}), ]on {on}, day {day:.0f} "
    "after radiation on {treated}[, {ascites}]: consistent with {form} RILD[ ({series})][; {field}][; {ggt_unknown}][; "
    "cannot be told apart from {cause}].",
    settings=("local",),
    assess=assess,
    carries=70,
)
