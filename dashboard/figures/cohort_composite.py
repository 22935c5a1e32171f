"""Of patients with abnormal baselines: where did the peaks arrive, and how far from each own value before treatment?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from analytics.analytes import shown
from analytics.cohort.composite import composite
from analytics.cohort.edish import QUADRANTS, quadrant_name
from dashboard.figures._figure import Figure, Numbers
from dashboard.figures.cohort_points import alone, binned, points, ring
from dashboard.figures.cohort_view import CohortView
from dashboard.figures.words import plain, times

PLACES = {1: ("x", "y"), 3: ("x2", "y2"), 0: ("x3", "y3"), 2: ("x4", "y4")}
"""Axes of the panel of each quadrant of the peaks, by position in QUADRANTS; bilirubin goes up."""
_MOST = 1_500
"""Patients drawn one by one, each with five numbers in words."""
_LEFT, _RIGHT, _LOW, _HIGH = [0.0, 0.455], [0.545, 1.0], [0.0, 0.4], [0.58, 1.0]
_DOMAINS = {1: (_LEFT, _HIGH), 3: (_RIGHT, _HIGH), 0: (_LEFT, _LOW), 2: (_RIGHT, _LOW)}


def frame_of(view: CohortView) -> pd.DataFrame:
    """The library's rows for this view."""
    return composite(view.case, view.cuts, at=view.at_code, members=view.members)


def draw(view: CohortView) -> dict[str, Any]:
    """Four panels by the quadrant of the peaks in x ULN; in each, x baseline; the mark says the quadrant before."""
    frame = frame_of(view)
    what = f"Composite plot of {shown(view.at_code)} and bilirubin"
    if view.few(len(frame)):
        why = f"No patient in this cohort has {view.at_code} and bilirubin with limits both before and on treatment."
        return view.nothing(what, why, len(frame))
    frame = frame.assign(selected=view.selected[frame["patient"]])
    single = alone(frame["at_xbln"] * frame["bili_xbln"], frame["peak"] > 0, frame["selected"], _MOST)
    traces = [
        trace for peak in range(len(QUADRANTS)) for trace in _panel(view, frame[frame["peak"] == peak], peak, single)
    ]
    return {"data": _named_once(traces), "layout": _layout(view, what, frame)}


def _panel(view: CohortView, rows: pd.DataFrame, peak: int, single: np.ndarray) -> list[dict[str, Any]]:
    one = single[rows.index.to_numpy()]
    traces = binned(view, rows.loc[~one, "at_xbln"], rows.loc[~one, "bili_xbln"])
    for before, name in enumerate(QUADRANTS):
        mine = rows[one & (rows["before"] == before) & ~rows["selected"]]
        colour, _, symbol = view.group_look(before)
        marker = {"symbol": symbol, "size": 7, "color": colour, "opacity": 0.75}
        traces += _marks(view, mine, f"before: {quadrant_name(name)}", marker)
    traces += _marks(view, rows[one & rows["selected"]], "selected", ring(view))
    x, y = PLACES[peak]
    # a panel of nobody still has its axes: plotly leaves out those that no trace is on
    nobody = {"type": "scatter", "mode": "markers", "x": [None], "y": [None], "name": "no patient", "hoverinfo": "skip"}
    return [{**t, "xaxis": x, "yaxis": y} for t in traces or [nobody]]


def _marks(view: CohortView, rows: pd.DataFrame, name: str, marker: dict[str, Any]) -> list[dict[str, Any]]:
    if rows.empty:
        return []
    each: Iterator[Any] = rows.itertuples()
    texts = [
        f"{plain(view.key(r.patient_id))}<br>{view.at_code} {times(r.at_xbln)} × baseline, peak {times(r.at)} × ULN"
        f" (before {times(r.at_baseline)})<br>bilirubin {times(r.bili_xbln)} × baseline, peak {times(r.bili)} × ULN"
        f" (before {times(r.bili_baseline)})"
        for r in each
    ]
    found = points(view, rows["patient_id"], rows["at_xbln"], rows["bili_xbln"], texts)
    return [{**found, "name": name, "legendgroup": name, "marker": marker}]


def _named_once(traces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every name once in the legend, in the order of the quadrants."""
    first: dict[str, int] = {}
    for at, trace in enumerate(traces):
        first.setdefault(trace["name"], at)
    return [{**t, "showlegend": first[t["name"]] == at and t["name"] != "no patient"} for at, t in enumerate(traces)]


def _layout(view: CohortView, what: str, frame: pd.DataFrame) -> dict[str, Any]:
    axes: dict[str, Any] = {}
    for peak, (x, y) in PLACES.items():
        across, up = _DOMAINS[peak]
        more = {"type": "log", "minallowed": -3, "maxallowed": 4}
        axes[f"xaxis{x[1:]}"] = view.axis(f"{view.at_code} [× baseline]", anchor=y, domain=across, **more)
        axes[f"yaxis{y[1:]}"] = view.axis("bilirubin [× baseline]", anchor=x, domain=up, **more)
        for axis, values in ((axes[f"xaxis{x[1:]}"], "at_xbln"), (axes[f"yaxis{y[1:]}"], "bili_xbln")):
            axis["range"] = _range(frame[values])
    limits = f"quadrants at {view.at_cut:g} and {view.bili_cut:g} × ULN"
    layout = view.layout(
        what,
        limits,
        n=len(frame),
        height=720,
        shapes=[shape for x, y in PLACES.values() for shape in _ones(view, x, y)],
        annotations=[_head(view, peak, int((frame["peak"] == peak).sum())) for peak in PLACES],
        **axes,
    )
    return layout | {"legend": layout["legend"] | {"y": 1.04}}


def _range(values: pd.Series) -> list[float]:
    """Both ends as powers of ten, the same in all panels, and never without 1 x."""
    low, high = np.log10(min(values.min(), 1.0)), np.log10(max(values.max(), 1.0))
    return [round(float(low) - 0.12, 3), round(float(high) + 0.12, 3)]


def _ones(view: CohortView, x: str, y: str) -> list[dict[str, Any]]:
    """Lines at 1 x baseline: unchanged."""
    line = {"color": view.paint.line_strong, "width": 1, "dash": "dot"}
    across = {"type": "line", "xref": f"{x} domain", "x0": 0, "x1": 1, "yref": y, "y0": 1, "y1": 1, "line": line}
    up = {"type": "line", "xref": x, "x0": 1, "x1": 1, "yref": f"{y} domain", "y0": 0, "y1": 1, "line": line}
    return [{**across, "name": "bilirubin unchanged"}, {**up, "name": f"{view.at_code} unchanged"}]


def _head(view: CohortView, peak: int, n: int) -> dict[str, Any]:
    across, up = _DOMAINS[peak]
    name = quadrant_name(list(QUADRANTS)[peak])
    return {
        "text": view.beside(f"peaks: {name}", n, ", n = <b>{}</b>"),
        "showarrow": False,
        "xref": "paper",
        "yref": "paper",
        "x": across[0],
        "y": up[1],
        "xanchor": "left",
        "yanchor": "bottom",
        "font": {"size": 12, "color": view.paint.ink_soft},
    }


def numbers(view: CohortView) -> Numbers:
    """Peaks and values before treatment, a patient a row."""
    frame, names = frame_of(view), [quadrant_name(q) for q in QUADRANTS]
    columns = ["key", "at_baseline", "at", "at_xbln", "bili_baseline", "bili", "bili_xbln"]
    rows = frame.assign(key=frame["patient_id"].map(view.key))[columns]
    rows = rows.assign(**{c: [names[k] for k in frame[c]] for c in ("before", "peak")})
    alt, bili = view.at_code, "bilirubin"
    heads = ["Patient", f"{alt} before × ULN", f"{alt} peak × ULN", f"{alt} × baseline", f"{bili} before × ULN"]
    heads += [f"{bili} peak × ULN", f"{bili} × baseline", "Quadrant before", "Quadrant of the peaks"]
    return Numbers("Peaks and values before treatment", heads, rows)


FIGURE = Figure(
    "composite", "Composite", "cohort", 30, draw, needs=("analyte", "at_cut", "bili_cut", "cuts"), table=numbers
)
