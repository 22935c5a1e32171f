"""Cohort questions, views, pages of the table and exports of a published store, each part in a fresh process.

``python -m tests.benchmarks.bench_cohort_scale [PATIENTS] [FOLDER]``: 100,000 patients x 8 analytes x 25 results unless
told otherwise; the store is made and analysed in FOLDER (or HEPATREND_BENCH_STORE) where it is not there, some five
minutes, else in a folder that is removed. Goals stand beside the figures: those of 10,000 patients times three.
Exports of everybody are by the command and by the worker of the page, each with what its process took in all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from analytics.analysis import Analysis
from analytics.cohort.aligned import align, around, banded
from analytics.cohort.groups import groups_of
from analytics.cohort.patient_table import people
from analytics.cohort.query.definition import parse
from analytics.cohort.query.question import Anchor
from analytics.cohort.query.run import run as run_cohort
from analytics.derive.lines import index_days_of, lines_of
from analytics.derive.points import points_of
from analytics.pseudonyms import Pseudonyms
from analytics.store import Store, open_store
from analytics.store.working_state import jobs
from dashboard.cohorts.worker import file_of
from dashboard.components import cohort_tables as tables
from dashboard.components.cohort_grid import page_of
from dashboard.figures._figure import figures
from dashboard.figures.cohort_view import CohortView
from dashboard.pages.cohort.choice import ID
from dashboard.security.pseudonymised import PseudonymisedStore
from tests.benchmarks.bench_cohort import QUESTIONS, _timed
from tests.benchmarks.stocked import stocked

REPEATS = 5
CLINICIAN, COORDINATOR = "clinician", "coordinator"
IN_MEMORY, BY_PART = "in memory", "part by part"
EVERYBODY = "find ALT above 0 U/L"
SMALL = 10_000
"""Patients of the small store whose export stands beside."""
GOALS: Mapping[str, dict[str, float]] = {
    "memory": {"peak": 4.0},
    "question": {"ms": 1500.0},
    "figure": {"ms": 1500.0, "KB": 400.0},
    "view": {"ms": 1500.0},
    "curves by 3 groups, 4 weeks": {"ms": 1200.0},
    "patients table, once a generation": {"ms": 3000.0},
    "patients table": {"ms": 1500.0},
    "worklist, once a generation": {"ms": 3000.0},
    "export": {"peak": 4.0},
    f"export of {SMALL:,}": {"peak": 1.0},
    "in buckets": {"peak": 1.0},
}
"""What is asked of 100,000 patients, by the beginning of a figure's name; the longest that fits counts."""

_TABLES: Mapping[str, Callable[[CohortView], Any]] = {
    "shift of grades": lambda view: tables.shift_tables(view, ID, hide=False),
    "migration": lambda view: tables.migration_table(view, ID),
    "responses": tables.response_table,
    "compare groups": tables.compare_table,
    "missing and overdue": tables.follow_tables,
    "limit changes": tables.limit_table,
    "sites": tables.board_table,
    "time to event": tables.survival_table,
}

_ASKED: Mapping[str, dict[str, Any]] = {
    "first rows": {},
    "sorted": {"sortModel": [{"colId": "peak_ALT", "sort": "desc"}]},
    "sorted by a text": {"sortModel": [{"colId": "regimen", "sort": "asc"}]},
    "filter of a text": {"filterModel": {"site": {"filterType": "text", "type": "contains", "filter": "har"}}},
    "filter of a number": {"filterModel": {"peak_ALT": {"filterType": "number", "type": "greaterThan", "filter": 3}}},
}
"""What AG Grid asks of the table's rows."""


def memory(which: str = "VmRSS") -> float:
    """GiB of this process: VmRSS now, VmHWM the most it ever was."""
    lines = Path("/proc/self/status").read_text("ascii").split(which + ":")[1]
    return int(lines.split()[0]) / 2**20


def measured(folder: str, who: str = CLINICIAN, way: str = IN_MEMORY) -> dict[str, dict[str, float]]:
    """Milliseconds by name, sizes, and memory; in this process, as a clinician or a coordinator.

    With all patients in memory medians; part by part of one asking each, as what was asked before is kept.
    """
    table: dict[str, dict[str, float]] = {"memory: imports": {"GiB": memory()}}
    store: Any = open_store(folder, create=False)
    if who != CLINICIAN:
        store = PseudonymisedStore(store, _pseudonyms())
    began, cpu = time.perf_counter(), time.process_time()
    if way == IN_MEMORY:
        analysis = store.analysis()
        _ = points_of(analysis.case).x_uln, lines_of(analysis.case), index_days_of(analysis.case)
    else:
        analysis = store.scattered()
        _ = analysis.case.passes.block_positions
    table["opened: arrays, baselines, grades" if way == IN_MEMORY else "opened: who all patients are"] = {
        "ms": 1000 * (time.perf_counter() - began),
        "cpu": 1000 * (time.process_time() - cpu),
        "GiB": memory(),
    }
    often = REPEATS if way == IN_MEMORY else 1
    asked = QUESTIONS if who == CLINICIAN else {k: v for k, v in QUESTIONS.items() if "site" not in v}
    for name, text in asked.items():
        table[f"question: {name}"] = _timed(lambda text=text: run_cohort(parse(text), analysis), often)
    table["question: first with findings"] = _timed(lambda: run_cohort(parse("where finding hys_law"), analysis), 1)
    table["question: with findings"] = _timed(
        lambda: run_cohort(parse("where no finding overdue_panel"), analysis), often
    )
    _views(table, analysis, moved=who != CLINICIAN, often=often)
    table["patients table, once a generation"] = _timed(lambda: people(analysis), 1)
    frame = people(analysis).assign(key=analysis.panel.patient_ids)
    for name, ask in _ASKED.items():
        rows = partial(page_of, frame, {"startRow": 0, "endRow": 100, **ask}, {}, analysis.case)
        table[f"patients table: {name}"] = _timed(rows, REPEATS)
    table["worklist, once a generation"] = _timed(store.worklist, 1)
    table["memory: at the end, at most"] = {"GiB": memory(), "peak": memory("VmHWM")}
    return table


def _views(table: dict[str, dict[str, float]], analysis: Analysis, *, moved: bool, often: int) -> None:
    everyone = np.ones(len(analysis.panel), dtype=bool)
    question = parse(QUESTIONS["grade"]).question
    view = CohortView(analysis, everyone, ~everyone, by="primary_site", question=question, moved=moved)
    for name, draw in ((code, f.draw) for code, f in figures("cohort").items()):
        took = _timed(lambda draw=draw: draw(view), often)
        size = {"KB": len(orjson.dumps(draw(view), option=orjson.OPT_SERIALIZE_NUMPY)) / 1024}
        table[f"figure: {name}"] = took | size
    for name, make in _TABLES.items():
        table[f"view: {name}"] = _timed(lambda make=make: make(view), often)
    spans = around([14, 28, 56, 84])
    table["curves by 3 groups, 4 weeks"] = _timed(
        lambda: banded(
            align(analysis.case, "ALT", Anchor("first dose")), groups_of(analysis.case, "primary_site"), spans
        ),
        often,
    )


def exports_of(folder: str, patients: str) -> dict[str, dict[str, float]]:
    """The data set of everybody as Parquet, pseudonymised, by the command and as a job of the page; asked in a fresh
    process, as the most memory of a child is never told as less than its parent had."""
    with tempfile.TemporaryDirectory() as temp:
        asked, out = Path(temp) / "everybody.txt", Path(temp) / "out"
        asked.write_text(EVERYBODY, "utf-8")
        command = _of_child("cohort", "export", str(asked), "--out", str(out), "--format", "parquet", "--store", folder)
        written = sum(path.stat().st_size for path in out.iterdir())
    store: Store = open_store(folder, create=False)
    job = jobs.submit(store, "cohort_export", "bench", {"text": EVERYBODY, "form": "parquet"})
    worker = _of_child("worker", "--until-idle", "--store", folder)
    made = file_of(store, job)
    archive = made.stat().st_size
    made.unlink()
    return {
        f"export of {int(patients):,}: by the command": command | {"MB": written / 2**20},
        f"export of {int(patients):,}: by the page's worker": worker | {"MB": archive / 2**20},
    }


def asked_in_buckets(folder: str, patients: str) -> dict[str, dict[str, float]]:
    """Every question by the command, one bucket in memory at a time: serial, and in two processes.

    ``cpu`` and ``peak`` of processes are of the one that asks and of the largest of its children.
    """
    table = {}
    with tempfile.TemporaryDirectory() as temp:
        asked = Path(temp) / "asked.txt"
        for name, text in QUESTIONS.items():
            asked.write_text(text, "utf-8")
            words = ("cohort", "run", str(asked), "--json", "--store", folder)
            table[f"in buckets, of {int(patients):,}: {name}"] = _of_child(*words)
            two = _of_child(*words, "--executor", "processes", "--workers", "2")
            table[f"in buckets by 2 processes, of {int(patients):,}: {name}"] = two
    return table


def _of_child(*arguments: str) -> dict[str, float]:
    """Seconds, CPU seconds and the most memory in GiB of a command."""
    began = time.perf_counter()
    with subprocess.Popen([sys.executable, "-m", "dashboard", *arguments], stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, arguments)
    return {
        "s": time.perf_counter() - began,
        "cpu": used.ru_utime + used.ru_stime,
        "peak": used.ru_maxrss / 2**20,
    }


def _pseudonyms() -> Pseudonyms:
    return Pseudonyms("bench", b"n" * 32, b"d" * 32)


def run(patients: int = 100_000, folder: str = "") -> dict[str, dict[str, float]]:
    """The same of fresh processes; the store is made and analysed before, by others."""
    with tempfile.TemporaryDirectory() as temp:
        place = folder or str(Path(temp) / "store")
        stocked(place, patients).analyse(executor="processes")
        table = _fresh("measured", place, CLINICIAN)
        table |= {f"{COORDINATOR}: {name}": row for name, row in _fresh("measured", place, COORDINATOR).items()}
        by_part = _fresh("measured", place, CLINICIAN, BY_PART) | {
            f"{COORDINATOR}: {name}": row for name, row in _fresh("measured", place, COORDINATOR, BY_PART).items()
        }
        table |= {f"{BY_PART}: {name}": row for name, row in by_part.items()}
        small = str(Path(temp) / "small")
        stocked(small, SMALL).analyse(executor="processes")
        table |= _fresh("asked_in_buckets", small, str(SMALL)) | _fresh("asked_in_buckets", place, str(patients))
        return table | _fresh("exports_of", small, str(SMALL)) | _fresh("exports_of", place, str(patients))


def _fresh(function: str, *arguments: str) -> dict[str, dict[str, float]]:
    code = (
        "import json, sys; from tests.benchmarks import bench_cohort_scale as bench; "
        f"print(json.dumps(bench.{function}(*sys.argv[1:])))"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    table: dict[str, dict[str, float]] = json.loads(done.stdout)
    return table


def goal_of(name: str) -> dict[str, float]:
    """What is asked of a figure; nothing where no goal was set."""
    plain = name.removeprefix(f"{COORDINATOR}: ")
    fits = [begin for begin in GOALS if plain.startswith(begin)]
    return GOALS[max(fits, key=len)] if fits else {}


def main() -> None:
    """Print the table, every goal beside its figure."""
    patients = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    table = run(patients, sys.argv[2] if len(sys.argv) > 2 else os.environ.get("HEPATREND_BENCH_STORE", ""))
    sys.stdout.write(f"{patients:,} patients x 8 analytes x 25 results, from a published store\n")
    for name, row in table.items():
        goals = {k: limit for k, limit in goal_of(name).items() if k in row}
        said = ", ".join(f"{k} {limit:,.0f}{' MISSED' if row[k] > limit else ''}" for k, limit in goals.items())
        figures = "  ".join(f"{k} {v:,.1f}" for k, v in row.items())
        sys.stdout.write(f"{name:56s} {figures}{f'  (at most {said})' if said else ''}\n")


if __name__ == "__main__":
    main()
