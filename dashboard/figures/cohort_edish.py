"""Which patients have a high aminotransferase, a high bilirubin, or both at their peaks?"""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from analytics.cohort.edish import QUADRANTS, counts, peaks, quadrant_name, quadrants
from dashboard.figures._figure import Figure
from dashboard.figures.cohort_points import alone, binned, points, ring
from dashboard.figures.cohort_view import SCALE_WORDS, CohortView
from dashboard.figures.words import plain, times


def frame_of(view: CohortView) -> pd.DataFrame:
    """Peaks of the cohort on the view's scale."""
    scale: Literal["x_baseline", "x_uln"] = "x_baseline" if view.scale == "x_baseline" else "x_uln"
    return peaks(view.case, scale=scale, at=(view.at_code,), members=view.members)


def draw(view: CohortView) -> dict[str, Any]:
    """Peak against peak, on logarithmic axes, with movable limits and the count of each quadrant."""
    frame = frame_of(view)
    what = f"Peak {view.at_code} and peak bilirubin on treatment"
    if view.few(len(frame)):
        why = f"No patient in this cohort has both {view.at_code} and bilirubin with limits."
        return view.nothing(what, why, len(frame))
    frame = frame.assign(
        selected=view.selected[frame["patient"]],
        quadrant=quadrants(frame["at"].to_numpy(), frame["bili"].to_numpy(), view.at_cut, view.bili_cut),
    )
    single = alone(frame["at"] * frame["bili"], frame["quadrant"] > 0, frame["selected"])
    traces = binned(view, frame.loc[~single, "at"], frame.loc[~single, "bili"])
    for number, name in enumerate(QUADRANTS):
        traces += _points(view, frame[single & (frame["quadrant"] == number) & ~frame["selected"]], number, name)
    traces += _chosen(view, frame[single & frame["selected"]])
    words = SCALE_WORDS["x_baseline" if view.scale == "x_baseline" else "x_uln"]
    layout = view.layout(
        what,
        words,
        height=520,
        margin={"l": 72, "r": 24, "t": 104, "b": 56},  # four names may take two lines below the title
        dragmode="select",
        xaxis=view.axis(f"peak {view.at_code} [{words}]", type="log"),
        yaxis=view.axis(f"peak bilirubin [{words}]", type="log"),
        shapes=_cuts(view),
        annotations=_numbers(view, frame),
    )
    return {"data": traces, "layout": layout}


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
    return [{**_scatter(view, rows), "name": "selected", "marker": ring(view)}]


def _scatter(view: CohortView, rows: pd.DataFrame) -> dict[str, Any]:
    texts = [
        f"{plain(view.key(p))}<br>{view.at_code} {times(a)} ×, bilirubin {times(b)} ×{_gap(g)}"
        for p, a, b, g in zip(rows["patient_id"], rows["at"], rows["bili"], rows["gap_days"], strict=True)
    ]
    return points(view, rows["patient_id"], rows["at"], rows["bili"], texts)


def _gap(days: float) -> str:
    if days != days:
        return ""
    return (
        "<br>peaks on one day"
        if days == 0
        else f"<br>bilirubin {abs(days):.0f} days {'later' if days > 0 else 'earlier'}"
    )


def _cuts(view: CohortView) -> list[dict[str, Any]]:
    line = {"color": view.paint.line_strong, "width": 1.25, "dash": "dash"}
    at = {"type": "line", "name": f"{view.at_code} {view.at_cut:g}", "x0": view.at_cut, "x1": view.at_cut}
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
            "text": view.beside(quadrant_name(name), n, ": <b>{}</b>"),
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


FIGURE = Figure("edish", "Peaks (eDISH)", "cohort", 20, draw, needs=("analyte", "scale", "at_cut", "bili_cut", "cuts"))
