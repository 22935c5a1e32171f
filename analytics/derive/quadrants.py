"""eDISH quadrants, peaks on treatment, and what a move from baseline to peak quadrant counts as."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from analytics.analytes import INDEX
from analytics.arrays import Floats, Ints
from analytics.case import Case
from analytics.compare import exceeds
from analytics.derive.baseline import baselines_of
from analytics.derive.points import points_of
from analytics.derive.treated import untreated_of

QUADRANTS = ("Normal & NN", "Cholestasis", "Temple's Corollary", "Hy's Law")
"""By code: bit 0 is bilirubin above its line, bit 1 is ALT above its line."""

UNKNOWN = -1

_CONCERN = "concern"
_POTENTIAL = "potential concern"
_BENEFIT = "no concern / benefit"
_NONE = "no migration"

MIGRATION: Mapping[tuple[int, int], str] = MappingProxyType(
    {
        **{(a, b): _CONCERN for a, b in ((0, 1), (0, 2), (0, 3), (1, 3), (2, 3))},
        **{(a, b): _POTENTIAL for a, b in ((1, 2), (2, 1))},
        **{(a, b): _BENEFIT for a, b in ((1, 0), (2, 0), (3, 0), (3, 1), (3, 2))},
        **{(a, a): _NONE for a in range(4)},
    }
)
"""(baseline, peak) to its class: Tesfaldet et al., 2024."""


def quadrant(alt: Floats, bili: Floats, alt_line: float, bili_line: float) -> Ints:
    """Code of the quadrant of each pair; both lines are strict (above). UNKNOWN where a value is missing.

    Args:
        alt: multiples of ULN or of baseline, shape (n,).
        bili: the same of bilirubin.
        alt_line: line of ALT.
        bili_line: line of bilirubin.
    """
    code = 2 * exceeds(alt, alt_line).astype(np.int64) + exceeds(bili, bili_line)
    return np.where(np.isnan(alt) | np.isnan(bili), UNKNOWN, code)


def peaks(case: Case) -> pd.DataFrame:
    """One row a patient: peaks of ALT and bilirubin on treatment, and the quadrants.

    Columns: patient_id, and for ALT and BILI each ``x_uln``, ``at`` (days), ``x_baseline``, ``baseline_x_uln``;
    ``before`` and ``on_treatment`` are quadrant codes by multiples of ULN, ``mdish`` by multiples of baseline. Peaks
    may lie on different days and are found for each scale by itself, as limits may change between results. Results
    before the first line (or procedure) and the baseline itself do not count. Without treatment every result counts.
    """
    s = case.settings.injury
    columns: dict[str, object] = {"patient_id": case.panel.patient_ids.to_numpy()}
    found = {code: _peaks_of(case, code) for code in ("ALT", "BILI")}
    for code, parts in found.items():
        columns |= {f"{code}_{name}": values for name, values in parts.items()}
    alt, bili = found["ALT"], found["BILI"]
    columns["before"] = quadrant(alt["baseline_x_uln"], bili["baseline_x_uln"], s.edish_alt, s.edish_bili)
    columns["on_treatment"] = quadrant(alt["x_uln"], bili["x_uln"], s.edish_alt, s.edish_bili)
    columns["mdish"] = quadrant(alt["x_baseline"], bili["x_baseline"], s.mdish_alt, s.mdish_bili)
    return pd.DataFrame(columns)


def _peaks_of(case: Case, code: str) -> dict[str, Floats]:
    points, baseline, n = points_of(case), baselines_of(case), len(case.panel)
    counts = np.isfinite(baseline.since) | (untreated_of(case)[points.patient] if len(points) else False)
    at = np.flatnonzero((points.analyte == INDEX[code]) & counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        x_baseline = points.value[at] / baseline.value[at]
    peak, where = _largest(points.patient[at], points.x_uln[at], n)
    ratio, _ = _largest(points.patient[at], x_baseline, n)
    first = np.full(n, np.nan)
    first[points.patient[at][::-1]] = baseline.x_uln[at][::-1]
    when = np.append(points.day[at], np.nan)[where]
    return {"x_uln": peak, "at": when, "x_baseline": ratio, "baseline_x_uln": first}


def _largest(patient: Ints, values: Floats, n: int) -> tuple[Floats, Ints]:
    """Largest known value of each patient, NaN if none, and the position of its first occurrence (-1)."""
    known = np.flatnonzero(np.isfinite(values))
    peak = np.full(n, -np.inf)
    np.maximum.at(peak, patient[known], values[known])
    where = np.full(n, -1, dtype=np.int64)
    is_peak = known[values[known] == peak[patient[known]]][::-1]
    where[patient[is_peak]] = is_peak
    return np.where(np.isfinite(peak), peak, np.nan), where
