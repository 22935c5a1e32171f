"""Did upper limits, the laboratory or the method of an analyte change?"""

from __future__ import annotations

import numpy as np

from analytics.analytes import ANALYTES, CODES, INDEX, shown
from analytics.case import Case, Floats
from analytics.compare import compare
from analytics.rules._rule import Condition, Judged, Rule

_NONE = np.zeros(0, dtype=np.int64)
LISTED = tuple(a.code for a in ANALYTES.values() if a.family not in ("kidney", "nutrition", "other"))
"""Analytes whose limits matter here: liver tests, synthesis, blood count, tumour markers."""
_WHAT = ("the upper limit changed", "laboratory or method changed")


def judge(case: Case) -> Judged:
    """One moment for each result that has one of the same analyte before it."""
    points = case.points
    use = np.flatnonzero(np.concatenate([[False], np.diff(points.series) == 0])) if len(points) else _NONE
    moved = (points.lab[use] != points.lab[use - 1]) | (points.uln[use] != points.uln[use - 1])
    final = np.append(np.diff(points.patient[use]) != 0, True)[: len(use)]
    use = use[moved | final]  # the last result of a patient stands for all that did not change
    before = use - 1
    lab = (points.lab[use] != points.lab[before]).astype(np.int64)
    ratio = _ratio(points.uln[use], points.uln[before])
    least = case.settings.sample.limit_change
    changed = (lab == 1) | compare(ratio, "<", 1 - least) | compare(ratio, ">", 1 + least)
    changed &= np.isin(points.analyte[use], [INDEX[c] for c in LISTED])
    return Judged(
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


def _ratio(now: Floats, before: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(now / before)


RULE = Rule(
    code="limits_changed",
    title="Limits, laboratory or method changed",
    asks="Did upper limits, the laboratory or the method of an analyte change?",
    level="information",
    analytes=LISTED,
    needs=(),
    window="each result against the one before it",
    strictness="an upper limit more than {sample.limit_change:.0%} away, another laboratory or method",
    version="1",
    reference="house: every result is divided by its own limit, and a change of method begins a new series",
    tag="house",
    sees_not="changes of method that the source does not name",
    sentence="From {on} {what}, first seen in {analyte} (upper limit {uln:g}, before {before:g} on {last}): "
    "each result is "
    "divided by its own limit, and no trend runs through a change of laboratory or method.",
    settings=("sample.limit_change",),
    judge=judge,
    moment=True,
)
