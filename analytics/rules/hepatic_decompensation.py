"""Does the liver fail: INR, bilirubin, albumin and clinical signs together, whatever came before?"""

from __future__ import annotations

import numpy as np

from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.compare import compare, exceeds, reaches
from analytics.derive.around import days_since, named
from analytics.derive.events import events_of
from analytics.derive.points import points_of
from analytics.derive.visits import take, visit_of, visits_of
from analytics.rules._competing import competing
from analytics.rules._discover import assessment_of
from analytics.rules._inr import inr_of_visits
from analytics.rules._liver import alp_of_bone, at_least, r_value
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.tables import LEVELS

_CLINICAL = ("symptom", "adverse_event")
_SIGNS = ("", "ascites recorded", "variceal bleeding recorded", "encephalopathy recorded")
_SIGN_WORDS = (("ascites",), ("varice", "variz"), ("encephalopath",))
"""Parts of names of each sign, from the second of _SIGNS on."""
_HOW = (
    "",
    "albumin low and far below baseline in two results",
    "ALBI and its grade worse in two results",
    "two signs of a failing liver",
    "signs of a failing liver",
)
_INFLAMED = ("", "CRP at least {crp:g} mg/L, so inflammation may explain it")
_BLOCKED = ("", "obstruction or vitamin K lack may explain it")
_CLOTTING = ("", "INR not assessable: anticoagulant, or raised before")


def assess(case: Case) -> Assessment:
    """One moment for each day with INR, bilirubin or albumin, with the latest of the others near it."""
    s, v = case.settings.reserve, visits_of(case)
    at = np.flatnonzero((v.at("INR") >= 0) | (v.at("BILI") >= 0) | (v.at("ALB") >= 0))
    patient, day = v.patient[at], v.day[at]
    settled = _settled(case)
    place = {code: v.latest(code, s.inputs_days)[at] for code in ("INR", "BILI", "ALB", "CRP")}
    for code, there in place.items():  # a result of the first days after a resection is none of the later ones
        place[code] = np.where(settled[at] & (there >= 0) & ~np.append(settled, True)[there], -1, there)
    value = {code: take(v.value(code), there) for code, there in place.items()}
    clotting, unusable = _inr(case, place["INR"])
    jaundice, thin, thinner = _bilirubin(case, place["BILI"]), *_albumin(case, place["ALB"])
    sign, sign_day = _sign(case, patient, day)
    legs = clotting.astype(np.int64) + jaundice + thin + (sign > 0)
    high = (clotting & (jaundice | (sign == 3))) | (legs >= 3) | (jaundice & (sign > 0))
    twice = _twice(patient, day, thinner, (v.at("ALB")[at] >= 0) & settled[at], s.decompensation_days)
    blocked = _blocked(case, at, patient, day)
    albi = _albi(case)[at] & _outside(case, place, blocked)
    how = np.select([high, legs >= 2, albi, twice], [4, 3, 2, 1], 0)
    low = reaches(take(at_least(v, "CRP"), place["CRP"]), s.decompensation_crp) & (how == 1)
    return Assessment(
        patient=patient,
        day=day,
        conditions=(
            Condition("signs of a failing liver", np.where(how > 0, 2.0, np.minimum(legs, 1)), ">=", 2.0, "", 0),
            Condition(
                "time", settled[at].astype(float), ">=", 1.0, fails="first days after a resection: not assessable"
            ),
        ),
        severity=high * 100.0 + legs * 10 + np.nan_to_num(value["BILI"]),
        numbers={
            "inr": value["INR"],
            "bili": value["BILI"],
            "alb": value["ALB"],
            "inr_before": take(v.baseline("INR"), place["INR"]),
            "bili_before": take(v.baseline("BILI"), place["BILI"]),
            "alb_before": take(v.baseline("ALB"), place["ALB"]),
        },
        days={"on": day, "sign_on": sign_day},
        words={
            "sign": (sign, _SIGNS),
            "how": (how, _HOW),
            "inflamed": (low.astype(np.int64), tuple(t.format(crp=s.decompensation_crp) for t in _INFLAMED)),
            "blocked": ((blocked & (how > 2)).astype(np.int64), _BLOCKED),
            "clotting": (unusable.astype(np.int64), _CLOTTING),
        },
        evidence=tuple(np.where(place[c] >= 0, v.at(c)[place[c]], -1) if len(v) else place[c] for c in _ORDER),
        level=np.where(high & ~blocked, LEVELS["urgent"], LEVELS["attention"]),
    )


_ORDER = ("BILI", "INR", "ALB")


def _settled(case: Case) -> Bools:
    """Visits that are not of the first days after a resection."""
    v = visits_of(case)
    after = days_since(case, events_of(case).of("hepatectomy", "transplant"), v.patient, v.day)
    with np.errstate(invalid="ignore"):
        return np.asarray(~(after <= case.settings.surgery.function_days))


def _inr(case: Case, there: Ints) -> tuple[Bools, Bools]:
    """INR leg, and where an INR is there and cannot be used."""
    s = case.settings.reserve
    inr, _, ok = inr_of_visits(case, 0)
    known = there >= 0
    if not len(visits_of(case)):
        return known, known
    fine = known & ok[there]
    return fine & reaches(inr[there], s.decompensation_inr), known & ~ok[there] & reaches(inr[there], 1.2)


def _bilirubin(case: Case, there: Ints) -> Bools:
    """Bilirubin leg: above its limit and new."""
    s, v = case.settings.reserve, visits_of(case)
    old = compare(take(v.x_baseline("BILI"), there), "<", s.decompensation_bili_over)  # an unknown one is not old
    return np.asarray(exceeds(take(v.value("BILI"), there), s.decompensation_bili) & ~old)


def _albumin(case: Case, there: Ints) -> tuple[Bools, Bools]:
    """Albumin leg, and the fall that counts alone where it is seen twice."""
    s, v = case.settings.reserve, visits_of(case)
    value, share = take(v.value("ALB"), there), take(v.x_baseline("ALB"), there)
    leg = compare(value, "<", s.decompensation_alb) & compare(share, "<=", s.decompensation_alb_share)
    alone = compare(value, "<", s.decompensation_alb_alone) & compare(share, "<=", s.decompensation_alb_alone_share)
    return leg, alone


def _sign(case: Case, patient: Ints, day: Floats) -> tuple[Ints, Floats]:
    """Clinical sign that was newly recorded near each day, code of _SIGNS, and the day of its record."""
    s = case.settings.reserve
    code, recorded = np.zeros(len(day), dtype=np.int64), np.full(len(day), np.nan)
    for number, words in enumerate(_SIGN_WORDS, start=1):  # the last one that is there tells most
        at = named(case, *words, kinds=_CLINICAL)
        if number == 1:
            at = _first_ones(case, at, s.decompensation_ascites_days)
        ahead = day + s.inputs_days  # a sign that is recorded some days after the result belongs to it
        since = days_since(case, at, patient, ahead) - s.inputs_days
        with np.errstate(invalid="ignore"):
            new = since <= s.decompensation_sign_days
        code, recorded = np.where(new, number, code), np.where(new, day - since, recorded)
    return code, recorded


def _first_ones(case: Case, at: Ints, days: float) -> Ints:
    """Those of these events that have no other one of the same patient in so many days before."""
    if not len(at):
        return at
    events = events_of(case)
    last = np.full(len(at), -np.inf)
    last[1:] = np.where(np.diff(events.patient[at]) == 0, events.start[at[:-1]], -np.inf)
    return np.asarray(at[np.floor(events.start[at]) - np.floor(last) > days])


def _twice(patient: Ints, day: Floats, holds: Bools, asked: Bools, least: float) -> Bools:
    """The second of two results in a row that hold, far enough apart; days that are not asked are passed over."""
    at = np.flatnonzero(asked)
    result = np.zeros(len(holds), dtype=bool)
    if not len(at):
        return result
    begins = np.append(True, (np.diff(patient[at]) != 0) | (np.diff(day[at]) > 60)) | ~holds[at]
    begins[1:] |= ~holds[at][:-1]
    first = np.maximum.accumulate(np.where(begins, np.arange(len(at)), 0))
    result[at] = holds[at] & (day[at] - day[at[first]] >= least)
    return result


def _albi(case: Case) -> Bools:
    """Visits at which ALBI is worse than at baseline in two results, and its grade too."""
    assessed = assessment_of(case, "albi_decline")
    result = np.zeros(len(visits_of(case)), dtype=bool)
    if not len(assessed.patient):
        return result
    now, before = assessed.numbers["now"], assessed.numbers["before"]
    higher = reaches(assessed.numbers["rise"], case.settings.reserve.albi_rise)
    worse = higher & (np.digitize(now, _GRADES, right=True) > np.digitize(before, _GRADES, right=True))
    least = case.settings.reserve.decompensation_days
    visit = visit_of(case, assessed.patient, assessed.day)
    hit = _twice(assessed.patient, assessed.day, worse, ~np.isnan(now) & _settled(case)[visit], least)
    result[visit[hit]] = True
    return result


def _outside(case: Case, place: dict[str, Ints], blocked: Bools) -> Bools:
    """Albumin below its own limit, or bilirubin above its own and new: ALBI alone moves within these as well.

    Where the ducts explain a bilirubin, ALBI measures them.
    """
    s, v = case.settings.reserve, visits_of(case)
    lln = take(points_of(case).lln, v.at("ALB")) if len(points_of(case)) else np.full(len(v), np.nan)
    bili = take(v.x_uln("BILI"), place["BILI"])
    new = ~compare(take(v.x_baseline("BILI"), place["BILI"]), "<", s.decompensation_bili_over)
    thin = compare(take(v.value("ALB"), place["ALB"]), "<", np.nan_to_num(take(lln, place["ALB"]), nan=s.albumin_low))
    return np.asarray(thin | (exceeds(bili, 1.0) & new & ~blocked))


_GRADES = (-2.60, -1.39)
"""Upper ends of ALBI grade 1 and 2 (Johnson et al., 2015)."""


def _blocked(case: Case, at: Ints, patient: Ints, day: Floats) -> Bools:
    """Dilated ducts, a stent near it, or a cholestatic pattern."""
    v, s = visits_of(case), case.settings.injury
    cause = competing(case, patient, day)
    r, _ = r_value(v, s.hys_alp_days)
    alp = v.latest("ALP", s.hys_alp_days)
    cholestatic = reaches(take(v.x_uln("ALP"), alp)[at], s.hys_alp) & compare(r[at], "<=", s.r_cholestatic)
    cholestatic &= ~alp_of_bone(case, alp[at], v.latest("GGT", s.hys_alp_days)[at])
    return np.asarray((cause == 1) | (cause == 2) | (cause == 4) | cholestatic)


RULE = Rule(
    code="hepatic_decompensation",
    title="Signs of liver failure",
    question="Do INR, bilirubin, albumin and clinical signs together speak of a failing liver?",
    level="urgent",
    analytes=("INR", "BILI", "ALB"),
    needs=("INR|BILI|ALB",),
    window="the latest results within {reserve.inputs_days} days; clinical signs recorded at most "
    "{reserve.decompensation_sign_days} days before or {reserve.inputs_days} after; not in the first "
    "{surgery.function_days} days after a resection, whose results count for no later day either",
    criteria="legs: usable INR at least {reserve.decompensation_inr:g}; bilirubin above "
    "{reserve.decompensation_bili:g} mg/dL and {reserve.decompensation_bili_over:g} × a raised baseline; albumin below "
    "{reserve.decompensation_alb:g} g/dL and at most {reserve.decompensation_alb_share:g} × baseline; ascites not "
    "recorded in the {reserve.decompensation_ascites_days} days before, encephalopathy or variceal bleeding newly "
    "recorded. Highest level: INR with bilirubin or encephalopathy, any "
    "three, "
    "bilirubin with a clinical sign. One lower: two other legs; ALBI higher by {reserve.albi_rise:g} with a worse "
    "grade twice {reserve.decompensation_days} days apart, while albumin is below its limit ({reserve.albumin_low:g} "
    "g/dL where none is on record) or bilirubin above its own and new, not explained by the ducts;"
    " albumin below {reserve.decompensation_alb_alone:g} g/dL and at "
    "most "
    "{reserve.decompensation_alb_alone_share:g} × baseline twice; and where dilated ducts, a stent near it or a "
    "cholestatic pattern (not ALP of bone) may explain it (combination: house)",
    version="4",
    reference="acute failure: INR of 1.5 with encephalopathy; grade 3 of drug injury: Aithal et al., 2011, as in "
    "PMC8807695; ascites, varices, encephalopathy, bilirubin above 3 mg/dL in a trial of radioembolisation",
    tag="house",
    limitations="signs that are not recorded; hepatitis B status and reactivation; vitamin K; nutrition",
    template="[Bilirubin {bili:.1f} mg/dL (baseline {bili_before:.1f})][, INR {inr:.1f} (baseline {inr_before:.1f})]"
    "[, albumin {alb:.1f} g/dL (baseline {alb_before:.1f})] on {on}[, {sign} on {sign_on}]: {how}[; {clotting}]"
    "[; {inflamed}][; {blocked}].",
    settings=("reserve", "surgery.function_days", "injury.hys_alp", "injury.r_cholestatic"),
    assess=assess,
    carries=100,
)
