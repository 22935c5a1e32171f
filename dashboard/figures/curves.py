"""The smoothed curve of each test, one piece a segment, thinned to what a panel can show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.analysis import Analysis
from analytics.analytes import CODES
from analytics.once import give, once
from analytics.trends.daily import daily_of
from analytics.trends.smoother import Curve, curves

_TOLERANCE = np.log(1.06)


@dataclass(frozen=True)
class Smooth:
    """A smoothed curve with its band, in the canonical unit."""

    when: npt.NDArray[np.datetime64]
    middle: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]


@once
def smooth_of(analysis: Analysis) -> dict[str, list[Smooth]]:
    """Curves of one patient by analyte, in order of time; a piece needs three days with results."""
    return _by_analyte(pieces_of(analysis))


def pieces_of(analysis: Analysis) -> list[Curve]:
    """Curves of all patients of an analysis, computed together."""
    daily = daily_of(analysis.case)
    long_enough = np.flatnonzero(np.diff(daily.starts) >= 3)
    return curves(daily, long_enough, between=1, z=analysis.settings.smooth.band_z)


def give_pieces(analysis: Analysis, pieces: Iterable[Curve], codes: Iterable[str]) -> None:
    """Take the curves of one patient from those that were computed for many; only these analytes will be drawn."""
    wanted = set(codes)
    give(smooth_of, analysis, _by_analyte([p for p in pieces if CODES[p.analyte] in wanted]))


def _by_analyte(pieces: Iterable[Curve]) -> dict[str, list[Smooth]]:
    found: dict[str, list[Smooth]] = {}
    for piece in pieces:
        found.setdefault(CODES[piece.analyte], []).append(_thinned(piece))
    return found


def _thinned(piece: Curve) -> Smooth:
    """As few moments, on whole days, as keep the curve within 6% and its band within 12%; both ends are kept."""
    day = np.floor(piece.day)
    levels = np.log(np.stack([piece.mid, piece.low, piece.high]))
    levels[1:] /= 2  # the band may be told half as exactly as the level itself
    keep = np.array(sorted(_needed(piece.day, levels, 0, len(day) - 1)))
    when = day[keep].astype("int64").astype("datetime64[D]").astype("datetime64[us]")
    return Smooth(when, piece.mid[keep], piece.low[keep], piece.high[keep])


def _needed(day: npt.NDArray[np.float64], levels: npt.NDArray[np.float64], first: int, last: int) -> set[int]:
    """Positions between which straight lines stay within the tolerance (Ramer, Douglas and Peucker)."""
    if last - first < 2:
        return {first, last}
    share = (day[first : last + 1] - day[first]) / max(day[last] - day[first], 1e-9)
    straight = levels[:, [first]] + (levels[:, [last]] - levels[:, [first]]) * share
    off = np.abs(levels[:, first : last + 1] - straight).max(axis=0)
    worst = first + int(off.argmax())
    if off.max() <= _TOLERANCE:
        return {first, last}
    return _needed(day, levels, first, worst) | _needed(day, levels, worst, last)
