"""What was quarantined and what was imported, as tables with sums that add up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pandas as pd
from dash import dcc, html

from analytics.tables import REASONS
from dashboard.components.notices import empty
from dashboard.components.table import Head, table
from dashboard.wording import count_of, number, text, whole

MOST_ROWS = 50
_PARTS = ("stored", "quarantined", "duplicate", "superseded", "ignored")
_WORDS = {
    "results_in": "results in the files",
    "stored": "stored",
    "quarantined": "quarantined at import",
    "duplicate": "duplicate",
    "superseded": "replaced by a correction",
    "ignored": "ignored by declaration",
}


def address(path: str, query: Mapping[str, str]) -> str:
    """A path with the parts of the query that say something."""
    said = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(said)}" if said else path


def sums(imports: pd.DataFrame) -> html.Dl:
    """The accounting identity over all imports."""
    items = [(name, int(imports[name].sum())) for name in ("results_in", *_PARTS)]
    adds_up = items[0][1] == sum(n for _, n in items[1:])
    cells = [html.Div([html.Dt(_WORDS[name]), html.Dd(whole(n))]) for name, n in items]
    verdict = html.Div([html.Dt("sum"), html.Dd("reconciled" if adds_up else "not reconciled: run hepatrend verify")])
    return html.Dl([*cells, verdict], className="figures")


def by_reason(rows: pd.DataFrame) -> Any:
    """How many rows are quarantined by reason (rows) and file (columns); each number leads to its rows."""
    counts = rows.groupby(["reason_code", "file"]).size().unstack(fill_value=0)
    files = counts.sum().sort_values(ascending=False).index[:8]
    heads = [
        Head("Reason"),
        Head("Meaning", wide=True),
        Head("All", numeric=True),
        *[Head(file, numeric=True) for file in files],
    ]
    ordered = counts.loc[counts.sum(axis=1).sort_values(ascending=False).index]
    body = [
        [
            html.Code(reason),
            REASONS.get(reason, ""),
            _count(int(line.sum()), {"reason": reason}),
            *[_count(int(line[file]), {"reason": reason, "file": file}) for file in files],
        ]
        for reason, (_, line) in zip(ordered.index.astype(str), ordered.iterrows(), strict=True)
    ]
    return table(heads, body, caption="Quarantined results by reason and file")


def agents_table(names: pd.DataFrame) -> html.Div:
    """Names of systemic treatments that are not known or mean more than one thing: rules cannot use them."""
    heads = [
        Head("Name", wide=True),
        Head("Problem", wide=True),
        Head("Events", numeric=True),
        Head("Patients", numeric=True),
    ]
    body = [
        [name, says, whole(int(n)), whole(int(who))]
        for name, says, n, who in names.head(MOST_ROWS).itertuples(index=False)
    ]
    return table(heads, body, caption=f"{count_of(len(names), 'name')} of systemic treatments that rules cannot use")


def _count(n: int, query: Mapping[str, str]) -> Any:
    return dcc.Link(whole(n), href=address("/quality", query)) if n else None


def rows_table(rows: pd.DataFrame) -> list[Any]:
    """The first rows, with what was found, and what would make them acceptable."""
    if rows.empty:
        return [empty("No row is quarantined under these filters.")]
    closed = bool(rows["resolution"].notna().any())
    heads = [
        Head("Where"),
        Head("Column"),
        Head("Cell"),
        Head("Reason"),
        Head("Problem", wide=True),
        Head("Fix", wide=True),
        *([Head("Outcome", wide=True)] if closed else []),
    ]
    body = [
        [
            text(r["file"]) if pd.isna(r["line"]) else f"{text(r['file'])} : {whole(r['line'])}",
            text(r["column"]),
            html.Code(shortened(r["raw_cell"])),
            [html.Code(r["reason_code"]), "" if pd.isna(r["result_id"]) else " (stored)"],
            text(r["message"]),
            text(r["hint"]),
            *([_became(r)] if closed else []),
        ]
        for r in rows.head(MOST_ROWS).to_dict("records")
    ]
    note = f"The first {MOST_ROWS} of {whole(len(rows))} rows; the download has all." if len(rows) > MOST_ROWS else ""
    return [table(heads, body, caption="Quarantined rows"), html.P(note, className="soft")]


def _became(row: Mapping[Any, Any]) -> str:
    """How, by whom and when a row was closed."""
    if pd.isna(row["resolution"]):
        return "open"
    by = "" if pd.isna(row["resolved_by"]) or not row["resolved_by"] else text(row["resolved_by"])
    when = "" if pd.isna(row["resolved_utc"]) else f"{pd.Timestamp(row['resolved_utc']):%Y-%m-%d %H:%M} UTC"
    return "; ".join(filter(None, [text(row["resolution"]), ", ".join(filter(None, [by, when]))]))


def shortened(cell: Any, most: int = 60) -> str:
    """A cell as written, cut where it is long."""
    whole_text = text(cell)
    return whole_text if len(whole_text) <= most else whole_text[: most - 1] + "…"


def ledger_table(imports: pd.DataFrame) -> Any:
    """One row an import with its sums."""
    heads = [
        Head("File"),
        Head("Holds"),
        Head("Profile"),
        Head("Rows", numeric=True),
        Head("Results", numeric=True),
        *[Head(label, numeric=True) for label in ("Stored", "Quarantined", "Duplicate", "Replaced", "Ignored")],
        Head("Seconds", numeric=True),
        Head("Imported"),
        Head("By"),
        Head("sha256"),
    ]
    body = [
        [
            text(r["file"]),
            text(r["table"]),
            text(r["profile"]),
            whole(r["rows_in"]),
            whole(r["results_in"]),
            *[whole(r[name]) for name in _PARTS],
            number(r["seconds"]),
            "–" if pd.isna(r["imported_utc"]) else pd.Timestamp(r["imported_utc"]).strftime("%Y-%m-%d %H:%M UTC"),
            text(r["imported_by"]),
            html.Code(text(r["sha256"])[:12], title=text(r["sha256"])),
        ]
        for r in imports.head(MOST_ROWS).to_dict("records")
    ]
    return table(heads, body, caption="Imports, newest first")
