"""The results of one patient as arrays, one track an analyte, so that drawing costs next to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.analysis import Analysis
from analytics.analytes import ANALYTES, CODES, FAMILIES, PANEL, Analyte
from analytics.conflicts import held_instead
from analytics.once import give, once
from dashboard.figures.choice import Scale
from dashboard.figures.words import ABSENT, number, times

_NUMBERS = ("value", "lln", "uln", "x_uln", "baseline", "x_baseline", "grade_v5", "grade_v6", "segment", "line")
CONFLICTED = "†"
CONFLICTED_SAYS = f"{CONFLICTED} another value of the same test and time was quarantined"
CONFLICTED_WHERE = "its value, file and row stand in the tooltip, and on the page Data quality"
_SIGNS = ("comparator", "baseline_comparator", "x_baseline_comparator")
_TEXTS = (*_SIGNS, "lab", "source_file", "replaced", "precision", "raw_value", "raw_unit")


GRADES = "CTCAE"
"""Head of what :attr:`Track.grades` shows: one number where versions 5.0 and 6.0 agree, else both."""
OUTSIDE_SAYS = "H above, L below the reference range of that result"


@dataclass(frozen=True)
class Track:
    """All number results of one analyte of one patient in time order; arrays of one length.

    ``numbers`` and ``texts`` hold the columns of table POINTS by name, missing as NaN or empty text; ``texts`` also
    ``held_instead`` of analytics.conflicts. They are as the source wrote them: a figure escapes what it shows.
    """

    analyte: Analyte
    when: npt.NDArray[np.datetime64]
    result_id: list[int]
    source_line: list[str]
    numbers: Mapping[str, npt.NDArray[np.float64]]
    texts: Mapping[str, list[str]]

    def __len__(self) -> int:
        """How many results."""
        return len(self.when)

    @property
    def value(self) -> npt.NDArray[np.float64]:
        """Values in the canonical unit."""
        return self.numbers["value"]

    def between(self, first: np.datetime64, last: np.datetime64) -> Track:
        """The results from first to last, both included."""
        sorted_ = np.maximum.accumulate(self.when)  # wall times go back on the night when clocks do
        a, b = np.searchsorted(sorted_, first, "left"), np.searchsorted(sorted_, last, "right")
        return Track(
            self.analyte,
            self.when[a:b],
            self.result_id[a:b],
            self.source_line[a:b],
            {c: v[a:b] for c, v in self.numbers.items()},
            {c: v[a:b] for c, v in self.texts.items()},
        )

    def scale_of(self, wanted: Scale) -> Scale:
        """The scale that can honestly be drawn: absolute where there is no limit, no baseline, or where low
        is bad too."""
        if wanted == "x_uln" and (self.analyte.bad != "high" or not np.isfinite(self.numbers["x_uln"]).any()):
            return "absolute"
        if wanted == "x_baseline" and not np.isfinite(self.numbers["x_baseline"]).any():
            return "absolute"
        return wanted

    def divisor(self, scale: Scale) -> npt.NDArray[np.float64]:
        """What each limit is divided by on this scale."""
        if scale == "absolute":
            return np.ones(len(self))
        return self.numbers["uln" if scale == "x_uln" else "baseline"]

    def y(self, scale: Scale) -> npt.NDArray[np.float64]:
        """Heights on this scale; NaN where the result has no limit or baseline, or limits leave open where it lies."""
        return self.value if scale == "absolute" else self.numbers[scale]

    @cached_property
    def shown(self) -> list[str]:
        """Values as people read them, with comparator, and with CONFLICTED where another value was quarantined."""
        decimals = self.analyte.decimals
        columns = (self.texts["comparator"], self.value.tolist(), self.texts["held_instead"])
        return [
            f"{sign}{number(v, decimals)}{CONFLICTED if other else ''}" for sign, v, other in zip(*columns, strict=True)
        ]

    @property
    def conflicted(self) -> bool:
        """Whether beside any result another value was quarantined."""
        return any(self.texts["held_instead"])

    @cached_property
    def ranges(self) -> list[str]:
        """Reference range of each result."""
        decimals = self.analyte.decimals
        return [
            ABSENT
            if low != low and high != high
            else f"up to {number(high, decimals)}"
            if low != low
            else f"from {number(low, decimals)}"
            if high != high
            else f"{number(low, decimals)} to {number(high, decimals)}"
            for low, high in zip(self.numbers["lln"].tolist(), self.numbers["uln"].tolist(), strict=True)
        ]

    @cached_property
    def grades(self) -> list[str]:
        """CTCAE grade as people read it, once where versions 5 and 6 agree."""
        five, six = self.numbers["grade_v5"].tolist(), self.numbers["grade_v6"].tolist()
        return [grades_words(a, b) for a, b in zip(five, six, strict=True)]

    @cached_property
    def multiples(self) -> dict[str, list[str]]:
        """x_uln and x_baseline as text, with the sign of a limit; of the upper limit only where high is bad."""
        told = {
            name: [
                f"{sign}{times(v)}" if v == v else ABSENT
                for sign, v in zip(self.texts[signs], self.numbers[name].tolist(), strict=True)
            ]
            for name, signs in (("x_uln", "comparator"), ("x_baseline", "x_baseline_comparator"))
        }
        return told if self.analyte.bad == "high" else told | {"x_uln": [ABSENT] * len(self)}

    @cached_property
    def outside(self) -> list[str]:
        """H above, L below the reference range of that very result, else empty."""
        columns = (self.numbers[name].tolist() for name in ("value", "lln", "uln"))
        return [outside(*row) for row in zip(*columns, self.texts["comparator"], strict=True)]

    @property
    def limit(self) -> str:
        """The limit whose multiple means something: ULN where high is bad, LLN where low is, else none."""
        return {"high": "ULN", "low": "LLN"}.get(self.analyte.bad, "")


def outside(value: float, low: float, high: float, comparator: str) -> str:
    """H above, L below the range, else empty: "below 50" is not above 40, "above 40" is."""
    if value > high or (value == high and comparator == ">"):
        return "" if comparator == "<" else "H"
    if value < low or (value == low and comparator == "<"):
        return "" if comparator == ">" else "L"
    return ""


def grades_words(five: float | None, six: float | None) -> str:
    """Grades of CTCAE 5.0 and 6.0: one number where both agree, a dash where there is none."""
    a, b = number(five), number(six)
    return a if a == b else f"v5 {a} · v6 {b}"


def unit_of(analyte: Analyte) -> str:
    """Unit as people write it: INR has none, 10*9/L is 10⁹/L."""
    return {"{INR}": "ratio", "10*9/L": "10⁹/L"}.get(analyte.unit, analyte.unit)


@once
def tracks_of(analysis: Analysis) -> dict[str, Track]:
    """Track of each analyte that has a number result, in reading order.

    Args:
        analysis: of a panel of one patient.
    """
    return next(iter(tracks_by_patient(analysis).values()), {})


def give_tracks(analysis: Analysis, tracks: dict[str, Track]) -> None:
    """Take the tracks of one patient from those that were made for many."""
    give(tracks_of, analysis, tracks)


def tracks_by_patient(analysis: Analysis) -> dict[str, dict[str, Track]]:
    """Tracks of every patient who has a number result; table POINTS is sorted by patient and analyte."""
    points = analysis.points
    patient, analyte = points["patient_id"].to_numpy(object), points["analyte"].to_numpy(object)
    when = points["collected_at"].to_numpy("datetime64[us]")
    numbers = {c: points[c].to_numpy(np.float64, na_value=np.nan) for c in _NUMBERS}
    texts = {c: _texts(points[c]) for c in _TEXTS}
    held = analysis.panel.held
    texts["held_instead"] = [""] * len(points) if held.empty else _texts(held_instead(points, held))
    ids = points["result_id"].fillna(-1).to_numpy(np.int64).tolist()
    lines = ["" if n < 0 else str(n) for n in points["source_line"].fillna(-1).to_numpy(np.int64).tolist()]
    change = np.flatnonzero((analyte[1:] != analyte[:-1]) | (patient[1:] != patient[:-1])) + 1
    edges = [0, *change.tolist(), len(analyte)] if len(analyte) else []
    found: dict[str, dict[str, Track]] = {}
    for a, b in pairwise(edges):
        found.setdefault(str(patient[a]), {})[str(analyte[a])] = Track(
            analyte=ANALYTES[str(analyte[a])],
            when=when[a:b],
            result_id=ids[a:b],
            source_line=lines[a:b],
            numbers={c: v[a:b] for c, v in numbers.items()},
            texts={c: v[a:b] for c, v in texts.items()},
        )
    return {who: {code: mine[code] for code in READING_ORDER if code in mine} for who, mine in found.items()}


def _texts(column: pd.Series[str]) -> list[str]:
    texts: list[str] = column.fillna("").astype(object).tolist()
    return texts


def _reading_order() -> tuple[str, ...]:
    rest = [c for family in FAMILIES for c in CODES if ANALYTES[c].family == family and c not in PANEL]
    markers_first = sorted(rest, key=lambda c: ANALYTES[c].family != "tumour_marker")
    return (*PANEL, *markers_first)


READING_ORDER = _reading_order()
"""The liver panel, tumour markers, then the rest by family."""
