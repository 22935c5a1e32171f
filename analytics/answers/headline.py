"""One sentence and one place in the order a patient, from table ANSWERS: for heads, worklists, reports and mails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analytics.answer_states import QUESTIONS, REST, STATES
from analytics.panel import show_time
from analytics.settings import AnswerSettings

_MOST = 2
"""Answers that are not at rest and are told at most."""

_OTHERWISE = {
    ("tumour", "stable"): "tumour stable",
    ("tumour", "responding"): "tumour responding",
    ("tumour", "no_disease"): "no lesion seen",
    ("tumour", "not_evaluable"): "tumour not evaluable",
    ("injury", "none"): "no liver injury",
    ("injury", "raised_steady"): "liver tests raised, near baseline",
    ("injury", "expected_after_procedure"): "liver tests as expected after the procedure",
    ("injury", "not_evaluable"): "liver injury not evaluable",
    ("function", "preserved"): "function preserved",
    ("function", "not_evaluable"): "function not evaluable",
    ("ducts", "stent_open"): "stent open",
    ("ducts", "not_evaluable"): "bile ducts not evaluable",
}
"""What is told of an answer at rest; one that is not here is left out."""


def headlines(
    answers: pd.DataFrame, clocks: pd.Series[str] | None = None, settings: AnswerSettings | None = None
) -> pd.DataFrame:
    """One row a patient: ``headline`` (at most ``answers.headline`` characters) and ``rank``.

    Args:
        answers: table ANSWERS; its columns patient_id, question, state, brief, rank and as_of are enough.
        clocks: by patient_id, a key of analytics.tables.CLOCKS; calendar dates where None.
        settings: the length; the default where None.

    Returns:
        Frame with patient_id, headline, rank (the lowest of its answers), as_of (newest datum), in order of patient_id.
    """
    order = {q: n for n, q in enumerate(QUESTIONS)}
    columns = [answers[c].to_numpy(object) for c in ("patient_id", "question", "state", "brief")]
    ranks, as_of = answers["rank"].to_numpy(np.int64), answers["as_of"].to_numpy("datetime64[us]")
    asked = np.array([order[str(q)] for q in columns[1]], dtype=np.int64)
    ids, patient = np.unique(columns[0].astype(str), return_inverse=True)
    rows = np.lexsort((asked, ranks, patient)).tolist()
    by_patient: list[list[int]] = [[] for _ in ids]
    for row in rows:
        by_patient[patient[row]].append(row)
    newest = np.full(len(ids), np.datetime64("NaT", "us"))
    known = ~np.isnat(as_of)
    order_of_time = np.argsort(as_of[known], kind="stable")
    newest[patient[known][order_of_time]] = as_of[known][order_of_time]
    clock = ["date"] * len(ids) if clocks is None else clocks.reindex(ids).fillna("date").tolist()
    states, briefs, questions = columns[2].tolist(), columns[3].tolist(), columns[1].tolist()
    limit = (settings or AnswerSettings()).headline
    said = []
    for n, own in enumerate(by_patient):
        parts = [(questions[r], states[r], briefs[r], int(ranks[r])) for r in own]
        said.append(_sentence(parts, _day(newest[n], clock[n]), limit))
    first = [int(ranks[own[0]]) for own in by_patient]
    return pd.DataFrame(
        {
            "patient_id": pd.Series(ids, dtype="str"),
            "headline": pd.Series(said, dtype="str"),
            "rank": np.array(first, dtype=np.int64),
            "as_of": newest,
        }
    )


def headline_of_rows(rows: Sequence[Mapping[str, Any]], clock: str) -> str:
    """The same sentence, of the default length, of the rows of one patient."""
    order = {q: n for n, q in enumerate(QUESTIONS)}
    own = sorted(rows, key=lambda row: (int(row["rank"]), order[str(row["question"])]))
    known = [pd.Timestamp(row["as_of"]) for row in rows if not pd.isna(row["as_of"])]
    parts = [(row["question"], row["state"], row["brief"], int(row["rank"])) for row in own]
    return _sentence(parts, show_time(max(known), clock) if known else "", AnswerSettings().headline)


def _day(when: np.datetime64, clock: str) -> str:
    return "" if np.isnat(when) else show_time(pd.Timestamp(when), clock)


def _sentence(parts: list[tuple[str, str, str, int]], day: str, limit: int) -> str:
    """From (question, state, brief, rank) in order of rank."""
    loud = [p for p in parts if p[3] < REST]
    quiet = [p for p in parts if p[3] >= REST]
    if any(p[0] == "ducts" and p[3] < REST for p in loud):  # the ducts say it themselves
        loud = [p for p in loud if p[1] != "explained_by_obstruction"]
    others = [_OTHERWISE[p[0], p[1]] for p in sorted(quiet, key=_asked) if (p[0], p[1]) in _OTHERWISE]
    if not loud:
        return _at_rest(parts, others, day, limit)
    text = _capital(cut(loud[0][2], limit - 1))
    for _, _, brief, _ in loud[1:_MOST]:
        if len(text) + len(brief) + 3 <= limit:
            text = f"{text}; {brief}"
    tail = ""
    for other in others:
        longer = f"{tail}, {other}" if tail else f"; otherwise: {other}"
        if len(text) + len(longer) + 1 <= limit:
            tail = longer
    return f"{text}{tail}."


def _at_rest(parts: list[tuple[str, str, str, int]], others: list[str], day: str, limit: int) -> str:
    unknown = [p for p in parts if STATES[p[0], p[1]].tone == "unknown"]
    on = f" on {day}" if day else ""
    if not unknown:
        return f"All four at rest{on}: {', '.join(others)}."[:limit] if others else f"All four at rest{on}."
    if len(unknown) == len(QUESTIONS) - 1:
        return f"Not enough data for an answer{on}."
    return cut(_capital(", ".join(others)) + on, limit - 1) + "."


def _asked(part: tuple[str, str, str, int]) -> int:
    return list(QUESTIONS).index(part[0])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def cut(text: str, most: int) -> str:
    """At most so many characters; what is longer ends at a word, with an ellipsis."""
    if len(text) <= most:
        return text
    return text[:most].rsplit(" ", 1)[0][: most - 1].rstrip(",;: (") + "…"
