"""The band of other patients behind one test of the chart: shaded percentiles, a median, and its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics.analytes import shown
from analytics.cohort.population_band import PopulationBand
from dashboard.figures.choice import SCALES, Choice, Scale
from dashboard.figures.clock import Clock
from dashboard.figures.words import ABSENT, hover, rounded
from dashboard.wording import count_of, whole

OTHERS = "other patients"
SIGN = f"{OTHERS}: median, 10th to 90th percentile"
NO_NORM = "It shows what was seen in this store, not what is normal."
_DIGITS = 3
"""Significant digits of what is drawn and told: no value of anybody can be read from it."""


@dataclass(frozen=True)
class Behind:
    """A band, the test that it is drawn behind, and the scale that it was made on."""

    code: str
    scale: Scale
    band: PopulationBand

    @property
    def reach(self) -> npt.NDArray[np.float64]:
        """Lowest and highest height of the band; empty where nothing is drawn."""
        windows = self.band.windows
        return np.array([windows["q10"].min(), windows["q90"].max()]) if len(windows) else np.zeros(0)


def traces(behind: Behind, axis: int, clock: Clock, choice: Choice) -> list[dict[str, Any]]:
    """Percentiles and median as steps, one step a window; a gap where a window is left out."""
    windows = behind.band.windows
    if windows.empty:
        return []
    begin, end = (_moments(behind, days) for days in (windows["low"], windows["high"] + 1))
    q10, q50, q90 = (rounded(windows[name].tolist(), _DIGITS) for name in ("q10", "q50", "q90"))
    x0, x1 = clock.at(begin), clock.at(end)
    area: dict[str, list[Any]] = {"x": [], "y": []}
    for a, b, low, high in zip(x0, x1, q10, q90, strict=True):
        area["x"] += [a, b, b, a, a, None]
        area["y"] += [low, low, high, high, low, None]
    told = [(f"days {a} to {b}", f"{few_digits(low)} to {few_digits(high)}", whole(n)) for a, b, low, high, n in zip(
        windows["low"], windows["high"], q10, q90, windows["n"], strict=True)]  # fmt: skip
    each = [one for one in told for _ in range(3)]  # both ends of a step, and the gap after it
    fields = dict(
        zip(("_days", "10th to 90th percentile", "patients"), map(list, zip(*each, strict=True)), strict=True)
    )
    template, data = hover(fields, first=f"<b>{OTHERS}, median %{{y}}</b>")
    colour = choice.paint.ink_faint
    shared = {"type": "scatter", "mode": "lines", "yaxis": f"y{axis}", "showlegend": False, "connectgaps": False}
    return [
        {
            **shared,
            "name": f"{OTHERS}, 10th to 90th percentile",
            "x": area["x"][:-1],
            "y": area["y"][:-1],
            "fill": "toself",
            "fillcolor": _see_through(colour),
            "line": {"width": 0},
            "hoverinfo": "skip",
        },
        {
            **shared,
            "name": OTHERS,
            "x": [x for a, b in zip(x0, x1, strict=True) for x in (a, b, None)],
            "y": [y for one in q50 for y in (one, one, None)],
            "line": {"width": 1.4, "color": colour},
            "customdata": data,
            "hovertemplate": template,
        },
    ]


def few_digits(value: float | None) -> str:
    """A height of the band as text: three significant digits, never with a power of ten."""
    return ABSENT if value is None else f"{float(f'{value:.{_DIGITS}g}'):.12g}"


def _see_through(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.22)"


def _moments(behind: Behind, days: Any) -> npt.NDArray[np.datetime64]:
    whole_days: npt.NDArray[np.float64] = behind.band.day0 + days.to_numpy(np.float64)
    moments: npt.NDArray[np.datetime64] = whole_days.astype("datetime64[D]").astype("datetime64[us]")
    return moments


def sentences(behind: Behind, width: int) -> str:
    """Who the others are, on which clock, how many, and what was left out.

    Args:
        behind: the band.
        width: of its windows. [d]
    """
    band, test = behind.band, shown(behind.code)
    alike = f" with primary {band.primary}" if band.primary else " of any primary, as this patient's is not known"
    since = f"the start of line {band.line}" if band.line else "the first result"
    if band.windows.empty:
        return (
            f"Population band: no window of {width} days since {since} has {test} results of {band.least} or more "
            f"other patients{alike} in this store. Nothing is drawn."
        )
    n = band.windows["n"]
    each = whole(n.min()) if n.min() == n.max() else f"{whole(n.min())} to {whole(n.max())}"
    until = " until their next line" if band.line else ""
    left = (
        f" {count_of(band.left_out, 'window')} with fewer than {band.least} patients left out." if band.left_out else ""
    )
    return (
        f"Behind {test}, {SCALES[behind.scale]}: median (grey line) and 10th to 90th percentile (shaded) of "
        f"{count_of(band.people, 'other patient')}{alike}, days since {since} of each{until}, in windows of {width} "
        f"days, {each} patients a window.{left} {NO_NORM}"
    )
