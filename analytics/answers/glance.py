"""Answers as lists show them: one row a patient with headline, rank and the state of each question."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from analytics.answer_states import QUESTIONS
from analytics.answers.headline import headlines
from analytics.settings import AnswerSettings

STATE = "answer_"
"""Before the code of a question: the column with its state."""
COLUMNS = ("patient_id", "headline", "rank", "answered", *(f"{STATE}{q}" for q in QUESTIONS), "leading")
"""``answered`` is the newest datum used; ``leading`` is a JSON list of the findings behind the answer that leads."""


def at_a_glance(
    answers: pd.DataFrame, patients: pd.DataFrame | None = None, settings: AnswerSettings | None = None
) -> pd.DataFrame:
    """One row a patient, in order of patient_id, with the columns of COLUMNS.

    Args:
        answers: table ANSWERS.
        patients: table PATIENTS, for the clocks; calendar dates where None.
        settings: length of a headline; the default where None.
    """
    clocks = None if patients is None else pd.Series(patients["clock"].to_numpy(), index=patients["patient_id"])
    found = headlines(answers, clocks, settings).rename(columns={"as_of": "answered"})
    states = answers.pivot(index="patient_id", columns="question", values="state").reindex(columns=list(QUESTIONS))
    wide = found.join(states.add_prefix(STATE).astype("str"), on="patient_id")
    order = np.lexsort((answers["rank"].to_numpy(np.int64),))
    first = answers.iloc[order].drop_duplicates("patient_id").set_index("patient_id")["basis"]
    leading = first.reindex(wide["patient_id"]).fillna("[]").to_numpy(object)
    return wide.assign(leading=pd.Series(leading, dtype="str"))[list(COLUMNS)]


def reviewed(glances: pd.DataFrame, quiet: set[str]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Where everything behind the leading answer was marked as reviewed and has not worsened.

    Args:
        glances: with the column ``leading``.
        quiet: finding_id of what was reviewed and did not worsen (analytics.reviews.quiet).
    """
    if not quiet:
        return np.zeros(len(glances), dtype=bool)
    found = [json.loads(text) if isinstance(text, str) else [] for text in glances["leading"]]
    return np.array([bool(ids) and set(ids) <= quiet for ids in found], dtype=bool)
