"""From which quadrant before treatment did the patients come, and in which one did their peaks arrive?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analytics.analytes import shown
from analytics.cohort.edish import QUADRANTS, migration, peaks, quadrant_name
from analytics.cohort.small_cells import suppress
from dashboard.figures._figure import Figure
from dashboard.figures.cohort_view import CohortView

_LEAST = 0.03
"""Share of the height that a band has at least, so that one patient can be seen and pointed at."""
_GAP = 0.05
_SIDES = ("before", "peak")
_NAMES = list(QUADRANTS)


def table_of(view: CohortView) -> pd.DataFrame:
    """The library's moves; always in x ULN, whatever scale other views have."""
    return migration(peaks(view.case, at=(view.at_code,), members=view.members), view.cuts)


def words_of(view: CohortView, found: pd.DataFrame) -> pd.DataFrame:
    """Counts as this viewer may read them: index before, columns peak."""
    counts = found.pivot(index="before", columns="peak", values="n").reindex(index=_NAMES, columns=_NAMES)
    return suppress(counts, view.analysis.settings.cohort.small_cell) if view.moved else counts.astype(str)


def draw(view: CohortView) -> dict[str, Any]:
    """A band a move, as thick as its patients are many; bands whose number may not be told are left out."""
    found = table_of(view)
    what = f"Migration of {shown(view.at_code)} and bilirubin"
    total = int(found["n"].sum())
    if view.few(total):
        why = f"No patient in this cohort has {view.at_code} and bilirubin with limits both before and on treatment."
        return view.nothing(what, why, total)
    words = words_of(view, found)
    cells = zip(found["before"], found["peak"], found["n"], strict=True)
    told = np.array([words.at[before, peak] == str(n) for before, peak, n in cells])
    shown_moves = found[(found["n"] > 0) & told]
    if shown_moves.empty:
        return view.nothing(what, "Every move is hidden: too few patients.")
    bands = _placed(shown_moves)
    chosen = set(view.analysis.panel.patient_ids[view.selected])
    bands = bands.assign(selected=[len(chosen.intersection(ids)) for ids in bands["patient_ids"]])
    layout = view.layout(
        what,
        f"quadrants at {view.at_cut:g} and {view.bili_cut:g} × ULN",
        n=total,
        height=460,
        xaxis=view.axis(
            "quadrant by × upper limit of normal",
            range=[-0.42, 1.42],
            tickvals=[0, 1],
            ticktext=["last values before treatment", "peaks on treatment"],
            showgrid=False,
            fixedrange=True,
        ),
        yaxis=view.axis(
            "patients", range=[-0.02, 1.02], showticklabels=False, ticks="", showgrid=False, fixedrange=True
        ),
        shapes=[*_ribbons(view, bands), *_nodes(view, bands)],
        annotations=[note for side in _SIDES for note in _node_words(view, bands, side)],
    )
    return {"data": _marks(view, bands), "layout": layout}


def _placed(rows: pd.DataFrame) -> pd.DataFrame:
    """Both ends of every band: columns before_low, before_high, peak_low, peak_high, 1 at the top."""
    share = (rows["n"] / rows["n"].sum()).clip(lower=_LEAST)
    share = share / share.sum() * (1 - _GAP * (len(QUADRANTS) - 1))
    out = rows.assign(share=share)
    for side in _SIDES:
        other = _SIDES[1 - _SIDES.index(side)]
        rank = out[[side, other]].apply(lambda column: column.map(_NAMES.index))
        order = rank.sort_values([side, other]).index
        used = out.loc[order, "share"].cumsum() + rank.loc[order, side] * _GAP
        out[f"{side}_low"] = 1 - used
        out[f"{side}_high"] = out[f"{side}_low"] + out["share"]
    return out


def _look(view: CohortView, concern: str) -> str:
    level = {"concern": "attention", "potential concern": "information", "no concern / benefit": "good"}.get(concern)
    return view.paint.level[level] if level else view.paint.ink_faint


def _ribbons(view: CohortView, bands: pd.DataFrame) -> list[dict[str, Any]]:
    shapes = []
    for r in bands.to_dict("records"):
        a, b, c, d = (f"{r[k]:.4f}" for k in ("before_high", "before_low", "peak_high", "peak_low"))
        path = f"M 0,{a} C 0.5,{a} 0.5,{c} 1,{c} L 1,{d} C 0.5,{d} 0.5,{b} 0,{b} Z"
        colour = _look(view, r["concern"])
        shapes.append(
            {
                "type": "path",
                "name": f"{r['before']} to {r['peak']}",
                "path": path,
                "fillcolor": colour,
                "opacity": 0.3,
                "layer": "below",
                "line": {"width": 0.75, "color": colour},
            }
        )
    return shapes


def _ends(bands: pd.DataFrame, side: str) -> pd.DataFrame:
    """Lowest and highest place and the patients of each quadrant on one side."""
    return bands.groupby(side).agg(low=(f"{side}_low", "min"), high=(f"{side}_high", "max"), n=("n", "sum"))


def _nodes(view: CohortView, bands: pd.DataFrame) -> list[dict[str, Any]]:
    line = {"width": 0}
    return [
        {
            "type": "rect",
            "name": f"{side} {name}",
            "x0": x,
            "x1": x + 0.015,
            "y0": round(float(row["low"]), 4),
            "y1": round(float(row["high"]), 4),
            "fillcolor": view.paint.ink_soft,
            "line": line,
        }
        for side, x in (("before", -0.015), ("peak", 1.0))
        for name, row in _ends(bands, side).iterrows()
    ]


def _node_words(view: CohortView, bands: pd.DataFrame, side: str) -> list[dict[str, Any]]:
    left = side == "before"
    return [
        {
            "text": quadrant_name(name) + ("" if view.moved else f": <b>{int(row['n'])}</b>"),  # type: ignore[arg-type]
            "showarrow": False,
            "x": -0.03 if left else 1.03,
            "xanchor": "right" if left else "left",
            "y": round(float(row["low"] + row["high"]) / 2, 4),
            "font": {"size": 12, "color": view.paint.ink},
        }
        for name, row in _ends(bands, side).iterrows()
    ]


def _marks(view: CohortView, bands: pd.DataFrame) -> list[dict[str, Any]]:
    """A mark in each band: its number and the published reading; a click on it selects its patients."""
    traces = []
    for concern, rows in bands.groupby("concern", sort=True):
        said = [f"{n}" + (f" ({k} selected)" if k else "") for n, k in zip(rows["n"], rows["selected"], strict=True)]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers+text",
                "x": [0.93] * len(rows),
                "y": [round(float(v), 4) for v in (rows["peak_low"] + rows["peak_high"]) / 2],
                "text": said,
                "textposition": "middle left",
                "textfont": {"size": 11, "color": view.paint.ink},
                "marker": {"size": 9, "symbol": _SYMBOLS[str(concern)], "color": _look(view, str(concern))},
                "customdata": [f"migration|{b}|{p}" for b, p in zip(rows["before"], rows["peak"], strict=True)],
                "hovertext": [
                    f"{quadrant_name(b)} to {quadrant_name(p)}: {n} patients"
                    for b, p, n in zip(rows["before"], rows["peak"], rows["n"], strict=True)
                ],
                "hovertemplate": f"%{{hovertext}}<br>{concern}; click to select<extra></extra>",
                "name": str(concern),
                "showlegend": True,
            }
        )
    return traces


_SYMBOLS = {
    "concern": "triangle-up",
    "potential concern": "diamond",
    "no concern / benefit": "triangle-down",
    "no migration": "circle",
}


FIGURE = Figure("migration", "Migration", "cohort", 40, draw, needs=("analyte", "at_cut", "bili_cut", "cuts"))
