"""How the latest episode of changed liver tests may be read: for each reading the facts for and against it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from dash import html

from analytics.analysis import Analysis
from analytics.tables import READING_LABELS
from dashboard.figures.records import records
from dashboard.wording import count_of, when


def latest_reading(analysis: Analysis, clock: str) -> Any:
    """The readings of the latest episode, the one that fits first; None where there was no episode."""
    table = analysis.readings
    if table.empty:
        return None
    times = [table[name].to_numpy("datetime64[us]") for name in ("last_seen", "onset")]
    rows = records(table, table.columns)
    latest = rows[int(np.lexsort(times)[-1])]["finding_id"]
    rows = [row for row in rows if row["finding_id"] == latest]
    rows.sort(key=lambda r: (not r["fits"], -r["n_for"], r["n_against"]))
    best = rows[0]
    span = f"{when(best['onset'], clock)} to {when(best['last_seen'], clock)}"
    label = READING_LABELS[best["reading"]]
    fits = f"facts fit {label} best" if best["fits"] and best["reading"] != "unclear" else "no reading fits clearly"
    return html.Details(
        [
            html.Summary([html.B("Latest episode"), f" {span}: {fits}"]),
            *[_reading(row) for row in rows if row["n_for"] or row["n_against"]],
            html.P(
                "Facts, not a diagnosis: each is one published or house criterion with its date.", className="faint"
            ),
        ],
        className="folded reading",
    )


def _reading(row: dict[str, Any]) -> html.Div:
    counts = f"{count_of(row['n_for'], 'fact')} for, {row['n_against']} against"
    facts = [html.Li(["for: ", text], className="fact-for") for text in json.loads(row["facts_for"])]
    facts += [html.Li(["against: ", text], className="fact-against") for text in json.loads(row["facts_against"])]
    return html.Div([html.H3(f"{READING_LABELS[row['reading']]}: {counts}"), html.Ul(facts, className="near-list")])
