"""Interpretations of an episode of changed liver tests: for each the evidence for and against it."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import numpy as np
from dash import html

from analytics.analysis import Analysis
from analytics.once import once
from analytics.tables import READING_LABELS
from dashboard.figures.records import records
from dashboard.wording import day_in_prose, prose


def latest_finding(analysis: Analysis) -> str:
    """finding_id of the latest episode that has interpretations; empty where there is none."""
    table = analysis.readings
    if table.empty:
        return ""
    times = [table[name].to_numpy("datetime64[us]") for name in ("last_seen", "onset")]
    return str(table["finding_id"].iloc[int(np.lexsort(times)[-1])])


def latest_reading(analysis: Analysis, clock: str) -> Any:
    """Interpretations of the latest episode, the best first; None where there was no episode."""
    rows = _ranked(analysis, {latest_finding(analysis)})
    if not rows:
        return None
    span = f"{day_in_prose(rows[0]['onset'], clock)} to {day_in_prose(rows[0]['last_seen'], clock)}"
    return _details([html.B("Latest episode"), f", {span}: {_best(rows[0])}"], rows)


def episode_reading(analysis: Analysis, findings: Collection[str], clock: str) -> Any:
    """Interpretations that belong to these findings, the best first; None where there are none."""
    rows = _ranked(analysis, findings)
    return _details([_best(rows[0]).capitalize()], rows) if rows else None


def _ranked(analysis: Analysis, findings: Collection[str]) -> list[dict[str, Any]]:
    """Interpretations of the newest of these findings, the best first."""
    mine = [row for row in _in_rows(analysis) if row["finding_id"] in findings]
    if not mine:
        return []
    newest = max(reversed(mine), key=lambda row: row["onset"])["finding_id"]
    mine = [row for row in mine if row["finding_id"] == newest]
    return sorted(mine, key=lambda row: (not row["fits"], -row["n_for"], row["n_against"]))


@once
def _in_rows(analysis: Analysis) -> list[dict[str, Any]]:
    return records(analysis.readings, analysis.readings.columns)


def _best(row: dict[str, Any]) -> str:
    """What the evidence is most consistent with, with its counts."""
    if not row["fits"] or row["reading"] == "unclear":
        return "no single explanation"
    return f"most consistent with {READING_LABELS[row['reading']]} ({row['n_for']} for, {row['n_against']} against)"


def _details(summary: list[Any], rows: list[dict[str, Any]]) -> html.Details:
    return html.Details(
        [
            html.Summary(summary),
            *[_reading(row) for row in rows if row["n_for"] or row["n_against"]],
            html.P(
                "Evidence, not a diagnosis: each is one published or house criterion with its date.", className="faint"
            ),
        ],
        className="folded reading",
    )


def _reading(row: dict[str, Any]) -> html.Div:
    counts = f"{row['n_for']} for, {row['n_against']} against"
    facts = [html.Li(["for: ", prose(text)], className="fact-for") for text in json.loads(row["facts_for"])]
    facts += [
        html.Li(["against: ", prose(text)], className="fact-against") for text in json.loads(row["facts_against"])
    ]
    label = READING_LABELS[row["reading"]]
    return html.Div([html.H4(f"{label[:1].upper()}{label[1:]}: {counts}"), html.Ul(facts, className="near-list")])
