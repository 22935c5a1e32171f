"""What differs between a saved run and today's: who entered, who left, whose past values read differently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from dash import dcc, html

from analytics.analytes import shown
from analytics.cohort.query.diff import Difference
from analytics.cohort.query.run import Result
from dashboard.components.frame import patient_href
from dashboard.components.notices import flat
from dashboard.components.table import Head, table
from dashboard.wording import count_of, result, text, when

_ANSWER = (Head("Patient"), Head("Event"), Head("Analyte"), Head("Before", numeric=True), Head("Value", numeric=True))
_HEADS = (*_ANSWER, Head("On"), Head("Day", numeric=True))


def difference(
    found: Difference, old: Mapping[str, Any], new: Result, keys: Mapping[str, str], *, moved: bool = False
) -> Any:
    """The difference in full, with links to the patients.

    Args:
        found: of the two runs.
        old: the kept run, for what it said of those who left.
        new: today's run, for what it says of those who entered.
        keys: opaque key of every patient of today's store.
        moved: dates are moved by patient, so that no one data cut-off is told.
    """
    clock = dict(zip(new.analysis.panel.patients["patient_id"], new.analysis.panel.patients["clock"], strict=True))
    lead = (
        f"{count_of(len(found.entered), 'patient')} entered, {len(found.left)} left, {found.stayed} stayed; "
        f"{count_of(len(found.changed), 'past value')} changed. "
        f"Saved {_state(found.old, moved=moved)}; now {_state(found.new, moved=moved)}."
    )
    other = "The saved run was made by another version of this question."
    settings = "The thresholds (settings) are not those of the saved run."
    return html.Div(
        flat(
            html.P(lead),
            None if found.same_question else html.P(other),
            None if found.old.get("settings") == found.new.get("settings") else html.P(settings),
            _people("Entered", found.entered, new.rows, keys, clock),
            _people("Left", found.left, pd.DataFrame(old["rows"]), keys, clock),
            _changed(found, keys, clock),
        ),
        className="difference",
    )


def _state(provenance: Mapping[str, Any], *, moved: bool) -> str:
    """Generation of the data and how far they went."""
    until = "" if moved else f", data cut-off {when(provenance.get('data_up_to') or None)}"
    return f"at generation {text(provenance.get('generation'))}{until}"


def _people(
    title: str, ids: Sequence[str], rows: pd.DataFrame, keys: Mapping[str, str], clock: Mapping[str, str]
) -> Any:
    """Patients with the first occurrence that the run found for each."""
    if not ids:
        return None
    first = rows.drop_duplicates("patient_id").set_index("patient_id") if len(rows) else pd.DataFrame()
    records = first.reindex(list(ids)).to_dict("index") if len(first) else {p: {} for p in ids}
    body = [[_link(p, keys), *_answer(records[p], clock.get(p, "date"))] for p in ids]
    caption = f"{title}: {count_of(len(ids), 'patient')}"
    return [html.H3(caption), table(_HEADS, body, caption=caption)]


def _answer(row: Mapping[Any, Any], clock: str) -> list[str]:
    code = text(row.get("analyte_1"))
    return [
        when(row.get("anchor_at"), clock),
        code,
        result(code, row.get("before_1")),
        result(code, row.get("value_1")),
        when(row.get("at_1"), clock),
        text(row.get("day_1")).removesuffix(".0"),
    ]


def _changed(found: Difference, keys: Mapping[str, str], clock: Mapping[str, str]) -> Any:
    """Results that the kept run rests on and that read differently today."""
    if not found.changed:
        return None
    body = [
        [
            _link(c.patient_id, keys),
            shown(c.analyte),
            when(c.at, clock.get(c.patient_id, "date"), "minute"),
            result(c.analyte, c.was),
            "gone" if c.now is None else result(c.analyte, c.now),
        ]
        for c in found.changed
    ]
    caption = f"Results corrected since the saved run: {len(found.changed)}"
    heads = [Head("Patient"), Head("Analyte"), Head("Of"), Head("Was", numeric=True), Head("Now", numeric=True)]
    return [html.H3(caption), table(heads, body, caption=caption)]


def _link(patient_id: str, keys: Mapping[str, str]) -> Any:
    key = keys.get(patient_id)
    return dcc.Link(key, href=patient_href(key)) if key else "no longer in the store"
