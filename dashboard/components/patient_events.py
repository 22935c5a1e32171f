"""Before and after of every event as cards: value before, lowest, highest, days to half, to the target, risen again."""

from __future__ import annotations

from typing import Any

import pandas as pd
from dash import html

from analytics.analysis import Analysis
from analytics.analytes import ANALYTES, shown
from analytics.event_kinds import EVENT_KINDS
from dashboard.components.patient_state import event_name
from dashboard.components.table import Head, table
from dashboard.components.values import ABSENT, is_absent, percent, when
from dashboard.figures.tracks import READING_ORDER, unit_of
from dashboard.figures.words import number

VERDICTS = {
    "on_course": "on the published course",
    "slow": "slower than the published course",
    "rising_again": "rising again",
    "recovered": "recovered",
    "not_recovered": "not recovered",
    "no_expectation": "no published course",
    "not_enough_data": "not enough data",
}


def events_with_responses(analysis: Analysis) -> list[int]:
    """Positions in ``panel.events`` of events that have a response row, latest first."""
    table_of = analysis.responses
    known = set(zip(table_of["kind"], table_of["start_date"], strict=True))
    events = analysis.panel.events
    found, seen = [], set()
    for i, (kind, start) in enumerate(zip(events["kind"], events["start_date"], strict=True)):
        if (kind, start) in known and (kind, start) not in seen:
            seen.add((kind, start))
            found.append(i)
    return found[::-1]


def label_of(analysis: Analysis, event: int) -> str:
    """Event and day in a few words."""
    row = analysis.panel.events.iloc[event]
    return f"{event_name(row)}, {when(row['start_date'], str(analysis.panel.patients['clock'].iloc[0]))}"


def event_table(analysis: Analysis, event: int) -> Any:
    """Response rows of one event, one row a test, days counted from the event."""
    happened = analysis.panel.events.iloc[event]
    rows = analysis.responses
    rows = rows[(rows["kind"] == happened["kind"]) & (rows["start_date"] == happened["start_date"])]
    if isinstance(happened["name"], str) and (rows["name"] == happened["name"]).any():
        rows = rows[rows["name"] == happened["name"]]
    by = {r["analyte"]: r for r in rows.to_dict("records")}
    heads = [
        Head("Test"),
        Head("Before", numeric=True, title="median of the window before the event"),
        Head("Lowest after", numeric=True),
        Head("Highest after", numeric=True),
        Head("At half", numeric=True, title="first day at or below half of the value before"),
        Head("At target", numeric=True, title="first day at the published target"),
        Head("Back", numeric=True, title="first day after the peak back at the value before"),
        Head("Risen again", numeric=True),
        Head("Level change", numeric=True),
        Head("Against the course"),
    ]
    cells = [_cells(by[code]) for code in READING_ORDER if code in by]
    return table(heads, cells, caption=f"Before and after {label_of(analysis, event)}")


def _cells(row: dict[str, Any]) -> list[Any]:
    analyte = ANALYTES[row["analyte"]]

    def value(name: str) -> str:
        return number(row[name], analyte.decimals)

    low, high = row["level_low"], row["level_high"]
    change = percent(row["level_change_pct"])
    inside = "" if is_absent(low) or is_absent(high) else f" ({percent(low)} to {percent(high)})"
    verdict = VERDICTS.get(row["verdict"], row["verdict"])
    return [
        html.Span([shown(row["analyte"]), html.Span(f" {unit_of(analyte)}", className="unit")]),
        html.Span(value("before"), title=f"{row['before_n']} results" if not is_absent(row["before_n"]) else ""),
        _on(value("nadir"), row["day_nadir"]),
        _on(value("peak"), row["day_peak"]),
        _day(row["day_half"]),
        _day(row["day_target"]),
        _day(row["day_recovery"]),
        _day(row["rebound_day"]),
        f"{change}{inside}",
        html.Span(verdict, title=row["why"] if isinstance(row["why"], str) else "", className=_weight(row["verdict"])),
    ]


def _weight(verdict: str) -> str:
    return "faint" if verdict in ("no_expectation", "not_enough_data") else "verdict"


def _day(day: Any) -> str:
    return ABSENT if is_absent(day) else f"day {day:.0f}"


def _on(value: str, day: Any) -> str:
    return value if is_absent(day) or value == ABSENT else f"{value}, {_day(day)}"


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
