"""The last months of one test in a table cell: a line, its range, and where it stands now."""

from __future__ import annotations

import html

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.analytes import shown
from analytics.panel import in_prose, show_time
from dashboard.figures.choice import Choice
from dashboard.figures.tracks import Track, unit_of
from dashboard.svg.trail import trail
from dashboard.theme import Palette

WIDTH, HEIGHT = 84, 24
_MOST = 40


def draw(track: Track, choice: Choice, clock: str = "date") -> str:
    """A small picture as SVG text, at most 40 results, true to time; its title says what it shows.

    Args:
        track: results of one test.
        choice: whose key and colours.
        clock: the patient's clock.
    """
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" stroke="{colour_of(track, choice)}"{LOOK}>'
        f"<title>{html.escape(says(track, choice, clock))}</title>{marks(track, choice)}</svg>"
    )


LOOK = ' fill="none" stroke-width="1.4" stroke-linejoin="round"'
"""Look of the line."""
DISC = ' stroke-width="4.8" stroke-linecap="round"'
"""Look of the last result, a stroke without length."""


def limit_look(paint: Palette) -> str:
    """Look of the line of the limit."""
    return f' stroke="{paint.line_strong}" stroke-dasharray="2 2"'


def colour_of(track: Track, choice: Choice) -> str:
    """The colour of the line and of the last result."""
    return choice.paint.family[track.analyte.family]


def marks(track: Track, choice: Choice) -> str:
    """Limit, line and last result, for a picture whose own stroke is that of the line."""
    when, value = track.when[-_MOST:], track.value[-_MOST:]
    x = _spread(when.astype("datetime64[us]").astype("int64").astype(float), 3, WIDTH - 5)
    height = np.log(np.maximum(value, 1e-6)) if track.analyte.scale == "log" else value
    least, most = _span(track, height)
    y = HEIGHT - (3 + (height - least) / (most - least) * (HEIGHT - 6))
    path = trail(list(zip(x.tolist(), y.tolist(), strict=True)))
    return f'{_limit(track, least, most, choice)}<path d="{path}"/><path d="M{x[-1]:.1f} {y[-1]:.1f}h0"{DISC}/>'


def says(track: Track, choice: Choice, clock: str = "date") -> str:
    """The picture in words: patient, test, unit, span and extremes."""
    value, text = track.value[-_MOST:], track.shown[-_MOST:]
    lowest, highest = text[int(np.argmin(value))], text[int(np.argmax(value))]
    first, last = (in_prose(show_time(pd.Timestamp(track.when[i]), clock)) for i in (-len(value), -1))
    unit = unit_of(track.analyte)
    return (
        f"{choice.key} {shown(track.analyte.code)} in {unit}: {len(value)} results from {first} to {last}, "
        f"lowest {lowest}, highest {highest}, last {text[-1]}"
    )


def _spread(values: npt.NDArray[np.float64], low: float, high: float) -> npt.NDArray[np.float64]:
    """Values laid between low and high; all in the middle where they are one."""
    least, most = values.min(), values.max()
    if most <= least:
        return np.full(len(values), (low + high) / 2)
    spread: npt.NDArray[np.float64] = low + (values - least) / (most - least) * (high - low)
    return spread


def _span(track: Track, height: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Lowest and highest height of the picture: at least as far apart as the reference range, so that what moves
    within its range is a quiet line."""
    least, most = float(height.min()), float(height.max())
    low, high = (float(track.numbers[name][-1]) for name in ("lln", "uln"))
    is_log = track.analyte.scale == "log"
    if is_log:
        floor = np.log(high / low) if low > 0 and high > 0 else np.log(2)
    else:
        floor = high - low if np.isfinite(high - low) else 0.5 * max(abs(high), abs(low), 1e-9)
    floor = floor if np.isfinite(floor) and floor > 0 else 1.0
    if most - least >= floor:
        return least, most
    middle = (least + most) / 2
    return middle - floor / 2, middle + floor / 2


def _limit(track: Track, least: float, most: float, choice: Choice) -> str:
    """The limit of the last result as a thin line, where it lies within the picture."""
    limit = float(track.numbers["lln" if track.analyte.bad == "low" else "uln"][-1])
    if not limit > 0:
        return ""
    at = np.log(limit) if track.analyte.scale == "log" else limit
    if not least < at < most:
        return ""
    y = HEIGHT - (3 + (at - least) / (most - least) * (HEIGHT - 6))
    return f'<path d="M0 {y:.1f}H{WIDTH}"{limit_look(choice.paint)}/>'
