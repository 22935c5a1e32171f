"""Time from an event to the moment at which a question first holds, for Kaplan-Meier curves and the log-rank test."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics.analytes import CODES, INDEX
from analytics.arrays import Bools, Floats
from analytics.case import Case
from analytics.cohort.groups import Groups
from analytics.cohort.query.analytes_read import of_anchor, of_question
from analytics.cohort.query.anchors import moments_of
from analytics.cohort.query.evaluate import answer
from analytics.cohort.query.quantities import inputs_of
from analytics.cohort.query.question import Anchor, Clause, Question, Window
from analytics.cohort.scattered import by_bucket, rows
from analytics.cohort.survival import Curve, kaplan_meier, log_rank
from analytics.derive.points import points_of


@dataclass(frozen=True)
class Outcome:
    """One curve a group, and the log-rank test of all of them; ``p`` is NaN where there is nothing to compare."""

    rows: pd.DataFrame
    curves: dict[str, Curve]
    chi2: float
    p: float


@by_bucket(rows, lambda asked: _read_for(asked["question"], asked["start"]))
def times_to(case: Case, question: Question, start: Anchor, members: Bools | None = None) -> pd.DataFrame:
    """One row a patient with the starting event: patient (code), patient_id, day (>= 0), happened.

    The question counts from the first starting event on. Who never meets it is known to be free of it up to the last
    result of the analytes it asks for, or of any analyte where it asks for events.
    """
    moments = moments_of(case, replace(start, which="first"))
    zero = np.full(len(case.panel), np.nan)
    zero[moments.patient] = moments.start
    if members is not None:
        zero[~members] = np.nan
    found = answer(case, _from(question, start), np.isfinite(zero))
    at = np.full(len(case.panel), np.inf)
    after = found.matches[-1].at >= np.floor(zero[found.patient])
    np.minimum.at(at, found.patient[after], found.matches[-1].at[after])
    last = _last_seen(case, question)
    happened = np.isfinite(at)
    day = np.floor(np.where(happened, at, last)) - np.floor(zero)
    who = np.flatnonzero(np.isfinite(day) & (day >= 0))
    return pd.DataFrame(
        {
            "patient": who,
            "patient_id": case.panel.patient_ids.to_numpy()[who],
            "day": day[who],
            "happened": happened[who],
        }
    )


def _read_for(question: Question, start: Anchor) -> tuple[str, ...]:
    """Analytes whose results are read: those asked for, or all, of which the last one counts."""
    return (*of_question(question), *of_anchor(start)) if _seen_by(question) else CODES


def _from(question: Question, start: Anchor) -> Question:
    """The question from the starting event on, where its first clause names no time of its own."""
    first, *rest = question.clauses
    if first.window is None:
        first = replace(first, window=Window("after", replace(start, which="first")))
    return Question((first, *rest))


def _last_seen(case: Case, question: Question) -> Floats:
    """Last result that could have shown it, NaN for none."""
    codes = _seen_by(question)
    points = points_of(case)
    at = np.isin(points.analyte, [INDEX[c] for c in codes]) if codes else np.ones(len(points), dtype=bool)
    last = np.full(len(case.panel), -np.inf)
    np.maximum.at(last, points.patient[at], points.day[at])
    return np.where(np.isinf(last), np.nan, last)


def _seen_by(question: Question) -> set[str]:
    return {code for clause in question.clauses for code in _analytes(clause)}


def _analytes(clause: Clause) -> tuple[str, ...]:
    return tuple(i for m in clause.measures for code in m.analytes for i in inputs_of(code))


def outcome(case: Case, question: Question, start: Anchor, groups: Groups, members: Bools | None = None) -> Outcome:
    """Curves by group."""
    rows = times_to(case, question, start, members)
    group = groups.of[rows["patient"].to_numpy()]
    rows = rows.assign(group=[groups.names[g] if g >= 0 else "" for g in group])
    day, happened = rows["day"].to_numpy(), rows["happened"].to_numpy(bool)
    curves = {
        name: kaplan_meier(day[group == number], happened[group == number])
        for number, name in enumerate(groups.names)
        if (group == number).any()
    }
    named = group >= 0
    chi2, p = log_rank(day[named], happened[named], group[named])
    return Outcome(rows, curves, chi2, p)
