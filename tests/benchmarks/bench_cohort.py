"""Cohort questions and views on 10,000 patients x 8 analytes x 25 results, beside plain pandas.

``python -m tests.benchmarks.bench_cohort [patients]``. The figures of peers on a million rows are quoted in
docs/benchmarks.md: safety.viz sends 98 MB, draws first after 5.9 s and answers a control after 2.8 s.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import orjson
import pandas as pd

from analytics.analysis import Analysis, analyse
from analytics.cohort.aligned import align, around, banded
from analytics.cohort.edish import peaks
from analytics.cohort.groups import groups_of
from analytics.cohort.patient_table import people
from analytics.cohort.query.definition import parse
from analytics.cohort.query.question import Anchor
from analytics.cohort.query.run import run as run_cohort
from analytics.cohort.shift import shift_rows, shift_table
from analytics.derive.baseline import baselines_of
from analytics.derive.events import events_of
from analytics.derive.lines import index_days_of, lines_of
from analytics.derive.points import points_of
from analytics.grades.ctcae import grades_of
from analytics.synthetic import make
from dashboard.components.cohort_grid import page_of
from dashboard.figures import cohort_curves, cohort_edish, cohort_survival, cohort_waterfall
from dashboard.figures.cohort_view import CohortView

REPEATS = 7
QUESTIONS = {
    "filter: site, age, agent": 'where site is "Harbour Clinic"\nwhere age at least 60\nwhere treated with oxaliplatin',
    "doubled after a stent": "find bilirubin doubled within 14 days after a biliary stent",
    "Hy's law, three analytes": (
        "find ALT or AST at least 3 x ULN while ALP at most 2 x ULN and BILI above 2 x ULN within 28 days after it"
    ),
    "there and back in a line": "find ALT above 5 x baseline during line 1 and back under 1.5 x within 30 days",
    "rise from the lowest": "find BILI at least 2 x lowest after first dose",
    "grade": "find ALT grade v6 at least 3 after first dose",
}


def run(patients: int = 10_000) -> dict[str, dict[str, float]]:
    """Medians in milliseconds by name; ``baseline`` where plain pandas does the same."""
    panel, _ = make(patients, seed=1)
    analysis = analyse(panel)
    table: dict[str, dict[str, float]] = {}
    started = time.perf_counter()
    _warm(analysis)
    table["once a generation: arrays, baselines, grades"] = {"ms": 1000 * (time.perf_counter() - started)}
    for name, text in QUESTIONS.items():
        table[f"question: {name}"] = _timed(lambda text=text: run_cohort(parse(text), analysis))
    table["question: doubled after a stent"]["baseline"] = _timed(lambda: _pandas_doubled(panel))["ms"]
    everyone = np.ones(patients, dtype=bool)
    view = CohortView(analysis, everyone, ~everyone, by="primary_site", question=parse(QUESTIONS["grade"]).question)
    for module in (cohort_curves, cohort_edish, cohort_waterfall, cohort_survival):
        size = {"KB": len(orjson.dumps(module.draw(view))) / 1024}
        timed = _timed(lambda module=module: orjson.dumps(module.draw(view)))
        table[f"figure: {module.__name__.rpartition('_')[2]}"] = timed | size
    spans = around([14, 28, 56, 84])
    table["curves by 3 groups, 4 weeks"] = _timed(
        lambda: banded(
            align(analysis.case, "ALT", Anchor("first dose")), groups_of(analysis.case, "primary_site"), spans
        )
    )
    table["curves by 3 groups, 4 weeks"]["baseline"] = _timed(lambda: _pandas_bands(panel, spans))["ms"]
    table["peaks"] = _timed(lambda: peaks(analysis.case))
    table["shift table"] = _timed(lambda: shift_table(shift_rows(analysis.case, "ALT")))
    frame = people(analysis).assign(key=panel.patient_ids)
    ask: dict[str, Any] = {"startRow": 0, "endRow": 100, "sortModel": [{"colId": "peak_ALT", "sort": "desc"}]}
    table["patients table, sorted rows"] = _timed(lambda: page_of(frame, ask, {}))
    table["patients table, once a generation"] = _timed(lambda: people(analysis), repeats=1)
    table["memory"] = {"GiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}
    return table


def _warm(analysis: Analysis) -> None:
    case = analysis.case
    _ = points_of(case).x_uln, events_of(case), lines_of(case), baselines_of(case), index_days_of(case)
    grades_of(case, "5.0")
    grades_of(case, "6.0")


def _timed(call: Callable[[], Any], repeats: int = REPEATS) -> dict[str, float]:
    """Median and the worst of the repeats, which stands for the 95th percentile; processor time of all threads."""
    times, cpu = [], []
    for _ in range(repeats):
        started, began = time.perf_counter(), time.process_time()
        call()
        times.append(1000 * (time.perf_counter() - started))
        cpu.append(1000 * (time.process_time() - began))
    return {"ms": statistics.median(times), "worst": max(times), "cpu": statistics.median(cpu)}


def _pandas_doubled(panel: Any) -> pd.DataFrame:
    """The same question by merges."""
    labs = panel.labs.loc[panel.labs["analyte"] == "BILI", ["patient_id", "collected_at", "value"]]
    stents = panel.events.loc[panel.events["kind"] == "biliary_stent", ["patient_id", "start_date"]]
    both = labs.merge(stents, on="patient_id")
    day = (both["collected_at"].dt.normalize() - both["start_date"]).dt.days
    before = both[day.between(-28, 0)].sort_values("collected_at").groupby(["patient_id", "start_date"])["value"].last()
    after = both[day.between(1, 14)].join(before.rename("before"), on=["patient_id", "start_date"])
    return after[after["value"] >= 2 * after["before"]].groupby(["patient_id", "start_date"]).first()


def _pandas_bands(panel: Any, spans: list[tuple[int, int]]) -> pd.DataFrame:
    """The same quantiles by groupby."""
    labs = panel.labs.loc[panel.labs["analyte"] == "ALT", ["patient_id", "collected_at", "value"]]
    start = panel.events.groupby("patient_id")["start_date"].min()
    site = panel.patients.set_index("patient_id")["primary_site"]
    day = (labs["collected_at"].dt.normalize() - labs["patient_id"].map(start)).dt.days
    parts = []
    for low, high in spans:
        mine = labs[day.between(low, high)]
        each = mine.groupby("patient_id")["value"].median()
        parts.append(each.groupby(site.reindex(each.index)).quantile([0.1, 0.25, 0.5, 0.75, 0.9]).unstack())
    return pd.concat(parts)


def main() -> None:
    """Print the table."""
    patients = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    sys.stdout.write(f"{patients} patients x 8 analytes x 25 results\n")
    for name, row in run(patients).items():
        cells = "  ".join(f"{k} {v:,.1f}" for k, v in row.items())
        ratio = f"  {row['baseline'] / row['ms']:.1f} x faster than pandas" if "baseline" in row else ""
        sys.stdout.write(f"{name:48s} {cells}{ratio}\n")


if __name__ == "__main__":
    main()
