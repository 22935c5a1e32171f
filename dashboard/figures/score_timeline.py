"""How did the scores of liver function move, and what limits their meaning here?"""

from __future__ import annotations

from typing import Any

import numpy as np

from analytics.analysis import Analysis
from analytics.scores import scores
from dashboard import theme
from dashboard.figures import frame, rows
from dashboard.figures._figure import Figure
from dashboard.figures.choice import Choice
from dashboard.figures.clock import Clock, clock_of
from dashboard.figures.words import ABSENT, hover, plain, rounded


def name_of(score: str) -> str:
    """A score as people write it."""
    known = scores().get(score)
    return known.title if known else score.replace("_", " ")


def draw(analysis: Analysis, choice: Choice) -> dict[str, Any]:
    """Draw each score that has a value on its own linear axis."""
    clock = clock_of(analysis, choice)
    table = analysis.scores
    known = table[table["value"].notna()]
    names = list(dict.fromkeys(known["score"]))
    _, domains = rows.domains(len(names))
    layout = rows.layout(analysis, choice, "Scores of liver function", "linear scales", len(names))
    layout |= {"xaxis": rows.time_axis(analysis, choice, clock, len(names)), "annotations": [], "shapes": []}
    data = []
    for i, (name, domain) in enumerate(zip(names, domains, strict=True), start=1):
        rows_of = known[known["score"] == name]
        data.append(_trace(name, rows_of, i, clock, choice))
        axis = layout[f"yaxis{i if i > 1 else ''}"] = _axis(data[-1]["y"], domain, choice)
        shapes, named = _bands(name, axis["range"], i, choice)
        layout["shapes"] += shapes
        layout["annotations"] += named
        layout["annotations"].append(rows.label(plain(name_of(name)), "score", "linear", domain, choice))
        note = next((str(n) for n in rows_of["note"][::-1] if isinstance(n, str) and n), "")
        layout["annotations"].append(rows.remark(plain(note), domain, choice))
    if not names:
        layout |= {"yaxis": {"range": [0, 1], "ticktext": [], "tickvals": []}}
        words = f"No score: inputs not measured within {analysis.settings.reserve.inputs_days} days"
        layout["annotations"] = [frame.note(words, xref="paper", yref="paper", x=0.5, y=0.5)]
    mark = {"symbol": "circle", "size": 8, "color": choice.paint.ink}
    return {"data": [*data, frame.sign("score of a day", mode="markers", marker=mark)], "layout": layout}


def _trace(name: str, table: Any, axis: int, clock: Clock, choice: Choice) -> dict[str, Any]:
    when = table["date"].to_numpy("datetime64[us]")
    bands = [plain(b) if isinstance(b, str) and b else ABSENT for b in table["band"]]
    template, data = hover({"class": bands}, first=f"<b>{plain(name_of(name))}</b> {clock.hover}<br>%{{y:.2f}}")
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": plain(name_of(name)),
        "showlegend": False,
        "x": clock.at(when),
        "y": rounded(table["value"].tolist()),
        "yaxis": "y" if axis == 1 else f"y{axis}",
        "line": {"width": 1, "color": choice.paint.accent},
        "marker": {"size": 6, "color": choice.paint.accent},
        "customdata": data,
        "hovertemplate": template,
    }


def _bands(
    name: str, shown: list[float | None], axis: int, choice: Choice
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Classes of the score behind its values, every other one tinted, each with its name at the right edge."""
    known = scores().get(name)
    if known is None or len(known.bands) < 2:
        return [], []
    low, high = float(shown[0] or 0.0), float(shown[1] or 0.0)
    yref = f"y{axis if axis > 1 else ''}"
    shapes, words = [], []
    begins = -np.inf
    for at, (band, ends) in enumerate(known.bands):
        a, b = max(begins, low), min(ends, high)
        begins = ends
        if not a < b:
            continue
        if at % 2:
            shapes.append(
                {
                    "type": "rect", "name": f"{name_of(name)} {band}", "xref": "paper", "x0": 0, "x1": 1, "yref": yref,
                    "y0": round(a, 4), "y1": round(b, 4), "fillcolor": choice.paint.sunken, "line": {"width": 0},
                    "layer": "below",
                }
            )  # fmt: skip
        words.append(
            frame.note(
                plain(band), xref="paper", x=1, xanchor="right", yref=yref, y=round((a + b) / 2, 4), yanchor="middle",
                font={"size": 10, "color": choice.paint.ink_soft},
            )
        )  # fmt: skip
    return shapes, words


def _axis(values: list[float | None], domain: tuple[float, float], choice: Choice) -> dict[str, Any]:
    seen = np.array([v for v in values if v is not None])
    low, high = float(seen.min()), float(seen.max())
    air = max((high - low) * 0.15, abs(high) * 0.1, 0.1)
    return theme.axis(choice.scheme) | {
        "domain": [round(d, 4) for d in domain],
        "range": rounded([low - air, high + air]),
        "nticks": 4,
        "title": {"text": ""},
        "fixedrange": True,
    }


FIGURE = Figure("scores", "Scores", "patient", 40, draw)
