"""Table twins of the small charts: rates, paired days; each sortable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import html

from analytics.analysis import Analysis
from analytics.analytes import ANALYTES, shown
from analytics.event_kinds import EVENT_KINDS
from dashboard.components.findings import direction
from dashboard.components.table import Head, table
from dashboard.figures.choice import Choice
from dashboard.figures.edish_path import pairs_of
from dashboard.figures.tracks import tracks_of
from dashboard.wording import ABSENT, is_absent, number, percent, when


def rates(analysis: Analysis, codes: tuple[str, ...]) -> Any:
    """Rate and direction of every segment of some tests."""
    clock = str(analysis.panel.patients["clock"].iloc[0])
    series = analysis.series
    lines = _line_of(analysis)
    heads = [
        Head("Test"),
        Head("Line", numeric=True),
        Head("From"),
        Head("To"),
        Head("Began with", folds=True),
        Head("n", numeric=True),
        Head("Days", numeric=True),
        Head("% a week", numeric=True),
        Head("95% interval", folds=True),
        Head("% per 30 days", numeric=True),
        Head("Exact p", numeric=True),
        Head("Doubles or halves", numeric=True, folds=True),
        Head("Direction"),
    ]
    rows = [r for c in codes for r in series[series["analyte"] == c].to_dict("records")]
    cells = [
        [
            shown(r["analyte"]),
            lines.get((r["analyte"], r["segment"]), ""),
            when(r["first"], clock),
            when(r["last"], clock),
            _began(r["began_with"]),
            str(r["n"]),
            str(r["n_days"]),
            percent(r["slope_pct_per_week"], 1),
            ABSENT
            if is_absent(r["slope_low"])
            else f"{percent(r['slope_low'], 1)} to\u00a0{percent(r['slope_high'], 1)}",
            percent(per_30_days(r["slope_pct_per_week"], r["analyte"]), 1)
            if r["last"] - r["first"] >= _THIRTY
            else ABSENT,
            number(r["p_exact"], 3),
            _doubling(r),
            html.Span(direction(r["verdict"]), title=r["why"] if isinstance(r["why"], str) else ""),
        ]
        for r in rows
    ]
    if not cells:
        return html.P("No results of these tests.", className="soft")
    return table(heads, cells, caption="Rate of change, one row a segment", class_name="sortable dense")


_THIRTY = pd.Timedelta(days=30)
"""Time that results last at least for a rate over it."""


def per_30_days(per_week: float, code: str) -> float:
    """The same rate over 30 days, both in percent: constant on the logarithm where the analyte is log-like."""
    if is_absent(per_week):
        return float("nan")
    if ANALYTES[code].scale == "linear":
        return per_week * 30 / 7
    growth: float = (1 + per_week / 100) ** (30 / 7)
    return 100 * (growth - 1)


def _began(word: Any) -> str:
    if not isinstance(word, str) or not word:
        return "first result"
    if word == "systemic":
        return "new line of therapy"
    return EVENT_KINDS[word].label if word in EVENT_KINDS else word


def _doubling(row: Mapping[Any, Any]) -> str:
    """Doubling or halving time, told only where there is a direction."""
    days = row["doubling_days"]
    if is_absent(days) or row["verdict"] not in ("rising", "falling"):
        return ABSENT
    return f"{'doubles' if days > 0 else 'halves'} in {abs(days):.0f} d"


def _line_of(analysis: Analysis) -> dict[tuple[str, int], str]:
    """Treatment line of each segment, from its last result."""
    last = analysis.points.drop_duplicates(["analyte", "segment"], keep="last")
    return {
        (a, int(s)): "" if pd.isna(n) or n == 0 else str(int(n))
        for a, s, n in zip(last["analyte"], last["segment"].fillna(0), last["line"], strict=True)
    }


def path_table(analysis: Analysis, choice: Choice) -> Any:
    """Days with ALT and bilirubin, latest first, with ALP and R of the same day."""
    tracks = tracks_of(analysis)
    pairs = pairs_of(tracks, "x_baseline" if choice.scale == "x_baseline" else "x_uln")
    clock = str(analysis.panel.patients["clock"].iloc[0])
    unit = "× baseline" if choice.scale == "x_baseline" else "× ULN"
    scores = analysis.scores[analysis.scores["score"] == "r_value"]
    r_of = dict(zip(scores["date"].dt.normalize(), scores["value"], strict=True))
    alp = tracks.get("ALP")
    alp_of = {} if alp is None else dict(zip(alp.when.astype("datetime64[D]"), alp.multiples["x_uln"], strict=True))
    heads = [
        Head("Date"),
        Head("ALT", numeric=True),
        Head("Bilirubin", numeric=True),
        Head("ALP × ULN", numeric=True),
        Head("R", numeric=True, title="ALT in × ULN over ALP in × ULN"),
    ]
    cells = [
        [
            when(pd.Timestamp(d), clock),
            f"{a} {unit}".removeprefix("ALT "),
            f"{b} {unit}".removeprefix("bilirubin "),
            alp_of.get(d, ABSENT),
            number(r_of.get(pd.Timestamp(d)), 1),
        ]
        for d, a, b in zip(pairs.when, pairs.alt_text, pairs.bilirubin_text, strict=True)
    ][::-1]
    if not cells:
        return html.P("No day with both tests and a limit.", className="soft")
    return table(heads, cells, caption="Days with ALT and bilirubin, latest first", class_name="sortable")
