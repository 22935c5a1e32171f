"""Cohort questions and views of a published store, in a fresh process that opens it as the server does.

``python -m tests.benchmarks.bench_cohort_scale [PATIENTS] [FOLDER]``: 100,000 patients x 8 analytes x 25 results unless
told otherwise; the store is made in FOLDER where it is not there (ten minutes), else in a folder that is removed. The
goals are those of 10,000 patients times three: a question 1,500 ms, first rows 3,000 ms, curves by 3 groups 1,200 ms,
a figure 400 KB, memory 4 GiB.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from analytics.cohort.aligned import align, around, banded
from analytics.cohort.definition import parse
from analytics.cohort.follow import overdue
from analytics.cohort.groups import groups_of
from analytics.cohort.people import people
from analytics.cohort.question import Anchor
from analytics.cohort.run import run as run_cohort
from analytics.pseudonyms import Pseudonyms
from analytics.store import Store, open_store
from dashboard.components import cohort_tables
from dashboard.components.cohort_grid import page_of
from dashboard.figures.cohort_view import CohortView
from dashboard.pages.cohort.choice import FIGURES
from dashboard.security.pseudonymised import PseudonymisedStore
from tests.benchmarks.bench_cohort import QUESTIONS, _timed
from tests.benchmarks.stocked import stocked

REPEATS = 5


def memory(which: str = "VmRSS") -> float:
    """GiB of this process: VmRSS now, VmHWM the most it ever was."""
    lines = Path("/proc/self/status").read_text("ascii").split(which + ":")[1]
    return int(lines.split()[0]) / 2**20


def seen_by_a_coordinator(store: Store) -> PseudonymisedStore:
    """The store under pseudonyms and moved dates."""
    return PseudonymisedStore(store, Pseudonyms("bench", b"n" * 32, b"d" * 32))


def measured(folder: str, who: str) -> dict[str, dict[str, float]]:
    """Medians in milliseconds by name, sizes, and memory; in this process, as a clinician or a coordinator."""
    table: dict[str, dict[str, float]] = {"memory: imports": {"GiB": memory()}}
    whole = open_store(folder, create=False)
    store: Any = seen_by_a_coordinator(whole) if who == "coordinator" else whole
    began, cpu = time.perf_counter(), time.process_time()
    analysis = store.analysis()
    _ = analysis.case.points.x_uln, analysis.case.lines, analysis.case.index_day
    table["opened: arrays, baselines, grades"] = {
        "ms": 1000 * (time.perf_counter() - began),
        "cpu": 1000 * (time.process_time() - cpu),
        "GiB": memory(),
    }
    for name, text in QUESTIONS.items():
        table[f"question: {name}"] = _timed(lambda text=text: run_cohort(parse(text), analysis), REPEATS)
    n = len(analysis.panel)
    everyone = np.ones(n, dtype=bool)
    view = CohortView(analysis, everyone, ~everyone, by="primary_site", question=parse(QUESTIONS["grade"]).question)
    for name, (_label, draw) in FIGURES.items():
        size = {"KB": len(orjson.dumps(draw(view), option=orjson.OPT_SERIALIZE_NUMPY)) / 1024}
        table[f"figure: {name}"] = _timed(lambda draw=draw: draw(view), 3) | size
    spans = around([14, 28, 56, 84])
    table["curves by 3 groups, 4 weeks"] = _timed(
        lambda: banded(
            align(analysis.case, "ALT", Anchor("first dose")), groups_of(analysis.case, "primary_site"), spans
        ),
        REPEATS,
    )
    for name, draw in _TABLES.items():
        table[f"table: {name}"] = _timed(lambda draw=draw: draw(view), 1)
    table["patients table, once a generation"] = _timed(lambda: people(analysis), 1)
    frame = people(analysis).assign(key=analysis.panel.patient_ids)
    ask: dict[str, Any] = {"startRow": 0, "endRow": 100, "sortModel": [{"colId": "peak_ALT", "sort": "desc"}]}
    table["patients table, sorted rows"] = _timed(lambda: page_of(frame, ask, {}), REPEATS)
    table["worklist, once a generation"] = _timed(store.worklist, 1)
    table["memory: at the end, at most"] = {"GiB": memory(), "peak": memory("VmHWM")}
    return table


_TABLES: dict[str, Callable[[CohortView], Any]] = {
    "missing and overdue": lambda view: overdue(view.case, view.members),
    "limit changes": cohort_tables.limit_table,
    "sites": cohort_tables.board_table,
    "responses": cohort_tables.response_table,
    "compare groups": cohort_tables.compare_table,
}


def run(patients: int = 100_000, folder: str = "", who: str = "clinician") -> dict[str, dict[str, float]]:
    """The same of a fresh process; the store is made and analysed before, by others."""
    with tempfile.TemporaryDirectory() as temp:
        place = folder or str(Path(temp) / "store")
        stocked(place, patients).analyse(executor="processes")
        code = (
            "import json, sys; from tests.benchmarks.bench_cohort_scale import measured; "
            "print(json.dumps(measured(*sys.argv[1:])))"
        )
        command = [sys.executable, "-c", code, place, who]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        table: dict[str, dict[str, float]] = json.loads(done.stdout)
    return table


def main() -> None:
    """Print the table."""
    patients = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as temp:
        folder = sys.argv[2] if len(sys.argv) > 2 else str(Path(temp) / "store")
        for who in ("clinician", "coordinator"):
            sys.stdout.write(f"{patients:,} patients x 8 analytes x 25 results, from a published store, for a {who}\n")
            for name, row in run(patients, folder, who).items():
                sys.stdout.write(f"{name:48s} {'  '.join(f'{k} {v:,.1f}' for k, v in row.items())}\n")


if __name__ == "__main__":
    main()
