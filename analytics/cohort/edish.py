"""Peak aminotransferase against peak bilirubin, one point a patient: eDISH, mDISH, oncology limits, migration.

Quadrants use strict inequalities (FDA composite plot, Tesfaldet et al., 2024). Peaks are independent
of each other and may lie on different days; ``gap_days`` says how far apart, bilirubin after the aminotransferase
positive. A quadrant is a place in a plot: the clinical reading needs ALP, time and other causes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd

from analytics.analytes import INDEX
from analytics.arrays import Bools, Floats, Ints, key
from analytics.case import Case
from analytics.cohort.peaks import highest, last_before_start, on_treatment, picked
from analytics.cohort.scattered import by_bucket, rows
from analytics.compare import exceeds
from analytics.derive.baseline import baselines_of
from analytics.derive.points import points_of
from analytics.derive.quadrants import MIGRATION

Quadrant = Literal["neither", "bili_only", "at_only", "both"]
QUADRANTS: Mapping[Quadrant, str] = MappingProxyType(
    {
        "neither": "neither above its limit",
        "bili_only": "bilirubin only (hyperbilirubinaemia)",
        "at_only": "aminotransferase only (Temple's corollary)",
        "both": "both (Hy's law quadrant)",
    }
)


def quadrant_name(name: Quadrant) -> str:
    """Name of a quadrant without its clinical nickname."""
    return QUADRANTS[name].partition(" (")[0]


@dataclass(frozen=True)
class Cuts:
    """Limits of one published plot."""

    code: str
    label: str
    at: float
    bili: float
    scale: Literal["x_uln", "x_baseline"]
    source: str


CUTS: Mapping[str, Cuts] = MappingProxyType(
    {
        c.code: c
        for c in (
            Cuts("edish", "eDISH", 3.0, 2.0, "x_uln", "FDA guidance on drug-induced liver injury, 2009"),
            Cuts("parks", "oncology (Parks)", 5.0, 2.7, "x_uln", "Parks et al. 2013, boundary of oncology trials"),
            Cuts(
                "parks_metastases", "liver metastases (Parks)", 5.5, 3.0, "x_uln", "Parks et al. 2013, liver metastases"
            ),
            Cuts("mdish", "mDISH", 3.8, 4.8, "x_baseline", "Lin et al. 2012"),
            Cuts("parks_baseline", "oncology, x baseline (Parks)", 6.9, 6.5, "x_baseline", "Parks et al. 2013"),
        )
    }
)


@by_bucket(rows, lambda asked: (*asked["at"], "BILI", "ALP"))
def peaks(
    case: Case,
    *,
    scale: Literal["x_uln", "x_baseline"] = "x_uln",
    at: tuple[str, ...] = ("ALT",),
    after_start: bool = True,
    members: Bools | None = None,
) -> pd.DataFrame:
    """One row a patient that has both peaks.

    Args:
        case: all patients.
        scale: multiples of the upper limit of each result, or of the baseline of its line.
        at: ALT, AST or both (the higher).
        after_start: only results after the first dose.
        members: shape (patients,).

    Returns:
        Columns patient (code), patient_id, at, at_day, bili, bili_day, alp (x ULN of the day of the peak, NaN if not
        measured that day), r (at / alp, x ULN both), at_baseline, bili_baseline (x ULN), gap_days.
    """
    points = points_of(case)
    values = points.x_uln if scale == "x_uln" else _x_baseline(case)
    use = on_treatment(case) if after_start else np.ones(len(points), dtype=bool)
    top = _higher(values, [highest(case, code, values, use) for code in at])
    bili = highest(case, "BILI", values, use)
    who = np.flatnonzero((top >= 0) & (bili >= 0) & (True if members is None else members))
    alp = _same_day(case, "ALP", top[who])
    at_x_uln = picked(points.x_uln, top[who])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = at_x_uln / alp
    before = _higher(points.x_uln, [last_before_start(case, code) for code in at])
    return pd.DataFrame(
        {
            "patient": who,
            "patient_id": case.panel.patient_ids.to_numpy()[who],
            "at": picked(values, top[who]),
            "at_day": picked(points.day, top[who]),
            "bili": picked(values, bili[who]),
            "bili_day": picked(points.day, bili[who]),
            "alp": alp,
            "r": ratio,
            "at_baseline": picked(points.x_uln, before[who]),
            "bili_baseline": picked(points.x_uln, last_before_start(case, "BILI")[who]),
            "gap_days": np.floor(picked(points.day, bili[who])) - np.floor(picked(points.day, top[who])),
        }
    )


def _x_baseline(case: Case) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        under = baselines_of(case).value
        return np.where(under > 0, points_of(case).value / under, np.nan)


def _higher(values: Floats, positions: list[Ints]) -> Ints:
    """Of several positions a patient the one with the highest value."""
    best = positions[0]
    for other in positions[1:]:
        mine, theirs = picked(values, best), picked(values, other)
        best = np.where(np.isnan(mine) | (theirs > mine), other, best)
    return best


def _same_day(case: Case, code: str, at: Ints) -> Floats:
    """x ULN of another analyte on the calendar day of a result; NaN where it was not measured."""
    points = points_of(case)
    mine = np.flatnonzero((points.analyte == INDEX[code]) & np.isfinite(points.x_uln))
    if not len(mine) or not len(at):
        return np.full(len(at), np.nan)
    keys = key(points.patient[mine], np.floor(points.day[mine]))
    wanted = key(points.patient[at], np.floor(points.day[at]))
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, points.x_uln[mine[place]], np.nan)


def quadrants(at: Floats, bili: Floats, at_cut: float, bili_cut: float) -> Ints:
    """Position in QUADRANTS of each patient; exactly at a limit is not above it."""
    return exceeds(at, at_cut) * 2 + exceeds(bili, bili_cut) * 1


def counts(frame: pd.DataFrame, at_cut: float, bili_cut: float) -> dict[Quadrant, int]:
    """Patients in each quadrant."""
    found = np.bincount(quadrants(frame["at"].to_numpy(), frame["bili"].to_numpy(), at_cut, bili_cut), minlength=4)
    return {name: int(n) for name, n in zip(QUADRANTS, found, strict=True)}


def moves(frame: pd.DataFrame, one: Cuts, other: Cuts) -> pd.DataFrame:
    """Who is in the quadrant of both under one set of limits and who under another: patient_id, one, other, changes.

    ``frame`` holds peaks on the scale of both sets.
    """
    at, bili = frame["at"].to_numpy(), frame["bili"].to_numpy()
    first, second = quadrants(at, bili, one.at, one.bili) == 3, quadrants(at, bili, other.at, other.bili) == 3
    listed = first | second
    says = np.select([first & second, first], ["in both lists", f"only {one.label}"], f"only {other.label}")
    out: pd.DataFrame = frame[listed].assign(
        **{one.code: first[listed], other.code: second[listed], "listed": says[listed]}
    )
    return out


_NAMES: tuple[Quadrant, ...] = tuple(QUADRANTS)
CONCERN: Mapping[tuple[Quadrant, Quadrant], str] = MappingProxyType(
    {(_NAMES[before], _NAMES[peak]): says for (before, peak), says in MIGRATION.items() if before != peak}
)
"""Reading of a move from the quadrant before treatment to that of the peaks; staying is no migration (Tesfaldet et al.,
2024)."""


def migration(frame: pd.DataFrame, cuts: Cuts) -> pd.DataFrame:
    """Patients by quadrant before treatment and at the peaks, both in x ULN: before, peak, n, concern, patient_ids."""
    known = frame.dropna(subset=["at_baseline", "bili_baseline"])
    names = np.array(list(QUADRANTS), dtype=object)
    before = quadrants(known["at_baseline"].to_numpy(), known["bili_baseline"].to_numpy(), cuts.at, cuts.bili)
    after = quadrants(known["at"].to_numpy(), known["bili"].to_numpy(), cuts.at, cuts.bili)
    ids = known["patient_id"].groupby([before, after]).agg(list)
    cells = [(names[b], names[a]) for b in range(4) for a in range(4)]
    people = [ids.get((b, a), []) for b in range(4) for a in range(4)]
    return pd.DataFrame(
        {
            "before": [b for b, _ in cells],
            "peak": [a for _, a in cells],
            "n": [len(p) for p in people],
            "concern": [CONCERN.get(cell, "no migration") for cell in cells],
            "patient_ids": people,
        }
    )
