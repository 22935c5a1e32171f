"""One panel a laboratory test: results, smoothed curve, range as it was at the time, baseline, marks of trouble."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics.analytes import shown
from dashboard import theme
from dashboard.figures import behind as others
from dashboard.figures.behind import Behind
from dashboard.figures.choice import Choice, Scale
from dashboard.figures.clock import Clock
from dashboard.figures.curves import Smooth
from dashboard.figures.tracks import CONFLICTED, GRADES, Track, unit_of
from dashboard.figures.words import hover, plain_all, rounded

Floats = npt.NDArray[np.float64]

_BELOW, _ABOVE, _EXACT, _CORRECTED = "triangle-down-open", "triangle-up-open", "circle", "diamond"
_LEAST_RATIO, _LEAST_SHARE = 3.0, 0.3
"""A panel is never so tall that a change within the noise fills it: top three times the bottom, or 30% of the top."""


@dataclass(frozen=True)
class Panel:
    """Everything one panel needs: the track, the scale it is drawn on, and its axis."""

    track: Track
    scale: Scale
    log: bool
    axis: int
    """Number of the y axis: 2 is ``y2``."""
    behind: Behind | None = None
    """The band of other patients that is drawn behind it."""

    @property
    def name(self) -> str:
        """Short name of the test."""
        return shown(self.track.analyte.code)

    @property
    def unit(self) -> str:
        """What the axis counts."""
        return {"x_uln": "× ULN", "x_baseline": "× baseline"}.get(self.scale, unit_of(self.track.analyte))

    @property
    def limits(self) -> tuple[Floats, Floats]:
        """Lower and upper limit at each result, on this scale."""
        by = self.track.divisor(self.scale)
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.track.numbers["lln"] / by, self.track.numbers["uln"] / by


def panel_of(track: Track, choice: Choice, axis: int, behind: Behind | None = None) -> Panel:
    """The panel of one track under one choice; falls back to a scale that can be drawn."""
    scale = track.scale_of(choice.scale)
    positive = bool(np.all(track.value > 0))
    mine = behind if behind is not None and (behind.code, behind.scale) == (track.analyte.code, scale) else None
    return Panel(track, scale, choice.log and positive and track.analyte.scale == "log", axis, mine)


def traces(panel: Panel, clock: Clock, choice: Choice, smooth: Sequence[Smooth] = ()) -> list[dict[str, Any]]:
    """All traces of one panel, from the back to the front."""
    colour = theme.colour_of(panel.track.analyte.code, choice.scheme)
    layers = [_range_band(panel, clock, choice)]
    if panel.behind is not None:
        layers += others.traces(panel.behind, panel.axis, clock, choice)
    layers += _smooth(panel, clock, choice, smooth, colour)
    layers += [
        _baseline(panel, clock, choice),
        _results(panel, clock, choice, colour, joined=not (smooth and choice.smooth)),
    ]
    return [dict(layer, yaxis=f"y{panel.axis}", showlegend=False) for layer in layers if layer]


def _range_band(panel: Panel, clock: Clock, choice: Choice) -> dict[str, Any] | None:
    """The reference range as a filled step: each result's own limits hold until the next result's."""
    low, high = panel.limits
    known = np.flatnonzero(np.isfinite(high) | np.isfinite(low))
    if not len(known):
        return None
    bottom, top = y_range(panel)
    low = np.where(np.isfinite(low[known]), np.maximum(low[known], bottom), bottom)
    high = np.where(np.isfinite(high[known]), np.minimum(high[known], top), top)
    when = panel.track.when[known]
    change = np.flatnonzero((np.diff(low) != 0) | (np.diff(high) != 0)) + 1
    starts = np.concatenate([[0], change])
    ends = np.concatenate([change, [len(known) - 1]])
    xs, upper, lower = [], [], []
    for a, b in zip(starts.tolist(), ends.tolist(), strict=True):
        xs += [when[a], when[b]]
        upper += [high[a], high[a]]
        lower += [low[a], low[a]]
    x = clock.at(np.array(xs))
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "reference range",
        "x": x + x[::-1],
        "y": rounded(upper) + rounded(lower[::-1]),
        "fill": "toself",
        "fillcolor": choice.paint.band,
        "line": {"width": 1, "color": choice.paint.line_strong},
        "hoverinfo": "skip",
    }


def _smooth(panel: Panel, clock: Clock, choice: Choice, pieces: Sequence[Smooth], colour: str) -> list[dict[str, Any]]:
    """Band and curve of every piece in two traces; a gap parts the pieces."""
    if not pieces:
        return []
    band_x, band_y, x, y = [], [], [], []
    for piece in pieces:
        by = 1.0 if panel.scale == "absolute" else divisor_at(panel, piece.when)
        at = clock.at(piece.when)
        band_x += [*at, *at[::-1], None]
        band_y += [*(piece.high / by).tolist(), *(piece.low / by)[::-1].tolist(), np.nan]
        x += [*at, None]
        y += [*(piece.middle / by).tolist(), np.nan]
    line: dict[str, Any] = {"type": "scatter", "mode": "lines", "hoverinfo": "skip"}
    if not choice.smooth:
        line["visible"] = False  # there all the same: the browser shows and hides it without asking
    return [
        {
            **line,
            "name": "95% band of the smoothed level",
            "x": band_x[:-1],
            "y": rounded(band_y[:-1], 3),
            "fill": "toself",
            "fillcolor": faint(colour),
            "line": {"width": 0},
        },
        {
            **line,
            "name": "smoothed level",
            "x": x[:-1],
            "y": rounded(y[:-1], 3),
            "line": {"width": 1.8, "color": colour},
        },
    ]


def faint(colour: str, share: float = 0.16) -> str:
    """The same colour, mostly see-through."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"


def divisor_at(panel: Panel, when: npt.NDArray[np.datetime64]) -> Floats:
    """What a curve is divided by at any moment: that of the last result at or before it."""
    at = np.searchsorted(panel.track.when, when.astype("datetime64[us]"), side="right") - 1
    by = panel.track.divisor(panel.scale)
    found: Floats = by[np.clip(at, 0, len(by) - 1)]
    return found


def _baseline(panel: Panel, clock: Clock, choice: Choice) -> dict[str, Any] | None:
    """The baseline of each treatment line over that line's results, as a dashed level."""
    with np.errstate(divide="ignore", invalid="ignore"):
        level = panel.track.numbers["baseline"] / panel.track.divisor(panel.scale)
    known = np.flatnonzero(np.isfinite(level))
    if not len(known):
        return None
    change = np.flatnonzero(np.diff(level[known]) != 0) + 1
    runs = np.split(known, change)
    moments: list[Any] = []
    heights: list[float] = []
    for run in runs:
        moments += [panel.track.when[run[0]], panel.track.when[run[-1]], np.datetime64("NaT", "us")]
        heights += [level[run[0]], level[run[0]], np.nan]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "baseline",
        "x": clock.at(np.array(moments, dtype="datetime64[us]")),
        "y": rounded(heights),
        "line": {"width": 1.2, "dash": "dash", "color": choice.paint.ink_soft},
        "hoverinfo": "skip",
    }


def _results(panel: Panel, clock: Clock, choice: Choice, colour: str, *, joined: bool) -> dict[str, Any]:
    track = panel.track
    template, data = hover(
        hover_fields(panel, clock), first=f"<b>{panel.name}, {unit_of(track.analyte)}</b><br>{clock.hover}"
    )
    symbols = [symbol_of(c, r) for c, r in zip(track.texts["comparator"], track.texts["replaced"], strict=True)]
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": panel.name,
        "x": clock.at(track.when),
        "y": rounded(track.y(panel.scale).tolist()),
        "meta": track.analyte.code,
        "line": {"width": 1 if joined else 0.5, "color": colour, "dash": "solid" if joined else "dot"},
        "marker": {"symbol": symbols if set(symbols) != {_EXACT} else _EXACT, "size": 6, "color": colour},
        "customdata": data,
        "hovertemplate": template,
        "selected": {"marker": {"size": 11}},
        "unselected": {"marker": {"opacity": 0.35}},
    }
    if choice.evidence:
        wanted = set(choice.evidence)
        trace["selectedpoints"] = [i for i, one in enumerate(track.result_id) if one in wanted]
    return trace


def symbol_of(comparator: str, replaced: str) -> str:
    """Symbol of a result: open triangles point where the true value lies, a diamond was corrected by the laboratory."""
    return {"<": _BELOW, ">": _ABOVE}.get(comparator, _CORRECTED if replaced else _EXACT)


def hover_fields(panel: Panel, clock: Clock) -> dict[str, list[str]]:
    """What a result says of itself, one list of texts a field; the height itself need not travel twice."""
    track = panel.track
    drawn = "" if any(track.texts["comparator"]) or any(track.texts["baseline_comparator"]) else panel.scale
    height = ["%{y:.2f}"] * len(track)  # a text would travel twice; a sign before it does not stand in the height
    fields = {
        "_value": plain_all(track.shown),
        "range": track.ranges,
        "× ULN": height if drawn == "x_uln" else track.multiples["x_uln"],
        "× baseline": height if drawn == "x_baseline" else track.multiples["x_baseline"],
        GRADES: track.grades,
        "laboratory": plain_all(track.texts["lab"]),
        "earlier value": plain_all(track.texts["replaced"]),
        f"{CONFLICTED} quarantined": plain_all(track.texts["held_instead"]),
        "file": plain_all(track.texts["source_file"]),
        "row": track.source_line,
    }
    if clock.since is not None:
        fields = {"date": Clock(clock.kind).shown(track.when), **fields}
    return fields


def y_range(panel: Panel) -> tuple[float, float]:
    """Lowest and highest height in sight: all results, the limit that matters where it is near, and other patients."""
    y = panel.track.y(panel.scale)
    low, high = panel.limits
    limit = low if panel.track.analyte.bad == "low" else high
    seen = np.concatenate([y[np.isfinite(y)], limit[np.isfinite(limit)][-1:]])
    if panel.behind is not None:
        seen = np.concatenate([seen, panel.behind.reach])
    if not len(seen):
        return 0.0, 1.0
    bottom, top = float(seen.min()), float(seen.max())
    if panel.log:
        bottom = max(bottom, 1e-6)
        air = max((top / bottom) ** 0.12, (_LEAST_RATIO * bottom / top) ** 0.5, 1.1)
        return bottom / air, top * air
    air = max((top - bottom) * 0.12, (_LEAST_SHARE * abs(top) - (top - bottom)) / 2, 1e-9)
    return max(bottom - air, 0.0), top + air


def axis_of(panel: Panel, domain: tuple[float, float], choice: Choice) -> dict[str, Any]:
    """The vertical axis of one panel."""
    bottom, top = y_range(panel)
    axis: dict[str, Any] = {
        "domain": [round(d, 4) for d in domain],
        "anchor": "x",
        "range": rounded([np.log10(bottom), np.log10(top)] if panel.log else [bottom, top]),
        "type": "log" if panel.log else "linear",
        "title": {"text": ""},
        "zeroline": False,
        "fixedrange": True,
        "gridcolor": choice.paint.line,
        "tickfont": {"size": 10},
    }
    if panel.log:
        ticks = log_ticks(bottom, top)
        axis |= {"tickvals": ticks, "ticktext": [f"{t:g}" for t in ticks]}
    else:
        axis |= {"nticks": 4}
    return axis


def log_ticks(bottom: float, top: float, most: int = 4) -> list[float]:
    """Round numbers within the range, at most four, always with 1 where it is in sight."""
    ticks: list[float] = []
    for keep in ((1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        ticks = [b * 10.0**e for e in range(-6, 8) for b in keep if bottom <= b * 10.0**e <= top]
        if 0 < len(ticks) <= most:
            break
    return [float(f"{t:.6g}") for t in ticks] or [float(f"{(bottom * top) ** 0.5:.2g}")]
