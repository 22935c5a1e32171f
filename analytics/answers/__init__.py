"""The answers: what a patient's data say now, in five rows: tumour, liver injury, function, bile ducts, follow-up.

They measure nothing new: they sum up findings, interpretations, newest results, markers, imaging and events, as of the
patient's own last contact (follow-up: as of the data cut-off), and never contradict what they sum up. Which state is
given when stands in docs/answers.md; the first that fits decides. No answer is advice.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analytics.answer_states import QUESTIONS, VERSION, states_of
from analytics.answers import ducts, follow_up, function, injury, tumour
from analytics.answers._draft import Draft
from analytics.answers._facts import Facts
from analytics.answers.headline import headlines
from analytics.derive.columns import texts, whole, words
from analytics.rules._words import stamps
from analytics.tables import ANSWERS

if TYPE_CHECKING:
    from analytics.analysis import Analysis

__all__ = ["answers_frame", "headlines"]


def answers_frame(analysis: Analysis) -> pd.DataFrame:
    """Table ANSWERS: five rows a patient, from findings, readings and series of the analysis, computed or read back.

    Sources are those of the rules that it rests on; what is recent, raised or steady is a house choice (``answers``).
    """
    facts = Facts(analysis.case, analysis.findings, analysis.readings, analysis.series)
    if not len(facts):
        return ANSWERS.empty()
    drained = ducts.draft(facts)
    growth, scans, marker = tumour.draft(facts)
    drafts = {
        "tumour": growth,
        "injury": injury.draft(facts),
        "function": function.draft(facts, drained),
        "ducts": drained,
        "follow_up": follow_up.draft(facts, scans, marker),
    }
    return _frame(facts, [drafts[q] for q in QUESTIONS])


def _frame(facts: Facts, drafts: list[Draft]) -> pd.DataFrame:
    """Rows of all questions, by patient, in the order of the questions."""
    n, k = len(facts), len(drafts)
    order = np.arange(n * k).reshape(k, n).T.ravel()
    ids = facts.open.ids

    def joined(parts: list[list[str]]) -> pd.api.extensions.ExtensionArray:
        return texts([text for part in parts for text in part]).take(order)

    lines = [d.lines for d in drafts]
    whose = np.arange(n * k) // k
    frame = pd.DataFrame(
        {
            "patient_id": facts.case.panel.patients["patient_id"].array.take(whose),
            "question": words(tuple(d.question for d in drafts), np.arange(n * k) % k),
            "state": joined([[_codes_of(d.question)[state] for state in d.state.tolist()] for d in drafts]),
            "since": stamps(np.concatenate([d.since for d in drafts])[order]),
            "as_of": stamps(np.concatenate([d.as_of for d in drafts])[order]),
            "certainty": joined([d.certainty() for d in drafts]),
            "says": joined([[_sentence(line.says) for line in part] for part in lines]),
            "brief": joined([[line.brief for line in part] for part in lines]),
            "basis": joined([d.basis_of(ids) for d in drafts]),
            "results": joined([[str(list(line.results)) for line in part] for part in lines]),
            "missing": joined([[line.missing for line in part] for part in lines]),
            "rank": whole(np.concatenate([d.rank for d in drafts])[order]),
            "version": words((VERSION,), np.zeros(n * k, np.int64)),
        }
    )
    return ANSWERS.conform(frame)


@cache
def _codes_of(question: str) -> tuple[str, ...]:
    """Codes of the states of a question, by number."""
    return tuple(state.code for state in states_of(question))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
