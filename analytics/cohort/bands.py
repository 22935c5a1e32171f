"""Results laid on the clock of an event, and their quantile bands with the number of patients at each point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.analytes import INDEX
from analytics.arrays import Floats, Ints, key
from analytics.case import Case
from analytics.derive.points import points_of
from analytics.trends.ragged import buckets, runs, stretched

QUANTILES = (0.10, 0.25, 0.50, 0.75, 0.90)


@dataclass(frozen=True)
class Aligned:
    """Results on the clock of their events, sorted by event, then time; each shape (k,).

    Attributes: day relative to the event's day; value canonical; event: number of the event as given;
    point: position in ``points_of(case)``.
    """

    day: Floats
    value: Floats
    event: Ints
    point: Ints


def align(case: Case, analyte: str, patient: Ints, start: Floats, *, before: float, after: float) -> Aligned:
    """Every result of one analyte in a window around each event; a result may belong to several events.

    Args:
        case: panel and settings.
        analyte: code.
        patient: patient code of each event, shape (e,).
        start: its start, in days since 1970-01-01, shape (e,).
        before: days before the event's day that belong to the window. [d]
        after: days after it. [d]
    """
    points = points_of(case)
    of = points.of(analyte) if analyte in INDEX else np.zeros(0, np.int64)
    keys = key(points.patient[of], points.day[of])
    day0 = np.floor(start)
    low = np.searchsorted(keys, key(patient, day0 - before))
    high = np.searchsorted(keys, key(patient, day0 + after + 1.0))
    at, starts = stretched(low, np.maximum(high - low, 0))
    event = np.repeat(np.arange(len(start)), np.diff(starts))
    return Aligned(points.day[of][at] - day0[event], points.value[of][at], event, of[at])


@dataclass(frozen=True)
class Bands:
    """Quantiles in bins of time.

    Attributes:
        edges: of the bins, shape (b + 1,); a bin has its lower edge.
        n: series (patients or events) with a result in each bin, shape (b,).
        results: results in each bin, shape (b,).
        quantiles: which, shape (q,). values: shape (q, b), NaN where a bin has fewer than ``least`` series.
    """

    edges: Floats
    n: Ints
    results: Ints
    quantiles: Floats
    values: Floats


def bands(
    day: Floats,
    value: Floats,
    who: Ints,
    edges: Floats,
    *,
    quantiles: Sequence[float] = QUANTILES,
    least: int = 1,
) -> Bands:
    """Quantiles over series in each bin; a series with several results in a bin counts once, by their median.

    Args:
        day: times, sorted within each series, shape (k,).
        value: NaN does not count.
        who: series of each result, sorted, shape (k,).
        edges: edges of the bins, increasing, shape (b + 1,).
        quantiles: which; linear interpolation between order statistics.
        least: bins with fewer series show nothing.
    """
    known = ~np.isnan(value)
    bins = np.searchsorted(edges, day, side="right") - 1
    inside = known & (bins >= 0) & (bins < len(edges) - 1)
    count = len(edges) - 1
    results = np.bincount(bins[inside], minlength=count)
    each, bin_of = _one_each(value[inside], bins[inside], who[inside])
    n = np.bincount(bin_of, minlength=count)
    ordered, offset = _sorted_in_bins(each, bin_of, n)
    out = np.full((len(quantiles), count), np.nan)
    shown = np.flatnonzero(n >= max(least, 1))
    for row, q in enumerate(quantiles):
        place = q * (n[shown] - 1)
        low = np.floor(place).astype(np.int64)
        high = np.minimum(low + 1, n[shown] - 1)
        part = place - low
        a, b = ordered[offset[shown] + low], ordered[offset[shown] + high]
        out[row, shown] = a + part * (b - a)
    return Bands(np.asarray(edges, np.float64), n, results, np.asarray(quantiles, np.float64), out)


def _one_each(value: Floats, bins: Ints, who: Ints) -> tuple[Floats, Ints]:
    """Median of each series in each bin; both are sorted, so equal pairs follow one another."""
    change = np.ones(len(bins), bool)
    change[1:] = (bins[1:] != bins[:-1]) | (who[1:] != who[:-1])
    starts = runs(change)
    out = value[starts[:-1]].copy()
    for which, at in buckets(starts, least=2):
        out[which] = np.median(value[at], axis=1)
    return out, bins[starts[:-1]]


def _sorted_in_bins(value: Floats, bins: Ints, n: Ints) -> tuple[Floats, Ints]:
    """Values sorted within each bin, one bin after the other, and the offset of each bin."""
    offset = np.concatenate([[0], np.cumsum(n)]).astype(np.int64)
    narrow: npt.DTypeLike = np.int16 if len(n) < 32_000 else np.int64  # small integers are sorted by counting
    ordered = value[np.argsort(bins.astype(narrow), kind="stable")]
    for low, high in zip(offset[:-1].tolist(), offset[1:].tolist(), strict=True):
        ordered[low:high].sort()
    return ordered, offset
