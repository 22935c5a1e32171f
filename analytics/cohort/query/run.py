"""Run a definition on an analysis, say where every number came from, and compare two runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analytics.analysis import Analysis
from analytics.arrays import Bools
from analytics.cohort.query.answer_rows import rows_of
from analytics.cohort.query.definition import Definition
from analytics.cohort.query.evaluate import Step, answer
from analytics.cohort.query.filters import apply
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
        return {
            "definition": self.definition.to_json(),
            "provenance": self.provenance(),
            "steps": [{"says": s.says, "patients": s.patients, "occurrences": s.occurrences} for s in self.steps],
            "patients": self.patient_ids,
            **({"withheld": True} if self.withheld else {}),
            "rows": json.loads(self.rows.to_json(orient="records", date_format="iso", date_unit="us")),
        }


def run(definition: Definition, analysis: Analysis) -> Result:
    """Filters, then the question among those who passed."""
    members, steps = apply(analysis, definition.filters)
    if definition.question is None:
        rows = pd.DataFrame({"patient_id": analysis.panel.patient_ids[members]})
        return Result(definition, analysis, members, rows, steps, members)
    found = answer(analysis.case, definition.question, members)
    hit = np.zeros(len(members), dtype=bool)
    hit[found.patients] = True
    return Result(definition, analysis, hit, rows_of(analysis.case, found), (*steps, *found.steps[1:]), members)


def nobody(steps: Sequence[Step], hide: int = 0) -> str:
    """Where a cohort of nobody lost everybody, and the nearest step with somebody; empty where somebody is left.

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
    if result.rows.empty:
        return result.rows
    rows = result.rows.dropna(axis=1, how="all")
    clock = result.analysis.panel.patients.set_index("patient_id")["clock"]
    clocks = clock.reindex(rows["patient_id"]).to_list()
    out = {}
    for name in rows.columns:
        if name == "anchor_at" or name.startswith(("at_", "before_at_")):
            out[name] = [show_time(t, c) for t, c in zip(rows[name], clocks, strict=True)]
        else:
            out[name] = rows[name].to_list()
    return pd.DataFrame(out)
