"""What a definition gave, without the data it was asked of: of a whole store, or put together from its buckets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics.cohort.query.definition import Definition
from analytics.cohort.query.evaluate import Step
from analytics.cohort.query.run import Result, document, on_clocks


@dataclass(frozen=True)
class Answered:
    """Who, rows with values and dates, and how many were left at each step.

    Attributes:
        definition: what was asked.
        patient_ids: members in order.
        rows: as :class:`analytics.cohort.query.run.Result` has them.
        steps: of filters and question.
        provenance: what makes the run repeatable.
        clocks: clock of each member who is not on calendar dates.
    """

    definition: Definition
    patient_ids: Sequence[str]
    rows: pd.DataFrame
    steps: tuple[Step, ...]
    provenance: Mapping[str, Any]
    clocks: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """Everything as plain data; also the form in which a run is kept for the next diff."""
        return document(self.definition, self.provenance, self.steps, self.patient_ids, self.rows)

    def shown(self) -> pd.DataFrame:
        """The rows as people read them: times on each patient's clock, no column that is empty throughout."""
        return on_clocks(self.rows, self.clocks)


def answered(result: Result) -> Answered:
    """A result without the analysis it came from; small enough to be sent from another process or machine."""
    people = result.analysis.panel.patients.loc[result.members, ["patient_id", "clock"]]
    other = people[people["clock"] != "date"]
    return Answered(
        definition=result.definition,
        patient_ids=result.patient_ids,
        rows=result.rows,
        steps=result.steps,
        provenance=result.provenance(),
        clocks=dict(zip(other["patient_id"], other["clock"], strict=True)),
    )
