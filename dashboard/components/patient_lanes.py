"""Every event and scan of a patient as a table: the twin of the lanes."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics.analysis import Analysis
from analytics.event_kinds import EVENT_KINDS
from dashboard.components.patient_state import event_name
from dashboard.components.table import Head, table
from dashboard.components.values import is_absent, when


def events_list(analysis: Analysis) -> Any:
    """Every event and scan in time order: the table twin of the lanes."""
    clock = str(analysis.panel.patients["clock"].iloc[0])
    heads = [
        Head("Start"),
        Head("End"),
        Head("What"),
        Head("Name"),
        Head("Line"),
        Head("Dose"),
        Head("Grade"),
        Head("Detail", wide=True),
        Head("Source"),
    ]
    rows = [
        (
            e["start_date"],
            [
                when(e["start_date"], clock),
                when(e["end_date"], clock),
                EVENT_KINDS[e["kind"]].label,
                event_name(e),
                "" if is_absent(e["line"]) else str(e["line"]),
                "" if is_absent(e["dose"]) else f"{e['dose']:g} {e['unit'] if isinstance(e['unit'], str) else ''}",
                "" if is_absent(e["grade"]) else str(e["grade"]),
                e["detail"] if isinstance(e["detail"], str) else "",
                _source(e),
            ],
        )
        for e in analysis.panel.events.to_dict("records")
    ]
    rows += [
        (
            s["date"],
            [
                when(s["date"], clock),
                "",
                "Imaging",
                s["modality"],
                "",
                "" if is_absent(s["target_sum_mm"]) else f"{s['target_sum_mm']:g} mm",
                s["response"] if isinstance(s["response"], str) else "",
                " ".join(
                    p
                    for p in (
                        "new lesion;" if s["new_lesion"] is True else "",
                        s["detail"] if isinstance(s["detail"], str) else "",
                    )
                    if p
                ),
                _source(s),
            ],
        )
        for s in analysis.panel.imaging.to_dict("records")
    ]
    ordered = [cells for _, cells in sorted(rows, key=lambda r: pd.Timestamp(r[0]), reverse=True)]
    return table(heads, ordered, caption="Events and imaging, latest first", class_name="sortable", first_is_head=False)


def _source(row: dict[str, Any]) -> str:
    file, line = row["source_file"], row["source_line"]
    return f"{file} row {line}" if isinstance(file, str) and not is_absent(line) else ""
