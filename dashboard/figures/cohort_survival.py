"""How long until the question first holds, by group?"""

from __future__ import annotations

from typing import Any

import numpy as np

from analytics.cohort.outcome import outcome
from analytics.cohort.small_cells import is_small
from analytics.cohort.survival import Curve
from dashboard.figures._figure import Figure
from dashboard.figures.cohort_view import CohortView
from dashboard.figures.words import plain, rounded

_AT_RISK = 6


def draw(view: CohortView) -> dict[str, Any]:
    """Share without the event, with the numbers at risk under the axis and the log-rank test."""
    what = "Time to the question"
    if view.question is None or view.withheld:
        return view.nothing(what, "The cohort has no question to wait for: add a line that begins with find.")
    asked = view.members if view.asked is None else view.asked  # whoever has it by definition cannot be compared
    found = outcome(view.case, view.question, view.anchor, view.groups, asked)
    if view.few(len(found.rows)):
        why = f"No patient in this cohort has {view.anchor_words()} and a result after it."
        return view.nothing(what, why, len(found.rows))
    names = list(found.curves)
    end = float(found.rows["day"].max()) or 1.0
    ticks = np.unique(np.linspace(0, end, _AT_RISK).round())
    traces: list[dict[str, Any]] = []
    for name in names:
        traces += _curve(view, found.curves[name], name, view.groups.names.index(name))
        traces.append(_risk(view, found.rows, name, ticks))
    untested = "one group, no test" if len(names) < 2 else "no events, no test"
    test = untested if np.isnan(found.p) else f"log-rank p = {found.p:.3g}"
    foot, more = view.foot(len(names))
    layout = view.layout(
        f"Time to: {plain(view.question.text)}",
        test,
        height=440 + more,
        xaxis=view.axis(f"days since {view.anchor_words()}", anchor="y2", range=[-0.02 * end, end * 1.03]),
        yaxis=view.axis("share without the event", range=[0, 1.03], domain=[foot + 0.1, 1.0], tickformat=".0%"),
        yaxis2=view.axis(
            "",
            type="category",
            categoryorder="array",
            categoryarray=[plain(n) for n in reversed(names)],
            tickvals=[plain(n) for n in names],
            ticktext=[f"at risk, {plain(n)}" for n in names],
            range=[-0.7, len(names) - 0.3],
            domain=[0.0, foot],
            showgrid=False,
            ticks="",
        ),
    )
    layout["title"] = view.title(f"Time to: {plain(view.question.text)}", f"all patients · {test}", len(found.rows))
    return {"data": traces, "layout": layout}


def _curve(view: CohortView, curve: Curve, name: str, number: int) -> list[dict[str, Any]]:
    colour, dash, _ = view.group_look(number)
    events = int(curve.events.sum())
    median = "median not reached" if np.isnan(curve.median) else f"median {curve.median:.0f} days"
    if is_small(events, view.hide_below):  # each step of the curve would be one of them
        said = f"{plain(name)}: {view.count(events)} of {view.count(curve.n)}, not drawn"
        return [{"type": "scatter", "mode": "lines", "x": [None], "y": [None], "name": said, "line": {"color": colour}}]
    x, y = np.append(0.0, curve.day), np.append(1.0, curve.free)
    step = {"type": "scatter", "mode": "lines", "legendgroup": name, "hoverinfo": "skip"}
    limits = [
        {
            **step,
            "x": rounded(x),
            "y": rounded(np.append(1.0, bound)),
            "line": {"color": colour, "width": 0.75, "dash": "dot", "shape": "hv"},
            "showlegend": False,
            "name": f"95% interval, {plain(name)}",
        }
        for bound in (curve.low, curve.high)
    ]
    main = {
        **step,
        "x": rounded(x),
        "y": rounded(y),
        "line": {"color": colour, "width": 2.25, "dash": dash, "shape": "hv"},
        "name": f"{plain(name)}: {view.count(events)} of {view.count(curve.n)}, {median}",
        "hoverinfo": "all",
        "hovertemplate": "day %{x}: %{y:.0%}<extra></extra>",
    }
    return [*limits, main]


def _risk(view: CohortView, rows: Any, name: str, ticks: np.ndarray) -> dict[str, Any]:
    day = rows.loc[rows["group"] == name, "day"].to_numpy()
    return {
        "type": "scatter",
        "mode": "text",
        "x": ticks.tolist(),
        "y": [plain(name)] * len(ticks),
        "text": [view.count(np.count_nonzero(day >= t)) for t in ticks],
        "textfont": {"size": 10, "color": view.paint.ink_soft},
        "yaxis": "y2",
        "hoverinfo": "skip",
        "showlegend": False,
        "name": f"at risk, {plain(name)}",
    }


FIGURE = Figure("survival", "Time to event", "cohort", 70, draw, needs=("by",))
