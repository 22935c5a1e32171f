"""The answers as text: one patient's five, or one line a patient in the order of the worklist."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analytics.analysis import Analysis
from analytics.answer_states import QUESTIONS, STATES
from analytics.answers import headlines
from analytics.answers.headline import headline_of_rows
from analytics.once import once
from dashboard.figures.records import records


def ordered(analysis: Analysis) -> pd.DataFrame:
    """Headlines of these patients in the order of the worklist: rank, then newest evidence first."""
    clocks = analysis.panel.patients.set_index("patient_id")["clock"]
    found = headlines(analysis.answers, clocks, analysis.settings.answers)
    return found.sort_values(["rank", "as_of"], ascending=[True, False], kind="stable", ignore_index=True)


@once
def answers_of(analysis: Analysis) -> dict[str, dict[str, Any]]:
    """Rows of table ANSWERS of a panel of one patient, by question."""
    return {str(row["question"]): row for row in records(analysis.answers, analysis.answers.columns)}


@once
def headline_of(analysis: Analysis) -> str:
    """The one sentence of a panel of one patient."""
    rows = list(answers_of(analysis).values())
    return headline_from(rows, str(analysis.panel.patients["clock"].iloc[0])) if rows else ""


def headline_from(rows: Sequence[Mapping[str, Any]], clock: str) -> str:
    """The one sentence of the rows of table ANSWERS of one patient."""
    return headline_of_rows(rows, clock)


def answer_words(row: Mapping[str, Any]) -> tuple[str, str]:
    """Question, and its answer in full: state, certainty where it is only provisional, facts, what is missing."""
    label = STATES[row["question"], row["state"]].label
    sure = " (provisional)" if row["certainty"] == "provisional" else ""
    missing = f" Would settle it: {row['missing']}." if row["missing"] else ""
    return QUESTIONS[row["question"]], f"{label}{sure}. {row['says']}{missing}"


def text_of(analysis: Analysis, patient_id: str | None) -> str:
    """For a terminal."""
    said = ordered(analysis)
    if patient_id is None:
        return "\n".join(f"{r.patient_id}  {r.headline}" for r in said.itertuples())
    lines = [f"{patient_id}  {said['headline'].iloc[0]}", ""]
    return "\n".join([*lines, *answer_lines(analysis.answers)])


def answer_lines(answers: pd.DataFrame) -> list[str]:
    """The five answers of one patient: question, state, sentence, what is missing."""
    lines = []
    for row in answers.to_dict("records"):
        label = STATES[row["question"], row["state"]].label
        lines.append(f"{QUESTIONS[row['question']] + ':':16}{label} ({row['certainty']}). {row['says']}")
        if row["missing"]:
            lines.append(f"{'':16}Would settle it: {row['missing']}.")
    return lines


def document_of(analysis: Analysis) -> list[dict[str, Any]]:
    """For other programs: a patient a row with its headline, rank and answers, in the order of the worklist."""
    said = ordered(analysis)
    by_patient = {str(i): own for i, own in analysis.answers.groupby("patient_id", sort=False)}
    return [
        {
            "patient_id": row.patient_id,
            "headline": row.headline,
            "rank": rank,
            "answers": {str(a["question"]): _plain(a) for a in by_patient[str(row.patient_id)].to_dict("records")},
        }
        for row, rank in zip(said.itertuples(), said["rank"].astype(int).tolist(), strict=True)
    ]


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:

    told = {k: row[k] for k in ("state", "certainty", "says", "missing", "version")}
    times = {k: None if pd.isna(row[k]) else row[k].isoformat() for k in ("since", "as_of")}
    return told | times | {k: json.loads(row[k]) for k in ("basis", "results")}
