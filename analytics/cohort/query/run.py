"""Run a definition on an analysis, say where every number came from, and compare two runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from analytics.analysis import Analysis
from analytics.arrays import Bools
from analytics.cohort.query.analytes_read import of_filters, of_question
from analytics.cohort.query.answer_rows import rows_of
from analytics.cohort.query.definition import Definition, parse
from analytics.cohort.query.evaluate import Step, answer
from analytics.cohort.query.filters import apply
from analytics.cohort.scattered import Part, Passes, by_bucket, each_patient, is_scattered
from analytics.cohort.scattered import rows as each_row
from analytics.panel import show_time

FORMAT = 1


@dataclass(frozen=True)
class Result:
    """What a definition gave: members as a mask over ``panel.patient_ids``, rows with values and dates, and steps.

    ``asked`` are those who passed the filters, whether or not the question holds for them; ``withheld`` where there are
    people who may not be shown to the one who asks, so that members, asked and rows are empty.
    """

    definition: Definition
    analysis: Analysis
    members: Bools
    rows: pd.DataFrame
    steps: tuple[Step, ...]
    asked: Bools
    withheld: bool = False

    @property
    def patient_ids(self) -> list[str]:
        """Members in order."""
        return [str(p) for p in self.analysis.panel.patient_ids[self.members]]

    def provenance(self) -> dict[str, Any]:
        """What makes the run repeatable."""
        panel = self.analysis.panel
        return {
            "generation": panel.generation,
            "data_up_to": str(panel.as_of),
            "settings": self.analysis.settings.digest,
            "definition": self.definition.digest,
            "format": FORMAT,
        }

    def to_json(self) -> dict[str, Any]:
        """Everything as plain data; also the form in which a run is kept for the next diff."""
        told = document(self.definition, self.provenance(), self.steps, self.patient_ids, self.rows)
        return told | ({"withheld": True} if self.withheld else {})


def document(
    definition: Definition,
    provenance: Mapping[str, Any],
    steps: Sequence[Step],
    patient_ids: Sequence[str],
    rows: pd.DataFrame,
) -> dict[str, Any]:
    """An answer as plain data."""
    return {
        "definition": definition.to_json(),
        "provenance": dict(provenance),
        "steps": [{"says": s.says, "patients": s.patients, "occurrences": s.occurrences} for s in steps],
        "patients": list(patient_ids),
        "rows": json.loads(rows.to_json(orient="records", date_format="iso", date_unit="us")),
    }


def run(definition: Definition, analysis: Analysis) -> Result:
    """Filters, then the question among those who passed."""
    found = _of_text(analysis, definition.text) if is_scattered(analysis) else _found(analysis, definition)
    return Result(definition, analysis, found.members, found.rows, found.steps, found.asked)


@dataclass(frozen=True)
class _Found:
    """Members, rows, steps and asked as in Result, of all patients or of a bucket."""

    members: Bools
    rows: pd.DataFrame
    steps: tuple[Step, ...]
    asked: Bools


def _together(parts: Sequence[Part], passes: Passes) -> _Found:
    found = [one for _, one in parts]
    return _Found(
        each_patient([(at, one.members) for at, one in parts], passes),
        each_row([(at, one.rows) for at, one in parts], passes),
        added([one.steps for one in found]),
        each_patient([(at, one.asked) for at, one in parts], passes),
    )


@lru_cache(maxsize=8)
def _parsed(text: str) -> Definition:
    return parse(text)


@by_bucket(_together, lambda asked: _reads(_parsed(asked["text"])))
def _of_text(analysis: Analysis, text: str) -> _Found:
    """By its text, which can be sent to where the bucket is."""
    return _found(analysis, _parsed(text))


def _reads(definition: Definition) -> tuple[str, ...]:
    """Analytes whose results are read."""
    asked = () if definition.question is None else of_question(definition.question)
    return (*of_filters(definition.filters), *asked)


def _found(analysis: Analysis, definition: Definition) -> _Found:
    members, steps = apply(analysis, definition.filters)
    if definition.question is None:
        rows = pd.DataFrame({"patient_id": analysis.panel.patient_ids[members]})
        return _Found(members, rows, steps, members)
    found = answer(analysis.case, definition.question, members)
    hit = np.zeros(len(members), dtype=bool)
    hit[found.patients] = True
    return _Found(hit, rows_of(analysis.case, found), (*steps, *found.steps[1:]), members)


def added(steps: Sequence[Sequence[Step]]) -> tuple[Step, ...]:
    """The same steps of several buckets as one: no patient is in two of them, so that counts add up."""
    told = [tuple(s.says for s in of_one) for of_one in steps]
    assert all(says == told[0] for says in told), "every bucket is asked the same steps"
    return tuple(
        Step(same[0].says, sum(s.patients for s in same), sum(s.occurrences for s in same))
        for same in zip(*steps, strict=True)
    )


def nobody(steps: Sequence[Step], hide: int = 0) -> str:
    """Where a cohort of nobody lost all patients, and the nearest step with somebody; empty where somebody is left.

    Counts below ``hide`` are not told.
    """
    if not steps or steps[-1].patients:
        return ""
    at = next(i for i, step in enumerate(steps) if not step.patients)
    if at == 0:
        return "Nobody: there are no patients."
    before = steps[at - 1]
    count = f"<{hide}" if before.patients < hide else str(before.patients)
    return f"Nobody is left from the step “{steps[at].says}” on; the step before it, “{before.says}”, has {count}."


def shown(result: Result) -> pd.DataFrame:
    """The rows as people read them: times on each patient's clock, no column that is empty throughout."""
    people = result.analysis.panel.patients
    return on_clocks(result.rows, dict(zip(people["patient_id"], people["clock"], strict=True)))


def on_clocks(answers: pd.DataFrame, clocks: Mapping[str, str]) -> pd.DataFrame:
    """Rows with their times on each patient's clock, of calendar dates where it is not named here."""
    if answers.empty:
        return answers
    rows = answers.dropna(axis=1, how="all")
    own = [clocks.get(str(p), "date") for p in rows["patient_id"]]
    out = {}
    for name in rows.columns:
        if name == "anchor_at" or name.startswith(("at_", "before_at_")):
            out[name] = [show_time(t, c) for t, c in zip(rows[name], own, strict=True)]
        else:
            out[name] = rows[name].to_list()
    return pd.DataFrame(out)
