"""By how much did each patient change from the baseline to the highest value on treatment?"""

from __future__ import annotations

from typing import Any

import numpy as np

from analytics.analytes import shown
from analytics.cohort.change import changes
from analytics.rules._words import with_minus
from dashboard.figures._figure import Figure, Numbers
from dashboard.figures.cohort_view import CohortView
from dashboard.figures.words import plain, rounded

MOST_BARS = 400
"""Patients drawn as bars; a larger cohort is drawn as the curve of its sorted changes."""


def draw(view: CohortView) -> dict[str, Any]:
    """Sorted changes, largest first; the selected stand out by colour and by a mark above."""
    frame = changes(view.case, view.analyte, "peak", view.members)
    what = f"Change of {shown(view.analyte)} from baseline to peak"
    if view.few(len(frame)):
        why = f"No patient in this cohort has a baseline of {shown(view.analyte)} and a value after it."
        return view.nothing(what, why, len(frame))
    chosen = view.selected[view.analysis.panel.codes_of(frame["patient_id"])]
    at = np.arange(len(frame))
    many = len(frame) > MOST_BARS
    if many:
        at = np.unique(np.linspace(0, len(frame) - 1, MOST_BARS).round().astype(int))
    rows = frame.iloc[at]
    log = np.log2(1 + rows["change_pct"] / 100)
    texts = [
        f"{plain(view.key(p))}: {with_minus(f'{c:+.0f}%')}, {b:.4g} to {v:.4g}"
        for p, c, b, v in zip(rows["patient_id"], rows["change_pct"], rows["baseline"], rows["value"], strict=True)
    ]
    bars: dict[str, Any] = {
        "type": "scatter" if many else "bar",
        "x": (at + 1).tolist(),
        "y": rounded(log),
        "text": texts,
        "textposition": "none",
        "customdata": [view.key(p) for p in rows["patient_id"]],
        "hovertemplate": "%{text}<extra></extra>",
        "name": "patients",
    }
    if many:
        bars |= {"mode": "lines", "line": {"color": view.paint.accent, "shape": "hv"}, "fill": "tozeroy"}
        bars.pop("textposition")
    else:
        bars["marker"] = {"color": [view.paint.level["attention"] if c else view.paint.accent for c in chosen[at]]}
    return {
        "data": [bars, *_marks(view, log.to_numpy(), at, chosen[at])],
        "layout": _layout(view, what, log.to_numpy(), len(frame)),
    }


def _marks(view: CohortView, log: np.ndarray, at: np.ndarray, chosen: np.ndarray) -> list[dict[str, Any]]:
    if not chosen.any():
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": (at[chosen] + 1).tolist(),
            "y": rounded(np.maximum(log[chosen], 0) + 0.12),
            "marker": {"symbol": "triangle-down", "size": 8, "color": view.paint.level["attention"]},
            "name": "selected",
            "hoverinfo": "skip",
        }
    ]


_EACH = 10
"""Bars that are few enough to be numbered one by one; plotly would number half a patient."""


def _layout(view: CohortView, what: str, log: np.ndarray, every: int) -> dict[str, Any]:
    low, high = int(np.floor(min(log.min(), 0))), int(np.ceil(max(log.max(), 0)))
    ticks = list(range(low, high + 1))
    return view.layout(
        what,
        "baseline of the first line" + (f" · curve through {len(log)} of {every}" if every > len(log) else ""),
        xaxis=view.axis(
            "patients, largest rise first" + (f" ({len(log)} of {every} drawn)" if every > len(log) else ""),
            range=[0.4, every + 0.6],
            **({"dtick": 1} if len(log) <= _EACH else {}),
        ),
        yaxis=view.axis(
            f"{shown(view.analyte)} [× baseline]",
            range=[low - 0.1, high + 0.25],  # room for the mark above the highest bar
            tickvals=ticks,
            ticktext=[f"{2.0**t:g} ×" for t in ticks],
        ),
        bargap=0.1,
    )


def numbers(view: CohortView) -> Numbers:
    """The change of each patient."""
    frame = changes(view.case, view.analyte, "peak", view.members)
    rows = frame.assign(key=frame["patient_id"].map(view.key))[["key", "baseline", "value", "change_pct", "day"]]
    return Numbers("Changes from baseline to peak", ["Patient", "Baseline", "Peak", "Change %", "Day"], rows)


FIGURE = Figure("waterfall", "Waterfall", "cohort", 50, draw, needs=("analyte",), table=numbers)
