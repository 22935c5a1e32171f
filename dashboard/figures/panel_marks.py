"""What a panel carries beside its results and curve, as the trends tell it: the personal interval, an unknown change of
level, a series that begins anew without an event, and results that were quarantined."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.analysis import Analysis
from analytics.derive.segments import LAB_CHANGE, LIMITS_CHANGE
from analytics.once import give, once
from analytics.rules._words import with_minus
from dashboard.figures.choice import Choice
from dashboard.figures.clock import Clock
from dashboard.figures.lab_panels import Panel, divisor_at, y_range
from dashboard.figures.records import records
from dashboard.figures.tracks import unit_of
from dashboard.figures.words import hover, number, rounded

NEW_SERIES = "laboratory, method or limits changed"
LEVEL_CHANGE = "step change between events"
PERSONAL = "usual range of the patient"
HELD_BACK = "quarantined"

_COLUMNS = (
    *("analyte", "began_with", "is_last", "first", "last", "change_at", "change_p", "level_change_pct"),
    *("second_change_at", "second_change_p", "second_level_change_pct"),
    *("personal_low", "personal_high", "personal_n"),
)

Marks: TypeAlias = dict[str, list[dict[str, Any]]]
"""Rows of table SERIES by analyte."""


@once
def series_of(analysis: Analysis) -> Marks:
    """Every segment that tells a personal interval, a change of level or a change of method, by analyte."""
    series = analysis.series
    told = ~np.isnan(series["personal_low"].to_numpy(np.float64, na_value=np.nan)) | series["change_at"].notna()
    anew = np.isin(series["began_with"].to_numpy(object), (LAB_CHANGE, LIMITS_CHANGE))
    at = np.flatnonzero(told.to_numpy(bool) | anew)
    return _told(records(series, _COLUMNS, at)) if len(at) else {}


def give_series(analysis: Analysis, rows: Iterable[Mapping[str, Any]]) -> None:
    """Take the segments of one patient from rows of table SERIES that were computed for many."""
    give(series_of, analysis, _told(rows))


def _told(rows: Iterable[Mapping[str, Any]]) -> Marks:
    found: Marks = {}
    for row in rows:
        known = row["personal_low"] == row["personal_low"] or not pd.isna(row["change_at"])
        if known or row["began_with"] in (LAB_CHANGE, LIMITS_CHANGE):
            found.setdefault(str(row["analyte"]), []).append({name: row[name] for name in _COLUMNS})
    return found


def traces(
    rows: Sequence[dict[str, Any]], panel: Panel, clock: Clock, choice: Choice, until: pd.Timestamp
) -> list[dict[str, Any]]:
    """Marks of one panel.

    Args:
        rows: of :func:`series_of`, those of the panel's analyte.
        panel: where they are drawn.
        clock: the horizontal axis.
        choice: what the viewer chose.
        until: the personal interval of the latest segment goes on to here, as it tells of the next result.
    """
    personal = [r for r in rows if r["personal_low"] == r["personal_low"]]
    changed = [r for r in rows if not pd.isna(r["change_at"])]
    anew = [r for r in rows if r["began_with"] in (LAB_CHANGE, LIMITS_CHANGE)]
    drawn = [
        _personal(personal, panel, clock, choice, until) if personal else None,
        _level_changes(changed, panel, clock, choice) if changed else None,
        _new_series(anew, panel, clock, choice) if anew else None,
    ]
    return [dict(t, yaxis=f"y{panel.axis}", showlegend=False) for t in drawn if t]


def _personal(
    rows: Sequence[dict[str, Any]], panel: Panel, clock: Clock, choice: Choice, until: pd.Timestamp
) -> dict[str, Any]:
    """Where the next result is expected while nothing changes: two thin levels a segment."""
    gap = np.datetime64("NaT", "us")
    when: list[Any] = []
    heights: list[float] = []
    limits: list[str] = []
    days: list[str] = []
    decimals, unit = panel.track.analyte.decimals, unit_of(panel.track.analyte)
    for row in rows:
        last = max(row["last"], until) if row["is_last"] else row["last"]
        ends = np.array([row["first"], last], dtype="datetime64[us]")
        by = divisor_at(panel, ends)
        low, high = (number(row[side], decimals) for side in ("personal_low", "personal_high"))
        for side in ("personal_high", "personal_low"):
            when += [*ends, gap]
            heights += [*(row[side] / by).tolist(), np.nan]
            limits += [f"{low} to {high} {unit}"] * 3
            days += [f"{row['personal_n']:.0f}"] * 3
    says = {"_limits": limits[:-1], "stable days": days[:-1]}
    template, data = hover(says, first=f"<b>{panel.name}</b> {PERSONAL}")
    return {
        "type": "scatter",
        "mode": "lines",
        "name": PERSONAL,
        "x": clock.at(np.array(when[:-1], dtype="datetime64[us]")),
        "y": rounded(heights[:-1]),
        "line": {"width": 1.2, "dash": "dashdot", "color": choice.paint.ink},
        "customdata": data,
        "hovertemplate": template,
    }


def _level_changes(rows: Sequence[dict[str, Any]], panel: Panel, clock: Clock, choice: Choice) -> dict[str, Any]:
    """An upright through the panel at the first result of each new level."""
    bottom, top = y_range(panel)
    told = [one for r in rows for one in _told_changes(r)]
    x = clock.at(np.array([at for at, _ in told], dtype="datetime64[us]"))
    says = [text for _, text in told]
    template, data = hover(
        {"_says": [s for s in says for _ in range(3)][:-1]},
        first=f"<b>{panel.name}</b> {LEVEL_CHANGE}<br>{clock.hover}",
    )
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": LEVEL_CHANGE,
        "x": [one for at in x for one in (at, at, None)][:-1],
        "y": rounded([one for _ in x for one in (bottom, top, np.nan)][:-1]),
        "line": {"width": 1.2, "color": choice.paint.ink},
        "marker": {
            "symbol": (["line-ew-open", "triangle-down", "circle"] * len(x))[:-1],
            "size": 8,
            "color": choice.paint.ink,
        },
        "customdata": data,
        "hovertemplate": template,
    }


def _told_changes(row: dict[str, Any]) -> list[tuple[pd.Timestamp, str]]:
    """First result of each new level of a segment, and what is said of it; two changes share the p of two."""
    names = [("change_at", "level_change_pct"), ("second_change_at", "second_level_change_pct")]
    told = [(row[at], row[size]) for at, size in names if not pd.isna(row[at])]
    p = number(row["change_p" if len(told) == 1 else "second_change_p"], 3)
    which = ("",) if len(told) == 1 else ("first of two changes: ", "second of two changes: ")
    return [
        (at, with_minus(f"{word}{size:+.0f}% against the level before; p {p}"))
        for word, (at, size) in zip(which, told, strict=True)
    ]


def _new_series(rows: Sequence[dict[str, Any]], panel: Panel, clock: Clock, choice: Choice) -> dict[str, Any]:
    """Where a trend begins anew without an event: the laboratory, its method or its limits changed."""
    bottom, top = y_range(panel)
    moments = np.array([r["first"] for r in rows], dtype="datetime64[us]")
    template, data = hover(
        {"_why": [f"new series: {r['began_with']}" for r in rows]}, first=f"<b>{panel.name}</b> {clock.hover}"
    )
    return {
        "type": "scatter",
        "mode": "markers",
        "name": NEW_SERIES,
        "x": clock.at(moments),
        "y": rounded([top / 1.06 if panel.log else top - (top - bottom) * 0.06] * len(rows)),
        "marker": {"symbol": "y-down-open", "size": 9, "color": choice.paint.ink, "line": {"width": 2}},
        "customdata": data,
        "hovertemplate": template,
    }


def held_back(
    moments: npt.NDArray[np.datetime64], reasons: Iterable[str], panel: Panel, clock: Clock, choice: Choice
) -> Any:
    """Results that were quarantined: a cross at the foot of the panel on its day, never at a height."""
    bottom, _ = y_range(panel)
    template, data = hover(
        {"_reason": [f"quarantined: {r}" for r in reasons]}, first=f"<b>{panel.name}</b> {clock.hover}"
    )
    return {
        "type": "scatter",
        "mode": "markers",
        "name": HELD_BACK,
        "x": clock.at(moments),
        "y": rounded([bottom * (1.06 if panel.log else 1.0)] * len(moments)),
        "yaxis": f"y{panel.axis}",
        "showlegend": False,
        "cliponaxis": False,
        "marker": {"symbol": "x-thin-open", "size": 8, "color": choice.paint.ink, "line": {"width": 2}},
        "customdata": data,
        "hovertemplate": template,
    }
