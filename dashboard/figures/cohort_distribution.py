"""How are the values spread at weeks 2, 4, 8 and 12, by group?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics.cohort.aligned import align, around, banded
from dashboard.figures._figure import Figure, Numbers
from dashboard.figures.cohort_view import FEW, CohortView
from dashboard.figures.words import plain, rounded

WEEKS = (0, 2, 4, 8, 12, 24)
_HALF = 3
"""Days before and after the named week that belong to it."""
LEAST = FEW
"""Weeks of fewer patients have a number under the axis, and no box."""


def table_of(view: CohortView) -> pd.DataFrame:
    """Quantiles at the named weeks: week, group, n and quantiles; the week of the event is its own week."""
    found = align(view.case, view.analyte, view.anchor, view.scale, view.members)
    table = banded(found, view.groups, around([7 * w for w in WEEKS], _HALF))
    return table.assign(week=((table["low"] + _HALF) // 7).astype(int))


def draw(view: CohortView) -> dict[str, Any]:
    """A box a week and group: quartiles thick, 10-90% thin, the median a mark; n under the axis."""
    table = table_of(view)
    what = f"{view.analyte_words.split(' [')[0]} by week"
    if table.empty:
        return view.nothing(what, view.unaligned())
    traces: list[dict[str, Any]] = []
    for number, name in enumerate(view.groups.names):
        traces += _group(view, table[(table["group"] == name) & (table["n"] >= max(LEAST, view.hide_below))], number)
    traces += [_counts(view, table[table["group"] == name], name) for name in view.groups.names]
    foot, more = view.foot(len(view.groups.names))
    weeks = [f"week {w}" for w in WEEKS]
    layout = view.layout(
        what,
        f"median, quartiles, 10-90% of {max(LEAST, view.hide_below)} or more",
        height=460 + more,
        xaxis=view.axis(
            f"weeks since {view.anchor_words()}, each ± {_HALF} days",
            anchor="y2",
            tickvals=list(range(len(WEEKS))),
            ticktext=weeks,
            range=[-0.6, len(WEEKS) - 0.4],
        ),
        yaxis=view.axis(view.analyte_words, type="log", domain=[foot + 0.08, 1.0]),
        yaxis2=view.count_axis(),
    )
    return {"data": traces, "layout": layout}


def _group(view: CohortView, mine: pd.DataFrame, number: int) -> list[dict[str, Any]]:
    if mine.empty:
        return []
    count, name = len(view.groups.names), plain(view.groups.names[number])
    colour, _, symbol = view.group_look(number)
    shift = (number - (count - 1) / 2) * 0.8 / max(count, 1)
    x = [WEEKS.index(w) + shift for w in mine["week"]]
    sticks = [
        _sticks(mine, x, low, high, {"color": colour, "width": width})
        for low, high, width in (("q10", "q90", 1.5), ("q25", "q75", 7))
    ]
    median = {
        "type": "scatter",
        "mode": "markers",
        "x": rounded(x),
        "y": rounded(mine["q50"]),
        "name": name,
        "marker": {
            "symbol": symbol,
            "size": 9,
            "color": view.paint.surface,
            "line": {"width": 2, "color": colour},
        },
        "text": [
            f"median {m:.3g}, quartiles {a:.3g} to {b:.3g}, n = {view.count(n)}"
            for m, a, b, n in zip(mine["q50"], mine["q25"], mine["q75"], mine["n"], strict=True)
        ],
        "hovertemplate": f"{name}: %{{text}}<extra></extra>",
    }
    return [*sticks, median]


def _counts(view: CohortView, mine: pd.DataFrame, name: str) -> dict[str, Any]:
    """Number of patients of a group in each week, as a row under the axis."""
    return view.count_row(name, [WEEKS.index(w) for w in mine["week"]], mine["n"])


def _sticks(rows: pd.DataFrame, x: list[float], low: str, high: str, line: dict[str, Any]) -> dict[str, Any]:
    """Vertical lines in one trace, a gap between them."""
    xs = [v for place in x for v in (place, place, None)]
    ys = [v for a, b in zip(rounded(rows[low]), rounded(rows[high]), strict=True) for v in (a, b, None)]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": xs,
        "y": ys,
        "line": line,
        "opacity": 0.7,
        "hoverinfo": "skip",
        "showlegend": False,
        "name": f"{low} to {high}",
    }


def numbers(view: CohortView) -> Numbers:
    """Quantiles of each week."""
    rows = table_of(view)[["group", "week", "n", "q10", "q25", "q50", "q75", "q90"]]
    return Numbers("Weeks", ["Group", "Week", "n", "10%", "25%", "50%", "75%", "90%"], rows)


FIGURE = Figure("weeks", "By week", "cohort", 60, draw, needs=("analyte", "scale", "by"), table=numbers)
