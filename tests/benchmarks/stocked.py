"""A published store of any number of synthetic patients, filled a stretch at a time in bounded memory.

``python -m tests.benchmarks.stocked FOLDER PATIENTS`` leaves it there for the benchmarks that are given a store.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from analytics.ingest import Batch
from analytics.store import Store, open_store
from analytics.synthetic.many import ANALYTES_8, make

STRETCH = 6_000
"""Patients made at a time; a multiple of the number of journeys, agents and primaries that are dealt out in turn."""


class Many:
    """Synthetic patients x 8 analytes x 25 visits, as the reader of a file gives them."""

    profile = profile_digest = "bench"
    table = "labs"

    def __init__(self, patients: int):
        self.file, self.sha256, self._patients = "many.csv", f"{patients:064d}", patients

    def batches(self) -> Iterator[Batch]:
        """A stretch of patients at a time, with their events and persons."""
        for first in range(0, self._patients, STRETCH):
            panel, _ = make(min(STRETCH, self._patients - first), seed=first + 1, first=first)
            frames = {name: getattr(panel, name) for name in ("labs", "events", "patients")}
            rows = sum(map(len, frames.values()))
            yield Batch(**frames, rows_in=rows, results_in=rows)


def stocked(folder: str, patients: int) -> Store:
    """A store in ``folder`` with so many patients x 8 analytes x 25 visits; made only where it is not there."""
    store = open_store(folder)
    if store.generation == 0:
        store.publish(Many(patients))
    return store


def main() -> None:
    """Make it, and say how long that took."""
    folder, patients = sys.argv[1], int(sys.argv[2])
    began = time.perf_counter()
    rows = patients * len(ANALYTES_8) * 25
    stocked(folder, patients)
    seconds = time.perf_counter() - began
    sys.stdout.write(f"{rows:,} results published in {seconds:.0f} s, {rows / seconds:,.0f} a second\n")


if __name__ == "__main__":
    main()
