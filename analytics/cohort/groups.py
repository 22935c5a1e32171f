"""Groups of patients for colours and comparisons: by site, sex, primary, regimen of the first line, number of lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.answer_states import QUESTIONS, states_of
from analytics.arrays import Ints
from analytics.case import Case
from analytics.cohort.query.definition import GROUPINGS
from analytics.cohort.scattered import by_bucket, each_patient
from analytics.derive.events import events_of
from analytics.derive.lines import lines_of
from analytics.errors import QuestionError

MOST = 6
"""Groups shown by name; the smaller ones together are "other"."""
OTHER = "other"
"""Name of the group of the smaller ones."""


@dataclass(frozen=True)
class Groups:
    """``of`` is the group of each patient, shape (patients,), -1 for none; ``names`` in order of size."""

    of: Ints
    names: tuple[str, ...]


def groups_of(case: Case, by: str, answers: pd.DataFrame | None = None) -> Groups:
    """Group every patient.

    Args:
        case: of all patients.
        by: one of analytics.cohort.query.definition.GROUPINGS.
        answers: columns patient_id, question and state of table ANSWERS, for groups by an answer.

    Raises:
        QuestionError: no such grouping.
    """
    if by == "none":
        return Groups(np.zeros(len(case.panel), dtype=np.int64), ("all patients",))
    people = case.panel.patients
    if by in ("primary_site", "sex", "site"):
        return _grouped(people[by].fillna(""))
    if by == "regimen":
        return _grouped(pd.Series(_regimens(case)))
    if by == "line":
        return _grouped(pd.Series(_lines(case)).map(lambda n: f"{n} line" + ("" if n == 1 else "s") if n else ""))
    if by in QUESTIONS and answers is not None:
        return _grouped(_states(case, by, answers))
    raise QuestionError(f"no grouping {by!r}", accepted=GROUPINGS)


def _states(case: Case, question: str, answers: pd.DataFrame) -> pd.Series[str]:
    """Words of each patient's answer to one question; empty where there is none."""
    mine = answers[answers["question"] == question]
    codes = case.panel.codes_of(mine["patient_id"].astype("str"))
    labels = mine["state"].astype("str").map({s.code: s.label for s in states_of(question)})
    return pd.Series(labels.to_numpy(object), index=codes).reindex(range(len(case.panel))).fillna("")


def _grouped(names: pd.Series) -> Groups:
    sizes = names[names != ""].value_counts()
    order = sorted(sizes.index, key=lambda name: (-sizes[name], name))
    shown = order if len(order) <= MOST else order[: MOST - 1]
    place = {name: i for i, name in enumerate(shown)} | {name: len(shown) for name in order[len(shown) :]}
    codes = names.map(place).fillna(-1).to_numpy(np.int64)
    return Groups(codes, tuple(shown) if len(shown) == len(order) else (*shown, OTHER))


@by_bucket(each_patient, lambda asked: ())
def _lines(case: Case) -> Ints:
    """Number of lines of each patient."""
    return np.bincount(lines_of(case)["patient"].to_numpy(np.int64), minlength=len(case.panel))


@by_bucket(each_patient, lambda asked: ())
def _regimens(case: Case) -> npt.NDArray[np.object_]:
    """Regimen of the first line: the source's own name for it, else the agents that began it; empty for none."""
    at = events_of(case).of("systemic")
    events = case.panel.events.iloc[events_of(case).row[at]]
    named = events["detail"].fillna("").str.replace(r"\s+cycle\s+\d+$", "", regex=True)
    frame = pd.DataFrame(
        {
            "patient": events_of(case).patient[at],
            "start": events_of(case).start[at],
            "name": events["name"].fillna("").str.casefold().to_numpy(),
            "regimen": named.to_numpy(),
        }
    )
    first = frame.groupby("patient")["start"].transform("min")
    began = frame[frame["start"] <= first + 1]
    agents = began.drop_duplicates(["patient", "name"]).sort_values(["patient", "name"])
    several = agents.duplicated("patient", keep=False)
    joined = pd.concat(
        [agents[~several].set_index("patient")["name"], agents[several].groupby("patient")["name"].agg(" + ".join)]
    )
    given = began[began["regimen"] != ""].groupby("patient")["regimen"].first()
    return (
        given.reindex(range(len(case.panel))).fillna(joined.reindex(range(len(case.panel)))).fillna("").to_numpy(object)
    )
