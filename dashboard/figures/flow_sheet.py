"""The last days with results as a flow sheet: tests as rows, days as columns, H and L beside what is out of range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.figures.tracks import Track, unit_of

DAYS = 10
"""Days of a flow sheet: what a screen and a sheet of A4 hold side by side."""


@dataclass(frozen=True)
class FlowRow:
    """One test.

    Attributes:
        analyte: its code.
        unit: as people write it.
        cells: a text a day, such as ``125 H``; empty where there is no result.
    """

    analyte: str
    unit: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class FlowSheet:
    """Days in order, the newest last, and a row a test; ``n_days`` counts all days with results."""

    days: tuple[pd.Timestamp, ...]
    rows: tuple[FlowRow, ...]
    n_days: int


def flow_sheet(tracks: Mapping[str, Track], most: int = DAYS) -> FlowSheet:
    """The flow sheet of one patient.

    Args:
        tracks: of the patient, in reading order.
        most: how many days with results, the newest.

    Returns:
        Only tests that have a result on one of these days; several results of a day stand in order of time.
    """
    by_code = {code: track.when.astype("datetime64[D]") for code, track in tracks.items()}
    every = np.unique(np.concatenate([*by_code.values(), np.array([], "datetime64[D]")]))
    days = every[-most:]
    rows = []
    for code, track in tracks.items():
        place = np.searchsorted(days, by_code[code])
        cells: list[list[str]] = [[] for _ in days]
        for i in np.flatnonzero(by_code[code] >= days[0]) if len(days) else ():
            cells[place[i]].append(f"{track.shown[i]} {track.outside[i]}".rstrip())
        if any(cells):
            rows.append(FlowRow(code, unit_of(track.analyte), tuple(" / ".join(cell) for cell in cells)))
    return FlowSheet(tuple(pd.Timestamp(d) for d in days), tuple(rows), len(every))
