"""How have aminotransferase and bilirubin moved together, in time order, against the published lines?

A point is a day with both tests. The lines of the general and the liver-metastases form are drawn; on the baseline
scale those of the baseline form. A view of peaks alone hides a rise that follows a larger fall; the path does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics.analysis import Analysis
from analytics.settings import Settings
from dashboard import theme
from dashboard.figures import frame
from dashboard.figures._figure import Figure
from dashboard.figures.choice import Choice, Scale
from dashboard.figures.clock import clock_of
from dashboard.figures.tracks import Track, tracks_of
from dashboard.figures.words import hover, plain_all, rounded

_HEIGHT = 420


@dataclass(frozen=True)
class Pairs:
    """Days on which both tests were taken, in time order; heights on one scale."""

    when: npt.NDArray[np.datetime64]
    alt: npt.NDArray[np.float64]
    bilirubin: npt.NDArray[np.float64]
    alt_text: list[str]
    bilirubin_text: list[str]


def draw(analysis: Analysis, choice: Choice) -> dict[str, Any]:
    """Draw the path; ``choice.scale`` x_baseline gives the baseline form, anything else the ULN form."""
    scale: Scale = "x_baseline" if choice.scale == "x_baseline" else "x_uln"
    pairs = pairs_of(tracks_of(analysis), scale)
    unit = "× baseline" if scale == "x_baseline" else "× ULN"
    margin = {"l": 64, "r": 24, "t": 44, "b": 104}
    layout = frame.layout(analysis, choice, "ALT and bilirubin together", unit, height=_HEIGHT, margin=margin)
    lines = lines_of(analysis.settings, scale)
    x_range, y_range = _range(pairs.alt, lines, 0), _range(pairs.bilirubin, lines, 1)
    layout |= {
        "xaxis": _axis(choice, f"ALT, {unit} (log scale)", x_range),
        "yaxis": _axis(choice, f"Bilirubin, {unit} (log scale)", y_range),
        "shapes": _shapes(lines, choice),
        "annotations": _notes(pairs, lines, choice, x_range, y_range),
    }
    clock = clock_of(analysis, choice)
    return {"data": [*_path(pairs, clock.shown(pairs.when), choice), *_legend(lines, choice)], "layout": layout}


def lines_of(settings: Settings, scale: Scale) -> list[tuple[str, float, float, str]]:
    """(name, cut of ALT, cut of bilirubin, dash) of the published lines on this scale."""
    injury = settings.injury
    if scale == "x_baseline":
        return [
            ("baseline form", injury.mdish_alt, injury.mdish_bili, "dash"),
            ("oncology, baseline form", injury.parks_alt_baseline, injury.parks_bili_baseline, "dot"),
        ]
    return [
        ("general form", injury.edish_alt, injury.edish_bili, "dash"),
        ("with liver metastases", injury.parks_alt, injury.parks_bili, "dot"),
    ]


def pairs_of(tracks: dict[str, Track], scale: Scale) -> Pairs:
    """Days with both tests; the highest of a day counts."""
    alt, bilirubin = tracks.get("ALT"), tracks.get("BILI")
    if alt is None or bilirubin is None:
        nothing = np.zeros(0)
        return Pairs(np.zeros(0, "datetime64[D]"), nothing, nothing, [], [])
    a, b = _highest_of_day(alt, scale), _highest_of_day(bilirubin, scale)
    _, left, right = np.intersect1d(a[0], b[0], return_indices=True)
    at_a, at_b = a[1][left], b[1][right]
    y_a, y_b = alt.y(scale)[at_a], bilirubin.y(scale)[at_b]
    good = np.flatnonzero((y_a > 0) & (y_b > 0))
    shown_a, shown_b = alt.shown, bilirubin.shown
    times_a, times_b = alt.multiples[scale], bilirubin.multiples[scale]
    return Pairs(
        when=a[0][left][good],
        alt=y_a[good],
        bilirubin=y_b[good],
        alt_text=[f"ALT {shown_a[i]} U/L, {times_a[i]}" for i in at_a[good].tolist()],
        bilirubin_text=[f"bilirubin {shown_b[i]} mg/dL, {times_b[i]}" for i in at_b[good].tolist()],
    )


def _highest_of_day(track: Track, scale: Scale) -> tuple[Any, Any]:
    """Days, and the position of the highest result of each."""
    day = track.when.astype("datetime64[D]")
    height = np.where(np.isfinite(track.y(scale)), track.y(scale), -np.inf)
    order = np.lexsort((height, day))
    last = np.append(day[order][1:] != day[order][:-1], True)
    return day[order][last], order[last]


def _range(values: Any, lines: list[tuple[str, float, float, str]], which: int) -> list[float]:
    highest = max((line[1], line[2])[which] for line in lines)
    seen = np.concatenate([values, [0.3, highest * 1.6]])
    return [round(float(np.log10(seen.min() / 1.3)), 3), round(float(np.log10(seen.max() * 1.3)), 3)]


def _axis(choice: Choice, title: str, span: list[float]) -> dict[str, Any]:
    marks = [0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 50, 100]
    return theme.axis(choice.scheme) | {
        "type": "log",
        "range": span,
        "title": {"text": title, "font": {"size": 12, "color": choice.paint.ink_soft}},
        "tickvals": marks,
        "ticktext": [f"{m:g}" for m in marks],
    }


def _path(pairs: Pairs, dates: list[str], choice: Choice) -> list[dict[str, Any]]:
    if not len(pairs.alt):
        return []
    template, data = hover(
        {
            "_date": dates,
            "_alt": plain_all(pairs.alt_text),
            "_bili": plain_all(pairs.bilirubin_text),
            "order": _order(len(dates)),
        }
    )
    steps = np.linspace(5, 11, len(dates)) if len(dates) > 1 else np.array([9.0])
    trace = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "days with both tests, larger is later",
        "showlegend": True,
        "x": rounded(pairs.alt.tolist()),
        "y": rounded(pairs.bilirubin.tolist()),
        "line": {"width": 1, "color": choice.paint.ink_faint},
        "marker": {
            "size": [round(s, 1) for s in steps.tolist()],
            "color": choice.paint.accent,
            "line": {"width": 1, "color": choice.paint.surface},
        },
        "customdata": data,
        "hovertemplate": template,
    }
    return [trace]


def _order(count: int) -> list[str]:
    return [f"{i} of {count}" for i in range(1, count + 1)]


def _shapes(lines: list[tuple[str, float, float, str]], choice: Choice) -> list[dict[str, Any]]:
    shapes = [
        {
            "type": "rect",
            "name": "both at most 1",
            "layer": "below",
            "fillcolor": choice.paint.band,
            "line": {"width": 0},
            "x0": 1e-3,
            "x1": 1,
            "y0": 1e-3,
            "y1": 1,
        }
    ]
    for name, alt, bilirubin, dash in lines:
        look = {"width": 1.4, "dash": dash, "color": choice.paint.ink_soft}
        shapes.append(
            {"type": "line", "name": name, "x0": alt, "x1": alt, "yref": "paper", "y0": 0, "y1": 1, "line": look}
        )
        shapes.append(
            {
                "type": "line",
                "name": name,
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "yref": "y",
                "y0": bilirubin,
                "y1": bilirubin,
                "line": look,
            }
        )
    return shapes


def _notes(
    pairs: Pairs, lines: Any, choice: Choice, x_range: list[float], y_range: list[float]
) -> list[dict[str, Any]]:
    _, alt, bilirubin, _ = lines[0]
    soft = {"font": {"size": 11, "color": choice.paint.ink_soft}, "xref": "x", "yref": "y"}
    top, right = y_range[1], x_range[1]
    where_y, where_x = float(top + np.log10(bilirubin)) / 2, float(right + np.log10(alt)) / 2
    notes = [
        frame.note("both above", x=round(where_x, 3), y=top, yanchor="top", **soft),
        frame.note("bilirubin above", x=x_range[0], xanchor="left", y=round(where_y, 3), **soft),
        frame.note("ALT above", x=round(where_x, 3), y=y_range[0], yanchor="bottom", **soft),
    ]
    if not len(pairs.alt):
        notes.append(frame.note("no day with both tests and a limit", xref="paper", yref="paper", x=0.5, y=0.5))
    for place, word in ((0, "first"), (-1, "last"))[: min(len(pairs.alt), 2)]:
        x, y = (round(float(np.log10(v[place])), 3) for v in (pairs.alt, pairs.bilirubin))
        ink = {"size": 11, "color": choice.paint.ink}
        notes.append(frame.note(f"<b>{word}</b>", x=x, y=y, xref="x", yref="y", xanchor="left", xshift=8, font=ink))
    return notes


def _legend(lines: list[tuple[str, float, float, str]], choice: Choice) -> list[dict[str, Any]]:
    signs = [
        frame.sign(
            f"{name}: ALT {alt:g}, bilirubin {bilirubin:g}",
            mode="lines",
            line={"dash": dash, "width": 1.4, "color": choice.paint.ink_soft},
        )
        for name, alt, bilirubin, dash in lines
    ]
    square = {
        "symbol": "square",
        "size": 12,
        "color": choice.paint.band,
        "line": {"width": 1, "color": choice.paint.guide},
    }
    return [*signs, frame.sign("both at most 1", mode="markers", marker=square)]


FIGURE = Figure("path", "ALT and bilirubin", "patient", 30, draw, needs=("scale",))
