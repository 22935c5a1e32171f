"""Which patients have a high aminotransferase, a high bilirubin, or both at their peaks?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analytics.cohort.edish import QUADRANTS, counts, peaks, quadrants
from dashboard.figures.cohort_view import SCALE_WORDS, CohortView
from dashboard.figures.words import plain, rounded, times

MOST_POINTS = 2_500
"""Patients drawn one by one; beyond, those in no special quadrant are binned."""
_BINS = 48


def frame_of(view: CohortView) -> pd.DataFrame:
    """Peaks of the cohort on the view's scale."""
    scale = "x_baseline" if view.scale == "x_baseline" else "x_uln"
    return peaks(view.case, scale=scale, at=(view.analyte,), members=view.members)


def draw(view: CohortView) -> dict[str, Any]:
    """Peak against peak, on logarithmic axes, with movable limits and the count of each quadrant."""
    frame = frame_of(view)
    what = f"Peak {view.analyte} and peak bilirubin on treatment"
    if frame.empty:
        return view.nothing(what, f"Nobody in this cohort has both {view.analyte} and bilirubin with limits.")
    frame = frame.assign(
        selected=view.selected[frame["patient"]],
        quadrant=quadrants(frame["at"].to_numpy(), frame["bili"].to_numpy(), view.at_cut, view.bili_cut),
    )
    alone = _alone(frame)
    traces = _binned(view, frame[~alone])
    for number, name in enumerate(QUADRANTS):
        traces += _points(view, frame[alone & (frame["quadrant"] == number) & ~frame["selected"]], number, name)
    traces += _chosen(view, frame[frame["selected"]])
    words = SCALE_WORDS["x_baseline" if view.scale == "x_baseline" else "x_uln"]
    layout = view.layout(
        what,
        words,
        height=520,
        dragmode="select",
        xaxis=view.axis(f"peak {view.analyte} [{words}]", type="log"),
        yaxis=view.axis(f"peak bilirubin [{words}]", type="log"),
        shapes=_cuts(view),
        annotations=_numbers(view, frame),
    )
    return {"data": traces, "layout": layout}


def _alone(frame: pd.DataFrame) -> np.ndarray:
    """Patients drawn one by one: all of a small cohort; else the selected and the worst of the special quadrants."""
    if len(frame) <= MOST_POINTS:
        return np.ones(len(frame), dtype=bool)
    rank = (frame["at"] * frame["bili"]).where(frame["quadrant"] > 0, 0) + np.where(frame["selected"], np.inf, 0)
    worst = np.argsort(-rank.to_numpy(), kind="stable")[:MOST_POINTS]
    alone = np.zeros(len(frame), dtype=bool)
    alone[worst] = True
    return alone & ((frame["quadrant"] > 0) | frame["selected"]).to_numpy()


def _points(view: CohortView, rows: pd.DataFrame, number: int, name: str) -> list[dict[str, Any]]:
    if rows.empty:
        return []
    colour, _, symbol = view.group_look(number)
    return [
        {
            **_scatter(view, rows),
            "name": f"{QUADRANTS[name]}",  # type: ignore[index]
            "marker": {"symbol": symbol, "size": 7, "color": colour, "opacity": 0.75},
        }
    ]


def _chosen(view: CohortView, rows: pd.DataFrame) -> list[dict[str, Any]]:
    if rows.empty:
        return []
    ring = {"width": 2, "color": view.paint.accent}
    marker = {"symbol": "circle-open", "size": 12, "color": view.paint.accent, "line": ring}
    return [{**_scatter(view, rows), "name": "selected", "marker": marker}]


def _scatter(view: CohortView, rows: pd.DataFrame) -> dict[str, Any]:
    texts = [
        f"{plain(view.key(p))}<br>{view.analyte} {times(a)} ×, bilirubin {times(b)} ×{_gap(g)}"
        for p, a, b, g in zip(rows["patient_id"], rows["at"], rows["bili"], rows["gap_days"], strict=True)
    ]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": rounded(rows["at"]),
        "y": rounded(rows["bili"]),
        "text": texts,
        "customdata": [view.key(p) for p in rows["patient_id"]],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _gap(days: float) -> str:
    if days != days:
        return ""
    return (
        "<br>peaks on one day"
        if days == 0
        else f"<br>bilirubin {abs(days):.0f} days {'later' if days > 0 else 'earlier'}"
    )


def _binned(view: CohortView, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Patients binned on the logarithmic plane; the size of a mark is their number."""
    if rows.empty:
        return []
    x, y = np.log10(rows["at"].clip(lower=1e-3)), np.log10(rows["bili"].clip(lower=1e-3))
    count, xe, ye = np.histogram2d(x, y, bins=_BINS)
    i, j = np.nonzero(count)
    n = count[i, j]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": rounded(10 ** ((xe[i] + xe[i + 1]) / 2)),
            "y": rounded(10 ** ((ye[j] + ye[j + 1]) / 2)),
            "text": [f"{int(k)} patients" for k in n],
            "hovertemplate": "%{text} near here<extra></extra>",
            "name": "other patients, binned",
            "marker": {
                "symbol": "square",
                "color": view.paint.ink_faint,
                "opacity": 0.6,
                "size": rounded(2 + 7 * np.sqrt(n / n.max())),
            },
        }
    ]


def _cuts(view: CohortView) -> list[dict[str, Any]]:
    line = {"color": view.paint.line_strong, "width": 1.25, "dash": "dash"}
    at = {"type": "line", "name": f"{view.analyte} {view.at_cut:g}", "x0": view.at_cut, "x1": view.at_cut}
    bili = {"type": "line", "name": f"bilirubin {view.bili_cut:g}", "y0": view.bili_cut, "y1": view.bili_cut}
    return [
        {**at, "yref": "paper", "y0": 0, "y1": 1, "line": line},
        {**bili, "xref": "paper", "x0": 0, "x1": 1, "line": line},
    ]


def _numbers(view: CohortView, frame: pd.DataFrame) -> list[dict[str, Any]]:
    found = counts(frame, view.at_cut, view.bili_cut)
    corner = {"neither": (0.01, 0.01), "bili_only": (0.01, 0.99), "at_only": (0.99, 0.01), "both": (0.99, 0.99)}
    return [
        {
            "text": f"{QUADRANTS[name].split(' (')[0]}: <b>{view.count(n)}</b>",
            "showarrow": False,
            "xref": "paper",
            "yref": "paper",
            "x": corner[name][0],
            "y": corner[name][1],
            "xanchor": "left" if corner[name][0] < 0.5 else "right",
            "yanchor": "bottom" if corner[name][1] < 0.5 else "top",
            "font": {"size": 11, "color": view.paint.ink_soft},
            "bgcolor": view.paint.surface,
        }
        for name, n in found.items()
    ]
