"""The unit that stands with a result: its factor to the canonical one, and whether another would fit better."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from analytics.analytes import ANALYTES, CODES
from analytics.ingest.dictionary import Coded, same
from analytics.ingest.profile import Profile
from analytics.units import LEAST_UMOL, USUAL_ULN, fits_better, unit_of


def factors(
    analyte: npt.NDArray[np.int64], column: Coded | None, n: int, profile: Profile
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Factor to the canonical unit per row, and a code: 0 known, -1 missing, -2 unknown."""
    words = column.list() if column is not None else [""]
    unit = column.codes.astype(np.int64) if column is not None else np.zeros(n, np.int64)
    size = len(CODES) * len(words)
    pair = analyte * len(words) + unit
    if len(pair) and analyte.min() < 0:
        pair[analyte < 0] = size
    used = np.flatnonzero(np.bincount(pair, minlength=size + 1))
    factors, codes = np.ones(size + 1), np.zeros(size + 1, np.int64)
    for p in used[used < size]:
        name = CODES[p // len(words)]
        found = unit_of(name, words[p % len(words)], profile.unit_spellings, profile.units.get(name, ""), profile.nulls)
        factors[p] = found.factor
        codes[p] = {"": 0, "UNIT_MISSING": -1, "UNIT_UNKNOWN": -2}[found.reason]
    return _at(factors, pair, used), _at(codes, pair, used)


def _at(entries: npt.NDArray[Any], place: npt.NDArray[np.int64], used: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """The entries at these places; ``used`` are the different places among them."""
    return np.full(len(place), entries[used[0]]) if same(entries[used]) else entries[place]


def suspects(
    analyte: npt.NDArray[np.int64],
    value: npt.NDArray[np.float64],
    factor: npt.NDArray[np.float64],
    uln: npt.NDArray[np.float64],
    candidates: npt.NDArray[np.bool_],
    out: npt.NDArray[np.bool_],
) -> npt.NDArray[np.int64]:
    """Position of the better unit in the analyte's units, -1 where the given one is not suspect.

    Looks only at rows that can be suspect: a value out of range, bilirubin, or an upper limit far from usual.
    """
    found = np.full(len(value), -1, np.int64)
    odd = candidates & (
        out
        | (uln > _ULN_HIGH[analyte])
        | (uln < _ULN_LOW[analyte])
        | (_IS_BILI[analyte] & (value < LEAST_UMOL) & (factor < 1))
    )
    for i in np.flatnonzero(odd):
        name = CODES[analyte[i]]
        own = uln[i] / factor[i] if np.isfinite(uln[i]) else 0.0
        better = fits_better(name, float(factor[i]), float(value[i]), float(own))
        if better:
            found[i] = list(ANALYTES[name].conversions).index(better)
    return found


_IS_BILI = np.array([c == "BILI" for c in CODES])
_ULN_LOW = np.array([USUAL_ULN.get(c, (-np.inf, np.inf))[0] for c in CODES])
_ULN_HIGH = np.array([USUAL_ULN.get(c, (-np.inf, np.inf))[1] for c in CODES])
