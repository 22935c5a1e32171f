"""Did upper limits, the laboratory or the method of an analyte change?"""

from __future__ import annotations

import numpy as np

from analytics.analytes import ANALYTES, CODES, INDEX, shown
from analytics.arrays import Bools, Floats, Ints
from analytics.case import Case
from analytics.compare import compare
from analytics.derive.points import points_of
from analytics.rules._rule import Assessment, Condition, Rule

_NONE = np.zeros(0, dtype=np.int64)
LISTED = tuple(a.code for a in ANALYTES.values() if a.family not in ("kidney", "nutrition", "other"))
"""Analytes whose limits matter here: liver tests, synthesis, blood count, tumour markers."""
_WHAT = ("Upper limit changed", "Laboratory or method changed")


def assess(case: Case) -> Assessment:
    """One moment for each result that has one of the same analyte before it."""
    points = points_of(case)
    use = np.flatnonzero(np.concatenate([[False], np.diff(points.series) == 0])) if len(points) else _NONE
    moved = (points.lab[use] != points.lab[use - 1]) | (points.uln[use] != points.uln[use - 1])
    final = np.append(np.diff(points.patient[use]) != 0, True)[: len(use)]
    use = use[moved | final]  # the last result of a patient stands for all that did not change
    before = use - 1
    lab = (points.lab[use] != points.lab[before]).astype(np.int64)
    ratio = _ratio(points.uln[use], points.uln[before])
    least = case.settings.sample.limit_change
    changed = (lab == 1) | compare(ratio, "<", 1 - least) | compare(ratio, ">", 1 + least)
    changed &= (lab == 1) | ~_by_age(case, use, changed)
    changed &= np.isin(points.analyte[use], [INDEX[c] for c in LISTED])
    return Assessment(
        patient=points.patient[use],
        day=points.day[use],
        conditions=(
            Condition("change", changed.astype(float), ">=", 1.0, fails="limits and laboratory stayed the same"),
        ),
        severity=-points.analyte[use].astype(float),
        numbers={"uln": points.uln[use], "before": points.uln[before]},
        days={"on": points.day[use], "last": points.day[before]},
        words={"what": (lab, _WHAT), "analyte": (points.analyte[use], tuple(shown(c) for c in CODES))},
        evidence=(use, before),
        group=np.floor(points.day[use]).astype(np.int64),
        analytes=(points.analyte[use], CODES),
    )


def _by_age(case: Case, use: Ints, changed: Bools) -> Bools:
    """Whether a limit moved with the age of the patient: at a birthday, and at another birthday too, or in "
    "childhood."""
    points = points_of(case)
    born = case.panel.patients["birth_date"].to_numpy("datetime64[D]")[points.patient[use]]
    known = ~np.isnat(born)
    born = np.where(known, born, np.datetime64("1970-01-01"))
    now, before = (np.floor(points.day[at]).astype("int64").astype("datetime64[D]") for at in (use, use - 1))
    near = points.day[use] - points.day[use - 1] <= case.settings.sample.birthday_days
    age = _age(born, now)
    at_birthday = known & near & changed & (age > _age(born, before))
    moved = np.unique(np.stack([points.patient[use][at_birthday], age[at_birthday]]), axis=1)
    often = np.bincount(moved[0].astype(np.int64), minlength=len(case.panel)) >= 2
    return np.asarray(at_birthday & (often[points.patient[use]] | (age < _GROWN)))


_GROWN = 20
"""Younger than this, a limit that moves at a birthday is taken as one by age (house)."""


def _age(born: np.ndarray, day: np.ndarray) -> Ints:
    """Whole years of age."""
    years = day.astype("datetime64[Y]").astype(int) - born.astype("datetime64[Y]").astype(int)
    into = (day - day.astype("datetime64[Y]")).astype(int)
    return np.asarray(years - (into < (born - born.astype("datetime64[Y]")).astype(int)))


def _ratio(now: Floats, before: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(now / before)


RULE = Rule(
    code="limits_changed",
    title="Laboratory, method or range changed",
    question="Did upper limits, the laboratory or the method of an analyte change?",
    level="information",
    analytes=LISTED,
    needs=(),
    window="each result against the one before it",
    criteria="an upper limit more than {sample.limit_change:.0%} away, another laboratory or method; limits "
    "that move at two birthdays are limits by age and no change",
    version="2",
    reference="house: every result is divided by its own limit, and a change of method begins a new series",
    tag="house",
    limitations="changes of method that the source does not name",
    template="{what} from {on}, first seen in {analyte}[ (ULN {uln:g}, previously {before:g} on {last})]: trends "
    "restart.",
    settings=("sample.limit_change",),
    assess=assess,
    one_off=True,
    latest=(),
    compares_values=False,
)
