"""Are the criteria of acute cholangitis (TG18) met, and newly so for this patient?"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from analytics.arrays import Bools, Floats, Ints, key
from analytics.case import Case
from analytics.compare import compare, exceeds, reaches
from analytics.derive.around import active, days_since
from analytics.derive.events import events_of
from analytics.derive.visits import Visits, take, visits_of
from analytics.rules import _cholangitis_grade as grades
from analytics.rules._fever import FEVER, hotter, near_day, noted
from analytics.rules._images import images_of
from analytics.rules._liver import at_least, near
from analytics.rules._own_values import median_before
from analytics.rules._rule import Assessment, Condition, Rule
from analytics.rules._samples import believed
from analytics.settings import CholangitisSettings
from analytics.tables import LEVELS

ENZYMES = ("ALP", "GGT", "AST", "ALT")
_CAUSE = re.compile(r"strictur|stenos|\bstones?\b|calcul|lithiasis")
_STENT = re.compile(r"\bstents?\b")
_DENIED = re.compile(r"\b(?:no|not|without)\b[^,;.]*")
_IMAGES = (
    "",
    "dilated ducts on imaging",
    "stricture or stone on imaging",
    "dilated ducts and a cause on imaging",
    "stent or drain in place",
)
_PARTS = ("", "A and B", "A and C", "A, B and C")


@dataclass(frozen=True)
class Parts:
    """Parts of TG18 at each moment, shape (n,); ``sign`` 0 none, 1 fever, 2 CRP, 3 leucocytes."""

    fever: Bools
    sign: Ints
    bili: Floats
    crp: Floats
    wbc: Floats
    enzyme: Floats
    which: Ints
    is_b: Bools
    new_b: Bools
    image: Ints
    stent: Bools


def assess(case: Case) -> Assessment:
    """One moment for each day with a sign of inflammation, or with a result that could be one."""
    v = visits_of(case)
    at = _candidates(case, v)
    p = _parts(case, v, at)
    is_a = p.sign > 0
    stent = p.stent & (p.fever | p.new_b)
    is_c = (p.image > 0) | stent
    is_b = p.is_b & (p.fever | p.new_b)
    grade = grades.grade(case, at, (p.bili, p.wbc))
    urgent = p.fever | (is_b & is_c) | (grade == grades.SEVERE)
    met = is_a & (is_b | is_c)
    parts = is_b.astype(np.int64) + 2 * is_c
    day = v.day[at]
    return Assessment(
        patient=v.patient[at],
        day=day,
        conditions=(
            Condition("part A", is_a.astype(float), ">=", 1.0, fails="no sign of inflammation that counts (part A)"),
            Condition("part B or C", (is_b | is_c).astype(float), ">=", 1.0, fails="neither part B nor part C"),
        ),
        severity=urgent * 100.0 + grade * 10 + parts + np.nan_to_num(np.fmin(p.bili, 90)) / 100,
        numbers={"bili": p.bili, "enzyme": p.enzyme},
        days={"on": day},
        words={
            "sign": _signs(case, p),
            "enzyme_name": (p.which, (*ENZYMES, "")),
            "parts": (parts, _PARTS),
            "image": (np.where(p.image > 0, p.image, 4 * stent).astype(np.int64), _IMAGES),
            "kind": ((is_b & is_c).astype(np.int64), ("suspected", "definite")),
            "grade": (grade, grades.WORDS),
        },
        evidence=(_first(v, at), *(v.at(code)[at] for code in ("BILI", *ENZYMES, "CRP", "WBC"))),
        level=np.where(urgent, LEVELS["urgent"], LEVELS["attention"]),
        ends=met | _quiet(v, at, is_a, case.settings.cholangitis.ends_days),
    )


def _candidates(case: Case, v: Visits) -> Ints:
    """Visits of the patients who ever have fever on record, a CRP or leucocytes; with what TG18 asks for."""
    who = np.zeros(len(case.panel), dtype=bool)
    who[events_of(case).patient[noted(case, FEVER)]] = True
    who[events_of(case).patient[hotter(case, case.settings.cholangitis.fever)]] = True
    have = np.zeros(len(v), dtype=bool)
    for code in ("BILI", *ENZYMES, "CRP", "WBC"):
        have |= v.at(code) >= 0
    for code in ("CRP", "WBC"):
        who[v.patient[v.at(code) >= 0]] = True
    return np.flatnonzero(have & who[v.patient]) if len(v) else np.zeros(0, dtype=np.int64)


def _parts(case: Case, v: Visits, at: Ints) -> Parts:
    s = case.settings.cholangitis
    patient, day = v.patient[at], v.day[at]
    fever = near_day(case, noted(case, FEVER), patient, day, s.near_days)
    fever |= near_day(case, hotter(case, s.fever), patient, day, s.near_days)
    crp = take(at_least(v, "CRP"), near(v, "CRP", s.near_days))[at]
    wbc = take(v.value("WBC"), near(v, "WBC", s.near_days))[at]
    bili = take(v.value("BILI"), near(v, "BILI", s.near_days))[at]
    place = {code: near(v, code, s.near_days)[at] for code in ENZYMES}
    place["AST"] = believed(case, place["AST"])
    x = np.stack([take(v.x_uln(code), place[code]) for code in ENZYMES])
    own = np.stack([_stable(v, code, at, s, x_uln=True) for code in ENZYMES])
    raised = exceeds(x, s.enzyme)
    jaundice = reaches(bili, s.bili)
    new = (raised & _new(x, own, s.stable_rise)).any(axis=0)
    new |= jaundice & _new(bili, _stable(v, "BILI", at, s), s.stable_rise)
    most = np.where(np.isnan(x), -np.inf, x)
    return Parts(
        fever=fever,
        sign=_sign(case, v, at, (fever, crp, wbc)),
        bili=bili,
        crp=crp,
        wbc=wbc,
        enzyme=np.where(np.isfinite(most.max(axis=0)), most.max(axis=0), np.nan),
        which=np.where(np.isfinite(most.max(axis=0)), most.argmax(axis=0), len(ENZYMES)),
        is_b=jaundice | raised.any(axis=0),
        new_b=new,
        image=_image(case, patient, day),
        stent=active(case, events_of(case).of("biliary_stent", "drainage"), patient, day)
        | _said(case, patient, day, _STENT),
    )


def _stable(v: Visits, code: str, at: Ints, s: CholangitisSettings, *, x_uln: bool = False) -> Floats:
    """Own stable value: the median of the last results before this illness could have begun."""
    window = (s.near_days + 1.0, float(s.stable_days))
    return median_before(v, code, at, window, most=s.stable_results, x_uln=x_uln)


def _new(value: Floats, own: Floats, times: float) -> Bools:
    """At least so many times the own value; as printed where there is none."""
    return np.asarray(np.isnan(own) | reaches(value, times * own))


def _sign(case: Case, v: Visits, at: Ints, of: tuple[Bools, Floats, Floats]) -> Ints:
    """Which sign of inflammation counts: fever first, then CRP, then leucocytes."""
    s = case.settings.cholangitis
    fever, crp, wbc = of
    patient, day = v.patient[at], v.day[at]
    window = (float(s.own_from_days), float(s.own_to_days))
    high_crp = reaches(crp, s.crp) & _new(crp, median_before(v, "CRP", at, window), s.crp_rise)
    high_wbc = exceeds(wbc, s.wbc_high) & _new(wbc, median_before(v, "WBC", at, window), s.wbc_rise)
    drugs = active(case, events_of(case).of("systemic"), patient, day, after=s.chemotherapy_days)
    leucocytes = high_wbc | (compare(wbc, "<", s.wbc_low) & ~drugs)
    procedures = events_of(case).of("ablation", "embolisation", "hepatectomy", "transplant")
    alone = ~(days_since(case, procedures, patient, day) <= s.procedure_days)
    return np.select([fever, high_crp & alone, leucocytes & alone], [1, 2, 3], 0)


def _image(case: Case, patient: Ints, day: Floats) -> Ints:
    """1 dilated ducts, 2 a cause of obstruction, 3 both, in a report close in time."""
    dilated = _reported(case, patient, day, images_of(case).dilated)
    return dilated.astype(np.int64) + 2 * _said(case, patient, day, _CAUSE)


def _said(case: Case, patient: Ints, day: Floats, pattern: re.Pattern[str]) -> Bools:
    """A report close in time says so and does not deny it."""
    texts = case.panel.imaging["detail"].tolist()
    said = [_DENIED.sub("", str(t).casefold()) if isinstance(t, str) else "" for t in texts]
    return _reported(case, patient, day, np.array([bool(pattern.search(t)) for t in said], dtype=bool))


def _reported(case: Case, patient: Ints, day: Floats, says: Bools) -> Bools:
    """One of these reports lies close in time."""
    images, window = images_of(case), case.settings.cholangitis.image_days
    mine = np.flatnonzero(says)
    keys = key(images.patient[mine], images.day[mine])
    begin = np.searchsorted(keys, key(patient, day - window), "left")
    return np.asarray(np.searchsorted(keys, key(patient, day + window), "right") > begin)


def _signs(case: Case, p: Parts) -> tuple[Ints, tuple[str, ...]]:
    """The sign in words, with its value."""
    values = np.select([p.sign == 2, p.sign == 3], [p.crp, p.wbc], np.nan)
    texts = {0: "", 1: "fever", 2: "CRP {:.0f} mg/L", 3: "leucocytes {:.1f} × 10⁹/L"}
    joint = np.stack([p.sign.astype(float), np.nan_to_num(np.round(values, 1))], axis=1)
    kinds, code = np.unique(joint, axis=0, return_inverse=True)
    return code.ravel(), tuple(texts[int(sign)].format(value) for sign, value in kinds)


def _quiet(v: Visits, at: Ints, is_a: Bools, days: float) -> Bools:
    """Where no sign of inflammation was there for so many days: only then does an illness end."""
    if not len(at):
        return np.zeros(0, dtype=bool)
    last = np.maximum.accumulate(np.where(is_a, v.key[at], -np.inf))
    return reaches(v.key[at] - last, days)


def _first(v: Visits, at: Ints) -> Ints:
    """A result of the day, which gives the moment its time."""
    found = np.full(len(at), -1, dtype=np.int64)
    for code in ("WBC", "CRP", "ALT", "AST", "GGT", "ALP", "BILI"):
        found = np.where(v.at(code)[at] >= 0, v.at(code)[at], found)
    return found


RULE = Rule(
    code="cholangitis_labs",
    title="Acute cholangitis criteria (Tokyo)",
    question="Are the criteria of acute cholangitis (TG18) met, and newly so for this patient?",
    level="urgent",
    analytes=("BILI", "ALP", "GGT", "AST", "ALT", "CRP", "WBC"),
    needs=("BILI|ALP|GGT|AST|ALT|CRP|WBC",),
    window="signs and results within {cholangitis.near_days} days of each other, imaging within "
    "{cholangitis.image_days} days; ends where part A is absent for {cholangitis.ends_days} days",
    criteria="A: temperature above {cholangitis.fever:g} °C, fever, chills or rigors recorded, or leucocytes below "
    "{cholangitis.wbc_low:g} or above {cholangitis.wbc_high:g} × 10⁹/L or CRP at least {cholangitis.crp:g} mg/L; B: "
    "bilirubin at least {cholangitis.bili:g} mg/dL, or ALP, GGT, AST or ALT above {cholangitis.enzyme:g} × ULN; C: "
    "dilated ducts or a stricture, stone or stent. Suspected: A with B or C; definite: all three. House: without "
    "fever CRP and leucocytes also at least {cholangitis.crp_rise:g} and {cholangitis.wbc_rise:g} × the own median, "
    "part B at least {cholangitis.stable_rise:g} × the own stable value, low leucocytes not within "
    "{cholangitis.chemotherapy_days} days of systemic therapy, and nothing but fever within "
    "{cholangitis.procedure_days} days of an ablation, embolisation or resection; a stent is part C only with fever or "
    "a new part B. Urgent with fever, with all three parts or at grade III; else attention",
    version="4",
    reference="Kiriyama et al., Tokyo Guidelines 2018 (criteria read in a copy of the table); "
    "own values are a house choice",
    tag="verified",
    limitations="temperature, unless recorded as a symptom; other infections; consciousness and blood pressure, unless "
    "recorded",
    template="{sign}[, bilirubin {bili:.1f} mg/dL][, {enzyme_name} {enzyme:.1f} × ULN] on {on}[, {image}]: meets Tokyo "
    "2018 criteria {parts} for acute cholangitis ({kind}[, {grade}]).",
    settings=("cholangitis",),
    assess=assess,
)
