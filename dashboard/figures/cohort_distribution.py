"""How are the values spread at weeks 2, 4, 8 and 12, by group?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics.cohort.aligned import align, around, banded
from dashboard.figures.cohort_view import CohortView
from dashboard.figures.words import plain, rounded

WEEKS = (0, 2, 4, 8, 12, 24)
_HALF = 3
"""Days before and after the named week that belong to it."""


def table_of(view: CohortView) -> pd.DataFrame:
    """Quantiles at the named weeks: week, group, n and quantiles; the week of the event is its own week."""
    found = align(view.case, view.analyte, view.anchor, view.scale, view.members)
    table = banded(found, view.groups, around([7 * w for w in WEEKS], _HALF))
    return table.assign(week=((table["low"] + _HALF) // 7).astype(int))


def draw(view: CohortView) -> dict[str, Any]:
    """A box a week and group: quartiles thick, 10-90 % thin, the median a mark with n beside it."""
    table = table_of(view)
    what = f"{view.analyte_words.split(' [')[0]} by week"
    if table.empty:
        return view.nothing(what, f"Nobody in this cohort has {view.analyte} in these weeks.")
    traces: list[dict[str, Any]] = []
    count = len(view.groups.names)
    for number, name in enumerate(view.groups.names):
        mine = table[table["group"] == name]
        if mine.empty:
            continue
        colour, _, symbol = view.group_look(number)
        shift = (number - (count - 1) / 2) * 0.8 / max(count, 1)
        x = [WEEKS.index(w) + shift for w in mine["week"]]
        for low, high, width in (("q10", "q90", 1.5), ("q25", "q75", 7)):
            traces.append(_sticks(mine, x, low, high, {"color": colour, "width": width}))
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": rounded(x),
                "y": rounded(mine["q50"]),
                "name": plain(name),
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
                "hovertemplate": f"{plain(name)}: %{{text}}<extra></extra>",
            }
        )
    weeks = [f"week {w}" for w in WEEKS]
    layout = view.layout(
        what,
        "median, quartiles, 10-90 %",
        xaxis=view.axis(
            f"weeks since {view.anchor_words()}, each ± {_HALF} days",
            tickvals=list(range(len(WEEKS))),
            ticktext=weeks,
            range=[-0.6, len(WEEKS) - 0.4],
        ),
        yaxis=view.axis(view.analyte_words, type="log"),
    )
    return {"data": traces, "layout": layout}


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
