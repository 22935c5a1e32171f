"""Time of the answers from stored findings: 10,000 patients x 8 analytes x 25 results, and one patient.

Findings, readings and series are given, as they are where an analysis is read back; processor time of one core.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Mapping

import pandas as pd

from analytics.analysis import Analysis, analyse
from analytics.case import Derived
from analytics.derive.baseline import baselines_of
from analytics.derive.points import points_of
from analytics.grades.ctcae import grades_of
from analytics.once import key_of
from analytics.panel import Panel
from analytics.settings import Settings
from analytics.synthetic.many import make

BUDGET_MANY = 0.5
BUDGET_ONE_MS = 3.0
_GIVEN = ("findings", "readings", "series")


def stored(panel: Panel) -> tuple[Mapping[str, pd.DataFrame], Derived]:
    """What a store reads back of these patients."""
    whole = analyse(panel)
    case = whole.case
    kept = {key_of(points_of): points_of(case), key_of(baselines_of): baselines_of(case)}
    kept[key_of(grades_of, "5.0")] = grades_of(case, "5.0")
    return {part: getattr(whole, part) for part in _GIVEN}, kept


def seconds(panel: Panel, given: Mapping[str, pd.DataFrame], kept: Derived) -> float:
    """Processor time of the answers alone."""
    analysis = Analysis(panel, Settings(), given, kept)
    begun = time.process_time()
    _ = analysis.answers
    return time.process_time() - begun


def run(patients: int = 10_000, times: int = 5) -> dict[str, float]:
    """Numbers by name."""
    panel, _ = make(patients)
    given, kept = stored(panel)
    one = panel.select([panel.patient_ids[1]])
    alone, mine = stored(one)
    return {
        "answers of all patients, s": statistics.median(seconds(panel, given, kept) for _ in range(times)),
        "answers of one patient, ms": 1000 * statistics.median(seconds(one, alone, mine) for _ in range(50)),
    }


if __name__ == "__main__":
    for name, value in run().items():
        sys.stdout.write(f"{name:40} {value:10.3f}\n")
