"""Target sums over time: baseline and lowest sum of each imaging report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.arrays import Bools, Floats, Ints, key
from analytics.case import Case
from analytics.derive.lines import lines_of
from analytics.once import once
from analytics.recist import by_sums
from analytics.rules._images import RESPONSE_CODES, Images, images_of


@dataclass(frozen=True)
class Sums:
    """Each report against the baseline of its line, shape (images,). NaN where there is no sum.

    The baseline is the last sum at or before the start of the line, else the patient's first; the nadir is the lowest
    sum since then, the baseline's counted. ``code`` is 0 CR, 1 PR, 2 SD, 3 PD by sums; ``pd`` is True by sums, by a new
    lesion or as reported. ``after_cr`` is True where disease is seen after a complete response of the same line: that
    is progression (``code`` 3), whatever its size and however it is reported.
    """

    images: Images
    begin: Ints
    baseline: Floats
    baseline_day: Floats
    nadir: Floats
    nadir_day: Floats
    code: Floats
    pd: Bools
    after_cr: Bools


@once
def sums_of(case: Case) -> Sums:
    """All reports."""
    images = images_of(case)
    n = len(images.day)
    begin = _begin(case, images)
    own = np.arange(n)
    total = images.total
    baseline, nadir = np.full(n, np.nan), np.full(n, np.nan)
    baseline_day, nadir_day = np.full(n, np.nan), np.full(n, np.nan)
    after = np.flatnonzero((begin >= 0) & (begin < own))
    baseline[after], baseline_day[after] = total[begin[after]], images.day[begin[after]]
    if n:
        order = np.argsort(np.where(np.isnan(total), np.inf, total), kind="stable")
        rank = np.empty(n + 1, dtype=np.int64)
        rank[order], rank[n] = np.arange(n), n
        lowest = np.minimum.reduceat(rank, np.stack([np.maximum(begin, 0), np.maximum(own, 1)], axis=1).ravel())[::2]
        low = order[np.minimum(lowest, n - 1)]
        nadir[after], nadir_day[after] = total[low[after]], images.day[low[after]]
    code = by_sums(baseline, nadir, total)
    code[np.isnan(nadir)] = np.nan
    again = _after_complete_response(images, begin)
    code[again & ~np.isnan(total)] = 3.0
    reported = images.response == RESPONSE_CODES.index("PD")
    by_any = (code == 3) | images.new_lesion | reported | again
    return Sums(images, begin, baseline, baseline_day, nadir, nadir_day, code, by_any, again)


def _after_complete_response(images: Images, begin: Ints) -> Bools:
    """Disease after a complete response since the baseline of the line; one reported with lesions left is none."""
    n = len(images.day)
    if not n:
        return np.zeros(0, dtype=bool)
    complete, partial = (RESPONSE_CODES.index(c) for c in ("CR", "PR"))
    total = images.total
    gone = (total == 0) | ((images.response == complete) & np.isnan(total))
    first = np.maximum.accumulate(np.where(np.diff(images.patient, prepend=-1) != 0, np.arange(n), 0))
    count = np.concatenate([[0], np.cumsum(gone)])
    earlier = count[:-1] > count[np.maximum(begin, first)]
    with np.errstate(invalid="ignore"):
        seen = (total > 0) | (images.response == partial)
    return np.asarray(earlier & seen & (images.response != complete))


def _begin(case: Case, images: Images) -> Ints:
    """Position of the baseline report of each report; -1 where there is none."""
    n = len(images.day)
    have = np.flatnonzero(~np.isnan(images.total))
    if not len(have):
        return np.full(n, -1, dtype=np.int64)
    lines = lines_of(case)
    starts = key(lines["patient"].to_numpy(np.int64), np.floor(lines["start"].to_numpy(np.float64)))
    keys = key(images.patient, images.day)
    place = np.searchsorted(starts, keys, side="left") - 1
    known = (place >= 0) & (len(starts) > 0)
    line = np.where(known, starts[np.maximum(place, 0)], -np.inf) if len(starts) else np.full(n, -np.inf)
    line = np.where(np.floor(line / 1e6) == images.patient, line, -np.inf)
    have_keys = keys[have]
    last = np.searchsorted(have_keys, line, side="right") - 1
    at_line = have[np.maximum(last, 0)]
    fits = (last >= 0) & (images.patient[at_line] == images.patient) & np.isfinite(line)
    first = have[np.minimum(np.searchsorted(have_keys, images.patient * 1e6, side="left"), len(have) - 1)]
    first = np.where(images.patient[first] == images.patient, first, -1)
    return np.where(fits, at_line, first)
